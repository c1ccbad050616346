//! Arguments after the script on the command line: `args`, `opts`, `params`, `--help`.

use crate::support::harness::Test;

const NIGHTLY: &str = r#"#!/usr/bin/env -S zshell run
// Imports last night's files.
//
//   zshell run nightly.rhai --collection books
params(#{
    collection: #{value: (), help: "the target"},
    days: 7,
    share: 0.5,
    full: false,
    check: #{value: true, help: "look at the files first"},
    mode: #{value: "append", choices: ["append", "replace"], help: "what to do with old rows"},
    files: [],
    since: #{type: "int", required: false},
});
fn seen() { opts.collection }
print(seen());
print(opts.to_json());
args
"#;

fn nightly(args: &[&str]) -> Test {
    Test::new().script(NIGHTLY).args(args.iter().copied())
}

#[test]
fn options_have_the_types_of_their_declaration() {
    let ran = nightly(&["one", "--collection", "b", "two", "--", "--three"]).run();
    ran.says("b\n{\"check\":true,\"collection\":\"b\",\"days\":7,\"files\":[],\"full\":false,\"mode\":\"append\",\"share\":0.5,\"since\":null}\n")
        .says("one\n")
        .says("--three\n");
    let ran = nightly(&[
        "--collection=--x",
        "--days",
        "-3",
        "--share",
        "2",
        "--full",
        "--no-check",
        "--mode",
        "replace",
        "--files",
        "a",
        "--files=b",
        "--since=5",
    ])
    .run();
    ran.says("{\"check\":false,\"collection\":\"--x\",\"days\":-3,\"files\":[\"a\",\"b\"],\"full\":true,\"mode\":\"replace\",\"share\":2.0,\"since\":5}");
}

#[test]
fn a_wrong_argument_exits_with_2_and_shows_the_usage() {
    for (args, problem) in [
        (&[][..], "--collection is missing"),
        (&["--collection"], "--collection needs a value"),
        (&["--collection", "b", "--dayz", "3"], "\"--days\""),
        (
            &["--collection", "b", "--days", "soon"],
            "invalid value \"soon\" for --days: expected a whole number",
        ),
        (
            &["--collection", "b", "--days", "1.5"],
            "for --days: expected a whole number",
        ),
        (
            &["--collection", "b", "--share", "x"],
            "for --share: expected a number",
        ),
        (
            &["--collection", "b", "--full=perhaps"],
            "for --full: expected true or false",
        ),
        (&["--collection", "b", "--mode", "replce"], "\"replace\""),
        (
            &["--collection", "b", "--days", "1", "--days", "2"],
            "--days is given 2 times",
        ),
        (&["--collection", "b", "--no-days"], "no option --no-days"),
        (&["--collection", "b", "--nonesuch"], "no option --nonesuch"),
    ] {
        let ran = nightly(args).status(2).stdout("").run();
        ran.complains(problem)
            .complains("usage: zshell run main.rhai --collection <text> [OPTIONS] [ARG]...");
    }
}

#[test]
fn help_shows_the_comment_and_options_and_runs_nothing() {
    let expected = "\
Imports last night's files.

  zshell run nightly.rhai --collection books

Usage: zshell run main.rhai --collection <text> [OPTIONS] [ARG]...

Options:
  --collection <text>  the target [required]
  --days <int>         [default: 7]
  --share <number>     [default: 0.5]
  --full
  --[no-]check         look at the files first [default: true]
  --mode <text>        what to do with old rows [one of: append, replace] [default: append]
  --files <list>       [repeatable]
  --since <int>
  --help               show this, and run nothing
";
    nightly(&["--help"]).stdout(expected).stderr("").run();
    nightly(&["x", "--nonesuch", "--help"])
        .stdout(expected)
        .run();
    nightly(&["--collection", "b", "--", "--help"])
        .run()
        .says("--help\n");
    let test = Test::new().script("print(1)").args(["--help"]);
    test.stdout("Usage: zshell run main.rhai\n\nOptions:\n  --help  show this, and run nothing\n")
        .run();
    let test = Test::new()
        .args(["run", "-", "--help"])
        .stdin("// Says one.\nprint(1)");
    test.run().says("Says one.\n\nUsage: zshell run -\n");
    let test = Test::new()
        .eval("params(#{x: 1}); print(1)")
        .args(["--help"]);
    test.run().says("--x <int>  [default: 1]");
}

#[test]
fn help_lists_required_options_first_in_source_order() {
    for text in [
        "params(#{z: 1, b: (), y: 2, a: ()})",
        // Values that are computed, and a call that isn't the first statement.
        "let n = 1; params(#{z: n + 1, b: (), y: date(-1), a: #{value: (), help: \"\"}})",
    ] {
        let ran = Test::new().script(text).args(["--help"]).run();
        let options = ran
            .stdout
            .lines()
            .filter_map(|line| line.trim().strip_prefix("--"));
        let names: Vec<&str> = options.filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(names, ["b", "a", "z", "y", "help"], "{text}");
        assert!(
            ran.stdout
                .contains("main.rhai --b <text> --a <text> [OPTIONS]"),
            "{text}"
        );
    }
}

#[test]
fn computed_declarations_are_checked_at_run_time() {
    let text = "params(#{day: date(-1), n: 2, dry: #{value: 1 > 2, help: \"sends nothing\"}}); print(opts.day.len()); print(opts.n); print(opts.dry)";
    let test = Test::new().script(text);
    test.clone().stdout("10\n2\nfalse\n").run();
    test.clone()
        .args(["--day", "2026", "--dry"])
        .stdout("4\n2\ntrue\n")
        .run();
    test.clone().args(["--nonesuch"]).status(2).stdout("").run();
    test.clone()
        .args(["--dry=2"])
        .status(2)
        .run()
        .complains("for --dry: expected true or false");
    let ran = test.args(["--help"]).run();
    ran.says("--day <value>  [default: computed at run time]");

    let text = "let map = #{n: 2}; params(map); print(opts.n)";
    let test = Test::new().script(text);
    test.clone().args(["--n", "3"]).stdout("3\n").run();
    test.clone()
        .args(["--m", "3"])
        .status(2)
        .run()
        .complains("no option --m");
    test.args(["--help"]).run().says("only known when it runs");
}

#[test]
fn options_without_a_declaration_are_text() {
    let test = Test::new().script("fn f() { opts } print(f().to_json()); print(args)");
    test.args(["a", "--n", "5", "--batch-size=7", "--all", "--flag", "true", "-v", "--", "--x"])
        .stdout("{\"all\":true,\"batch_size\":\"7\",\"flag\":\"true\",\"n\":\"5\"}\n[\"a\", \"-v\", \"--x\"]\n")
        .run();
    Test::new().eval("args.len()").stdout("0\n").run();
    let test = Test::new().eval("opts.x").args(["--x", "1", "--x", "2"]);
    test.stdout("2\n").run();
}

#[test]
fn options_after_the_script_belong_to_the_script() {
    let test = Test::new().args(["-o", "json", "eval", "args", "-q", "-o"]);
    assert_eq!(test.run().json(), serde_json::json!(["-q", "-o"]));
    let test = Test::new().script("fn f() { args } print(f() == args); args");
    test.args(["one", "-p", "-"])
        .run()
        .says("true\n")
        .says("-p\n");
}

#[test]
fn opts_are_visible_in_modules() {
    let test = Test::new().file("m.rhai", "fn days() { opts.days }");
    test.script("import \"m\" as m; params(#{days: 7}); print(m::days())")
        .args(["--days", "1"])
        .stdout("1\n")
        .run();
    let test = Test::new().eval("params(#{x: 1}).x + params(#{x: 1, y: 2}).y");
    test.stdout("3\n").run();
}

#[test]
fn a_wrong_declaration_is_an_error() {
    for (text, problem) in [
        ("params(5)", "takes a map"),
        ("params(#{x: #{typ: \"int\"}})", "\"type\""),
        ("params(#{x: #{type: \"integr\"}})", "no type"),
        (
            "params(#{x: #{type: \"int\", value: \"a\"}})",
            "its type is int, but its default is text",
        ),
        ("params(#{x: #{value: || 1}})", "its default is text"),
        ("params(#{x: #{help: 5}})", "help is text"),
        ("params(#{x: #{choices: 5}})", "choices are a list"),
        ("params(#{x: #{required: 5}})", "required is true or false"),
    ] {
        Test::new().eval(text).status(1).run().complains(problem);
    }
}

const TIMED: &str = r#"params(#{
    wait: #{type: "duration", value: "1h", help: "how long"},
    pause: #{type: "duration", value: 2},
    file: #{type: "path", required: false},
    files: #{type: "paths"},
});
print(opts.to_json());"#;

#[test]
fn durations_and_paths_are_checked_before_anything_runs() {
    for (words, opts) in [
        (&[][..], r#"{"file":null,"files":[],"pause":2,"wait":"1h"}"#),
        (
            &[
                "--wait=90s",
                "--pause=1.5",
                "--file=s3://b/a.json",
                "--files=*.json",
                "--files",
                ".",
            ],
            r#"{"file":"s3://b/a.json","files":["*.json","."],"pause":1.5,"wait":"90s"}"#,
        ),
        (
            &["--wait=1h45m", "--pause", "30", "--file", "a.json"],
            r#"{"file":"a.json","files":[],"pause":30,"wait":"1h45m"}"#,
        ),
    ] {
        let test = Test::new().file("a.json", "[]").script(TIMED);
        let test = test.args(words.iter().copied());
        test.stdout(format!("{opts}\n")).run();
    }
    for (word, problem) in [
        (
            "--wait=soon",
            "invalid value \"soon\" for --wait: expected a duration such as 90s or 1h45m, or seconds",
        ),
        ("--wait=-1", "for --wait: expected a duration"),
        ("--pause=", "for --pause: expected a duration"),
        (
            "--file=gone.json",
            "invalid value \"gone.json\" for --file: expected a file or folder that exists, or the URL of an object",
        ),
        ("--file=s3://", "for --file: expected a file or folder"),
        (
            "--files=*.csv",
            "for --files: expected a file or folder that exists",
        ),
    ] {
        let test = Test::new().file("a.json", "[]").script(TIMED).args([word]);
        test.status(2).stdout("").run().complains(problem);
    }
    let help = Test::new().script(TIMED).args(["--help"]).run();
    help.says("  --wait <duration>   how long [default: 1h]\n")
        .says("  --pause <duration>  [default: 2]\n")
        .says("  --file <path>\n")
        .says("  --files <paths>     [repeatable]\n");
    let wrong = Test::new().eval("params(#{wait: #{type: \"duration\", value: \"soon\"}})");
    let ran = wrong.status(1).unlinted().run();
    ran.complains("params: wait: its default is no duration: \"soon\"");
}

#[test]
fn unused_arguments_exit_with_2() {
    for (text, words, problem) in [
        ("print(1)", &["a.json"][..], "doesn't use \"a.json\""),
        ("print(1)", &["a", "b"], "doesn't use \"a\" and \"b\""),
        ("print(1)", &["--full", "x"], "doesn't use --full"),
        (
            "params(#{n: 1}); print(opts.n)",
            &["--n", "2", "b"],
            "doesn't use \"b\"",
        ),
        ("print(opts.n)", &["--n", "2", "b"], "doesn't use \"b\""),
        ("print(args)", &["b", "--n", "2"], "doesn't use --n"),
        ("// args\nprint(\"args\")", &["b"], "doesn't use \"b\""),
        (
            "print(1)",
            &["-o", "json"],
            "doesn't use \"-o\" and \"json\"",
        ),
    ] {
        let test = Test::new().script(text).args(words.iter().copied());
        let ran = test.status(2).stdout("").run();
        ran.complains(problem)
            .complains("usage: zshell run main.rhai");
        if words[0].starts_with('-') {
            ran.complains("hint: options of zshell come before the command");
        }
    }
    let test = Test::new().eval("1").args(["x"]);
    test.status(2)
        .stdout("")
        .run()
        .complains("usage: zshell eval EXPR");
    // A module reads the arguments too.
    for (module, status) in [("fn first() { args[0] }", 0), ("fn first() { 1 }", 2)] {
        let test = Test::new().file("part.rhai", module);
        let text = "import \"part\" as part; print(part::first());";
        let ran = test.script(text).args(["x"]).status(status).run();
        assert_eq!(ran.stdout, if status == 0 { "x\n" } else { "" });
    }
}
