//! For any rows in any text format, `check` accepts a file exactly if the local service does.

use super::check::{both, schema};
use super::check_columns::{Col, good, parquet};
use crate::support::harness::Folder;
use parquet::basic::Compression;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;

/// Number of files.
const FILES: usize = 240;

/// Texts of values, good and bad, for any field.
const VALUES: [&str; 40] = [
    "1",
    "-1",
    "0",
    "-0",
    "1.0",
    "1e2",
    "127",
    "128",
    "-129",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "1e400",
    "1e39",
    "NaN",
    "Infinity",
    "null",
    "true",
    "false",
    "\"\"",
    "\"a\"",
    "\"1\"",
    "\"12345678\"",
    "\"123456789\"",
    "\"äöüß\"",
    "\"\\u0000\"",
    "\"{}\"",
    "\"[1]\"",
    "\"null\"",
    "[]",
    "[1]",
    "[1,0]",
    "[1,null]",
    "[0.5,\"x\"]",
    "[1,2,3]",
    "[[1],[0]]",
    "{}",
    "{\"a\":1}",
    "{\"a\":1,\"a\":2}",
    "01",
];

/// One good value for each field of the schema.
const GOOD: [(&str, &str); 7] = [
    ("id", "7"),
    ("word", "\"w\""),
    ("price", "1.5"),
    ("n", "3"),
    ("tags", "[1]"),
    ("doc", "{}"),
    ("vector", "[0.5,1]"),
];

/// Returns a row: for each field a value, or none.
fn row() -> impl Strategy<Value = Vec<(&'static str, Option<&'static str>)>> {
    let field = |(name, good): (&'static str, &'static str)| {
        let value = prop_oneof![
            24 => Just(Some(good)),
            1 => Just(None),
            2 => select(VALUES.to_vec()).prop_map(Some),
        ];
        value.prop_map(move |value| (name, value))
    };
    let extra = prop_oneof![9 => Just(("x", None)), 1 => Just(("x", Some("1")))];
    let fields: Vec<_> = GOOD.into_iter().map(field).collect();
    (fields, extra).prop_map(|(mut fields, extra)| {
        fields.push(extra);
        fields
    })
}

/// Returns a file's name and content.
fn file() -> impl Strategy<Value = (String, String)> {
    let rows = prop::collection::vec(row(), 0..4);
    (rows, select(vec!["json", "jsonl", "csv"]), 0..40_u8).prop_map(|(rows, format, damage)| {
        let object = |row: &Vec<(&str, Option<&str>)>| {
            let pairs = row
                .iter()
                .filter_map(|(name, value)| Some(format!("\"{name}\":{}", (*value)?)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
        };
        let objects: Vec<_> = rows.iter().map(object).collect();
        let mut text = match format {
            "json" => format!("[{}]", objects.join(",")),
            "jsonl" => objects.join("\n"),
            _ => {
                let cell = |(_, value): &(&str, Option<&str>)| {
                    let value = value.unwrap_or_default();
                    let text = serde_json::from_str::<String>(value);
                    format!(
                        "\"{}\"",
                        text.as_deref().unwrap_or(value).replace('"', "\"\"")
                    )
                };
                let line = |row: &Vec<_>| row.iter().map(cell).collect::<Vec<_>>().join(",");
                let lines: Vec<_> = rows.iter().map(line).collect();
                format!("id,word,price,n,tags,doc,vector,x\n{}", lines.join("\n"))
            }
        };
        match damage {
            0 => text.insert(0, '\u{feff}'),
            1 => text.push(']'),
            2 => _ = text.pop(),
            3 => text.push_str("\n{"),
            _ => {}
        }
        (format.to_owned(), text)
    })
}

/// Returns a Parquet file of one or two row groups, in which any column may be invalid.
fn columns() -> impl Strategy<Value = Vec<u8>> {
    let odd = vec![
        Col::Long("id", vec![1, 2]),
        Col::Long("word", vec![1, 2]),
        Col::Long("price", vec![1, 2]),
        Col::Text("id", "(STRING)", vec!["1", "2"]),
        Col::Text("word", "(STRING)", vec!["123456789", ""]),
        Col::Text("word", "", vec!["a", "b"]),
        Col::Text("doc", "(STRING)", vec!["{}", "no JSON"]),
        Col::Text("doc", "(STRING)", vec!["1", "null"]),
        Col::Double("price", vec![Some(f64::NAN), Some(1.0)]),
        Col::Double("price", vec![None, Some(1.0)]),
        Col::Double("n", vec![Some(1.0), Some(2.0)]),
        Col::Vectors("vector", vec![vec![0.5, 1.0, 2.0], vec![1.0, 1.0]]),
        Col::Vectors("vector", vec![vec![f32::INFINITY, 1.0], vec![1.0, 1.0]]),
        Col::Vectors("x", vec![vec![1.0], vec![1.0]]),
    ];
    let changes = prop::collection::vec(select(odd), 0..2);
    (changes, 1..3_usize, 0..8_usize).prop_map(|(changes, groups, dropped)| {
        let mut columns = good(7);
        for change in changes {
            columns.retain(|own| own.name() != change.name());
            columns.push(change);
        }
        if columns.len() > dropped {
            columns.remove(dropped);
        }
        parquet(&vec![columns; groups], Compression::SNAPPY)
    })
}

#[test]
fn ok_is_false_exactly_if_the_import_fails() {
    let mut runner = TestRunner::deterministic();
    let folder = Folder::new();
    folder.work("schema.json", schema().to_string());
    let mut files = Vec::new();
    for no in 0..FILES {
        let (format, text) = file().new_tree(&mut runner).unwrap().current();
        let name = format!("{no}.{format}");
        folder.work(&name, &text);
        files.push((name, text));
    }
    for no in 0..FILES / 4 {
        let name = format!("{no}.parquet");
        folder.work(&name, columns().new_tree(&mut runner).unwrap().current());
        files.push((name, String::new()));
    }
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    let verdicts = both(&folder, &names);
    for ((name, text), (report, imported)) in files.iter().zip(&verdicts) {
        assert_eq!(
            report["ok"] == true,
            *imported,
            "{name}: {:?}\n{text}",
            report["errors"]
        );
        let errors = report["errors"].as_array().map_or(0, Vec::len);
        assert_eq!(report["ok"] == true, errors == 0);
        assert_ne!(report["rows"], Value::Null);
    }
    let good = verdicts.iter().filter(|(_, imported)| *imported).count();
    assert!(
        (FILES / 8..FILES * 7 / 8).contains(&good),
        "{good} of {FILES} files are good"
    );
}
