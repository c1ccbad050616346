//! Keys in statements, which a saved script looks up or leaves out.

use super::save;
use crate::engine::syntax::parses;

#[test]
fn keys_become_lookups() {
    let script = save(&[
        r#"let c = connect(#{endpoint: "http://localhost:1", token: "root:Milvus"});"#,
        r#"connect(#{endpoint: "http://localhost:2", token: `other-key`}); // token = "third-key""#,
        r#"import(#{collection: "b", url: "s3://b/x", access_key: "AKIA12345", secret_key: "s/k+1"})"#,
        r#"print("root:Milvus")"#,
        r##"let prodToken = #"raw"key"#;"##,
        r#"let x = secret("DB_PASS"); let db_pass = "pass-word";"#,
        r#"let url = "http://localhost:3"; connect(#{endpoint: url, api_key: "unknown-key"})"#,
    ]);
    for text in [
        "token: secret(\"MILVUS_TOKEN\")}",
        "token: secret(\"MILVUS_TOKEN_2\")}",
        "access_key: secret(\"AWS_ACCESS_KEY_ID\"), secret_key: secret(\"AWS_SECRET_ACCESS_KEY\")",
        "print(secret(\"MILVUS_TOKEN\"))",
        "let prodToken = secret(\"PROD_TOKEN\");",
        "let db_pass = secret(\"DB_PASS_2\");",
        "connect(#{endpoint: url, api_key: secret(\"API_KEY\")});",
        "token = \"****\"",
    ] {
        assert!(script.text.contains(text), "{text}\n{}", script.text);
    }
    assert_eq!(script.left_out, 0);
    assert!(
        script.secrets.contains(&"DB_PASS".to_owned()),
        "{:?}",
        script.secrets
    );
}

/// A key typed for one endpoint must not be replaced by the environment's key for another endpoint.
#[test]
fn each_key_gets_the_variable_of_its_endpoint() {
    let script = save(&[
        r#"connect(#{endpoint: "https://in03-a.serverless.gcp-us-west1.cloud.zilliz.com", token: "first-key"});"#,
        r#"connect(#{endpoint: "http://milvus.example:19530", token: "other-key"});"#,
        r#"connect(#{endpoint: "http://milvus.example:19530", token: "first-key"});"#,
        r#"connect(#{token: "third-key", cluster_id: "in03-b"});"#,
        r#"connect(#{endpoint: env("WHERE"), token: "third-key"});"#,
        r#"connect(#{cluster_endpoint: "http://10.0.0.1", endpoint: "https://api.cloud.zilliz.com", token: "third-key"});"#,
    ]);
    let names: Vec<&str> = script
        .text
        .split("token: secret(\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert_eq!(
        names,
        [
            "ZILLIZ_API_KEY",
            "MILVUS_TOKEN",
            "MILVUS_TOKEN_2",
            "ZILLIZ_API_KEY_2",
            "TOKEN",
            "MILVUS_TOKEN_3"
        ],
        "{}",
        script.text
    );
}

#[test]
fn keys_inside_of_texts_are_left_out_with_what_builds_on_them() {
    let script = save(&[
        r#"let body = parse_json(`{"token":"hidden-key"}`);"#,
        "let more = body.url;",
        "more + 1",
        r#"connect("http://root:hidden-key@host")"#,
        r#""Bearer hidden-key""#,
        "let body = 2;",
        "body",
    ]);
    assert!(!script.text.contains("hidden"), "{}", script.text);
    assert_eq!((script.kept, script.left_out), (2, 5), "{}", script.text);
    assert!(
        script
            .text
            .contains("it uses `body`, which is left out above")
    );
    assert!(parses(&script.text));
}
