//! Functions for a script's arguments, environment, secrets, files, time and exit.

use crate::shell::service::{sent, service};
use crate::support::harness::{ACCESS, SECRET, TOKEN, Test};
use serde_json::Value;

#[test]
fn env_returns_the_value_the_default_or_unit() {
    Test::new()
        .env("SET", "here")
        .env("EMPTY", "")
        .eval("[env(\"SET\"), env(\"UNSET\"), env(\"UNSET\", 5), env(\"EMPTY\", 5), env(\"SET\", 5)].to_json()")
        .run()
        .says("[\"here\",null,5,\"\",\"here\"]");
}

#[test]
fn a_secret_comes_from_the_environment_or_a_file() {
    let server = service();
    let test = Test::new().file("key", format!("{TOKEN}\r\n"));
    let path = test.folder().path("work/key");
    let connect = |name| {
        format!(
            "connect(#{{endpoint: {:?}, token: secret({name:?})}});",
            server.url()
        )
    };
    test.env("FILED_FILE", path.display().to_string())
        .env("NAMED", TOKEN)
        .env("NAMED_FILE", "/nowhere")
        .eval(
            connect("FILED")
                + connect("NAMED").as_str()
                + "print(secret(\"FILED\") == secret(\"NAMED\")); print(secret(\"FILED\") != secret(\"FILED\") + \"x\")",
        )
        .stdout("true
true
")
        .run();
    let bearer = format!("Bearer {TOKEN}");
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert_eq!(request.header("authorization"), Some(&*bearer));
    }
    let ran = Test::new().eval("secret(\"NONE\")").status(1).run();
    ran.complains("NONE_FILE");
    let test = Test::new().env("GONE_FILE", "/nowhere");
    test.eval("secret(\"GONE\")")
        .status(1)
        .run()
        .complains("/nowhere");
}

#[test]
fn read_text_reads_files_and_standard_input() {
    Test::new()
        .file("a.txt", "line 1\nline 2\n")
        .stdin("from the pipe")
        .script("print(read_text(\"a.txt\").len()); print(read_text(\"-\"))")
        .stdout("14\nfrom the pipe\n")
        .run();
    let ran = Test::new().eval("read_text(\"none.txt\")").status(7).run();
    ran.complains("none.txt");
    let test = Test::new().file("bytes", [0xff, 0xfe, 0x00]);
    test.eval("read_text(\"bytes\")").status(7).run();
    Test::new().eval("read_text(\".\")").status(7).run();
}

#[test]
fn a_request_body_made_for_curl_is_accepted() {
    let server = service();
    let body = format!(
        r#"{{"clusterId":"in03-3bf3c31f4248e22","collectionName":"books","partitionName":"p","dbName":"d",
            "objectUrls":[["s3://bucket/1.json"],["s3://bucket/2.json"]],"accessKey":"{ACCESS}","secretKey":"{SECRET}"}}"#
    );
    Test::new()
        .file("body.json", &body)
        .env("KEY", TOKEN)
        .eval(format!(
            "{} import(parse_json(read_text(\"body.json\")))",
            crate::shell::service::connect(&server, "v2")
        ))
        .run();
    let parse = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!(parse(&sent(&server, "/create")[0].body), parse(&body));
}

#[test]
fn a_body_for_another_cluster_is_refused() {
    let server = service();
    let call = r#"import(#{clusterId: "in03-other", collectionName: "books", objectUrl: "s3://bucket/1.json"})"#;
    let text = format!("{} {call}", crate::shell::service::connect(&server, "v2"));
    let ran = Test::new().env("KEY", "k").eval(text).status(7).run();
    ran.complains("in03-other");
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn options_accept_other_spellings() {
    let spellings = [
        r#"#{collection: "books", url: "s3://bucket/1.json", access_key: "a", secret_key: "b", partition: "p"}"#,
        r#"#{collectionName: "books", objectUrl: "s3://bucket/1.json", accessKey: "a", secretKey: "b", partitionName: "p"}"#,
        r#"#{collection_name: "books", object_url: "s3://bucket/1.json", access_key: "a", secret_key: "b", partition_name: "p"}"#,
        r#"#{"COLLECTION-NAME": "books", Path: "s3://bucket/1.json", accesskey: "a", "secret-key": "b", Partition: "p"}"#,
    ];
    let server = service();
    for options in spellings {
        let text = format!(
            "{} import({options})",
            crate::shell::service::connect(&server, "v2")
        );
        Test::new().env("KEY", "k").eval(text).run();
    }
    let bodies: Vec<String> = server
        .requests()
        .into_iter()
        .filter(crate::shell::service::is_create)
        .map(|request| request.body)
        .collect();
    assert_eq!(bodies.len(), 4);
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
}

#[test]
fn an_unknown_option_has_a_suggestion() {
    for (call, hint) in [
        ("import(#{colection: \"books\"})", "\"collection\""),
        ("import(#{collection: \"b\", ulr: \"x\"})", "\"url\""),
        ("import(\"b\", \"1.json\", #{partion: 1})", "\"partition\""),
        ("jobs(#{stat: \"failed\"})", "\"state\""),
        ("jobs(#{state: \"faild\"})", "\"Failed\""),
        ("wait(\"j\", #{timout: 1})", "\"timeout\""),
        ("import(#{collection: \"b\", collectionName: \"c\"})", ""),
        (
            "import(#{collection: \"b\", url: \"1.json\", files: [\"2.json\"]})",
            "",
        ),
        ("import(#{url: \"1.json\"})", ""),
        ("import(#{collection: \"b\"})", ""),
        ("import(\" \", \"1.json\")", ""),
    ] {
        let server = service();
        let text = format!(
            "{} {call}",
            crate::shell::service::connect(&server, "milvus")
        );
        let ran = Test::new().env("KEY", "k").eval(text).status(1).run();
        ran.complains(hint);
        assert_eq!(server.requests().len(), 0, "{call}");
    }
}

#[test]
fn exit_ends_the_run_from_anywhere() {
    for (text, status) in [
        ("exit(7)", 7),
        ("exit()", 0),
        ("exit(0); throw 1;", 0),
        ("fn f() { exit(9) } f(); print(\"on\")", 9),
        (
            "try { exit(5) } catch (e) { print(\"caught\") } print(\"on\")",
            5,
        ),
        ("[1, 2].map(|x| exit(6)); print(\"on\")", 6),
        ("let s = `${exit(4)}`; print(\"on\")", 4),
        ("loop { exit(255) }", 255),
        ("if true { exit(3); } print(\"on\")", 3),
    ] {
        Test::new()
            .eval(text)
            .status(status)
            .stdout("")
            .stderr("")
            .unlinted()
            .run();
    }
    Test::new()
        .file("m.rhai", "exit(8);")
        .eval("import \"m\" as m; print(\"on\")")
        .status(8)
        .stdout("")
        .stderr("")
        .run();
    for text in ["exit(256)", "exit(-1)", "exit(\"x\")", "exit(1.5)"] {
        Test::new().eval(text).status(1).run().complains("0 to 255");
    }
}

#[test]
fn sleep_accepts_only_seconds_and_durations() {
    Test::new()
        .eval("sleep(0); sleep(0.001); sleep(\"1ms\"); sleep(\"0\")")
        .run();
    for text in ["sleep(-1)", "sleep(\"soon\")", "sleep(())", "sleep([1])"] {
        Test::new().eval(text).status(1).run().complains("1m30s");
    }
}

#[test]
fn log_is_the_logarithm_and_debug_writes_standard_error() {
    Test::new()
        .eval("print(log(100.0)); debug(\"seen\");")
        .stdout("2.0\n")
        .run()
        .complains("seen");
}

#[test]
fn the_last_value_is_shown_unless_it_is_unit() {
    Test::new().eval("1 + 1").stdout("2\n").run();
    Test::new().eval("let x = 1;").stdout("").run();
    Test::new().script("let x = 5;\nx").stdout("5\n").run();
    Test::new().eval("").stdout("").run();
    Test::new().script("").stdout("").run();
}

#[test]
fn deep_and_endless_scripts_end_in_an_error() {
    let ran = Test::new()
        .eval("fn f(x) { f(x + 1) } f(0)")
        .status(1)
        .run();
    ran.complains("functions call each other too deeply");
    let deep = format!("{}1{}", "(".repeat(5000), ")".repeat(5000));
    Test::new().script(deep).status(1).run();
    let list = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let test = Test::new().file("deep.json", &list);
    test.eval("parse_json(read_text(\"deep.json\"))")
        .status(1)
        .run();
}
