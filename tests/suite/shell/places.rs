//! An error in a script shows the file, the line, the source text and a caret under the right column.

use crate::support::harness::Test;

/// Checks that the script fails with this status and that its errors contain this picture of the position.
fn assert_shows(script: &str, picture: &str) {
    let ran = Test::new().script(script).status(1).run();
    assert!(
        ran.stderr.contains(picture),
        "{picture}\nin\n{}",
        ran.stderr
    );
}

#[test]
fn an_error_at_run_time_shows_its_position() {
    assert_shows(
        "let a = 1;\n  nothing_like_it(a);\n",
        "  --> main.rhai:2:3\n   |\n 2 |   nothing_like_it(a);\n   |   ^^^^^^^^^^^^^^^^^^\n",
    );
    assert_shows(
        "\n\nthrow \"x\";",
        "  --> main.rhai:3:1\n   |\n 3 | throw \"x\";\n   | ^^^^^\n",
    );
}

#[test]
fn a_syntax_error_shows_its_position() {
    assert_shows(
        "let a = ;\n",
        "  --> main.rhai:1:9\n   |\n 1 | let a = ;\n   |         ^\n",
    );
    assert_shows("fn f() {\n  1\n", "  --> main.rhai:");
}

#[test]
fn tabs_are_kept_before_the_caret() {
    assert_shows(
        "\t\tnothing_like_it();",
        " 1 | \t\tnothing_like_it();\n   | \t\t^^^^^^^^^^^^^^^^^\n",
    );
}

#[test]
fn columns_count_characters() {
    assert_shows(
        "let a = \"日本\"; nothing_like_it();",
        "  --> main.rhai:1:15\n",
    );
    // Two wide characters occupy four columns of a terminal.
    assert_shows(
        "let a = \"日本\"; nothing_like_it();",
        " 1 | let a = \"日本\"; nothing_like_it();\n   |                 ^^^^^^^^^^^^^^^^^\n",
    );
}

#[test]
fn a_carriage_return_is_not_shown() {
    let ran = Test::new()
        .script("let a = 1;\r\nnothing_like_it();\r\n")
        .status(1)
        .run();
    ran.complains("  --> main.rhai:2:1\n   |\n 2 | nothing_like_it();\n   | ^^^^^^^^^^^^^^^^^\n");
    assert!(!ran.stderr.contains('\r'));
}

#[test]
fn a_byte_order_mark_and_a_shebang_are_skipped() {
    assert_shows(
        "\u{feff}#!/usr/bin/env -S zshell run\n\nnothing_like_it();",
        "  --> main.rhai:3:1\n   |\n 3 | nothing_like_it();\n",
    );
    assert_shows(
        "\u{feff}let a = 1; nothing_like_it();",
        "  --> main.rhai:1:12\n   |\n 1 | let a = 1; nothing_like_it();\n   |            ^^^^^^^^^^^^^^^^^\n",
    );
}

#[test]
fn errors_in_functions_and_closures_show_the_callers() {
    assert_shows(
        "fn inner(x) {\n    x.nothing_like_it()\n}\nfn outer(x) {\n    inner(x)\n}\nouter(1);",
        "  --> main.rhai:2:7\n   |\n 2 |     x.nothing_like_it()\n   |       ^^^^^^^^^^^^^^^^^\n   in inner, called from main.rhai:5\n   in outer, called from main.rhai:7\n",
    );
    assert_shows(
        "let f = |x| nothing_like_it(x);\nf.call(1);",
        "  --> main.rhai:1:13\n",
    );
    assert_shows(
        "[1].map(|x| nothing_like_it(x));",
        "   in a closure, called from main.rhai:1\n",
    );
}

#[test]
fn an_error_in_interpolated_text_shows_its_position() {
    assert_shows(
        "let s = `abc ${nothing_like_it()} def`;",
        "  --> main.rhai:1:16\n",
    );
}

#[test]
fn an_error_of_a_zshell_function_shows_its_position() {
    assert_shows(
        "let x = 1;\nlet y = env(\"A\", \"b\") + secret(\"NONE\");",
        "  --> main.rhai:2:25\n   |\n 2 | let y = env(\"A\", \"b\") + secret(\"NONE\");\n   |                         ^^^^^^^^^^^^^^\n",
    );
    assert_shows("[1].sleep(\"x\");", "  --> main.rhai:1:5\n");
}

#[test]
fn the_source_is_named_as_on_the_command_line() {
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
fn a_terminal_escape_in_the_source_line_is_escaped() {
    let ran = Test::new()
        .script("let a = \"\u{1b}[31m\"; nothing_like_it();")
        .status(1)
        .run();
    assert!(!ran.stderr.contains('\u{1b}'), "{:?}", ran.stderr);
}
