//! `zshell check --merge` of the reports of shards.

use super::check::{GOOD, schema};
use super::check_columns::{good, parquet};
use super::check_parts::lines;
use crate::support::harness::Folder;
use parquet::basic::Compression;
use serde_json::{Value, json};

/// Returns a report without the parts that depend on the division.
fn counted(report: &Value) -> (Vec<(String, u64)>, u64) {
    let findings = ["errors", "warnings"]
        .into_iter()
        .flat_map(|list| report[list].as_array().unwrap());
    let kinds = findings.map(|it| {
        (
            format!("{} {}", it["field"], it["problem"]),
            it["rows"].as_u64().unwrap(),
        )
    });
    let mut kinds: Vec<_> = kinds.collect();
    kinds.sort();
    (kinds, report["rows"].as_u64().unwrap())
}

#[test]
fn merged_shards_find_what_one_check_finds() {
    let folder = Folder::new();
    folder.work("schema.json", schema().to_string());
    for no in 0..4 {
        // Each file repeats five primary keys of the previous one.
        folder.work(&format!("data/{no}.jsonl"), lines(1 + no * 95, 100));
    }
    let groups: Vec<_> = (0..7).map(|no| good(no * 2)).collect();
    folder.work(
        "data/4.parquet",
        parquet(&groups, Compression::UNCOMPRESSED),
    );
    let quoted = |id: u64| {
        format!(
            "{id},\"w\n{id}\"\"\",{id}{},\"[1,0]\"\n",
            if id.is_multiple_of(7) { "x" } else { "" }
        )
    };
    let quoted: String = (1000..1060).map(quoted).collect();
    folder.work("data/5.csv", format!("id,word,price,vector\n{quoted}"));
    let check = |more: &[&str]| {
        let test = folder
            .test()
            .args(["check", "data", "--schema", "schema.json", "-o", "json"]);
        let ran = test.args(more.iter().copied()).unlinted();
        let mut command = ran.command();
        let out = command.output().expect("a run");
        serde_json::from_slice::<Value>(&out.stdout).expect("JSON")
    };
    let whole = check(&[]);
    for shards in [1, 3, 16] {
        let mut names = Vec::new();
        for no in 1..=shards {
            let (report, keys) = (format!("{shards}-{no}.json"), format!("{shards}-{no}.keys"));
            let found = check(&["--shard", &format!("{no}/{shards}"), "--keys-out", &keys]);
            folder.work(&report, found.to_string());
            names.push(report);
        }
        let merge = |names: &[String]| {
            let test = folder.test().args(["check", "-o", "json", "--merge"]);
            test.args(names.iter().cloned()).status(7).run().json()
        };
        let merged = merge(&names);
        assert_eq!(counted(&merged), counted(&whole), "{shards} shards");
        assert_eq!(merged["notes"], Value::Array(Vec::new()));
        assert_eq!(merged["errors"][0]["first"], whole["errors"][0]["first"]);
    }
    // Row 2 of the shard. The row's number in the whole isn't known.
    folder.work("b.jsonl", lines(1, 39) + "{\"id\":true}\n");
    let last = |shard| {
        let args = [
            "check",
            "b.jsonl",
            "--schema",
            "schema.json",
            "--shard",
            shard,
        ];
        let ran = folder
            .test()
            .args(args)
            .args(["-o", "json"])
            .status(7)
            .run();
        ran.json()["errors"][0]["first"][0].clone()
    };
    let size = std::fs::metadata(folder.path("work/b.jsonl"))
        .expect("a file")
        .len();
    let place = last("16/16");
    let byte = place["byte"].as_u64().expect("a byte");
    assert!(
        place["row"].is_null() && size - byte <= size / 16,
        "{place}"
    );
    // The second shard breaks off, so the rows before the third aren't counted.
    let broken = [&lines(1, 31), "]\n", &lines(33, 30), "{\"id\":true}\n"].concat();
    folder.work("b.jsonl", broken);
    let reports = ["1/3", "2/3", "3/3"].map(|shard| {
        let test = folder
            .test()
            .args(["check", "b.jsonl", "-o", "json", "--shard", shard]);
        let ran = test.args(["--schema", "schema.json"]).status(7).run();
        let name = format!("b{}.json", &shard[..1]);
        folder.work(&name, ran.stdout);
        name
    });
    let test = folder.test().args(["check", "-o", "json", "--merge"]);
    let merged = test.args(reports).status(7).run().json();
    let errors = merged["errors"].as_array().expect("a list");
    let missing = errors.iter().find(|error| error["field"] == "word");
    let place = &missing.expect("the last row")["first"][0];
    assert!(place["row"].is_null() && place["byte"].is_u64(), "{place}");
    let alone = check(&["--shard", "2/3"]);
    assert_eq!(alone["notes"][1], "duplicates not checked across shards");
}

#[test]
fn only_reports_of_all_shards_of_one_check_are_merged() {
    let folder = Folder::new();
    let report = |name: &str, shard: &str, files: u64, kind: &str| {
        let schema = json!({"fields": [{"fieldName": "id", "dataType": kind, "isPrimary": true}]});
        let report = json!({
            "errors": [], "warnings": [], "files": files, "rows": 5, "schema": schema,
            "shard": if shard.is_empty() { Value::Null } else { shard.into() },
        });
        folder.work(name, report.to_string());
    };
    report("1.json", "1/3", 2, "Int64");
    report("2.json", "2/3", 2, "Int64");
    report("3.json", "3/3", 2, "Int64");
    report("again.json", "2/3", 2, "Int64");
    report("all.json", "", 2, "Int64");
    report("more.json", "", 3, "Int64");
    report("halves.json", "2/2", 2, "Int64");
    report("files.json", "2/3", 4, "Int64");
    report("schema.json", "2/3", 2, "VarChar");
    report("broken.json", "4/3", 2, "Int64");
    report("many.json", "1/100000", 2, "Int64");
    let merge = |names: &[&str]| {
        let test = folder.test().args(["check", "--merge"]);
        test.args(names.iter().copied())
    };
    for (names, why) in [
        (&["1.json", "3.json"][..], "no report of shard 2 of 3"),
        (&["3.json"], "no report of shard 1 and 2 of 3"),
        (&["many.json"], "10, 11 and 99989 more of 100000"),
        (&["1.json", "2.json", "2.json"], "2.json is named twice"),
        (
            &["1.json", "2.json", "again.json"],
            "2.json and again.json are of the same shard",
        ),
        (
            &["1.json", "halves.json"],
            "1.json is of 3 shards, halves.json of 2",
        ),
        (
            &["1.json", "files.json"],
            "1.json is of 2 files, files.json of 4",
        ),
        (
            &["1.json", "schema.json", "3.json"],
            "1.json and schema.json have different schemas",
        ),
        (
            &["1.json", "all.json"],
            "1.json is of a shard, all.json isn't",
        ),
        (
            &["all.json", "1.json"],
            "1.json is of a shard, all.json isn't",
        ),
        (&["broken.json"], "broken.json has no valid shard"),
    ] {
        let ran = merge(names).status(1).run();
        ran.complains(why)
            .complains("hint: merge one report of each shard");
    }
    let merged = merge(&["2.json", "3.json", "1.json"]).run();
    merged
        .says("the import would succeed")
        .says("2 files, 15 rows");
    let merged = merge(&["all.json", "more.json"]).run();
    merged.says("5 files, 10 rows");
}

#[test]
fn a_truncated_key_file_is_not_merged() {
    let folder = Folder::new();
    folder.work("schema.json", schema().to_string());
    folder.work("a.jsonl", GOOD);
    let check = ["check", "a.jsonl", "--schema", "schema.json", "-o", "json"];
    let report = folder.test().args(check).args(["--keys-out", "a.keys"]);
    folder.work("a.json", report.run().stdout);
    let merge = || folder.test().args(["check", "--merge", "a.json"]);
    merge().run().says("the import would succeed");
    let mut keys = std::fs::read(folder.path("work/a.keys")).expect("the keys");
    keys.pop();
    folder.work("a.keys", keys);
    merge()
        .status(1)
        .run()
        .complains("a.keys")
        .complains("isn't a complete file of --keys-out");
    let mut report: Value = json!({"errors": [], "rows": u64::MAX, "bytes": u64::MAX});
    report["warnings"] = json!([{"rows": u64::MAX, "first": [{}, {}]}]);
    folder.work("b.json", report.to_string());
    folder.work("c.json", report.to_string());
    let both = ["check", "--merge", "b.json", "c.json"];
    folder.test().args(both).run().says("1 warning");
}
