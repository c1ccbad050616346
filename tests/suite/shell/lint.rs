//! `zshell lint`: its findings, and valid scripts. Lint also checks every script of these tests that ends well.

use crate::support::harness::{Folder, Test};
use serde_json::json;
use std::path::Path;

/// Returns lint's findings in a script, without the hints.
fn found(folder: &Folder, text: &str) -> Vec<String> {
    folder.work("main.rhai", text);
    let probe = folder.test().args(["lint", "main.rhai", "-o", "json"]);
    let output = probe.command().output().expect("zshell starts");
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let list = list.as_array().expect("a list");
    assert_eq!(
        output.status.code(),
        Some(i32::from(!list.is_empty())),
        "{text}"
    );
    let line = |it: &serde_json::Value| {
        format!(
            "{}:{} {}",
            it["line"],
            it["column"],
            it["message"].as_str().expect("text")
        )
    };
    list.iter().map(line).collect()
}

#[test]
fn each_kind_of_mistake_is_found_at_its_place() {
    let folder = Folder::new();
    folder.work(
        "lib/m.rhai",
        "private fn hidden() { 1 }\nfn f(x) { x + hidden() }\n",
    );
    folder.work("lib/far.rhai", "import \"m\" as m; fn g() { m::f(1) }");
    for (text, expected) in [
        ("let x = ;", "1:9 this does not parse: unexpected ';'"),
        ("imprt(\"a\", \"b\")", "1:1 no function imprt"),
        ("let f = |x| x; f(2)", "1:16 no function f"),
        ("jobs(1, 2)", "1:1 jobs takes 0 or 1 arguments, got 2"),
        ("wait()", "1:1 wait takes 1 or 2 arguments, got none"),
        ("fn f(a) { a }\nf()", "2:1 f takes 1 argument, got none"),
        ("fn f() { g(1) } f()", "1:10 no function g"),
        ("[1].map(|x| nope(x))", "1:13 no function nope"),
        ("`a ${nope(1)}`", "1:6 no function nope"),
        ("\"abc\".lenn()", "1:7 no function lenn"),
        ("\"abc\".len(3)", "1:7 len takes 0 arguments, got 1"),
        ("jobs(#{stat: 1})", "1:8 jobs: no option \"stat\""),
        (
            "wait(\"j\", #{timout: 1})",
            "1:13 wait: no option \"timout\"",
        ),
        (
            "let c = connect(); c.jobs(#{stat: 1})",
            "1:29 jobs: no option \"stat\"",
        ),
        (
            "let c = connect(); jobs(c, #{stat: 1})",
            "1:30 jobs: no option \"stat\"",
        ),
        (
            "let c = connect(); c.import(\"a\", \"b\", #{partion: 1})",
            "1:41 import: no option \"partion\"",
        ),
        (
            "import(\"a\", \"b\", #{options: #{tiemout: \"1h\"}})",
            "1:31 import: options has no key \"tiemout\"",
        ),
        (
            "import_all(\"a\", [\"b\"], #{options: #{auto_comit: false}})",
            "1:37 import_all: options has no key \"auto_comit\"",
        ),
        (
            "create_collection(\"a\", #{schema: #{fields: [#{fieldNam: \"id\"}]}})",
            "1:47 create_collection: fields has no key \"fieldNam\"",
        ),
        (
            "params(#{days: 7}); print(opts.dayz)",
            "1:32 params declares no option dayz",
        ),
        (
            "params(#{days: #{typ: 7}})",
            "1:1 params: days: no key \"typ\"",
        ),
        ("let total = 1; print(totl)", "1:22 no variable totl"),
        ("fn f() { x } let x = 1; f()", "1:10 no variable x"),
        ("throw 1; print(2)", "1:10 this is never reached"),
        (
            "fn f() { return 1; print(2); } f()",
            "1:20 this is never reached",
        ),
        ("loop { break; print(2); }", "1:15 this is never reached"),
        (
            "if args.len() == 0 { exit(1); print(2); }",
            "1:31 this is never reached",
        ),
        ("import \"lib/none\" as n;", "1:8 no module \"lib/none\""),
        (
            "import \"lib/m\" as m; m::f()",
            "1:25 m::f takes 1 argument, got none",
        ),
        (
            "import \"lib/m\" as m; m::ff(1)",
            "1:25 the module m has no function ff",
        ),
        (
            "import \"lib/m\" as m; m::hidden()",
            "1:25 the function hidden is private to its module",
        ),
        (
            "import \"lib/far\" as far; far::m::ff(1)",
            "1:34 the module far has no function ff",
        ),
        ("q::f(1)", "1:4 no module q is imported"),
    ] {
        let lines = found(&folder, text);
        let [line] = lines.as_slice() else {
            panic!("{text}: {lines:?}");
        };
        assert!(line.starts_with(expected), "{text}: {line}");
    }
}

#[test]
fn valid_scripts_have_no_findings() {
    let folder = Folder::new();
    folder.work(
        "lib/m.rhai",
        "import \"other\" as o; export const ONE = 1; fn f(x) { o::g(x) + in_main(x) }",
    );
    folder.work(
        "lib/other.rhai",
        "fn g(x) { global_free(x) } fn global_free(x) { x }",
    );
    for text in [
        "import \"lib/m\" as m; fn in_main(x) { x } print(m::f(1) + m::ONE + m::o::g(2));",
        "let path = \"lib/m\"; import path as m; m::whatever(1, 2, 3)",
        "let m = #{run: |x| x}; m.run(1); m[\"go_on\"] = |x| x; m.go_on(2); let s = m; s.other = 1; s.other",
        "let f = |a, b| a + b; f.call(1, 2); f.curry(1).call(2); let g = Fn(\"print\"); g.call(1)",
        "fn scale(by) { this * by } let x = 2; x.scale(3)",
        "for (row, index) in [1, 2] { print(row + index); } for i in 0..3 { print(i); }",
        "try { throw #{a: 1}; } catch (e) { print(e.a); }",
        "switch args.len() { 0 => print(0), 1 if true => print(1), _ => { return; } }",
        "let t = timestamp(); t.elapsed; type_of(t); is_def_var(\"x\") && x; is_def_fn(\"f\", 1)",
        "const N = 1; fn f() { global::N } f(); print(max(1, 2) + 3.max(4) + sqrt(4.0).to_int());",
        "connect(\"local\").jobs(#{state: \"active\"}); \"a\".read_text(); show(#{stat: 1}); show(1, #{format: \"json\"})",
        "import(#{collectionName: \"b\", url: \"u\", options: #{timeout: \"1h\", skip_disk_quota_check: \"true\"}})",
        "import(#{collectionName: \"b\", object_url: \"c\", \"PARTITION-name\": \"p\"})",
        "let opts = #{x: 1}; params(#{y: 1}); print(opts.x)",
        "fn exit(a) { a } exit(1); print(2)",
        "let x = if args.len() > 1 { 1 } else { 2 }; do { x -= 1; } while x > 0; while x < 1 { x += 1; continue; }",
        "print(args); print(opts); print(script_dir); fn f() { [args, opts, script_dir] } f()",
        "#!/usr/bin/env -S zshell run\nimport(\"a\", \"b\")",
        "",
    ] {
        assert_eq!(found(&folder, text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn findings_are_lines_with_hints_or_json() {
    let folder = Folder::new();
    folder.work("a.rhai", "jobs(#{stat: 1});\nexit();\nprint(1)");
    folder.work("lib.rhai", "fn f() { nope() }");
    folder.work("b.rhai", "import \"lib\" as lib; lib::f()");
    let lib = folder.path("work/lib.rhai").canonicalize().expect("a file");
    let text = format!(
        "{}:1:10: error: no function nope\na.rhai:1:8: error: jobs: no option \"stat\"\n  hint: did you mean \"state\"?\na.rhai:3:1: warning: this is never reached\n",
        lib.display()
    );
    let test = folder.test().args(["lint", "a.rhai", "b.rhai", "b.rhai"]);
    test.status(1).stdout(text).stderr("").run();
    let ran = folder
        .test()
        .args(["-o", "json", "lint", "a.rhai"])
        .status(1)
        .run();
    assert_eq!(
        ran.json()[0],
        json!({"file": "a.rhai", "line": 1, "column": 8, "severity": "error", "message": "jobs: no option \"stat\"", "hint": "did you mean \"state\"?"})
    );
    let test = folder.test().args(["lint", "-"]).stdin("nope(1)").status(1);
    test.run()
        .says("standard input:1:1: error: no function nope");
    folder
        .test()
        .args(["lint", "none.rhai"])
        .status(2)
        .stdout("")
        .run();
    folder.work("good.rhai", "print(1)");
    folder
        .test()
        .args(["lint", "good.rhai"])
        .stdout("")
        .stderr("")
        .run();
    let test = folder.test().args(["-o", "json", "lint", "good.rhai"]);
    test.stdout("[]\n").run();
}

#[test]
fn lint_runs_nothing_and_finds_libraries() {
    let folder = Folder::new();
    folder.write("lib/tool.rhai", "print(\"ran\"); fn f(x) { x }");
    folder.work(
        "main.rhai",
        "print(\"ran\"); import \"tool\" as tool; tool::f(1); write_text(\"x\", \"y\");",
    );
    let test = folder.test().args(["--lib", "../lib", "lint", "main.rhai"]);
    test.stdout("").run();
    assert!(!folder.path("work/x").exists());
    folder
        .test()
        .args(["lint", "main.rhai"])
        .status(1)
        .run()
        .says("no module \"tool\"");
}

#[test]
fn modules_that_import_each_other_are_checked_once() {
    let test = Test::new()
        .file("a.rhai", "import \"b\" as b; fn f() { b::g() }")
        .file("b.rhai", "import \"a\" as a; fn g() { a::f() }");
    test.args(["lint", "a.rhai"]).stdout("").run();
}

#[test]
fn the_scripts_of_the_cookbook_have_no_findings() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
    let scripts = std::fs::read_dir(folder)
        .expect("scripts")
        .map(|entry| entry.expect("a script").path());
    let scripts: Vec<String> = scripts
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "rhai")
        })
        .map(|path| path.display().to_string())
        .collect();
    assert!(!scripts.is_empty());
    Test::new().args(["lint"]).args(scripts).stdout("").run();
}

#[test]
fn all_scripts_of_a_folder_are_checked() {
    let test = Test::new()
        .file("scripts/a.rhai", "jobs(#{stat: 1})")
        .file("scripts/deep/b.rhai", "nonesuch()")
        .file("scripts/.hidden/c.rhai", "nonesuch()")
        .file("scripts/notes.txt", "no script (");
    let ran = test.args(["lint", "scripts"]).status(1).run();
    ran.says("scripts/a.rhai:1").says("scripts/deep/b.rhai:1");
    let found = ran.stdout.matches(": error: ").count();
    assert_eq!(found, 2, "{}", ran.stdout);
}
