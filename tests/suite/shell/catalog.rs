//! Partitions, databases, indexes and aliases, and calls to any path.

use crate::shell::service::{connect, sent};
use crate::support::harness::{Folder, SECRET, TOKEN, Test};
use crate::support::server::{Reply, Request, Server};
use serde_json::Value;

/// Starts a service with one partition, database, index and alias, which accepts every change.
fn catalog() -> Server {
    Server::start(answer)
}

pub(super) fn answer(request: &Request) -> Reply {
    let path = request.target.split('?').next().unwrap_or_default();
    let data = match path.trim_start_matches("/v2/vectordb/") {
        "collections/list" => r#"["books"]"#,
        "partitions/list" => r#"["_default","p"]"#,
        "databases/list" => r#"["default","x"]"#,
        "indexes/list" => r#"["vector"]"#,
        "indexes/describe" => {
            r#"[{"indexName":"vector","fieldName":"vector","indexType":"HNSW","metricType":"L2","indexState":"Finished","totalRows":5,"indexedRows":5,"pendingRows":0,"failReason":"","minIndexVersion":1}]"#
        }
        "aliases/list" => r#"["b"]"#,
        "aliases/describe" => r#"{"aliasName":"b","collectionName":"books","dbName":"default"}"#,
        _ if path.ends_with("/drop") || path.ends_with("/create") => "{}",
        "/v2/clusters" | "entities/get" => r#"{"echo":"key ECHO.","tmpSK":"HIDDEN-1234","n":1}"#,
        _ => return Reply::status(404, r#"{"code":404,"message":"no such path"}"#),
    };
    let data = data.replace("ECHO", TOKEN).replace("HIDDEN-1234", SECRET);
    Reply::json(format!(r#"{{"code":0,"data":{data}}}"#))
}

/// Returns `connect(…)` with one address for import and collection calls.
pub(super) fn connect_whole(server: &Server, api: &str) -> String {
    let cluster = format!("api: {api:?}, cluster_endpoint: {:?}", server.url());
    connect(server, api).replace(&format!("api: {api:?}"), &cluster)
}

#[test]
fn each_call_reaches_the_cluster_in_every_dialect() {
    let calls = [
        (
            "partitions(\"books\")",
            "partitions/list",
            r#"{"collectionName":"books"}"#,
        ),
        (
            "create_partition(\"books\", \"q\")",
            "partitions/create",
            r#"{"collectionName":"books","partitionName":"q"}"#,
        ),
        (
            "drop_partition(\"books\", \"p\")",
            "partitions/drop",
            r#"{"collectionName":"books","partitionName":"p"}"#,
        ),
        ("databases()", "databases/list", "{}"),
        (
            "indexes(\"books\")",
            "indexes/describe",
            r#"{"collectionName":"books","indexName":"vector"}"#,
        ),
        (
            "create_index(\"books\", \"v\", #{index_type: \"HNSW\", metric: \"L2\", params: #{M: 16}})",
            "indexes/create",
            r#"{"collectionName":"books","indexParams":[{"fieldName":"v","indexName":"v","metricType":"L2","params":{"M":16,"index_type":"HNSW"}}]}"#,
        ),
        (
            "drop_index(\"books\", \"vector\")",
            "indexes/drop",
            r#"{"collectionName":"books","indexName":"vector"}"#,
        ),
        ("aliases()", "aliases/describe", r#"{"aliasName":"b"}"#),
        ("drop_alias(\"b\")", "aliases/drop", r#"{"aliasName":"b"}"#),
    ];
    for api in ["v1", "v2", "milvus"] {
        let server = catalog();
        let script: String = calls
            .iter()
            .map(|(call, ..)| format!("{call};\n"))
            .collect();
        let text = format!("{}\n{script}", connect_whole(&server, api));
        Test::new().env("KEY", TOKEN).script(text).run();
        for (call, path, body) in calls {
            let requests = sent(&server, path);
            let parse = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
            // Lists are also read before a drop.
            assert!(!requests.is_empty(), "{api} {call}");
            for request in requests {
                assert_eq!(parse(&request.body), parse(body), "{api} {call}");
            }
        }
    }
}

#[test]
fn lists_have_the_fields_that_help_shows() {
    let server = catalog();
    let text = format!(
        "{} [partitions(\"books\"), databases(), indexes(\"books\"), aliases(), aliases(\"books\")].to_json()",
        connect_whole(&server, "milvus")
    );
    let ran = Test::new().env("KEY", TOKEN).eval(text).run();
    let expected = r#"[["_default","p"],["default","x"],[{"indexName":"vector","fieldName":"vector","indexType":"HNSW","metricType":"L2","indexState":"Finished","totalRows":5,"indexedRows":5,"pendingRows":0,"failReason":""}],[{"alias":"b","collection":"books"}],[{"alias":"b","collection":"books"}]]"#;
    ran.says(expected);
}

#[test]
fn a_call_that_a_dialect_lacks_has_a_hint() {
    let without = "connect(#{endpoint: \"https://api.cloud.zilliz.com\", cluster_id: \"in03-3bf3c31f4248e22\", token: secret(\"KEY\"), verify: false});".to_owned();
    let old = Server::start(|request| {
        if request.target.starts_with("/v2/") {
            return Reply::status(404, "404 page not found");
        }
        Reply::json(r#"{"code":200,"data":["books"]}"#)
    });
    for (connect, call, status, words) in [
        (&without, "partitions(\"books\")", 1, "cluster_endpoint"),
        (
            &without,
            "api(\"POST\", \"/v2/vectordb/collections/list\")",
            1,
            "cluster_endpoint",
        ),
        (
            &connect_whole(&old, "v1"),
            "partitions(\"books\")",
            7,
            "since 2.4",
        ),
        (
            &connect_whole(&old, "v1"),
            "use_database(\"x\")",
            7,
            "api: \"v2\"",
        ),
    ] {
        let test = Test::new()
            .env("KEY", TOKEN)
            .eval(format!("{connect} {call}"));
        test.status(status).run().complains(words);
    }
}

#[test]
fn dropping_a_missing_object_is_an_error() {
    let server = catalog();
    let calls = [
        (
            "drop_collection(\"nope\")",
            "no collection nope; nothing dropped",
        ),
        (
            "drop_partition(\"books\", \"q\")",
            "no partition q of books; nothing dropped",
        ),
        (
            "drop_index(\"books\", \"q\")",
            "no index q of books; nothing dropped",
        ),
        ("drop_alias(\"q\")", "no alias q; nothing dropped"),
    ];
    for (call, notice) in calls {
        // On a protected connection too, the user isn't asked for confirmation.
        let connect = connect_whole(&server, "milvus").replace("#{", "#{\"protected\": true, ");
        let test = Test::new().env("KEY", TOKEN);
        test.eval(format!("{connect} {call}"))
            .run()
            .complains(notice);
    }
    let text = format!(
        "{} drop_collection(\"b\")",
        connect_whole(&server, "milvus")
    );
    let ran = Test::new().env("KEY", TOKEN).eval(text).status(7).run();
    ran.complains("is an alias")
        .complains("drop_collection(\"books\")");
    assert_eq!(sent(&server, "/drop").len(), 0);
}

#[test]
fn a_protected_connection_refuses_calls_other_than_reads() {
    let server = catalog();
    let connect = connect_whole(&server, "milvus").replace("#{", "#{\"protected\": true, ");
    for (call, deed) in [
        (
            "drop_partition(\"books\", \"p\")",
            "drop_partition(\"books\", \"p\")",
        ),
        (
            "drop_index(\"books\", \"vector\")",
            "drop_index(\"books\", \"vector\")",
        ),
        ("drop_alias(\"b\")", "drop_alias(\"b\")"),
        (
            "api(\"POST\", \"/v2/vectordb/roles/drop\")",
            "api(\"POST\", \"/v2/vectordb/roles/drop\")",
        ),
        (
            "api(\"delete\", \"/v2/clusters\")",
            "api(\"DELETE\", \"/v2/clusters\")",
        ),
    ] {
        let test = Test::new()
            .env("KEY", TOKEN)
            .eval(format!("{connect} {call}"));
        test.status(7)
            .run()
            .complains(&format!("{deed} was not done"));
    }
    assert!(
        server
            .requests()
            .iter()
            .all(|it| !it.target.ends_with("/drop") && it.method != "DELETE")
    );
    let reads =
        "api(\"GET\", \"/v2/clusters\"); api(\"POST\", \"/v2/vectordb/collections/list\"); ()";
    Test::new()
        .env("KEY", TOKEN)
        .eval(format!("{connect} {reads}"))
        .run();
    let test = Test::new().env("KEY", TOKEN).args(["--yes"]);
    test.eval(format!(
        "{connect} api(\"POST\", \"/v2/vectordb/roles/drop\"); ()"
    ))
    .run();
    assert_eq!(sent(&server, "/roles/drop").len(), 1);
}

#[test]
fn api_sends_the_key_and_shows_no_secret() {
    let server = catalog();
    let text = format!(
        "{} let a = api(\"GET\", \"/v2/clusters?x=1\", #{{pageSize: 5, n: \"a b\"}}); print(a.data.echo); print(a.data.tmpSK); print(a.data.n);
         api(\"POST\", \"/v2/vectordb/entities/get\", #{{secretKey: a.data.tmpSK, id: [1]}}); print(type_of(a.data.tmpSK));
         api(\"POST\", \"/v2/vectordb/entities/get\", `[1, {{\"a\": null}}]`); ()",
        connect_whole(&server, "milvus")
    );
    let test = Test::new().env("KEY", TOKEN).args(["-v"]).script(text);
    test.stdout("key ****.\n****\n1\nSecret\n").run();
    let requests = server.requests();
    assert_eq!(requests[0].target, "/v2/clusters?x=1&n=a+b&pageSize=5");
    assert!(
        requests
            .iter()
            .all(|it| it.header("authorization") == Some(&*format!("Bearer {TOKEN}")))
    );
    let body: Value = serde_json::from_str(&requests[1].body).expect("JSON");
    assert_eq!(body["secretKey"], SECRET);
    assert_eq!(requests[2].body, r#"[1,{"a":null}]"#);
}

#[test]
fn api_accepts_only_paths_of_the_service() {
    let server = catalog();
    for (args, words) in [
        (
            "\"GET\", \"https://example.com/\"",
            "the connection decides the host",
        ),
        (
            "\"GET\", \"//example.com/\"",
            "the connection decides the host",
        ),
        ("\"GET\", \"/a/../b\"", "the segment . or .."),
        ("\"GET\", \"/a b\"", "blank"),
        ("\"LIST\", \"/\"", "no method \"LIST\""),
        ("\"POST\", \"/\", \"{\"", "no JSON"),
        ("\"POST\", \"/\", 5", "the body is a map"),
        ("\"GET\", \"/\", #{a: [1]}", "no text, number or flag"),
    ] {
        let text = format!("{} api({args})", connect_whole(&server, "milvus"));
        let ran = Test::new().env("KEY", TOKEN).eval(text).status(1).run();
        ran.complains(words);
    }
    assert_eq!(server.requests().len(), 0);
    let text = format!(
        "{} api(\"PUT\", \"/v2/none\")",
        connect_whole(&server, "milvus")
    );
    let ran = Test::new().env("KEY", TOKEN).eval(text).status(7).run();
    ran.complains("cannot make the API call: no such path (code 404)");
}

#[test]
fn a_dry_run_shows_the_changes_and_sends_the_reads() {
    let server = catalog();
    let text = format!(
        "{} create_partition(\"books\", \"q\"); print(partitions(\"books\").len()); drop_partition(\"books\", \"q\"); print(partitions(\"books\").len());
         alias(\"n\", \"books\"); alias(\"n\", \"new\"); drop_alias(\"n\"); create_index(\"books\", \"v\"); drop_index(\"books\", \"v\");
         print(api(\"POST\", \"/v2/vectordb/users/create\", #{{password: secret(\"KEY\")}}).code); print(api(\"GET\", \"/v2/clusters\").code);",
        connect_whole(&server, "milvus")
    );
    let ran = Test::new()
        .env("KEY", TOKEN)
        .args(["--dry-run"])
        .script(text)
        .run();
    for path in [
        "partitions/create",
        "partitions/release",
        "partitions/drop",
        "aliases/create",
        "aliases/alter",
        "aliases/drop",
        "indexes/create",
        "indexes/drop",
        "users/create",
    ] {
        ran.says(&format!("/v2/vectordb/{path}'"));
        assert_eq!(sent(&server, path).len(), 0, "{path}");
    }
    ran.says("# 3\n")
        .says("\n# 2\n")
        .says("\"password\":\"${PASSWORD}\"");
    assert_eq!(sent(&server, "/clusters").len(), 1);
}

#[cfg(feature = "local")]
#[test]
fn the_local_service_supports_all_calls() {
    let folder = Folder::new();
    let test = folder.test().script(
        "connect(\"local\"); create_collection(\"books\", #{dimension: 4});
         create_partition(\"books\", \"p\"); print(partitions(\"books\")); drop_partition(\"books\", \"p\"); print(partitions(\"books\"));
         drop_index(\"books\", \"vector\"); print(indexes(\"books\").len()); create_index(\"books\", \"vector\", #{metric: \"L2\"}); print(indexes(\"books\")[0].metricType);
         alias(\"b\", \"books\"); print(aliases()[0].collection); drop_alias(\"b\"); print(aliases().len());
         api(\"POST\", \"/v2/vectordb/databases/create\", #{dbName: \"x\"});
         let x = use_database(\"x\"); print(collections().len()); print(x.database); create_collection(\"inside\", #{dimension: 4});
         let d = x.use_database(\"default\"); print(collections()); print(x.collections());
         try { use_database(\"y\") } catch (e) { print(e.message); }",
    );
    test.stdout(
        "[\"_default\", \"p\"]\n[\"_default\"]\n0\nL2\nbooks\n0\n0\nx\n[\"books\"]\n[\"inside\"]\nno database \"y\"\n",
    )
    .run();
}

#[test]
fn a_wrong_number_of_arguments_is_an_error() {
    for (call, words) in [
        ("count(\"a\", 1)", "count takes 1 argument, got 2"),
        ("count()", "count takes 1 argument, got 0"),
        ("peek()", "peek takes 1 or 2 arguments, got 0"),
        ("import()", "import takes 1 to 3 arguments, got 0"),
        ("databases(1)", "databases takes no arguments, got 1"),
    ] {
        let ran = Test::new().eval(call).status(1).run();
        ran.complains(words).complains("its forms: ");
    }
}
