//! A script's error shows file, line, the source line and a caret under the right column.

use crate::support::harness::Test;

/// The script fails with this status, and its errors hold this picture of the place.
fn shows(script: &str, picture: &str) {
    let ran = Test::new().script(script).status(1).run();
    assert!(
        ran.stderr.contains(picture),
        "{picture}\nin\n{}",
        ran.stderr
    );
}

#[test]
fn at_run_time() {
    shows(
        "let a = 1;\n  nothing_like_it(a);\n",
        "  --> main.rhai:2:3\n   |\n 2 |   nothing_like_it(a);\n   |   ^^^^^^^^^^^^^^^^^^\n",
    );
    shows(
        "\n\nthrow \"x\";",
        "  --> main.rhai:3:1\n   |\n 3 | throw \"x\";\n   | ^^^^^\n",
    );
}

#[test]
fn at_parse_time() {
    shows(
        "let a = ;\n",
        "  --> main.rhai:1:9\n   |\n 1 | let a = ;\n   |         ^\n",
    );
    shows("fn f() {\n  1\n", "  --> main.rhai:");
}

#[test]
fn with_tabs_the_caret_keeps_them() {
    shows(
        "\t\tnothing_like_it();",
        " 1 | \t\tnothing_like_it();\n   | \t\t^^^^^^^^^^^^^^^^^\n",
    );
}

#[test]
fn columns_count_characters() {
    shows(
        "let a = \"日本\"; nothing_like_it();",
        "  --> main.rhai:1:15\n",
    );
    // Two wide characters take four columns of a terminal.
    shows(
        "let a = \"日本\"; nothing_like_it();",
        " 1 | let a = \"日本\"; nothing_like_it();\n   |                 ^^^^^^^^^^^^^^^^^\n",
    );
}

#[test]
fn with_crlf_no_carriage_return_is_shown() {
    let ran = Test::new()
        .script("let a = 1;\r\nnothing_like_it();\r\n")
        .status(1)
        .run();
    ran.complains("  --> main.rhai:2:1\n   |\n 2 | nothing_like_it();\n   | ^^^^^^^^^^^^^^^^^\n");
    assert!(!ran.stderr.contains('\r'));
}

#[test]
fn behind_a_byte_order_mark_and_a_shebang() {
    shows(
        "\u{feff}#!/usr/bin/env -S zshell run\n\nnothing_like_it();",
        "  --> main.rhai:3:1\n   |\n 3 | nothing_like_it();\n",
    );
    shows(
        "\u{feff}let a = 1; nothing_like_it();",
        "  --> main.rhai:1:12\n   |\n 1 | let a = 1; nothing_like_it();\n   |            ^^^^^^^^^^^^^^^^^\n",
    );
}

#[test]
fn in_functions_and_closures_the_calls_are_told() {
    shows(
        "fn inner(x) {\n    x.nothing_like_it()\n}\nfn outer(x) {\n    inner(x)\n}\nouter(1);",
        "  --> main.rhai:2:7\n   |\n 2 |     x.nothing_like_it()\n   |       ^^^^^^^^^^^^^^^^^\n   in inner, called from main.rhai:5\n   in outer, called from main.rhai:7\n",
    );
    shows(
        "let f = |x| nothing_like_it(x);\nf.call(1);",
        "  --> main.rhai:1:13\n",
    );
    shows(
        "[1].map(|x| nothing_like_it(x));",
        "   in a closure, called from main.rhai:1\n",
    );
}

#[test]
fn inside_interpolated_text() {
    shows(
        "let s = `abc ${nothing_like_it()} def`;",
        "  --> main.rhai:1:16\n",
    );
}

#[test]
fn of_our_own_functions() {
    shows(
        "let x = 1;\nlet y = env(\"A\", \"b\") + secret(\"NONE\");",
        "  --> main.rhai:2:25\n   |\n 2 | let y = env(\"A\", \"b\") + secret(\"NONE\");\n   |                         ^^^^^^^^^^^^^^\n",
    );
    shows("[1].sleep(\"x\");", "  --> main.rhai:1:5\n");
}

#[test]
fn the_source_is_named_as_it_was_given() {
    for (test, name) in [
        (Test::new().eval("x"), "eval:1:1"),
        (
            Test::new().args(["run", "-"]).stdin("x"),
            "standard input:1:1",
        ),
        (Test::new().stdin("x"), "standard input:1:1"),
        (
            Test::new()
                .file("a/b.rhai", "x")
                .args(["run", "./a/b.rhai"]),
            "./a/b.rhai:1:1",
        ),
    ] {
        test.status(1).run().complains(&format!("  --> {name}\n"));
    }
}

#[test]
fn a_terminal_escape_in_the_source_line_is_not_passed_on() {
    let ran = Test::new()
        .script("let a = \"\u{1b}[31m\"; nothing_like_it();")
        .status(1)
        .run();
    assert!(!ran.stderr.contains('\u{1b}'), "{:?}", ran.stderr);
}
