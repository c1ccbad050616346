//! Lines with keys, and lines that only look similar.

use super::{masked, veiled};
use proptest::prelude::*;

#[test]
fn keys_are_masked() {
    for line in [
        r#"connect(#{endpoint: "x", token: "LEAK"})"#,
        r#"connect(#{endpoint: "x", Token : "LEAK"})"#,
        r#"connect(#{"token": "LEAK"})"#,
        r#"connect(#{"API-Key": `LEAK`})"#,
        r#"import(#{secretKey: "LEAK\"LEAK", url: "u"})"#,
        r#"import(#{secretKey: "LEAK""LEAK", url: "u"})"#,
        "let token = `LEAK\nLEAK`;",
        r#"let token = "LEAK"#,
        "let token = 'LEAK'",
        r##"let token = #"LEAK"LEAK"#;"##,
        r#"let c = '"'; let token = "LEAK";"#,
        r#"let c = '\''; let token = "LEAK";"#,
        "// don't say \"\nlet token = \"LEAK\";",
        r#"/* " /* ' */ ` */ let token = "LEAK";"#,
        r#"let token = /*x*/ "LEAK""#,
        r#"let token = "LEAK" + "LEAK""#,
        "let token = \"LEAK\"\n  + \"LEAK\";",
        r#"let token = if x { "LEAK" } else { "LEAK" };"#,
        r#"let o = #{}; o["token"] = "LEAK"; o.password = "LEAK";"#,
        r#"if token == "LEAK" { }"#,
        r#"token += "LEAK""#,
        r#"parse_json(`{"token":"LEAK"}`)"#,
        r#"parse_json("{\"a\": 1, \"access_key\" : \"LEAK\"}")"#,
        r#"parse_json(`{"pw": 'LEAK'}`)"#,
        "// token = \"LEAK\"",
        r#"let h = "Authorization: Bearer LEAK";"#,
        r#"let h = "bearer  LEAK";"#,
        r#"connect("http://root:LEAK@host")"#,
        r#"connect("http://root:LE@AK/LEAK@host:1")"#,
        r#"connect("http://host/x?token=LEAK&y=1")"#,
        "let t = `a ${ f(#{token: \"LEAK\"}) } b`",
        "let token = `LEAK${ x }LEAK`;",
        r#"connect(#{token: secret("LEAK-5e7ca1b0")})"#,
        r#"let k = env("LEAK/5e7ca1b0");"#,
        r#"headers.set("token", "LEAK")"#,
        r#"m.insert("secret_key", if x { "LEAK" } else { `LEAK` }); f(1)"#,
        r#"let c = "curl --token LEAK -X POST";"#,
        r#"let h = "X-Api-Key: LEAK";"#,
        "let y = `token: LEAK12345`;",
        r#"let h = "Basic dXNlLEAKNz";"#,
        r#"let id = "AKIALEAKLEAKLEAKLEAK";"#,
        r#"let u = "https://a.blob.core.windows.net/c/b?sv=1&sig=LEAK&x=1";"#,
        r#"let u = "https://b.s3.amazonaws.com/k?X-Amz-Credential=LEAK&X-Amz-Signature=LEAK";"#,
        r#"let s = #{account_key: "LEAK", credentials: ["LEAK", "LEAK"]};"#,
        r#"let creds = #{id: "LEAK", key: "LEAK"};"#,
        r#"let token = ["LEAK", "LEAK"][0];"#,
        r#"let token = f("LEAK");"#,
        r#"let token = x ?? "LEAK";"#,
        r#"const API_KEY = "LEAK";"#,
        r#"fn api_key(x) { "LEAK" + x }"#,
        r#"fn token() { if a { "LEAK" } else { `LEAK` } } token()"#,
        "let token\n  =\n  \"LEAK\"",
        r#"let pass = "LEAK"; let passwd = "LEAK"; let pw = "LEAK"; let secret = "LEAK";"#,
    ] {
        let kept = masked(line);
        assert!(!kept.contains("LE") && !kept.contains("AK"), "{kept}");
        assert!(kept.contains("****"), "{kept}");
        let veiled = veiled(line);
        assert!(!veiled.contains("LE") && !veiled.contains("AK"), "{veiled}");
        assert_eq!(veiled.chars().count(), line.chars().count());
    }
}

#[test]
fn other_texts_are_unchanged() {
    for line in [
        r#"import("books", "s3://b/token.json")"#,
        r#"connect(#{token: secret("PROD")})"#,
        r#"let token = env("PROD_TOKEN"); print("done");"#,
        r#"let token = x; print("token: " + "y")"#,
        "let token = secret(\"A\")\nprint(\"b\")",
        r#"connect(#{token: secret("PROD"), endpoint: "http://localhost:19530/a@b"})"#,
        r#"import("books", "abfss://container@account.dfs.core.windows.net/a")"#,
        r#"throw "no token: set MILVUS_TOKEN""#,
        r#"import("tokens", "s3://b/tokens.json")"#,
        r#"import("secrets", ["s3://b/1.json", "s3://b/2.json"], #{partition: "p"})"#,
        r#"let k = read_text("/run/secrets/api-key");"#,
        r#"connect(#{token: read_text("/run/secrets/api-key")})"#,
        r#"connect(#{endpoint: "https://e", storage_keys: "aws"})"#,
        r#"print("Basic authentication is off")"#,
        r#"fn tokenize(t) { "a" } fn f(token) { "b" }"#,
        "`a ${ b } c`; } } `",
    ] {
        assert_eq!(masked(line), line);
    }
}

#[test]
fn only_the_key_is_masked() {
    let line = r#"import(#{token: "LEAK", url: "u"}); // "x""#;
    let kept = r#"import(#{token: "****", url: "u"}); // "x""#;
    assert_eq!(masked(line), kept);
    assert_eq!(
        masked(r#""http://root:LEAK@host/a""#),
        r#""http://root:****@host/a""#
    );
    assert_eq!(masked(r#"`{"token":"LEAK"}`"#), r#"`{"token":"****"}`"#);
    let deep = "`${".repeat(5_000);
    assert_eq!(veiled(&deep).len(), deep.len());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_text_keeps_its_width(text in "[\"'`#${}/*\\\\a:=;,()\\n é]{0,60}|(token|pw|[\"'`: =\\\\@/é]|Bearer ){0,20}") {
        prop_assert_eq!(veiled(&text).chars().count(), text.chars().count());
        masked(&text);
    }
}
