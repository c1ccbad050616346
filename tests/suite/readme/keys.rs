//! The guide's table of JSON keys, held together with zshell's output.

use crate::readme::pages::{Workshop, assert_success, text};
use crate::readme::tables::agree;
use serde_json::Value;
use std::fs;

/// Returns the keys of a map as the guide lists them, with those of a list of maps in parentheses.
fn keys(value: &Value) -> String {
    let map = value.as_object().expect("a map");
    let key = |(name, value): (&String, &Value)| match value.get(0) {
        Some(item @ Value::Object(_)) => format!("`{name}` (a list, each with {})", keys(item)),
        _ if name == "key" && map.contains_key("endpoint") => {
            format!("`{name}` (where it came from)")
        }
        _ => format!("`{name}`"),
    };
    map.iter().map(key).collect::<Vec<_>>().join(", ")
}

/// Returns one value of each kind as `-o json` writes it: the script's, then those of commands.
fn written() -> Vec<Value> {
    let workshop = Workshop::new();
    fs::write(
        workshop.path().join("books.jsonl"),
        "{\"id\": 1, \"vector\": [0.1, 0.2, 0.3, 0.4]}",
    )
    .expect("a file");
    fs::write(
        workshop.path().join("wrong.jsonl"),
        "{\"id\": 1, \"vector\": [0.1]}\n{\"id\": 2, \"vector\": [0, 0, 0, 0]}",
    )
    .expect("a file");
    let script = r#"
        let place = connect("local");
        create_collection("books", #{dimension: 4});
        let job = import("books", "books.jsonl");
        let done = wait(job);
        let error = ();
        try { import("books", "books.xlsx"); } catch (e) { error = e; }
        let batch = import_all("books", ["books.jsonl"]);
        for value in [job, jobs()[0], done, batch, place, submissions()[0], error] { show(value); }
        show(check("wrong.jsonl", "books"));
    "#;
    fs::write(workshop.path().join("values.rhai"), script).expect("a script");
    fs::write(workshop.path().join("wrong.rhai"), "x(").expect("a script");
    let json = |args: &[&str]| {
        let output = workshop.run("zshell", &[&["-q", "-o", "json"], args].concat());
        let text = text(&output.stdout);
        let values = serde_json::Deserializer::from_str(&text).into_iter();
        let values: Result<Vec<Value>, _> = values.collect();
        values.unwrap_or_else(|error| panic!("{args:?}: {error}\n{text}"))
    };
    let mut found = json(&["run", "values.rhai"]);
    let submission = found[5].clone();
    let id = submission["submission"].as_str().expect("an id");
    found.insert(6, json(&["journal", "show", id]).remove(0));
    let first = |args: &[&str]| json(args)[0][0].clone();
    assert_eq!(keys(&first(&["journal", "list"])), keys(&submission));
    found.insert(7, first(&["lint", "wrong.rhai"]));
    let add = [
        "profile",
        "add",
        "dev",
        "--endpoint",
        "http://localhost:1",
        "--no-verify",
    ];
    assert_success("profile add", &workshop.run("zshell", &add));
    found.insert(8, first(&["profile", "list"]));
    found
}

#[test]
fn the_json_keys_are_the_table() {
    let names = [
        "a job (`import`)",
        "a row of `jobs()`",
        "progress (`progress`, `wait`, `commit`, `abort`)",
        "a batch (`import_all`)",
        "a connection",
        "a submission (`submissions`, `zshell journal list`)",
        "one with its history (`zshell journal show`)",
        "a finding of `zshell lint`",
        "a profile (`zshell profile list`)",
        "a caught error",
        "a report (`check`)",
    ];
    let values = written();
    assert_eq!(values.len(), names.len());
    let rows = names.iter().zip(&values);
    let rows = rows.map(|(name, value)| format!("| {name} | {} |\n", keys(value)));
    agree(
        "src/guide/output.md",
        "| value | its keys, in order |",
        rows,
    );
}
