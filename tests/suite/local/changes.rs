//! Upsert and delete, and the accepted forms of inserted values.

use crate::local::harness::{Local, row, rows, serve};
use serde_json::{Value, json};

fn post(local: &Local, route: &str, body: Value) -> Value {
    local.post(&format!("/v2/vectordb/{route}"), &body).data()
}

/// Returns the ids and words of the rows that match a filter.
fn find_rows(local: &Local, filter: &str) -> Vec<(i64, String)> {
    let body =
        json!({ "collectionName": "c", "filter": filter, "outputFields": ["word"], "limit": 1000 });
    let data = post(local, "entities/query", body);
    let rows = data.as_array().expect("rows").iter();
    rows.map(|row| {
        let word = row["word"].as_str().expect("a word");
        (row["id"].as_i64().expect("an id"), word.to_owned())
    })
    .collect()
}

fn ids(local: &Local, filter: &str) -> Vec<i64> {
    find_rows(local, filter)
        .into_iter()
        .map(|(id, _)| id)
        .collect()
}

fn delete(local: &Local, body: Value) -> Value {
    let mut all = json!({ "collectionName": "c" });
    let extra = body.as_object().expect("an object").clone();
    all.as_object_mut().expect("an object").extend(extra);
    post(local, "entities/delete", all)
}

fn upsert(local: &Local, rows: &Value) -> Value {
    let body = json!({ "collectionName": "c", "data": rows });
    post(local, "entities/upsert", body)
}

fn word(id: u64, word: &str) -> Value {
    let mut row = row(id);
    row["word"] = json!(word);
    row
}

/// Checks that every way to count returns this number.
fn assert_count(local: &Local, expected: u64) {
    assert_eq!(local.count("c"), expected);
    let stats = post(
        local,
        "collections/get_stats",
        json!({ "collectionName": "c" }),
    );
    assert_eq!(stats["rowCount"], expected);
    let counted =
        json!({ "collectionName": "c", "filter": "id >= 0", "outputFields": ["count(*)"] });
    assert_eq!(
        post(local, "entities/query", counted)[0]["count(*)"],
        expected
    );
}

#[test]
fn deleted_rows_are_gone_everywhere() {
    let dir = tempfile::tempdir().expect("a folder");
    {
        let local = Local::start(serve(dir.path()));
        local.create("c");
        let file = rows(dir.path(), "a.json", 0..100);
        local.wait(&local.import("c", &[&file]));
        assert_eq!(
            delete(&local, json!({ "filter": "id in [3, 4, 999]" }))["deleteCount"],
            2
        );
        assert_eq!(
            delete(
                &local,
                json!({ "filter": "id < 5 or word like \"word 9%\"" })
            )["deleteCount"],
            14
        );
        assert_eq!(
            delete(&local, json!({ "filter": "id in [50, 51]" }))["deleteCount"],
            2
        );
        assert_eq!(
            delete(&local, json!({ "filter": "id == 3" }))["deleteCount"],
            0
        );
        assert_count(&local, 82);
        assert_eq!(
            ids(&local, "id <= 6 or id in [49, 50, 51, 52]"),
            [5, 6, 49, 52]
        );
        let got = post(
            &local,
            "entities/get",
            json!({ "collectionName": "c", "id": [4, 5], "outputFields": ["id"] }),
        );
        assert_eq!(got, json!([{ "id": 5 }]));
        for (body, code) in [
            (json!({ "collectionName": "c" }), 1802),
            (json!({ "collectionName": "c", "filter": "" }), 1802),
            (json!({ "collectionName": "c", "id": [1] }), 1802),
            (
                json!({ "collectionName": "c", "filter": "id == 1", "partitionNames": ["p"] }),
                10,
            ),
            (json!({ "collectionName": "c", "filter": "id = 1" }), 1100),
            (json!({ "collectionName": "x", "filter": "id == 1" }), 100),
            (
                json!({ "collectionName": "c", "filter": "id == 5", "partitionName": "p" }),
                200,
            ),
        ] {
            let answer = local.post("/v2/vectordb/entities/delete", &body);
            assert_eq!(answer.refusal().0, code, "{body}");
        }
    }
    let local = Local::start(serve(dir.path()));
    assert_count(&local, 82);
    // The rest of the segment, and rows that are imported again.
    assert_eq!(
        delete(&local, json!({ "filter": "id >= 0" }))["deleteCount"],
        82
    );
    assert_count(&local, 0);
    let again = rows(dir.path(), "b.json", 0..3);
    local.wait(&local.import("c", &[&again]));
    assert_count(&local, 3);
    let old = local.post(
        "/v1/vector/delete",
        &json!({ "collectionName": "c", "id": 1 }),
    );
    assert_eq!((old.code(), ids(&local, "")), (200, vec![0, 2]));
}

#[test]
fn only_visible_rows_are_deleted() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let file = rows(dir.path(), "a.json", 0..10);
    local.wait(&local.import("c", &[&file]));
    let body =
        json!({ "collectionName": "c", "files": [[file]], "options": { "auto_commit": "false" } });
    let job = post(&local, "jobs/import/create", body);
    let job = job["jobId"].as_str().expect("an id").to_owned();
    local.until(&job, |progress| progress["state"] == "Uncommitted");
    assert_eq!(
        delete(&local, json!({ "filter": "id < 8" }))["deleteCount"],
        8
    );
    assert_count(&local, 2);
    post(&local, "jobs/import/commit", json!({ "jobId": job }));
    assert_count(&local, 12);
    // A query returns one row for two rows with the same primary key.
    assert_eq!(ids(&local, "id in [7, 8]"), [7, 8]);
    post(
        &local,
        "partitions/create",
        json!({ "collectionName": "c", "partitionName": "p" }),
    );
    let body = json!({ "collectionName": "c", "data": [row(8)], "partitionName": "p" });
    post(&local, "entities/insert", body);
    let one = json!({ "filter": "id == 8", "partitionName": "p" });
    assert_eq!(delete(&local, one)["deleteCount"], 1);
    assert_count(&local, 12);
}

#[test]
fn upserts_replace_rows_by_primary_key() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let file = rows(dir.path(), "a.json", 0..10);
    local.wait(&local.import("c", &[&file]));
    let made = upsert(&local, &json!([word(3, "new"), word(20, "last")]));
    assert_eq!(made, json!({ "upsertCount": 2, "upsertIds": [3, 20] }));
    assert_count(&local, 11);
    let some = |id: i64, word: &str| (id, word.to_owned());
    assert_eq!(
        find_rows(&local, "id in [3, 20]"),
        [some(3, "new"), some(20, "last")]
    );
    // One bad row, so nothing is changed.
    let mut bad = row(4);
    bad["vector"] = json!([1]);
    let body = json!({ "collectionName": "c", "data": [word(3, "newer"), bad] });
    let refused = local.post("/v2/vectordb/entities/upsert", &body);
    assert_eq!(refused.refusal().0, 1804);
    assert_eq!(
        find_rows(&local, "id in [3, 4]"),
        [some(3, "new"), some(4, "word 4")]
    );
    // Milvus: internal/proxy/task_upsert.go, CheckDuplicatePkExist.
    let body = json!({ "collectionName": "c", "data": [word(5, "a"), word(5, "b")] });
    let refused = local.post("/v2/vectordb/entities/upsert", &body);
    assert!(refused.refusal().0 == 1100 && refused.refusal().1.contains("duplicate primary keys"));
}

#[test]
fn concurrent_upserts_leave_one_row_per_primary_key() {
    let (_dir, local) = Local::fresh();
    local.create("c");
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let local = &local;
            scope.spawn(move || {
                for no in 0..10 {
                    let text = format!("{writer} {no}");
                    let rows: Vec<Value> = (0..5).map(|id| word(id, &text)).collect();
                    let body = json!({ "collectionName": "c", "data": rows });
                    let answer = local.post("/v2/vectordb/entities/upsert", &body);
                    assert!([0, 429].contains(&answer.code()), "{}", answer.json);
                }
            });
        }
    });
    let rows = find_rows(&local, "");
    assert_eq!(ids(&local, ""), [0, 1, 2, 3, 4]);
    assert!(rows.iter().all(|(_, word)| *word == rows[0].1), "{rows:?}");
    assert_count(&local, 5);
}

#[test]
fn an_upsert_succeeds_during_inserts() {
    let (_dir, local) = Local::fresh();
    local.create("c");
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for writer in 1..3_u64 {
            let (local, over) = (&local, &over);
            scope.spawn(move || {
                for no in 0.. {
                    if over.load(std::sync::atomic::Ordering::SeqCst) {
                        return;
                    }
                    let data = [word(writer * 1_000_000 + no, "new")];
                    post(
                        local,
                        "entities/insert",
                        json!({ "collectionName": "c", "data": data }),
                    );
                }
            });
        }
        for no in 0..10 {
            upsert(&local, &json!([word(1, &no.to_string())]));
        }
        over.store(true, std::sync::atomic::Ordering::SeqCst);
    });
    assert_eq!(find_rows(&local, "id == 1"), [(1, "9".to_owned())]);
}

#[test]
fn inserts_accept_scalars_as_texts_and_imports_do_not() {
    let (dir, local) = Local::fresh();
    let field = |name: &str, kind: &str| json!({ "fieldName": name, "dataType": kind });
    let create = json!({ "collectionName": "c", "schema": { "fields": [
        { "fieldName": "id", "dataType": "Int64", "isPrimary": true },
        field("flag", "Bool"), field("share", "Double"),
        { "fieldName": "word", "dataType": "VarChar", "elementTypeParams": { "max_length": "16" } },
        { "fieldName": "vector", "dataType": "FloatVector", "elementTypeParams": { "dim": "2" } },
    ]}, "indexParams": [{ "fieldName": "vector", "metricType": "L2" }] });
    post(&local, "collections/create", create);
    let text = json!({ "id": "9007199254740993", "flag": "true", "share": "1.5", "word": 7, "vector": [1, 2] });
    let body = json!({ "collectionName": "c", "data": [text] });
    let made = post(&local, "entities/insert", body);
    assert_eq!(made["insertIds"], json!([9_007_199_254_740_993_i64]));
    let all = json!({ "collectionName": "c", "outputFields": ["*"] });
    assert_eq!(
        post(&local, "entities/query", all),
        json!([{ "id": 9_007_199_254_740_993_i64, "flag": true, "share": 1.5, "word": "7", "vector": [1.0, 2.0] }])
    );
    let file = crate::local::harness::write(dir.path(), "a.json", &json!([text]).to_string());
    let ended = local.wait(&local.import("c", &[&file]));
    assert!(
        ended["reason"]
            .as_str()
            .expect("a reason")
            .contains("\"id\""),
        "{ended}"
    );
}
