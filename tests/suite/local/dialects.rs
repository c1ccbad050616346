//! Every field of the three dialects' answers, compared with the published ones.

use crate::local::harness::{Local, rows};
use serde_json::{Value, json};

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn v1_answers_match_the_documentation() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let file = rows(dir.path(), "a.json", 0..10);
    let body = json!({ "clusterId": "in01-x", "collectionName": "c", "objectUrl": file, "accessKey": "a", "secretKey": "b" });
    let created = local.post("/v1/vector/collections/import", &body);
    assert_eq!(
        (created.code(), keys(&created.json)),
        (200, vec!["code", "data"])
    );
    let id = created.data()["jobId"].as_str().unwrap().to_owned();
    assert!(id.parse::<i64>().is_ok_and(|id| id > 1 << 53), "{id}");
    local.wait(&id);

    let path = format!("/v1/vector/collections/import/get?jobId={id}&clusterId=in01-x");
    let answer = local.get(&path);
    assert_eq!(answer.code(), 200);
    let data = answer.data();
    let file_fields = [
        "fileName",
        "fileSize",
        "readyPercentage",
        "completeTime",
        "errorMessage",
    ];
    assert_eq!(
        keys(&data),
        [&["jobId", "collectionName"], &file_fields[..], &["details"]].concat()
    );
    assert_eq!(keys(&data["details"][0]), file_fields);
    assert_eq!(data["fileName"], json!(file));
    assert_eq!(
        (&data["readyPercentage"], &data["errorMessage"]),
        (&json!(100), &Value::Null)
    );

    let missing = json!({ "collectionName": "c", "objectUrl": "missing.json" });
    let failed = local.post("/v1/vector/collections/import", &missing).data()["jobId"]
        .as_str()
        .unwrap()
        .to_owned();
    local.wait(&failed);
    let data = local
        .get(&format!("/v1/vector/collections/import/get?jobId={failed}"))
        .data();
    assert!(
        data["errorMessage"]
            .as_str()
            .unwrap()
            .contains("missing.json")
    );

    let data = local
        .get("/v1/vector/collections/import/list?clusterId=in01-x&pageSize=5&currentPage=1")
        .data();
    let names = ["count", "currentPage", "pageSize", "tasks", "records"];
    assert_eq!(keys(&data), names);
    assert_eq!(data["tasks"], data["records"]);
    assert_eq!(
        (&data["count"], &data["currentPage"], &data["pageSize"]),
        (&json!(2), &json!(1), &json!(5))
    );
    assert_eq!(
        data["records"][0],
        json!({ "jobId": failed, "collectionName": "c", "state": "ImportFailed" })
    );
    assert_eq!(
        data["records"][1],
        json!({ "jobId": id, "collectionName": "c", "state": "ImportCompleted" })
    );

    for (path, code) in [
        ("import/list?pageSize=4", 80003),
        ("import/list?pageSize=101", 80003),
        ("import/list?pageSize=ten", 80003),
        ("import/list?currentPage=0", 80004),
        ("import/get?jobId=job-none", 90144),
        ("import/get", 80000),
        ("describe?collectionName=none", 100),
    ] {
        assert_eq!(
            local
                .get(&format!("/v1/vector/collections/{path}"))
                .refusal()
                .0,
            code,
            "{path}"
        );
    }
    let import = |body: Value| {
        local
            .post("/v1/vector/collections/import", &body)
            .refusal()
            .0
    };
    assert_eq!(import(json!({ "collectionName": "c" })), 90142);
    assert_eq!(
        import(json!({ "collectionName": "none", "objectUrl": "a.json" })),
        47005
    );
    assert_eq!(
        import(json!({ "collectionName": "c", "objectUrl": "a.txt" })),
        10003
    );
}

#[test]
fn v1_collections_are_created_described_and_dropped() {
    let (_dir, local) = Local::fresh();
    let body =
        json!({ "collectionName": "c", "dimension": 8, "primaryField": "key", "vectorField": "v" });
    assert_eq!(
        local.post("/v1/vector/collections/create", &body).code(),
        200
    );
    assert_eq!(local.get("/v1/vector/collections").data(), json!(["c"]));
    let data = local
        .get("/v1/vector/collections/describe?collectionName=c")
        .data();
    assert_eq!(
        (&data["fields"][0]["name"], &data["fields"][0]["type"]),
        (&json!("key"), &json!("Int64"))
    );
    assert_eq!(
        (&data["fields"][1]["name"], &data["fields"][1]["type"]),
        (&json!("v"), &json!("FloatVector(8)"))
    );
    let body = json!({ "collectionName": "c" });
    assert_eq!(local.post("/v1/vector/collections/drop", &body).code(), 200);
    assert_eq!(
        local.post("/v1/vector/collections/drop", &body).refusal().0,
        100
    );
}

#[test]
fn v2_and_milvus_answers_have_the_fields_of_both() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let file = rows(dir.path(), "a.json", 0..10);
    let create = "/v2/vectordb/jobs/import/create";
    let bodies = [
        json!({ "clusterId": "in01-x", "collectionName": "c", "objectUrls": [[file]] }),
        json!({ "projectId": "p", "regionId": "r", "collectionName": "c", "objectUrls": [file] }),
        json!({ "clusterId": "in01-x", "collectionName": "c", "objectUrl": file }),
        json!({ "collectionName": "c", "files": [[file]], "options": { "timeout": "300s" } }),
        // The request of the Zilliz CLI.
        json!({ "clusterId": "in01-x", "collectionName": "c", "files": [[file]] }),
        // The request of pymilvus 3.0.2, which sends all known fields.
        json!({ "clusterId": "", "projectId": "", "regionId": "", "dbName": "", "partitionName": "",
            "collectionName": "c", "files": [[file]], "objectUrl": "", "objectUrls": [], "volumeName": "",
            "dataPaths": [], "accessKey": "", "secretKey": "", "token": "", "options": {} }),
        json!({ "clusterId": "", "collectionName": "c", "files": null, "objectUrl": "",
            "objectUrls": [[file]], "volumeName": "", "dataPaths": null, "options": null }),
        json!({ "collectionName": "c", "objectUrl": file, "files": [], "objectUrls": "", "volumeName": "" }),
    ];
    // The dialect of the reader decides how files are named, not the dialect of the job's creator.
    let asking = [
        (json!({ "clusterId": "in01-x" }), json!(file)),
        (json!({}), json!(format!("[{}]", file.display()))),
    ];
    let turns = ["getProgress", "get_progress", "describe"]
        .into_iter()
        .flat_map(|route| asking.iter().map(move |(who, name)| (route, who, name)));
    for body in &bodies {
        let answer = local.post(create, body);
        assert_eq!(answer.code(), 0);
        let id = answer.data()["jobId"].as_str().unwrap().to_owned();
        local.wait(&id);
        for (route, who, name) in turns.clone() {
            let path = format!("/v2/vectordb/jobs/import/{route}");
            let mut ask = who.clone();
            ask["jobId"] = json!(id);
            let data = local.post(&path, &ask).data();
            assert_eq!(&data["details"][0]["fileName"], name);
            if ask.get("clusterId").is_none() {
                check_milvus_progress(&data);
                continue;
            }
            let standing = [
                "fileName",
                "fileSize",
                "state",
                "progress",
                "importedRows",
                "totalRows",
                "completeTime",
                "reason",
            ];
            assert_eq!(
                keys(&data),
                [&["jobId", "collectionName"], &standing[..], &["details"]].concat()
            );
            assert_eq!(keys(&data["details"][0]), standing);
            assert_eq!(data["reason"], "");
        }
    }
    let data = local
        .post(
            "/v2/vectordb/jobs/import/list",
            &json!({ "clusterId": "in01-x" }),
        )
        .data();
    assert_eq!(keys(&data), ["count", "currentPage", "pageSize", "records"]);
    assert_eq!(
        keys(&data["records"][0]),
        ["jobId", "collectionName", "state", "progress", "reason"]
    );
    let data = local
        .post("/v2/vectordb/jobs/import/list", &json!({}))
        .data();
    assert_eq!(keys(&data), ["records"]);
    assert_eq!(
        keys(&data["records"][0]),
        ["jobId", "collectionName", "state", "progress"]
    );
}

/// Milvus: `internal/distributed/proxy/httpserver/handler_v2.go`, `getImportJobProcess`.
fn check_milvus_progress(data: &Value) {
    assert_eq!(
        keys(data),
        [
            "jobId",
            "collectionName",
            "createTime",
            "completeTime",
            "fileSize",
            "importedRows",
            "totalRows",
            "state",
            "progress",
            "details"
        ]
    );
    assert_eq!(
        keys(&data["details"][0]),
        [
            "fileName",
            "fileSize",
            "state",
            "progress",
            "completeTime",
            "importedRows",
            "totalRows"
        ]
    );
    let create = data["createTime"].as_str().expect("a time");
    assert!(create.ends_with('Z') && create <= data["completeTime"].as_str().expect("a time"));
}

#[test]
fn lists_are_paged_newest_first() {
    let (_dir, local) = Local::fresh();
    local.create("c");
    local.create("d");
    let ids: Vec<String> = (0..12)
        .map(|_| local.import("c", &["missing.json".as_ref()]))
        .collect();
    local.import("d", &["missing.json".as_ref()]);
    let page = |body: Value| {
        let data = local.post("/v2/vectordb/jobs/import/list", &body).data();
        let records = data["records"].as_array().unwrap().clone();
        let ids: Vec<_> = records
            .iter()
            .map(|job| job["jobId"].as_str().unwrap().to_owned())
            .collect();
        (data["count"].as_u64().unwrap_or(0), ids)
    };
    let newest: Vec<String> = ids.into_iter().rev().collect();
    let body = |number: Value| json!({ "clusterId": "x", "collectionName": "c", "pageSize": "5", "currentPage": number });
    assert_eq!(page(body(json!(1))), (12, newest[..5].to_vec()));
    assert_eq!(page(body(json!("3"))), (12, newest[10..].to_vec()));
    assert_eq!(page(body(json!(4))), (12, vec![]));
    assert_eq!(page(body(json!(i64::MAX))), (12, vec![]));
    // Ten jobs a page if a cluster is named, all jobs on a Milvus server.
    assert_eq!(page(json!({ "clusterId": "x" })).1.len(), 10);
    assert_eq!(page(json!({})).1.len(), 13);
    assert_eq!(page(json!({ "clusterId": "x", "pageSize": 1 })).1.len(), 1);
    // pymilvus always sends a page. A Milvus server ignores it (internal/proxy/impl.go, ListImports).
    for body in [
        json!({ "clusterId": "", "pageSize": 10, "currentPage": 1 }),
        json!({ "pageSize": 10, "currentPage": 2 }),
        json!({ "pageSize": [], "currentPage": "x" }),
    ] {
        assert_eq!(page(body.clone()).1.len(), 13, "{body}");
    }
    let unknown = json!({ "collectionName": "none" });
    let unknown = local.post("/v2/vectordb/jobs/import/list", &unknown);
    assert_eq!(unknown.refusal().0, 100);
    for (body, code) in [
        (json!({ "clusterId": "x", "pageSize": 1000 }), 80003),
        (json!({ "clusterId": "x", "pageSize": 0 }), 80003),
        (json!({ "clusterId": "x", "currentPage": -1 }), 80004),
        (json!({ "clusterId": "x", "pageSize": [] }), 80003),
    ] {
        assert_eq!(
            local
                .post("/v2/vectordb/jobs/import/list", &body)
                .refusal()
                .0,
            code
        );
    }
}

#[test]
fn commit_and_abort_refuse_unknown_and_ordinary_jobs() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let job = local.import("c", &[&rows(dir.path(), "a.json", 0..10)]);
    local.wait(&job);
    for route in ["getProgress", "describe", "commit", "abort"] {
        let path = format!("/v2/vectordb/jobs/import/{route}");
        let code = |body: Value| local.post(&path, &body).refusal().0;
        // Milvus: handler_v2.go, commitImportJob; internal/datacoord/services.go, GetImportProgress.
        for (id, expected) in [
            (json!("job-none"), 1100),
            (json!("9223372036854775808"), 1100),
            (json!(""), 1802),
            (json!(null), 1802),
            (json!(5), 1801),
            (json!("5"), 2101),
            (json!("-1"), 2101),
        ] {
            assert_eq!(code(json!({ "jobId": id })), expected, "{route} {id}");
        }
        let message = match route {
            "commit" | "abort" => "job 5 not found",
            _ => "import job does not exist, jobID=5",
        };
        let answer = local.post(&path, &json!({ "JOBID": "5" }));
        assert!(answer.refusal().1.contains(message), "{}", answer.json);
        assert_eq!(
            code(json!({ "jobId": 449_123_456_789_012_345_u64, "clusterId": "x" })),
            90144,
            "{route}"
        );
        assert_eq!(code(json!({})), 1802, "{route}");
        assert_eq!(code(json!({ "clusterId": "x" })), 80000, "{route}");
    }
    assert_eq!(local.progress(&job)["state"], "Completed");
}
