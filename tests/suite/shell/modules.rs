//! `import` statements: the search for modules, and its errors.

use crate::support::harness::{Folder, Test};

#[test]
fn paths_are_relative_to_the_script() {
    let folder = Folder::new();
    folder.write(
        "elsewhere/main.rhai",
        "import \"lib/a\" as a; print(a::one()); print(script_dir);",
    );
    folder.write(
        "elsewhere/lib/a.rhai",
        "import \"b\" as b; const ONE = b::ONE; fn one() { global::ONE }",
    );
    folder.write("elsewhere/lib/b.rhai", "export const ONE = 1;");
    let dir = folder.path("elsewhere").canonicalize().expect("a folder");
    folder
        .test()
        .args(["run", "../elsewhere/main.rhai"])
        .stdout(format!("1\n{}\n", dir.display()))
        .run();
}

/// A module is looked up beside the importing module, then beside the script, then in the libraries. Lint does the
/// same.
#[test]
fn modules_are_found_beside_the_script() {
    let folder = Folder::new();
    folder.write("far/main.rhai", "import \"lib/a\" as a; print(a::words())");
    folder.write(
        "far/lib/a.rhai",
        "import \"near\" as near; import \"own\" as own; import \"other\" as other;
        fn words() { near::word() + own::word() + other::word() }",
    );
    for (file, word) in [
        ("far/lib/near", "near "),
        ("far/near", "not this "),
        ("far/own", "own "),
        ("library/own", "nor this "),
        ("library/other", "other"),
    ] {
        folder.write(
            &format!("{file}.rhai"),
            format!("fn word() {{ \"{word}\" }}"),
        );
    }
    let test = folder.test().args(["--lib", "../library"]);
    let run = test.clone().args(["run", "../far/main.rhai"]);
    run.stdout("near own other\n").run();
    test.clone()
        .args(["lint", "../far/main.rhai"])
        .stdout("")
        .run();
    std::fs::remove_file(folder.path("far/own.rhai")).expect("a file");
    std::fs::remove_file(folder.path("library/own.rhai")).expect("a file");
    let ran = test.args(["run", "../far/main.rhai"]).status(1).run();
    ran.complains("lib/own.rhai")
        .complains("nor is there one in")
        .complains("../library");
}

#[test]
fn eval_and_standard_input_use_the_working_folder() {
    let folder = Folder::new();
    folder.work("a.rhai", "fn one() { 1 }");
    let text = "import \"a\" as a; a::one()";
    folder.test().eval(text).stdout("1\n").run();
    let test = folder.test().args(["run", "-"]).stdin(text);
    test.stdout("1\n").run();
}

#[test]
fn an_absolute_path_is_used_unchanged() {
    let folder = Folder::new();
    let path = folder.write("far/a.rhai", "fn one() { 1 }");
    let text = format!("import \"{}\" as a; a::one()", path.display());
    folder.test().eval(text).stdout("1\n").run();
}

#[test]
fn a_byte_order_mark_and_crlf_are_accepted() {
    Test::new()
        .file(
            "a.rhai",
            "\u{feff}// a module\r\nfn one() {\r\n  1\r\n}\r\n",
        )
        .script("import \"a\" as a;\r\na::one()\r\n")
        .stdout("1\n")
        .run();
}

#[test]
fn a_missing_module_is_named_with_its_import() {
    let ran = Test::new()
        .script("let x = 1;\n  import \"lib/nothing\" as n;")
        .status(1)
        .run();
    ran.complains("lib/nothing.rhai")
        .complains("main.rhai:2")
        .complains("  import \"lib/nothing\" as n;")
        .complains("relative to the file that imports it, to the script's folder");
}

#[test]
fn modules_that_import_each_other_are_an_error() {
    Test::new()
        .file("a.rhai", "import \"b\" as b;")
        .file("b.rhai", "import \"a\" as a;")
        .script("import \"a\" as a;")
        .status(1)
        .run()
        .complains("imports itself, directly or through others");
    Test::new()
        .file("a.rhai", "import \"a\" as me;")
        .script("import \"a\" as a;")
        .status(1)
        .run()
        .complains("imports itself");
}

#[test]
fn a_syntax_error_in_a_module_shows_its_line() {
    Test::new()
        .file("lib/bad.rhai", "fn ok() { 1 }\nlet x = ;\n")
        .script("import \"lib/bad\" as bad;")
        .status(1)
        .run()
        .complains("lib/bad.rhai:2:9")
        .complains(" 2 | let x = ;\n   |         ^")
        .complains("main.rhai:1");
}

#[test]
fn an_error_in_a_module_function_shows_its_callers() {
    Test::new()
        .file("lib/m.rhai", "fn f(x) {\n    x.nothing_like_it()\n}\n")
        .script("import \"lib/m\" as m;\n\nfn g() { m::f(1) }\ng();")
        .status(1)
        .run()
        .complains("lib/m.rhai:2:7")
        .complains(" 2 |     x.nothing_like_it()\n   |       ^")
        .complains("in f, called from main.rhai:3")
        .complains("in g, called from main.rhai:4");
}

#[test]
fn args_and_script_dir_are_visible_in_functions_and_modules() {
    Test::new()
        .file("lib/m.rhai", "fn first() { args[0] + (script_dir.len() > 0) }")
        .script("import \"lib/m\" as m;\nfn f() { args[1] }\nprint(m::first()); print(f()); print(args.len());")
        .args(["one", "two", "three"])
        .stdout("onetrue\ntwo\n3\n")
        .run();
}

#[test]
fn libraries_are_searched_after_the_scripts_folder() {
    let folder = Folder::new();
    for (place, word) in [("a", "a"), ("b", "b"), ("c", "c"), ("config/mine", "d")] {
        let module = |name: &str| {
            folder.write(
                &format!("{place}/{name}.rhai"),
                format!("fn word() {{ \"{word}\" }}"),
            )
        };
        for name in ["all", word] {
            module(name);
        }
    }
    folder.work("own.rhai", "fn word() { \"own\" }");
    folder.write("a/own.rhai", "fn word() { \"a\" }");
    // A module of a library finds modules in the same folder.
    folder.write(
        "a/deep.rhai",
        "import \"own\" as own; fn word() { own::word() }",
    );
    let test = folder
        .test()
        .config("lib = [\"mine\"]\n")
        .env("ZSHELL_LIB", format!("{}:", folder.path("c").display()))
        .args(["--lib", "../a", "--lib", "../b"]);
    for (name, word) in [
        ("own", "own"),
        ("all", "a"),
        ("b", "b"),
        ("c", "c"),
        ("d", "d"),
        ("deep", "a"),
    ] {
        let text = format!("import \"{name}\" as m; print(m::word());");
        test.clone()
            .script(text)
            .stdout(format!("{word}\n"))
            .unlinted()
            .run();
    }
    let test = test.script("import \"none\" as m;").status(1);
    test.run()
        .complains("nor is there one in ../a, ../b,")
        .complains("mine");
}

#[test]
fn a_broken_config_is_reported_with_a_missing_module() {
    let test = Test::new()
        .config("lib = 5\n")
        .eval("import \"none\" as m;");
    test.status(1)
        .run()
        .complains("cannot read")
        .complains("config.toml");
    Test::new()
        .config("lib = 5\n")
        .eval("1")
        .stdout("1\n")
        .run();
}

#[test]
fn the_callers_of_an_error_are_shown_across_modules() {
    let ran = Test::new()
        .file("lib/one.rhai", "import \"two\" as two;\nfn outer(x) {\n    two::inner(x)\n}\n")
        .file("lib/two.rhai", "fn inner(x) {\n    [x].map(|y| helper(y))\n}\nfn helper(y) {\n    throw `no ${y}`;\n}\n")
        .script("import \"lib/one\" as one;\n\nfn main() {\n    one::outer(5);\n}\nmain();")
        .status(1)
        .run();
    let shown: Vec<&str> = ran.stderr.lines().map(str::trim).collect();
    assert_eq!(shown[0], "error: no 5");
    assert!(shown[1].ends_with("lib/two.rhai:5:5"), "{}", ran.stderr);
    let calls: Vec<&str> = shown
        .into_iter()
        .filter(|line| line.starts_with("in "))
        .collect();
    let expected = [
        ("in helper, called from ", "lib/two.rhai:2"),
        ("in a closure, called from ", "lib/two.rhai:2"),
        ("in map, called from ", "lib/two.rhai:2"),
        ("in inner, called from ", "lib/one.rhai:3"),
        ("in outer, called from ", "main.rhai:4"),
        ("in main, called from ", "main.rhai:6"),
    ];
    assert_eq!(calls.len(), expected.len(), "{}", ran.stderr);
    for (call, (begin, end)) in calls.iter().zip(expected) {
        assert!(call.starts_with(begin) && call.ends_with(end), "{call}");
    }
}

#[test]
fn an_error_at_a_modules_top_level_shows_its_importer() {
    let ran = Test::new()
        .file("lib/one.rhai", "import \"two\" as two;\n")
        .file(
            "lib/two.rhai",
            "let x = 1;\nassert(x == 2, \"x is one\");\n",
        )
        .script("\nimport \"lib/one\" as one;")
        .status(1)
        .run();
    ran.complains("error: assertion failed: x is one")
        .complains("lib/two.rhai:2:1")
        .complains("imported from")
        .complains("main.rhai:2");
}
