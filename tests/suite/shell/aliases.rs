//! The functions and commands about aliases.

use crate::shell::local::{create, rows};
use crate::support::harness::Test;

#[test]
fn an_alias_is_created_moved_and_kept() {
    let ran = Test::new()
        .file("books.jsonl", rows(3))
        .script(format!(
            r#"connect("local"); {} {}
               print(alias("books", "books_1"));
               print(alias("books", "books_2"));
               print(connect("local").alias("books", "books_2"));
               wait(import("books", "books.jsonl"));
               print(`${{count("books")}} ${{count("books_1")}} ${{count("books_2")}} ${{describe("books").collectionName}}`);"#,
            create("books_1"),
            create("books_2")
        ))
        .run();
    ran.says("\nbooks_1\nbooks_2\n3 0 3 books_2\n");
    ran.complains("the alias books points to books_1\n");
    ran.complains("the alias books points to books_2 instead of books_1\n");
    ran.complains("the alias books points to books_2 already\n");
}

#[test]
fn a_refused_alias_exits_with_7() {
    for (call, part) in [
        (r#"alias("books", "books_2")"#, "books_2"),
        (r#"alias("books_1", "books_1")"#, "conflicts"),
        (r#"alias("no name", "books_1")"#, "no name"),
    ] {
        Test::new()
            .script(format!("connect(\"local\"); {} {call}", create("books_1")))
            .status(7)
            .run()
            .complains(part);
    }
}

#[test]
fn a_dry_run_shows_the_alias_call() {
    let ran = Test::new()
        .args(["--dry-run"])
        .script(r#"connect("local"); alias("books", "books_1");"#)
        .run();
    ran.says("/v2/vectordb/aliases/create");
    ran.says("\"aliasName\":\"books\"");
    assert!(!ran.stderr.contains("points to"), "{}", ran.stderr);
}
