//! Clusters by name, `load` and `describe`, with a simulated service.

use crate::support::harness::{TOKEN, Test};
use crate::support::server::{Reply, Request, Server};
use serde_json::{Value, json};

/// Answers as a control plane with two clusters. The endpoint of the first is the server itself.
fn answer(request: &Request) -> Reply {
    let url = format!("http://{}", request.header("host").unwrap_or_default());
    let data = match request.target.split('?').next().unwrap_or_default() {
        "/v2/clusters" => json!({"count": 2, "currentPage": 1, "pageSize": 100, "clusters": [
            {"clusterId": "in03-aaaa", "clusterName": "books", "regionId": "aws-us-east1",
             "plan": "Serverless", "status": "RUNNING", "connectAddress": url, "projectId": "p"},
            {"clusterId": "in03-bbbb", "clusterName": "films", "regionId": "gcp-us-west1",
             "plan": "Free", "status": "FROZEN", "connectAddress": "", "projectId": "p"},
        ]}),
        "/v2/vectordb/jobs/import/list" => json!({"count": 0, "records": []}),
        "/v2/vectordb/collections/load" => json!({}),
        "/v2/vectordb/collections/get_load_state" => json!({"loadState": "LoadStateLoaded"}),
        "/v2/vectordb/collections/list" => json!(["books"]),
        other => return Reply::status(404, other),
    };
    Reply::json(json!({"code": 0, "data": data}).to_string())
}

fn eval(text: &str) -> (Server, Test) {
    let server = Server::start(answer);
    let text = text.replace("URL", &format!("{:?}", server.url()));
    let test = Test::new().env("KEY", TOKEN).eval(text);
    (server, test)
}

#[test]
fn a_cluster_is_found_by_name_and_used() {
    let (server, test) = eval(
        r#"connect(#{endpoint: URL, api: "v2", cluster: "books", token: secret("KEY")}); jobs(); collections()"#,
    );
    test.run().says("books");
    let requests = server.requests();
    let targets: Vec<&str> = requests.iter().map(|it| it.target.as_str()).collect();
    assert!(targets[0].starts_with("/v2/clusters?"), "{targets:?}");
    assert_eq!(
        targets[1..],
        [
            "/v2/vectordb/jobs/import/list",
            "/v2/vectordb/jobs/import/list",
            "/v2/vectordb/collections/list"
        ]
    );
    let body: Value = serde_json::from_str(&requests[2].body).expect("JSON");
    assert_eq!(body["clusterId"], "in03-aaaa");
}

#[test]
fn an_unknown_cluster_has_a_suggestion() {
    let (_server, test) =
        eval(r#"connect(#{endpoint: URL, api: "v2", cluster: "boks", token: secret("KEY")})"#);
    let ran = test.status(1).run();
    ran.complains("no cluster \"boks\"").complains("books");
}

#[test]
fn clusters_are_listed_with_the_apis_names() {
    let (_server, test) = eval(
        r#"connect(#{endpoint: URL, api: "v2", cluster: "in03-bbbb", token: secret("KEY")}); clusters().map(|it| it.clusterName).to_json()"#,
    );
    test.run().says("[\"books\",\"films\"]");
}

#[test]
fn load_waits_until_the_collection_is_loaded() {
    let (server, test) = eval(
        r#"connect(#{endpoint: URL, api: "v2", cluster: "books", token: secret("KEY")}); load("books")"#,
    );
    test.run();
    let targets: Vec<String> = server.requests().into_iter().map(|it| it.target).collect();
    assert!(
        targets[2].ends_with("/load") && targets[3].ends_with("/get_load_state"),
        "{targets:?}"
    );
}

/// Answers as a control plane that refuses every API key except one.
fn account(request: &Request) -> Reply {
    if request.header("authorization") != Some(&format!("Bearer {TOKEN}")) {
        return Reply::status(401, "{}");
    }
    let data = match request.target.split('?').next().unwrap_or_default() {
        "/v2/clusters" => {
            json!({"count": 1, "clusters": [{"clusterId": "in03-aaaa", "clusterName": "books"}]})
        }
        "/v2/projects" => {
            json!([{"projectId": "proj-1", "projectName": "Default Project", "instanceCount": 2}])
        }
        other => return Reply::status(404, other),
    };
    Reply::json(json!({"code": 0, "data": data}).to_string())
}

#[test]
fn clusters_and_projects_work_without_a_connection() {
    let server = Server::start(account);
    let url = server.url();
    let text = format!(
        r#"let at = #{{endpoint: {url:?}, token: secret("KEY")}};
           print(clusters(at)[0].clusterId); print(projects(at)[0].projectName); projects(at)"#
    );
    let ran = Test::new().env("KEY", TOKEN).eval(text).run();
    ran.says("in03-aaaa")
        .says("Default Project")
        .says("instanceCount");
    let requests = server.requests();
    assert!(requests.iter().all(|it| it.method == "GET"), "{requests:?}");
    let wrong = format!("projects(#{{endpoint: {url:?}, token: \"wrong\"}})");
    Test::new().eval(wrong).status(3).run().complains("token");
    let unknown = format!("clusters(#{{endpoint: {url:?}, tokn: \"wrong\"}})");
    Test::new().eval(unknown).status(1).run().complains("token");
}

/// Without settings the calls go to Zilliz Cloud. A proxy records the host.
#[test]
fn clusters_and_projects_go_to_zilliz_cloud_by_default() {
    let proxy = Server::start(|_| Reply::status(502, "no way out"));
    for call in ["clusters()", "projects()"] {
        let test = Test::new()
            .env("ZILLIZ_API_KEY", TOKEN)
            .env("https_proxy", proxy.url());
        test.eval(call)
            .status(3)
            .run()
            .complains("https://api.cloud.zilliz.com");
    }
    let test = Test::new().eval("clusters()").status(3);
    test.run().complains("no API key for api.cloud.zilliz.com");
}
