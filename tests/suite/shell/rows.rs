//! `query`, `peek` and `search`.

use crate::shell::local::{create, rows};
use crate::support::harness::Test;

/// Returns a run of a script that first imports ten rows into `books`.
fn with_ten_rows(script: &str, status: i32) -> crate::support::harness::Ran {
    Test::new()
        .file("books.jsonl", rows(10))
        .script(format!(
            "connect(\"local\"); {} wait(import(\"books\", \"books.jsonl\")); {script}",
            create("books")
        ))
        .status(status)
        .run()
}

#[test]
fn query_has_a_filter_fields_and_options() {
    let ran = with_ten_rows(
        r#"let found = query("books", "id in [7, 3]", ["word"]);
           print(found.map(|row| `${row.id} ${row.word}`));
           print(query("books", #{filter: "id > 2", fields: "id", limit: 2, offset: 1}).map(|row| row.id));
           print(query("books", "id >= 4", "count(*)")[0]["count(*)"]);
           print(query("books", #{partition: "_default"}).len());
           print(peek("books").len()); print(peek("books", 2)[1].vector.len());"#,
        0,
    );
    ran.says("[\"3 word 3\", \"7 word 7\"]\n[4, 5]\n6\n10\n5\n4\n");
}

#[test]
fn a_table_has_the_fields_in_their_order() {
    let ran = with_ten_rows(r#"peek("books", 2)"#, 0);
    let text = ran.stdout.clone();
    let place = |word: &str| {
        text.find(word)
            .unwrap_or_else(|| panic!("{word} in {text}"))
    };
    assert!(place("id") < place("word") && place("word") < place("vector"));
    ran.says("word 1");
}

#[test]
fn a_wrong_filter_is_explained() {
    let ran = with_ten_rows(
        r#"try { query("books", "id = 3") } catch (e) { print(e.message) }
                     try { query("books", "id > 3", #{limit: 2}) } catch (e) { print(e.message) }
                     query("books", "nothing == 3")"#,
        7,
    );
    ran.says("equality is ==")
        .says("one map with the filter: #{filter, limit}");
    ran.complains("nothing");
}

#[test]
fn search_finds_the_rows_closest_to_a_vector() {
    let ran = with_ten_rows(
        r#"let own = query("books", "id == 3")[0].vector;
           let found = search("books", own, #{limit: 2, fields: "word"});
           print(found.map(|row| `${row.distance} ${row.id} ${row.word}`));
           let options = #{filter: "id > 4", Fields: ["*"], annsField: "vector", limit: 1, offset: 1, partition: "_default"};
           print(search("books", own, options)[0].id);
           print(search("books", own, #{params: #{radius: 2, range_filter: 1}}).len());
           print(connect("local").search("books", own).len());
           print(type_of(search("books", own, #{filter: "id > 99"})));"#,
        0,
    );
    ran.says("[\"0 3 word 3\", \"1 2 word 2\"]\n6\n2\n10\narray\n");
}

#[test]
fn a_table_of_a_search_begins_with_the_distance() {
    let ran = with_ten_rows(
        r#"search("books", peek("books", 1)[0].vector, #{fields: "*"})"#,
        0,
    );
    let head = ran.stdout.lines().find(|line| line.contains("distance"));
    let head = head.unwrap_or_else(|| panic!("no head in {}", ran.stdout));
    let place = |word: &str| {
        head.find(word)
            .unwrap_or_else(|| panic!("{word} in {head}"))
    };
    assert!(place("distance") < place("id") && place("id") < place("word"));
}

#[test]
fn wrong_vectors_and_options_are_explained() {
    for (args, status, part) in [
        ("[]", 1, "an empty array"),
        ("[1, \"x\"]", 1, "an array with \"x\""),
        ("[[1, 2, 3, 4]]", 1, "one vector at a time"),
        ("#{vector: [1]}", 1, "row.vector"),
        ("4", 1, "got 4"),
        ("[1, 2, 3, 4], #{limits: 3}", 1, "limit"),
        ("[1, 2, 3, 4], #{limit: \"many\"}", 1, "whole number"),
        ("[1, 2, 3]", 7, "dimension: 4, but length of []float: 3"),
        (
            "[1, 2, 3, 4], #{field: \"word\"}",
            7,
            "cannot find a vector field",
        ),
        (
            "[1, 2, 3, 4], #{params: #{metricType: \"IP\"}}",
            7,
            "metric type not match",
        ),
    ] {
        with_ten_rows(&format!("search(\"books\", {args})"), status).complains(part);
    }
}

#[test]
fn sparse_vectors_are_maps() {
    let rows = "{\"id\": 1, \"terms\": {\"7\": 2}}\n{\"id\": 2, \"terms\": {\"9\": 3}}\n";
    let ran = Test::new()
        .file("s.jsonl", rows)
        .script(
            r#"connect("local");
               create_collection("s", #{schema: #{fields: [
                   #{fieldName: "id", dataType: "Int64", isPrimary: true},
                   #{fieldName: "terms", dataType: "SparseFloatVector"}]},
                   indexParams: [#{fieldName: "terms", metricType: "IP"}]});
               wait(import("s", "s.jsonl"));
               let row = query("s", "id == 1")[0];
               for vector in [row.terms, #{"7": 2.0, "11": 1}, #{indices: [7], values: [2]}] {
                   print(search("s", vector));
               }"#,
        )
        .run();
    let one = r#"[#{"distance": 4, "id": 1}]"#;
    ran.says(&format!("{one}\n{one}\n{one}\n"));
}
