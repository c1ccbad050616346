//! `infer` and `zshell infer` propose a schema that accepts the files.

use super::check_columns::{Col, good, parquet};
use crate::support::harness::Folder;
use parquet::basic::Compression;
use serde_json::{Value, json};
use std::fmt::Write;

/// Returns the fields of a proposed schema as `name type params flags`.
fn fields(schema: &Value) -> Vec<String> {
    let fields = schema["schema"]["fields"].as_array().expect("fields");
    let text = |field: &Value| {
        let mut text = format!(
            "{} {}",
            field["fieldName"].as_str().unwrap(),
            field["dataType"].as_str().unwrap()
        );
        for (key, value) in field["elementTypeParams"].as_object().into_iter().flatten() {
            write!(text, " {key}={}", value.as_str().unwrap()).unwrap();
        }
        for flag in ["isPrimary", "nullable"] {
            if field[flag] == true {
                write!(text, " {flag}").unwrap();
            }
        }
        text
    };
    fields.iter().map(text).collect()
}

const ROWS: &str = r#"{"title":"one","isbn":"978-1","year":1999,"price":1,"tags":["a","b"],"doc":{"a":1},"sold":true,"v":[0.5,1],"terms":{"17":0.5}}
{"title":"one","isbn":"978-2","year":1999,"price":2.5,"tags":[],"doc":{},"sold":false,"v":[1,0.25],"terms":{"3":1}}
{"title":"three","isbn":"978-3","year":null,"price":2.5,"tags":["c"],"doc":{},"sold":false,"v":[1,0.25],"terms":{"3":1},"late":"x"}
"#;

#[test]
fn lists_of_whole_numbers_may_be_vectors() {
    let folder = Folder::new();
    folder.work("a.jsonl", "{\"id\": 1, \"v\": [1, 0, 0, 0]}");
    let run = folder.test().args(["infer", "a.jsonl"]).run();
    assert_eq!(fields(&run.json())[1], "v Array max_capacity=16");
    run.complains("numbers with a decimal point, such as 1.0, would make it a vector");
}

#[test]
fn each_type_is_inferred_from_rows_of_json() {
    let folder = Folder::new();
    folder.work("a.jsonl", ROWS);
    let run = folder.test().args(["infer", "a.jsonl"]).run();
    let schema = run.json();
    assert_eq!(
        fields(&schema),
        [
            "id Int64 isPrimary",
            "title VarChar max_length=64",
            "isbn VarChar max_length=64",
            "year Int64 nullable",
            "price Double",
            "tags Array max_length=64 max_capacity=16",
            "doc JSON",
            "sold Bool",
            "v FloatVector dim=2",
            "terms SparseFloatVector",
            "late VarChar max_length=64 nullable",
        ]
    );
    assert_eq!(schema["schema"]["autoID"], true);
    assert_eq!(
        schema["indexParams"],
        json!([{ "fieldName": "v", "metricType": "COSINE" }, { "fieldName": "terms", "metricType": "IP" }])
    );
    run.complains("id: Int64, primary key made by the service")
        .complains("year: Int64, nullable: all values in 3 rows fit; some rows have no value")
        .complains("title: VarChar(64): all values in 3 rows fit; the longest text has 5 bytes");
}

#[test]
fn files_import_into_the_proposed_collection() {
    let folder = Folder::new();
    folder.work("a.jsonl", ROWS);
    folder.work(
        "b.csv",
        "id,name,score,vec\n5,five,0.5,\"[1,2,3,4]\"\n6,six,,\"[1,2,3,4.5]\"\n",
    );
    folder.work(
        "c.parquet",
        parquet(&[good(1), good(3)], Compression::SNAPPY),
    );
    folder.work(
        "d.json",
        "[{\"pk\":\"k1\",\"emb\":[0.5,1,2]},{\"pk\":\"k2\",\"emb\":[1,1,2]}]",
    );
    let script = r#"connect("local");
        for file in ["a.jsonl", "b.csv", "c.parquet", "d.json"] {
            let name = "c_" + file.sub_string(0, 1);
            create_collection(name, infer(file));
            let report = check(file, name);
            print(`${report.ok} ${report.warnings.len()} ${wait(import(name, file)).rows}`);
            print(check(file).ok);
        }"#;
    let run = folder.test().script(script).run();
    assert_eq!(
        run.stdout,
        "true 1 3\ntrue\ntrue 1 2\ntrue\ntrue 0 4\ntrue\ntrue 1 2\ntrue\n"
    );
    let csv = folder.test().args(["infer", "b.csv"]).run();
    assert_eq!(
        fields(&csv.json()),
        [
            "id Int64 isPrimary",
            "name VarChar max_length=64",
            "score Double nullable",
            "vec FloatVector dim=4"
        ]
    );
}

#[test]
fn a_minority_of_other_values_does_not_change_the_type() {
    let folder = Folder::new();
    folder.work(
        "a.jsonl",
        "{\"id\":1,\"v\":[0.5,1]}\n{\"id\":\"x\",\"v\":[0.5,1]}\n{\"id\":3,\"v\":[0.5,1]}\n",
    );
    let run = folder.test().args(["check", "a.jsonl"]).status(7).run();
    run.says("id: expected Int64, found text")
        .complains("infer() proposes");
    folder.test().args(["infer", "none.jsonl"]).status(2).run();
    folder.work("bad.json", "[");
    folder
        .test()
        .args(["infer", "bad.json"])
        .status(1)
        .run()
        .complains("bad.json: line 1");
}

#[test]
fn too_many_keys_are_an_error() {
    let folder = Folder::new();
    let row = |no: usize| format!("{{\"id\":{no},\"key {no}\":1}}\n");
    folder.work("a.jsonl", (0..10_000).map(row).collect::<String>());
    let ran = folder.test().args(["infer", "a.jsonl"]).status(1).run();
    ran.complains("a.jsonl: more than 256 different columns or keys")
        .complains("dynamic field");
}

#[test]
fn only_a_part_of_many_files_is_read() {
    let folder = Folder::new();
    for no in 0..60 {
        let rows: String = (0..2_000)
            .map(|row| format!("{{\"id\":{}}}\n", no * 2_000 + row))
            .collect();
        folder.work(&format!("data/{no}.jsonl"), rows);
    }
    let ran = folder.test().args(["infer", "data"]).run();
    ran.complains("primary key: unique in 49980 rows");
}

#[test]
fn columns_that_a_file_lacks_are_nullable() {
    let folder = Folder::new();
    let ids = |first: i64, rows: i64| Col::Long("id", (first..first + rows).collect());
    let prices = |rows: usize| Col::Double("price", vec![Some(0.5); rows]);
    let write = |name: &str, columns: Vec<Col>| {
        folder.work(name, parquet(&[columns], Compression::UNCOMPRESSED));
    };
    write("all.parquet", vec![ids(1, 3), prices(3)]);
    write("few.parquet", vec![ids(4, 2)]);
    write("order.parquet", vec![prices(2), ids(1, 2), prices(2)]);
    let run = folder.test().args(["infer", "order.parquet"]).run();
    let ordered = ["price Double", "id Int64 isPrimary"];
    assert_eq!(fields(&run.json()), ordered);
    write("prices.parquet", vec![prices(2)]);
    folder.work("few.jsonl", "{\"id\":6}\n{\"id\":7}\n");
    let inferred = |files: [&str; 2]| {
        let run = folder.test().args(["infer"]).args(files).run();
        let mut fields = fields(&run.json());
        fields.sort();
        fields
    };
    for other in ["few.parquet", "few.jsonl"] {
        for files in [["all.parquet", other], [other, "all.parquet"]] {
            let found = inferred(files);
            assert_eq!(
                found,
                ["id Int64 isPrimary", "price Double nullable"],
                "{files:?}"
            );
        }
    }
    for files in [
        ["all.parquet", "prices.parquet"],
        ["prices.parquet", "all.parquet"],
    ] {
        let found = inferred(files);
        assert_eq!(
            found,
            [
                "auto_id Int64 isPrimary",
                "id Int64 nullable",
                "price Double"
            ],
            "{files:?}"
        );
    }
}

#[test]
fn the_type_of_the_most_rows_is_proposed() {
    let folder = Folder::new();
    let write = |name: &str, rows: i64, column: Col| {
        let ids = Col::Long("id", (0..rows).collect());
        folder.work(
            name,
            parquet(&[vec![ids, column]], Compression::UNCOMPRESSED),
        );
    };
    write("1.parquet", 2, Col::Text("x", "(STRING)", vec!["a"; 2]));
    write("2.parquet", 30, Col::Double("x", vec![Some(0.5); 30]));
    write(
        "3.parquet",
        3,
        Col::Text(
            "x",
            "(STRING)",
            vec!["the longest text, which needs more than 64 bytes in the proposed field"; 3],
        ),
    );
    let of_rows = |files: &[&str]| {
        let run = folder
            .test()
            .args(["infer"])
            .args(files.iter().copied())
            .run();
        let field = fields(&run.json()).pop().expect("a field");
        (field, run)
    };
    let (field, run) = of_rows(&["1.parquet", "2.parquet", "3.parquet"]);
    assert_eq!(field, "x Double");
    run.complains("5 values of another type, which check() names");
    write("4.parquet", 1, Col::Double("x", vec![Some(0.5)]));
    let (field, run) = of_rows(&["4.parquet", "1.parquet", "3.parquet"]);
    assert_eq!(field, "x VarChar max_length=256");
    run.complains("x: VarChar(256): string; the longest text has 70 bytes")
        .complains("1 value of another type");
}

#[test]
fn a_key_made_by_the_service_has_a_free_name() {
    let folder = Folder::new();
    folder.work(
        "a.jsonl",
        "{\"id\":1.5,\"auto_id\":0.5,\"auto_id_2\":true}\n",
    );
    let run = folder.test().args(["infer", "a.jsonl"]).run();
    assert_eq!(fields(&run.json())[0], "auto_id_3 Int64 isPrimary");
    let both = |stderr: &str| stderr.contains("is used twice");
    assert!(!both(&run.stderr), "{}", run.stderr);
}
