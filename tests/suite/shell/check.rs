//! `check` and `zshell check`: their findings, and that an import into the local service agrees with them.

use crate::support::harness::Folder;
use serde_json::{Value, json};
use std::fmt::Write;

/// A schema with a field of each kind that files can get wrong.
pub(super) fn schema() -> Value {
    let field = |name: &str, data_type: &str, params: Value| json!({ "fieldName": name, "dataType": data_type, "elementTypeParams": params });
    let mut id = field("id", "Int64", json!({}));
    id["isPrimary"] = true.into();
    let mut n = field("n", "Int8", json!({}));
    let mut tags = field("tags", "Array", json!({ "max_capacity": "2" }));
    let mut doc = field("doc", "JSON", json!({}));
    tags["elementDataType"] = "Int32".into();
    for optional in [&mut n, &mut tags, &mut doc] {
        optional["nullable"] = true.into();
    }
    let word = field("word", "VarChar", json!({ "max_length": "8" }));
    let price = field("price", "Double", json!({}));
    let vector = field("vector", "FloatVector", json!({ "dim": "2" }));
    json!({
        "schema": { "fields": [id, word, price, n, tags, doc, vector] },
        "indexParams": [{ "fieldName": "vector", "metricType": "IP" }],
    })
}

/// Checks and imports each file of the folder `work` by itself. Returns the reports, and whether the imports succeeded.
pub(super) fn both(folder: &Folder, files: &[&str]) -> Vec<(Value, bool)> {
    let script = format!(
        r#"connect("local");
        create_collection("c", parse_json(read_text("schema.json")));
        for file in {} {{
            let report = check(file, "c");
            let done = true;
            try {{ wait(import("c", file)); }} catch (e) {{ done = false; }}
            print(#{{report: report.as_map(), done: done}}.to_json());
        }}"#,
        json!(files)
    );
    folder.work("schema.json", schema().to_string());
    let run = folder.test().script(script).run();
    let lines = run.stdout.lines();
    let line = |line: &str| {
        let value: Value = serde_json::from_str(line).expect("JSON");
        (value["report"].clone(), value["done"] == true)
    };
    lines.map(line).collect()
}

/// Returns the findings as `field: problem @ rows`.
pub(super) fn described(findings: &Value) -> Vec<String> {
    let findings = findings.as_array().expect("a list");
    let text = |finding: &Value| {
        let mut text = format!(
            "{}: {}",
            finding["field"].as_str().unwrap(),
            finding["problem"].as_str().unwrap()
        );
        for example in finding["first"].as_array().unwrap() {
            match example["row"].as_u64() {
                Some(row) => write!(text, " @{row}").unwrap(),
                None => text.push_str(" @file"),
            }
        }
        assert!(
            finding["hint"]
                .as_str()
                .is_some_and(|hint| !hint.is_empty()),
            "{finding}"
        );
        text
    };
    findings.iter().map(text).collect()
}

pub(super) const GOOD: &str = r#"{"id":1,"word":"one","price":1.5,"vector":[1,0]}"#;

/// Rows of JSON Lines that are refused, with the field and the problem.
const BAD_ROWS: &[(&str, &str)] = &[
    (
        r#"{"id":2,"price":1,"vector":[1,0]}"#,
        "word: the field is missing (expected VarChar(8))",
    ),
    (
        r#"{"id":2,"word":null,"price":1,"vector":[1,0]}"#,
        "word: expected VarChar(8), found null",
    ),
    (
        r#"{"id":2,"word":5,"price":1,"vector":[1,0]}"#,
        "word: expected VarChar(8), found a number",
    ),
    (
        r#"{"id":2,"word":"123456789","price":1,"vector":[1,0]}"#,
        "word: expected VarChar(8), found text longer than max_length",
    ),
    (
        r#"{"id":2,"word":"ääääa","price":1,"vector":[1,0]}"#,
        "word: expected VarChar(8), found text longer than max_length",
    ),
    (
        r#"{"id":2.0,"word":"a","price":1,"vector":[1,0]}"#,
        "id: expected Int64, found a number with fraction or exponent",
    ),
    (
        r#"{"id":1e3,"word":"a","price":1,"vector":[1,0]}"#,
        "id: expected Int64, found a number with fraction or exponent",
    ),
    (
        r#"{"id":"2","word":"a","price":1,"vector":[1,0]}"#,
        "id: expected Int64, found text",
    ),
    (
        r#"{"id":99999999999999999999,"word":"a","price":1,"vector":[1,0]}"#,
        "id: expected Int64, found a number out of range",
    ),
    (
        r#"{"id":2,"word":"a","price":1,"n":128,"vector":[1,0]}"#,
        "n: expected Int8, found a number out of range",
    ),
    (
        r#"{"id":2,"word":"a","price":true,"vector":[1,0]}"#,
        "price: expected Double, found true",
    ),
    (
        r#"{"id":2,"word":"a","price":NaN,"vector":[1,0]}"#,
        "price: expected Double, found NaN",
    ),
    (
        r#"{"id":2,"word":"a","price":1,"vector":[1,0,0]}"#,
        "vector: expected FloatVector(2), found another number of values",
    ),
    (
        r#"{"id":2,"word":"a","price":1,"vector":[1,NaN]}"#,
        "vector: expected FloatVector(2), found NaN",
    ),
    (
        r#"{"id":2,"word":"a","price":1,"vector":[1,1e39]}"#,
        "vector: expected FloatVector(2), found a number out of range",
    ),
    (
        r#"{"id":2,"word":"a","price":1,"vector":"[1,0]"}"#,
        "vector: expected FloatVector(2), found text",
    ),
    (
        r#"{"id":2,"word":"a","price":1,"vector":[1,"0"]}"#,
        "vector: expected FloatVector(2), found text",
    ),
    (
        r#"{"id":2,"word":"a","price":1,"tags":[1,2,3],"vector":[1,0]}"#,
        "tags: expected Array(Int32, 2), found more elements than max_capacity",
    ),
    (
        r#"{"id":2,"word":"a","price":1,"tags":["x"],"vector":[1,0]}"#,
        "tags: expected Array(Int32, 2), found text",
    ),
    (
        r#"{"id":2,"word":"a","price":1,"tags":{},"vector":[1,0]}"#,
        "tags: expected Array(Int32, 2), found an object",
    ),
    (
        r#"{"id":2,"word":"a","price":1,"doc":[1],"vector":[1,0]}"#,
        "doc: expected JSON as an object, or as text that holds JSON (write a list [1] as the text \"[1]\"), found a list",
    ),
    (
        r#"{"id":2,"word":"a","price":1,"doc":"x","vector":[1,0]}"#,
        "doc: expected JSON as an object, or as text that holds JSON (write a list [1] as the text \"[1]\"), found text that is not JSON",
    ),
    (
        r#"{"id":2,"id":3,"word":"a","price":1,"vector":[1,0]}"#,
        "id: expected each key once, found the key twice in one object",
    ),
    (r"[1]", ": expected a row object, found a list"),
];

#[test]
fn check_and_import_agree_on_each_kind_of_bad_row() {
    let folder = Folder::new();
    let names: Vec<_> = (0..BAD_ROWS.len())
        .flat_map(|no| [format!("{no}.jsonl"), format!("{no}.json")])
        .collect();
    for (no, (row, _)) in BAD_ROWS.iter().enumerate() {
        let last = GOOD.replace(":1,", ":7,");
        folder.work(&format!("{no}.jsonl"), format!("{GOOD}\n{row}\n{last}\n"));
        folder.work(&format!("{no}.json"), format!("[{GOOD},{row},{last}]"));
    }
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    for (name, (report, imported)) in names.iter().zip(both(&folder, &names)) {
        let no: usize = name.split('.').next().unwrap().parse().unwrap();
        let (row, problem) = BAD_ROWS[no];
        assert_eq!(
            described(&report["errors"]),
            [format!("{problem} @2")],
            "{name} {row}"
        );
        assert!(report["ok"] == false && !imported, "{name} {row}");
        assert_eq!(report["rows"], 3, "{name}");
    }
}

/// Text files that are refused as a whole or in part: name, content, and the problems.
const BAD_FILES: &[(&str, &str, &[&str])] = &[
    ("mark.jsonl", "\u{feff}{}", &["byte order mark"]),
    (
        "comma.jsonl",
        "{\"id\":1,\"word\":\"a\",\"price\":1,\"vector\":[1,0]},\n{}",
        &["a comma between two rows"],
    ),
    (
        "bracket.jsonl",
        "{\"id\":1,\"word\":\"a\",\"price\":1,\"vector\":[1,0]}\n]\n",
        &["a closing bracket behind a row"],
    ),
    ("tail.json", "[] []", &["nothing after the list"]),
    (
        "open.json",
        "[{\"id\":1,\"word\":\"a\",\"price\":1,\"vector\":[1,0]}",
        &["a comma or the end of the list"],
    ),
    ("object.json", "{\"data\":[]}", &["first key"]),
    ("empty.json", "", &["an empty file"]),
    (
        "lines.json",
        "{\"id\":1}\n{\"id\":2}",
        &["is it JSON Lines?"],
    ),
    ("empty.csv", "", &["a header row"]),
    (
        "mark.csv",
        "\u{feff}id,word,price,vector\n",
        &["byte order mark"],
    ),
    (
        "missing.csv",
        "id,price\n1,1\n",
        &[
            "word: expected VarChar(8)",
            "vector: expected FloatVector(2)",
        ],
    ),
    (
        "rows.csv",
        "id,word,price,vector\n1,a,1,\"[1,0]\"\nx,a,y,\"[1]\"\n3,a\n4,a\"b,1,\"[1,0]\"\n5,a,1,[1,0]\n",
        &[
            "id: expected Int64, found text @2",
            "price: expected Double, found text @2",
            "vector: expected FloatVector(2), found another number of values @2",
            "expected 4 cells, as the header has, found another number of cells @3 @5",
            "a quote inside a cell without quotes",
        ],
    ),
    (
        "open.csv",
        "id,word,price,vector\n1,\"a,1,2\n",
        &["a quote that is not closed"],
    ),
    ("a.JSON", "[]", &["\"JSON\" is not a file format"]),
    ("a.txt", "x", &["extension"]),
];

#[test]
fn check_and_import_agree_on_each_kind_of_broken_file() {
    let folder = Folder::new();
    let mut names = Vec::new();
    for (name, text, _) in BAD_FILES {
        folder.work(name, text);
        names.push(*name);
    }
    for ((name, _, problems), (report, imported)) in BAD_FILES.iter().zip(both(&folder, &names)) {
        let errors = described(&report["errors"]);
        for problem in *problems {
            assert!(
                errors.iter().any(|error| error.contains(problem)),
                "{name}: no {problem:?} in {errors:#?}"
            );
        }
        assert!(report["ok"] == false && !imported, "{name}");
    }
}

#[test]
fn all_problems_of_all_files_are_in_one_report() {
    let folder = Folder::new();
    folder.work("schema.json", schema().to_string());
    folder.work(
        "data/a.jsonl",
        format!("{GOOD}\n{{\"id\":\"x\",\"word\":7,\"vector\":[1]}}\n"),
    );
    folder.work(
        "data/b.csv",
        "id,word,vector,old\n1,cafÃ©,\"[3,4]\",x\n2,\u{fffd},\"[0,0]\",y\n",
    );
    folder.work("data/c.json", "[");
    folder.work("data/d.JSON", "[]");
    folder.work("data/e.csv.gz", "");
    let run = folder
        .test()
        .args(["check", "data", "--schema", "schema.json", "-o", "json"])
        .status(7)
        .run();
    let report: Value = run.json();
    assert_eq!(
        described(&report["errors"]),
        [
            ": expected a row object or the end of the list, found the end of the file @file",
            "price: expected Double, found no column of that name; the columns are \"id\", \"word\", \"vector\", \"old\" @file",
            "id: expected Int64, found text @2",
            "price: the field is missing (expected Double) @2",
            "vector: expected FloatVector(2), found another number of values @2",
            "word: expected VarChar(8), found a number @2",
        ]
    );
    assert_eq!(
        described(&report["warnings"]),
        [
            ": files of the folder that are not imported, by their extension @file @file",
            "old: column will be dropped @file",
            "id: primary key occurs more than once @1",
            "vector: all values of the vector are 0 @2",
            "vector: the vector's length is not 1, for metric IP @1",
            "word: suspicious encoding: U+FFFD, which replaces bytes that could not be decoded @2",
            "word: suspicious encoding: text that was encoded as UTF-8 twice @1",
        ]
    );
    let counts = ["files", "rows"].map(|key| report[key].as_u64().unwrap());
    assert_eq!(counts, [3, 4]);
    assert_eq!(
        report["warnings"][2]["first"][0]["value"],
        "1, also data/a.jsonl row 1"
    );
    assert_eq!(report["schema"]["fields"][0]["fieldName"], "id");
}

#[test]
fn the_exit_code_shows_if_files_are_valid() {
    let folder = Folder::new();
    folder.work("schema.json", schema().to_string());
    folder.work("good.jsonl", GOOD);
    folder.work("odd.jsonl", format!("{GOOD}\n{GOOD}"));
    folder.work("bad.jsonl", "{}");
    let check = |args: &[&str], status: i32| {
        let test = folder.test().args(["check"]).args(args.iter().copied());
        test.args(["--schema", "schema.json"]).status(status).run()
    };
    let good = check(&["good.jsonl"], 0);
    assert!(
        good.stdout
            .starts_with("the import would succeed (1 file, 1 row,")
    );
    let odd = check(&["odd.jsonl"], 0);
    assert!(
        odd.stdout
            .starts_with("the import would succeed, 1 warning (1 file, 2 rows,")
    );
    check(&["odd.jsonl", "--strict"], 7);
    let bad = check(&["bad.jsonl"], 7);
    assert!(
        bad.stdout
            .starts_with("the import would fail: 4 errors (1 file, 1 row,")
    );
    check(&["none.jsonl"], 2);
    check(&["*.parquet"], 2);
    check(&["good.jsonl", "--sample", "0"], 2);
    check(&["good.jsonl", "--shard", "4/3"], 2);
    folder
        .test()
        .args(["check", "good.jsonl", "--schema", "none.json"])
        .status(2)
        .run();
}
