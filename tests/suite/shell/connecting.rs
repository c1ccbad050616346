//! The endpoint and the API key of a run whose script names none, or only one of them.

use crate::shell::service::{sent, service};
use crate::support::harness::{ACCESS, Folder, SECRET, TOKEN, Test, quoted};
use crate::support::server::{Reply, Request, Server};

/// Returns the API keys that the server received.
fn keys(server: &Server) -> Vec<Option<String>> {
    let key = |request: &Request| request.header("authorization").map(str::to_owned);
    server.requests().iter().map(key).collect()
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[test]
fn the_first_call_connects_as_the_environment_says() {
    let server = service();
    Test::new()
        .env("MILVUS_URI", server.url())
        .env("MILVUS_TOKEN", TOKEN)
        .eval("jobs()[0].id")
        .stdout("job-0\n")
        .run();
    assert_eq!(
        keys(&server),
        [Some(bearer(TOKEN)), Some(bearer(TOKEN))],
        "verify, list"
    );
}

#[test]
fn a_missing_endpoint_has_a_hint() {
    for test in [
        Test::new().eval("jobs()"),
        Test::new().eval("connect()"),
        Test::new().args(["jobs"]),
        Test::new().env("MILVUS_URI", "").eval("jobs()"),
    ] {
        let ran = test.status(3).run();
        ran.complains("nothing to connect to")
            .complains("-p local needs no account")
            .complains("MILVUS_URI");
    }
}

#[test]
fn a_profile_is_chosen_by_name_option_environment_and_default() {
    let (prod, test) = (service(), service());
    let folder = Folder::new();
    let profile = |name: &str, server: &Server, api: &str| {
        format!(
            "[profiles.{name}]\nendpoint = \"{}\"\napi = \"{api}\"\ntoken = \"{TOKEN}\"\ncluster_id = \"in03-{name}\"\n",
            server.url()
        )
    };
    let config = profile("prod", &prod, "v2") + profile("test", &test, "v1").as_str();
    folder.write(
        "config/config.toml",
        format!("default_profile = \"prod\"\n{config}"),
    );
    let run = |test: Test| test.run().stdout;
    assert_eq!(run(folder.test().eval("connect().name")), "prod\n");
    assert_eq!(run(folder.test().eval("connect(\"test\").name")), "test\n");
    assert_eq!(
        run(folder.test().args(["-p", "test"]).eval("connect().name")),
        "test\n"
    );
    assert_eq!(
        run(folder
            .test()
            .eval("connect().name")
            .env("ZSHELL_PROFILE", "test")),
        "test\n"
    );
    let both = folder.test().args(["-p", "prod"]).eval("connect().name");
    assert_eq!(run(both.env("ZSHELL_PROFILE", "test")), "prod\n");
    run(folder.test().args(["jobs", "-p", "test"]));
    assert!(
        keys(&prod)
            .iter()
            .chain(&keys(&test))
            .all(|key| *key == Some(bearer(TOKEN)))
    );
    let clusters = sent(&test, "/list");
    assert!(
        clusters
            .iter()
            .all(|list| list.target.contains("clusterId=in03-test"))
    );
    let ran = folder.test().eval("connect(\"tset\")").status(3).run();
    ran.complains("no profile \"tset\"").complains("\"test\"");
}

#[test]
fn an_endpoint_may_replace_a_profile() {
    let server = service();
    let test = Test::new().args(["-p".to_owned(), server.url()]);
    test.eval("jobs()[0].id").stdout("job-0\n").run();
    let test = Test::new().env("ZSHELL_PROFILE", server.url());
    test.eval("jobs()[0].id").stdout("job-0\n").run();
}

#[test]
fn imports_send_the_storage_credentials_of_the_profile() {
    let server = service();
    let config = format!(
        "[profiles.p]\nendpoint = \"{}\"\napi = \"v2\"\ntoken = \"{TOKEN}\"\ncluster_id = \"c\"\n\
         [profiles.p.storage]\naccess_key = \"{ACCESS}\"\nsecret_key = \"{SECRET}\"\n",
        server.url()
    );
    let test = Test::new().config(&config).args(["-p", "p", "-v"]);
    test.args(["import", "books", "s3://bucket/1.json"]).run();
    let body = &sent(&server, "/create")[0].body;
    assert!(body.contains(ACCESS) && body.contains(SECRET), "{body}");
}

#[test]
fn a_broken_config_names_the_line_and_hides_the_key() {
    for (config, problem) in [
        (
            format!("[profiles.p]\ntoken = \"{TOKEN}\nx = 1\n"),
            "line 2",
        ),
        (format!("[profiles.p]\ntokn = \"{TOKEN}\"\n"), "tokn"),
        ("defaultprofile = \"x\"\n".to_owned(), "line 1"),
        ("[profiles.p]\nendpoint = 5\n".to_owned(), "endpoint"),
    ] {
        let test = Test::new()
            .config(&config)
            .eval(if config.contains("profiles") {
                "connect(\"p\")"
            } else {
                "connect()"
            });
        let ran = test.status(1).run();
        ran.complains(problem);
    }
    let test = Test::new()
        .config("default_profile = \"gone\"\n")
        .eval("connect()");
    test.status(3).run().complains("no profile \"gone\"");
}

#[test]
fn a_zilliz_key_never_goes_to_another_host() {
    let server = service();
    for test in [
        Test::new().env("MILVUS_URI", server.url()),
        Test::new().env("ZILLIZ_ENDPOINT", server.url()),
    ] {
        let test = test.env("ZILLIZ_API_KEY", TOKEN);
        let folder = test.folder().clone();
        folder.write(
            "zilliz/credentials",
            format!("[default]\napi_key = {TOKEN}\n"),
        );
        test.eval("jobs()").run();
    }
    let url = quoted(server.url());
    let test = Test::new().env("ZILLIZ_API_KEY", TOKEN);
    test.eval(format!(
        "connect({url}); connect(#{{endpoint: {url}, api: \"v1\", cluster_id: \"c\"}}); connect(#{{endpoint: {url}, api: \"v2\", cluster_id: \"c\"}});"
    ))
    .run();
    // The key isn't sent either if only some calls would leave Zilliz's hosts.
    let cloud = "https://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com";
    for text in [
        format!(
            "connect(#{{endpoint: {url}, api: \"v2\", cluster_id: \"in03-3bf3c31f4248e22\", cluster_endpoint: \"{cloud}\"}})"
        ),
        format!(
            "connect(#{{endpoint: \"{cloud}\", cluster_endpoint: {url}, verify: false}}); collections()"
        ),
    ] {
        Test::new().env("ZILLIZ_API_KEY", TOKEN).eval(text).run();
    }
    assert!(
        keys(&server).iter().all(Option::is_none),
        "{:?}",
        keys(&server)
    );
    assert!(!keys(&server).is_empty());
}

/// The proxy records the requested host, and nothing leaves the machine.
#[test]
fn the_cloud_key_comes_from_the_environment_or_official_cli() {
    let endpoint = "https://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com";
    let proxy = Server::start(|_| crate::support::server::Reply::status(403, "no"));
    let run = |test: Test| {
        let test = test.env("HTTPS_PROXY", proxy.url()).status(3);
        test.eval("jobs()").run()
    };
    run(Test::new()
        .env("ZILLIZ_ENDPOINT", endpoint)
        .env("ZILLIZ_API_KEY", TOKEN));
    let test = Test::new();
    let folder = test.folder().clone();
    folder.write(
        "zilliz/credentials",
        format!("[default]\napi_key = {TOKEN}\n"),
    );
    folder.write(
        "zilliz/config",
        format!("[context]\ncluster_id = in03-3bf3c31f4248e22\nendpoint = {endpoint}\ndatabase = default\n"),
    );
    run(test);
    let asked: Vec<(String, String)> = proxy
        .requests()
        .into_iter()
        .map(|request| (request.method, request.target))
        .collect();
    assert!(asked.len() >= 2, "{asked:?}");
    let host = ("CONNECT".to_owned(), "api.cloud.zilliz.com:443".to_owned());
    assert!(asked.iter().all(|it| *it == host), "{asked:?}");
    assert!(
        keys(&proxy).iter().all(Option::is_none),
        "a proxy sees no key"
    );
}

#[test]
fn a_cloud_endpoint_without_a_key_is_refused() {
    let ran = Test::new()
        .env(
            "ZILLIZ_ENDPOINT",
            "https://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com",
        )
        .eval("jobs()")
        .status(3)
        .run();
    ran.complains("no API key").complains("ZILLIZ_API_KEY");
}

#[test]
fn wrong_options_are_explained() {
    for (text, hint) in [
        ("connect(#{endpont: \"x\"})", "endpoint"),
        ("connect(#{endpoint: 5})", "endpoint is text"),
        (
            "connect(#{endpoint: \"http://127.0.0.1:1\", api: \"v3\"})",
            "\"v1\", \"v2\" and \"milvus\"",
        ),
        (
            "connect(#{endpoint: \"http://127.0.0.1:1\", timeout: \"soon\"})",
            "a duration",
        ),
        ("connect(5)", "connect(profile)"),
        (
            "connect(#{uri: \"http://127.0.0.1:1\", endpoint: \"http://127.0.0.1:1\"})",
            "given twice",
        ),
        ("connect(\"local\", 1)", "connect(connection)"),
    ] {
        Test::new().eval(text).status(1).run().complains(hint);
    }
}

#[test]
fn an_unreachable_address_exits_with_3() {
    let test = Test::new().eval("connect(\"http://127.0.0.1:1\")");
    test.status(3).run().complains("127.0.0.1:1");
}

#[test]
fn a_proxy_is_used_except_for_loopback() {
    let list = |_: &_| Reply::json(r#"{"code":0,"data":{"records":[]}}"#);
    let (proxy, direct) = (Server::start(list), Server::start(list));
    let connect = |address: &str| {
        Test::new()
            .args(["eval", "connect(args[0]); jobs()", address])
            .env("http_proxy", proxy.url())
            .run()
    };
    connect("http://milvus.example:19530");
    let requests = proxy.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(
        requests[0].target,
        "http://milvus.example:19530/v2/vectordb/jobs/import/list"
    );
    connect(&direct.url());
    assert_eq!((proxy.requests().len(), direct.requests().len()), (2, 2));
}
