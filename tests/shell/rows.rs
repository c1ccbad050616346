//! `query` and `peek`.

use crate::harness::Test;
use crate::local::{create, rows};

/// A run of a script behind one that imports ten rows into `books`.
fn ten(script: &str, status: i32) -> crate::harness::Ran {
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
fn rows_are_chosen_by_filter_fields_and_options() {
    let ran = ten(
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
    let ran = ten(r#"peek("books", 2)"#, 0);
    let text = ran.stdout.clone();
    let place = |word: &str| {
        text.find(word)
            .unwrap_or_else(|| panic!("{word} in {text}"))
    };
    assert!(place("id") < place("word") && place("word") < place("vector"));
    ran.says("word 1");
}

#[test]
fn a_filter_that_is_wrong_is_explained() {
    let ran = ten(
        r#"try { query("books", "id = 3") } catch (e) { print(e.message) }
                     query("books", "nothing == 3")"#,
        7,
    );
    ran.says("equality is written ==");
    ran.complains("nothing");
}
