//! Selection of the API key: every combination of the places that may hold one, `secret(…)`, and storage credentials.

use crate::shell::service::{sent, service};
use crate::support::harness::{ACCESS, Folder, SECRET, SESSION, TOKEN, Test};
use crate::support::server::{Reply, Server};

const CLOUD: &str = "https://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com";

/// Returns whether this bit is set, for one place that may hold a key.
fn has_bit(bits: u32, bit: u32) -> bool {
    bits & (1 << bit) != 0
}

/// The order is: the argument, the profile, the environment, the official CLI's file. Zilliz's variables aren't used
/// for other hosts, and `MILVUS_TOKEN` isn't used for Zilliz.
#[test]
fn every_combination_of_places_selects_the_right_key() {
    let server = service();
    for cloud in [false, true] {
        for bits in 0..32 {
            let folder = Folder::new();
            let endpoint = if cloud {
                CLOUD.to_owned()
            } else {
                server.url()
            };
            let own = if has_bit(bits, 0) {
                "token = \"tok-5e7ca1b0feed-profile\"\n"
            } else {
                ""
            };
            folder.write(
                "config/config.toml",
                format!("[profiles.p]\nendpoint = \"{endpoint}\"\nverify = false\n{own}"),
            );
            let mut test = folder.test();
            if has_bit(bits, 1) {
                test = test.env("ZILLIZ_API_KEY", "tok-5e7ca1b0feed-zilliz");
            }
            if has_bit(bits, 2) {
                test = test.env("MILVUS_TOKEN", "tok-5e7ca1b0feed-milvus");
            }
            if has_bit(bits, 3) {
                folder.write(
                    "zilliz/credentials",
                    "[default]\napi_key = tok-5e7ca1b0feed-cli\n",
                );
            }
            let argument = has_bit(bits, 4);
            let connect = if argument {
                format!(
                    "connect(#{{endpoint: \"{endpoint}\", verify: false, token: secret(\"GIVEN\")}})"
                )
            } else {
                "connect(\"p\")".to_owned()
            };
            let (key, word) = match () {
                () if argument => ("given", "given to connect"),
                () if has_bit(bits, 0) => ("profile", "the profile \"p\""),
                () if cloud && has_bit(bits, 1) => ("zilliz", "ZILLIZ_API_KEY"),
                () if !cloud && has_bit(bits, 2) => ("milvus", "MILVUS_TOKEN"),
                () if cloud && has_bit(bits, 3) => ("cli", "credentials"),
                () => ("none", "none given"),
            };
            let refused = cloud && key == "none";
            let call = if cloud { "" } else { "jobs();" };
            let test = test.env("GIVEN", "tok-5e7ca1b0feed-given");
            let ran = test
                .eval(format!("let c = {connect}; {call} print(c.key)"))
                .status(if refused { 3 } else { 0 })
                .run();
            let what = format!(
                "cloud {cloud}, places {bits:05b}: {}{}",
                ran.stdout, ran.stderr
            );
            assert!(refused || ran.stdout.trim_end().ends_with(word), "{what}");
            assert!(!refused || ran.stderr.contains("no API key"), "{what}");
            if !cloud {
                let call = sent(&server, "/list").pop().expect("a call");
                let bearer = (key != "none").then(|| format!("Bearer tok-5e7ca1b0feed-{key}"));
                assert_eq!(call.header("authorization"), bearer.as_deref(), "{what}");
            }
        }
    }
}

#[test]
fn an_empty_token_means_none() {
    let server = service();
    let text = format!(
        "connect(#{{endpoint: \"{}\", token: \"\"}}).key",
        server.url()
    );
    let test = Test::new().env("MILVUS_TOKEN", TOKEN).eval(text);
    test.stdout("none given\n").run();
    assert!(
        server
            .requests()
            .iter()
            .all(|it| it.header("authorization").is_none())
    );
}

/// A script that prints which of the named secrets equals `secret("X")`.
const WHICH: &str = r#"for name in ["IN_ENV", "IN_FILE", "IN_PROFILE", "IN_ALL"] { if secret("X") == secret(name) { print(name); } }"#;

#[test]
fn a_secret_is_looked_up_in_order() {
    for bits in 0..16 {
        let folder = Folder::new();
        let mut test = folder.test();
        for (name, value) in [
            ("IN_ENV", TOKEN),
            ("IN_FILE", ACCESS),
            ("IN_PROFILE", SECRET),
            ("IN_ALL", SESSION),
        ] {
            test = test.env(name, value);
        }
        let expected = match () {
            () if has_bit(bits, 0) => "IN_ENV\n",
            () if has_bit(bits, 1) => "IN_FILE\n",
            () if has_bit(bits, 2) => "IN_PROFILE\n",
            () if has_bit(bits, 3) => "IN_ALL\n",
            () => "",
        };
        if has_bit(bits, 0) {
            test = test.env("X", TOKEN);
        }
        if has_bit(bits, 1) {
            let file = folder.work("x", format!("{ACCESS}\n"));
            test = test.env("X_FILE", file.display().to_string());
        }
        let mut config = "default_profile = \"p\"\n[profiles.p]\nendpoint = \"http://127.0.0.1:1\"\nverify = false\n".to_owned();
        if has_bit(bits, 2) {
            config.extend(["[profiles.p.secrets]\nX = \"", SECRET, "\"\n"]);
        }
        if has_bit(bits, 3) {
            config.extend(["[secrets]\nX = \"", SESSION, "\"\n"]);
        }
        folder.write("config/config.toml", config);
        // Without and with a connection.
        for first in ["", "connect(\"p\");"] {
            let test = test.clone().eval(format!("{first}{WHICH}"));
            let ran = if expected.is_empty() {
                let ran = test.status(1).run();
                ran.complains("no secret \"X\"").complains("X_FILE");
                continue;
            } else {
                test.run()
            };
            assert_eq!(ran.stdout, expected, "{bits:04b}");
        }
    }
}

#[test]
fn secrets_of_another_connections_profile_are_not_used() {
    let config = format!(
        "default_profile = \"p\"\n[profiles.p]\nendpoint = \"http://127.0.0.1:1\"\n[profiles.p.secrets]\nX = \"{SECRET}\"\n"
    );
    let text = "connect(#{endpoint: \"http://127.0.0.1:1\", verify: false}); secret(\"X\")";
    Test::new().config(&config).eval(text).status(1).run();
}

#[test]
fn a_secret_given_instead_of_its_name_is_not_shown() {
    for text in [
        format!("secret(\"{TOKEN}\")"),
        format!("connect(#{{token: secret(\"{SECRET}\")}})"),
    ] {
        let test = Test::new().script(text).status(1);
        test.run()
            .complains("takes the name of an environment variable");
    }
}

#[test]
fn without_a_terminal_a_question_is_an_error() {
    let ran = Test::new().eval("ask(\"which?\")").status(7).run();
    ran.complains("can't ask").complains("args");
    let ran = Test::new().eval("ask_secret(\"key:\")").status(7).run();
    ran.complains("can't ask").complains("secret(\"NAME\")");
    let ran = Test::new()
        .eval("ask(\"which?\", \"books\")")
        .stdout("books\n")
        .run();
    ran.complains("which? books (the default");
}

/// Returns the storage credentials that the last import sent.
fn sent_keys(server: &Server) -> [Option<String>; 3] {
    let body = sent(server, "/create").pop().expect("an import").body;
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    ["accessKey", "secretKey", "token"].map(|key| Some(body.get(key)?.as_str()?.to_owned()))
}

/// Returns a run of `zshell import` with this profile, and with AWS keys in the environment and in AWS's files.
fn importing(server: &Server, settings: &str) -> Test {
    let folder = Folder::new();
    folder.write(
        "config/config.toml",
        format!(
            "[profiles.p]\nendpoint = \"{}\"\napi = \"v2\"\ncluster_id = \"c\"\nverify = false\n{settings}",
            server.url()
        ),
    );
    folder.write(
        "home/.aws/credentials",
        format!("[default]\naws_access_key_id = {ACCESS}-file\naws_secret_access_key = {SECRET}-file\n\n[other]\naws_access_key_id={ACCESS}-other\naws_secret_access_key={SECRET}-other\naws_session_token = {SESSION}-other\n[half]\naws_access_key_id={ACCESS}-half\n"),
    );
    folder.write(
        "home/.aws/config",
        format!("[default]\nregion = us-east-1\ns3 =\n  max_concurrent_requests = 20\n[profile conf]\naws_access_key_id = {ACCESS}-conf\naws_secret_access_key = {SECRET}-conf\n[profile role]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = default\n"),
    );
    folder.test().args(["-p", "p"])
}

fn keys(end: &str, session: bool) -> [Option<String>; 3] {
    [
        Some(format!("{ACCESS}{end}")),
        Some(format!("{SECRET}{end}")),
        session.then(|| format!("{SESSION}{end}")),
    ]
}

const IMPORT: &str = "import(\"books\", \"s3://bucket/1.json\")";
const AWS_IMPORT: &str = "import(\"books\", \"s3://bucket/1.json\", #{storage_keys: \"aws\"})";

fn with_environment(test: Test) -> Test {
    test.env("AWS_ACCESS_KEY_ID", format!("{ACCESS}-env"))
        .env("AWS_SECRET_ACCESS_KEY", format!("{SECRET}-env"))
        .env("AWS_SESSION_TOKEN", format!("{SESSION}-env"))
}

#[test]
fn the_aws_environment_is_used_only_on_request() {
    let server = service();
    with_environment(importing(&server, "")).eval(IMPORT).run();
    assert_eq!(sent_keys(&server), [None, None, None]);
    let sent: Vec<_> = server
        .requests()
        .into_iter()
        .map(|it| format!("{it:?}"))
        .collect();
    assert!(
        sent.iter()
            .all(|it| !it.contains(ACCESS) && !it.contains(SECRET)),
        "{sent:?}"
    );
}

#[test]
fn aws_credentials_are_found_as_the_aws_cli_does() {
    let server = service();
    let check = |test: Test, expected: [Option<String>; 3]| {
        test.run();
        assert_eq!(sent_keys(&server), expected);
    };
    let aws = "storage_keys = \"aws\"\n";
    check(
        with_environment(importing(&server, "")).eval(AWS_IMPORT),
        keys("-env", true),
    );
    check(
        with_environment(importing(&server, aws)).eval(IMPORT),
        keys("-env", true),
    );
    check(importing(&server, aws).eval(IMPORT), keys("-file", false));
    let profile = |name: &str| {
        importing(&server, aws)
            .env("AWS_PROFILE", name)
            .eval(IMPORT)
    };
    check(profile("other"), keys("-other", true));
    check(profile("conf"), keys("-conf", false));
    let test = importing(&server, aws);
    let file = test.folder().work(
        "creds",
        format!("[default]\naws_access_key_id = {ACCESS}-x\naws_secret_access_key = {SECRET}-x\n"),
    );
    let test = test.env("AWS_SHARED_CREDENTIALS_FILE", file.display().to_string());
    check(test.eval(IMPORT), keys("-x", false));
    // The import's own credentials come first, then the profile's. A session token of another pair is never sent.
    let own = IMPORT.replace(
        ')',
        ", #{access_key: secret(\"A\"), secret_key: secret(\"S\")})",
    );
    let test = with_environment(importing(&server, aws)).env("A", format!("{ACCESS}-own"));
    check(
        test.env("S", format!("{SECRET}-own")).eval(&own),
        keys("-own", false),
    );
    let stored = format!(
        "{aws}[profiles.p.storage]\naccess_key = \"{ACCESS}-p\"\nsecret_key = \"{SECRET}-p\"\nsession_token = \"{SESSION}-p\"\nendpoint = \"http://minio:9000\"\nregion = \"us-east-1\"\n"
    );
    check(
        with_environment(importing(&server, &stored)).eval(IMPORT),
        keys("-p", true),
    );
    check(
        with_environment(importing(&server, &stored)).eval(AWS_IMPORT),
        keys("-env", true),
    );
    let test = importing(&server, &stored).env("A", format!("{ACCESS}-own"));
    check(
        test.env("S", format!("{SECRET}-own")).eval(own),
        keys("-own", false),
    );
}

#[test]
fn missing_storage_credentials_are_named_with_their_places() {
    let server = service();
    for (test, problem) in [
        (
            importing(&server, "").env("AWS_PROFILE", "gone"),
            "[profile gone]",
        ),
        (
            importing(&server, "").env("AWS_PROFILE", "half"),
            "aws_secret_access_key",
        ),
        (
            importing(&server, "").env("AWS_PROFILE", "role"),
            "export-credentials",
        ),
        (
            importing(&server, "").env("AWS_ACCESS_KEY_ID", ACCESS),
            "AWS_SECRET_ACCESS_KEY is not",
        ),
        (
            importing(&server, "").env("AWS_SECRET_ACCESS_KEY", SECRET),
            "AWS_ACCESS_KEY_ID is not",
        ),
    ] {
        let ran = test.eval(AWS_IMPORT).status(1).run();
        ran.complains("storage_keys \"aws\"").complains(problem);
    }
    let ran = importing(&server, "")
        .eval(AWS_IMPORT.replace("aws", "gcs"))
        .status(1)
        .run();
    ran.complains("no storage_keys \"gcs\"");
    let both = AWS_IMPORT.replace("#{", "#{access_key: \"x\", ");
    importing(&server, "")
        .eval(both)
        .status(1)
        .run()
        .complains("give storage keys once");
    assert!(sent(&server, "/create").is_empty());
}

/// The service echoes an import's credentials in answers to other calls, on another connection too.
#[test]
fn storage_credentials_in_a_later_answer_are_masked() {
    let all = format!(
        "{ACCESS} {SECRET} {SESSION} {}",
        SECRET.replace('/', "%2f").replace('+', "%2b")
    );
    let progress = format!(
        r#"{{"code":0,"data":{{"jobId":"job-1","state":"Failed","reason":"denied: {all}","details":[{{"fileName":"1.json","state":"Failed","reason":"{all}"}}]}}}}"#
    );
    let list = format!(
        r#"{{"code":0,"data":{{"count":1,"currentPage":1,"pageSize":100,"records":[{{"jobId":"job-0","collectionName":"b","state":"Failed","reason":"{all}"}}]}}}}"#
    );
    let server = Server::start(move |request| match request.target.rsplit('/').next() {
        Some("create") => Reply::json(r#"{"code":0,"data":{"jobId":"job-1"}}"#),
        Some("list") => Reply::json(list.clone()),
        _ => Reply::json(progress.clone()),
    });
    let connect = format!(
        "connect(#{{endpoint: \"{}\", api: \"v2\", cluster_id: \"c\", verify: false}});",
        server.url()
    );
    let text = format!(
        "{connect} let j = import(\"b\", \"s3://bucket/1.json\", #{{access_key: secret(\"A\"), secret_key: secret(\"S\"), session_token: secret(\"T\")}});
         {connect} let p = progress(j.id); print(p.reason); print(p.to_json()); show(p); show(jobs()); print(jobs()[0].to_json()); wait(j)"
    );
    let test = Test::new()
        .env("A", ACCESS)
        .env("S", SECRET)
        .env("T", SESSION);
    let ran = test.args(["-v"]).eval(text).status(4).run();
    ran.says("denied: ****").complains("****");
    assert!(!ran.stdout.contains("5e7ca1b0"), "{}", ran.stdout);
}
