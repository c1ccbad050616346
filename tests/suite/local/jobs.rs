//! Import jobs: success, failure as a whole, repeats.

use crate::local::harness::{Local, row, rows, serve, write};
use serde_json::{Value, json};
use std::path::Path;

const CREATE: &str = "/v2/vectordb/jobs/import/create";

#[test]
fn json_lines_wrapped_json_and_file_urls_are_imported() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let list = rows(dir.path(), "list.json", 0..500);
    let wrapped = write(
        dir.path(),
        "wrapped.json",
        &json!({ "rows": [row(500)] }).to_string(),
    );
    let lines: Vec<_> = (501..600).map(|id| row(id).to_string()).collect();
    let lines = write(dir.path(), "lines with space.jsonl", &lines.join("\n"));
    let url = format!("file://{}", lines.display()).replace(' ', "%20");
    let job = local.import("c", &[&list, &wrapped, Path::new(&url)]);
    let progress = local.wait(&job);
    assert_eq!(progress["state"], "Completed", "{progress}");
    assert_eq!(
        (&progress["importedRows"], &progress["totalRows"]),
        (&json!(600), &json!(600))
    );
    let size: u64 = [&list, &wrapped, &lines]
        .map(|path| path.metadata().unwrap().len())
        .iter()
        .sum();
    assert_eq!(
        (&progress["fileSize"], &progress["progress"]),
        (&json!(size), &json!(100))
    );
    let files: Vec<_> = progress["details"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["importedRows"].as_u64())
        .collect();
    assert_eq!(files, [Some(500), Some(1), Some(99)]);
    assert_eq!(local.count("c"), 600);
    assert!(progress["completeTime"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn the_real_data_is_imported() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/debian-packages");
    if !data.is_dir() {
        eprintln!("skipped: no folder {}", data.display());
        return;
    }
    let (dir, local) = Local::fresh();
    let schema: Value =
        serde_json::from_slice(&std::fs::read(data.join("schema.json")).unwrap()).unwrap();
    local
        .post("/v2/vectordb/collections/create", &schema)
        .data();
    let whole = std::fs::read_to_string(data.join("packages.json")).unwrap();
    let job = local.import("debian_packages", &[&data.join("packages.json")]);
    let progress = local.wait(&job);
    assert_eq!(
        (&progress["state"], &progress["importedRows"]),
        (&json!("Completed"), &json!(2000))
    );
    assert_eq!(local.count("debian_packages"), 2000);

    let mut broken: Value = serde_json::from_str(&whole).unwrap();
    broken[1233]["embedding"].as_array_mut().unwrap().pop();
    let broken = write(dir.path(), "broken.json", &broken.to_string());
    let progress = local.wait(&local.import("debian_packages", &[&broken]));
    assert_eq!(progress["state"], "Failed");
    let reason = progress["reason"].as_str().unwrap();
    for part in ["broken.json", "row 1234", "embedding", "384", "383"] {
        assert!(reason.contains(part), "{part}: {reason}");
    }
    assert_eq!(local.count("debian_packages"), 2000);
}

#[test]
fn a_failed_job_leaves_no_row_and_names_the_bad_row() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let good = rows(dir.path(), "a.json", 0..20_000);
    let mut bad: Vec<Value> = (0..9000).map(row).collect();
    bad[8233]["word"] = json!("a word of more than 16 bytes");
    let bad = write(dir.path(), "b.json", &Value::from(bad).to_string());
    let after = rows(dir.path(), "c.json", 0..10);
    let progress = local.wait(&local.import("c", &[&good, &bad, &after]));
    assert_eq!(progress["state"], "Failed");
    let reason = progress["reason"].as_str().unwrap();
    for part in ["b.json", "row 8234", "\"word\"", "16"] {
        assert!(reason.contains(part), "{part}: {reason}");
    }
    assert_eq!(
        (&progress["importedRows"], local.count("c")),
        (&json!(0), 0)
    );
    // Milvus lists no file of a job whose check failed (internal/datacoord/import_util.go, GetTaskProgresses).
    assert_eq!(
        (&progress["progress"], &progress["details"]),
        (&json!(0), &json!([]))
    );
    let cloud = json!({ "clusterId": "x", "jobId": progress["jobId"] });
    let progress = local
        .post("/v2/vectordb/jobs/import/describe", &cloud)
        .data();
    let details = progress["details"].as_array().unwrap();
    let states: Vec<_> = details
        .iter()
        .map(|file| (&file["state"], &file["importedRows"]))
        .collect();
    assert_eq!(states, [(&json!("Failed"), &json!(0)); 3]);
    assert_eq!(details[1]["reason"], progress["reason"]);
    assert_ne!(details[0]["reason"], progress["reason"]);
    // The valid files can be imported afterwards.
    assert_eq!(
        local.wait(&local.import("c", &[&good, &after]))["state"],
        "Completed"
    );
    assert_eq!(local.count("c"), 20_010);
}

#[test]
fn invalid_numbers_are_named_with_row_and_field() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let bad = row(2).to_string().replace("0.5", "NaN");
    for (name, text) in [
        ("a.json", format!("[{},\n{bad}]", row(1))),
        ("b.jsonl", format!("{}\n{bad}\n", row(1))),
    ] {
        let file = write(dir.path(), name, &text);
        let progress = local.wait(&local.import("c", &[&file]));
        let reason = progress["reason"].as_str().unwrap();
        let expected = "row 2, field \"vector\": expected FloatVector(4), found NaN as element 1";
        assert!(reason.contains(expected), "{reason}");
    }
}

#[test]
fn unreadable_files_fail_the_job() {
    let (dir, local) = Local::fresh();
    local.create("c");
    std::fs::create_dir(dir.path().join("folder.json")).unwrap();
    for (name, part) in [
        ("missing.json", "83001"),
        ("folder.json", "83001"),
        ("empty/", "83001"),
    ] {
        let path = format!("{}/{name}", dir.path().display());
        let progress = local.wait(&local.import("c", &[Path::new(&path)]));
        let reason = progress["reason"].as_str().unwrap();
        assert!(
            progress["state"] == "Failed" && reason.contains(part) && reason.contains(name),
            "{progress}"
        );
    }
    let cut = write(dir.path(), "cut.json", "[{\"id\": 1, \"word\"");
    let progress = local.wait(&local.import("c", &[&cut]));
    assert!(
        progress["state"] == "Failed" && progress["reason"].as_str().unwrap().contains("cut.json"),
        "{progress}"
    );
}

#[test]
fn a_folder_imports_all_its_data_files_in_order() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let folder = dir.path().join("folder");
    std::fs::create_dir_all(folder.join("deeper")).unwrap();
    rows(&folder, "2.json", 10..30);
    rows(&folder, "1.json", 0..10);
    rows(&folder.join("deeper"), "3.json", 30..40);
    write(&folder, "README.md", "not data");
    let path = format!("{}/", folder.display());
    let progress = local.wait(&local.import("c", &[Path::new(&path)]));
    assert_eq!(
        (&progress["state"], local.count("c")),
        (&json!("Completed"), 30),
        "{progress}"
    );
    let names: Vec<_> = progress["details"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["fileName"].clone())
        .collect();
    assert_eq!(
        names,
        [
            json!(format!("[{path}1.json]")),
            json!(format!("[{path}2.json]"))
        ]
    );

    std::fs::remove_file(folder.join("1.json")).unwrap();
    std::fs::remove_file(folder.join("2.json")).unwrap();
    let progress = local.wait(&local.import("c", &[Path::new(&path)]));
    assert!(
        progress["reason"].as_str().unwrap().contains("no json"),
        "{progress}"
    );
    write(&folder, "x.parquet", "PAR1");
    let progress = local.wait(&local.import("c", &[Path::new(&path)]));
    assert!(
        progress["reason"]
            .as_str()
            .unwrap()
            .contains("x.parquet: not a readable Parquet file"),
        "{progress}"
    );
}

#[test]
fn an_idempotency_key_makes_one_job_per_collection() {
    let (dir, local) = Local::fresh();
    local.create("c");
    local.create("d");
    let file = rows(dir.path(), "a.json", 0..10);
    let create = |collection: &str, key: &str| {
        let body = json!({ "collectionName": collection, "files": [[file.to_str()]] });
        local.send(
            "POST",
            CREATE,
            &[&format!("Idempotency-Key: {key}")],
            &body.to_string(),
        )
    };
    let first = create("c", "key 1").data()["jobId"].clone();
    assert_eq!(create("c", "key 1").data()["jobId"], first);
    assert_ne!(create("c", "key 2").data()["jobId"], first);
    assert_ne!(create("d", "key 1").data()["jobId"], first);
    local.wait(first.as_str().unwrap());
    assert_eq!(create("c", "key 1").data()["jobId"], first);
    for bad in ["\u{fc}".to_owned(), "x".repeat(257), String::new()] {
        assert_eq!(create("c", &bad).refusal().0, 1100, "{bad}");
    }
    assert_eq!(create("c", &"x".repeat(256)).code(), 0);
    let listed = local
        .post(
            "/v2/vectordb/jobs/import/list",
            &json!({ "collectionName": "c" }),
        )
        .data();
    assert_eq!(listed["records"].as_array().map(Vec::len), Some(3));
}

#[test]
fn dropping_a_collection_ends_its_jobs_and_frees_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let local = Local::start(serve(dir.path()).option("--import-rate", "100"));
    local.create("c");
    let file = rows(dir.path(), "a.json", 0..100_000);
    let job = local.import("c", &[&file]);
    local.until(&job, |progress| progress["importedRows"].as_u64() > Some(0));
    assert_eq!(local.count("c"), 0);
    local
        .post(
            "/v2/vectordb/collections/drop",
            &json!({ "collectionName": "c" }),
        )
        .data();
    let progress = local.wait(&job);
    assert_eq!(
        (&progress["state"], &progress["reason"]),
        (&json!("Failed"), &json!("collection dropped"))
    );
    local.create("c");
    assert_eq!(local.count("c"), 0);
}

#[test]
fn progress_follows_the_rows_of_a_slow_job() {
    let dir = tempfile::tempdir().unwrap();
    let local = Local::start(serve(dir.path()).option("--import-rate", "2000"));
    local.create("c");
    let file = rows(dir.path(), "a.json", 0..1000);
    let job = local.import("c", &[&file]);
    let middle = local.until(&job, |progress| {
        let rows = progress["importedRows"].as_u64().unwrap();
        (300..1000).contains(&rows)
    });
    let (rows, percent) = (
        middle["importedRows"].as_u64().unwrap(),
        middle["progress"].as_u64().unwrap(),
    );
    // All rows have nearly the same length, and a Milvus server's progress goes from 10 to 70 percent while it reads.
    assert!(
        percent.abs_diff(10 + rows * 6 / 100) <= 4 && middle["state"] == "Importing",
        "{middle}"
    );
    assert_eq!(middle["completeTime"], "");
    for part in [&middle, &middle["details"][0]] {
        assert_eq!(part["totalRows"], 0, "{middle}");
    }
    assert_eq!(middle["details"][0]["state"], "InProgress");
    assert_eq!(local.count("c"), 0);
    assert_eq!(local.wait(&job)["progress"], 100);
    assert_eq!(local.count("c"), 1000);
}

#[test]
fn rows_are_imported_into_partitions() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let partition = json!({ "collectionName": "c", "partitionName": "p" });
    local
        .post("/v2/vectordb/partitions/create", &partition)
        .data();
    let file = rows(dir.path(), "a.json", 0..10);
    local.wait(&local.import("c", &[&file]));
    let body = json!({ "collectionName": "c", "files": [[file.to_str()]], "partitionName": "p" });
    for _ in 0..2 {
        let job = local.post(CREATE, &body).data()["jobId"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(local.wait(&job)["state"], "Completed");
    }
    let count = |names: Value| {
        let body =
            json!({ "collectionName": "c", "outputFields": ["count(*)"], "partitionNames": names });
        local.post("/v2/vectordb/entities/query", &body).data()[0]["count(*)"].clone()
    };
    assert_eq!(count(json!(["p"])), 20);
    assert_eq!(count(json!(["_default"])), 10);
    for names in [json!("p"), json!([7]), json!({ "p": 1 })] {
        let body =
            json!({ "collectionName": "c", "outputFields": ["count(*)"], "partitionNames": names });
        let answer = local.post("/v2/vectordb/entities/query", &body);
        assert_eq!(answer.refusal().0, 1801, "{names}");
    }
    assert_eq!(count(json!(["p", "p", "_default"])), 30);
    let release = json!({ "collectionName": "c", "partitionNames": ["p"] });
    local
        .post("/v2/vectordb/partitions/release", &release)
        .data();
    local
        .post("/v2/vectordb/partitions/drop", &partition)
        .data();
    assert_eq!(local.count("c"), 10);
}

#[test]
fn auto_ids_and_dynamic_fields_are_stored() {
    let (dir, local) = Local::fresh();
    let body = json!({ "collectionName": "q", "dimension": 2, "autoID": true });
    local.post("/v2/vectordb/collections/create", &body).data();
    let file = write(
        dir.path(),
        "a.jsonl",
        "{\"vector\":[1,2],\"extra\":{\"a\":1}}\n{\"vector\":[3,4]}\n",
    );
    let progress = local.wait(&local.import("q", &[&file]));
    assert_eq!(
        (&progress["state"], local.count("q")),
        (&json!("Completed"), 2),
        "{progress}"
    );
}

#[test]
fn partitions_of_a_partition_key_cannot_be_named() {
    let (dir, local) = Local::fresh();
    let create = json!({ "collectionName": "c", "schema": { "fields": [
        { "fieldName": "id", "dataType": "Int64", "isPrimary": true },
        { "fieldName": "word", "dataType": "VarChar", "isPartitionKey": true, "elementTypeParams": { "max_length": "16" } },
        { "fieldName": "vector", "dataType": "FloatVector", "elementTypeParams": { "dim": "4" } },
    ]}});
    local
        .post("/v2/vectordb/collections/create", &create)
        .data();
    let file = rows(dir.path(), "a.json", 0..3);
    let import = |partition: Value| {
        let body = json!({ "collectionName": "c", "files": [[file]], "partitionName": partition });
        local.post("/v2/vectordb/jobs/import/create", &body)
    };
    for name in ["_default", "p"] {
        let answer = import(json!(name));
        let (code, message) = answer.refusal();
        let part = "not allow to set partition name for collection with partition key";
        assert!(code == 2100 && message.contains(part), "{message}");
    }
    for none in [json!(""), json!(null)] {
        assert_eq!(import(none).code(), 0);
    }
    let insert = json!({ "collectionName": "c", "partitionName": "p", "data": [row(1)] });
    let refused = local.post("/v2/vectordb/entities/insert", &insert);
    assert!(refused.refusal().1.contains("partition key mode"));
    let made = local.post(
        "/v2/vectordb/partitions/create",
        &json!({ "collectionName": "c", "partitionName": "p" }),
    );
    let (_, message) = made.refusal();
    assert!(message.contains("partition key mode"), "{message}");
}
