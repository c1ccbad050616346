//! In one script, `import(…)` is a call wherever an expression is possible, and `import "path" as name;` is a
//! statement.

use crate::shell::service::{connect, sent, service};
use crate::support::harness::{Test, quoted};
use crate::support::server::Server;
use serde_json::Value;

/// Returns the target collections of the imports, in order.
fn collections(server: &Server) -> Vec<String> {
    let name = |body: &str| {
        let body: Value = serde_json::from_str(body).expect("a JSON body");
        body["collectionName"].as_str().expect("a name").to_owned()
    };
    let created = sent(server, "/create");
    created.iter().map(|request| name(&request.body)).collect()
}

/// Runs a script after `connect(…)` on its first line, with this module in the same folder.
fn run(text: &str) -> Vec<String> {
    let server = service();
    Test::new()
        .env("KEY", "k")
        .file("lib/names.rhai", "fn name(x) { \"m_\" + x }")
        .script(format!("{} {text}", connect(&server, "milvus")))
        .run();
    collections(&server)
}

#[test]
fn a_script_may_have_both_calls_and_statements() {
    let text = "
        import \"lib/names\" as names;
        import(\"a\", \"1.json\");
        import(names::name(\"b\"), \"1.json\");
        { import \"lib/names\" as inner; import(inner::name(\"c\"), \"1.json\"); }";
    assert_eq!(run(text), ["a", "m_b", "m_c"]);
}

#[test]
fn blanks_and_comments_may_precede_the_parenthesis() {
    let text = "
        import (\"a\", \"1.json\");
        import
            (\"b\", \"1.json\");
        import // not a module (\"x\", \"y\");\r\n (\"c\", \"1.json\");
        import /* ( /* nested */ \" */ (\"d\", \"1.json\");
        /* import(\"x\", \"1.json\"); */ // import(\"y\", \"1.json\");
        /* ünï */ import(\"e\", \"1.json\"); import(\"f\", \"1.json\");
        import(\n\t\"g\",\n\t\"1.json\",\n);";
    assert_eq!(run(text), ["a", "b", "c", "d", "e", "f", "g"]);
}

#[test]
fn import_in_a_text_is_unchanged() {
    let text = r#"
        let a = "import(1) import \"x\" as y;"; let b = `import ( ${"import"} )`;
        if a != "import(1) import \"x\" as y;" || b != "import ( import )" { throw a + b; }
        let important = 1; let x = #{import_: 2, "import": 3};
        import("a" + important + x["import"], "1.json");"#;
    assert_eq!(run(text), ["a13"]);
}

#[test]
fn functions_closures_and_interpolation_may_call_import() {
    let text = r#"
        fn f(c) { import(c, "1.json") }
        fn g(c) { if c == "" { return import("empty", "1.json"); } import(c, "1.json") }
        f("a"); g(""); g("b");
        let h = |c| import(c, "1.json"); h.call("c");
        ["d", "e"].for_each(|| import(this, "1.json"));
        ["f", "g"].map(|c| import(c, "1.json"));
        `${import("h", "1.json").id} ${ `${import("i", "1.json")}` }`;
        for job in [import("j", "1.json"), import("k", "1.json")] { progress(job); }
        let m = #{job: import("l", "1.json")};
        switch import("m", "1.json").collection { "m" => import("n", "1.json"), _ => throw "no" }
        let s = if import("o", "1.json").id != "" { import("p", "1.json") } else { () };
        while import("q", "1.json").id == "" {}
        (import("r", "1.json")); import("s", "1.json")"#;
    let names: Vec<String> = ["a", "empty", "b", "c", "d", "e", "f", "g", "h", "i"]
        .into_iter()
        .chain(["j", "k", "l", "m", "n", "o", "p", "q", "r", "s"])
        .map(str::to_owned)
        .collect();
    assert_eq!(run(text), names);
}

#[test]
fn import_is_a_method_of_a_connection() {
    let text = r#"
        let c = connect();
        c.import("a", "1.json"); c . import ("b", ["1.json"]); c?.import("c", "1.json");
        c.import(#{collection: "d", url: "1.json"}); c.import("e", "1.json", #{partition: "p"});"#;
    let server = service();
    Test::new()
        .env("MILVUS_URI", server.url())
        .script(text)
        .run();
    assert_eq!(collections(&server), ["a", "b", "c", "d", "e"]);
}

#[test]
fn a_module_may_call_import_and_import_modules() {
    let server = service();
    let inner = "fn go_on(c) { import(c, \"1.json\") }";
    let outer = "import \"deeper/inner\" as inner;
        // A module's functions can use the modules that it imports.
        fn both(c) { import(c + \"1\", \"1.json\"); import \"deeper/inner\" as inner; inner::go_on(c + \"2\") }
        import(\"top\", \"1.json\");";
    Test::new()
        .env("KEY", "k")
        .file("lib/outer.rhai", outer)
        .file("lib/deeper/inner.rhai", inner)
        .script(format!(
            "{}\nimport \"lib/outer\" as outer; import \"lib/outer.rhai\" as again; outer::both(\"x\"); again::both(\"y\");",
            connect(&server, "milvus")
        ))
        .run();
    let names = ["top", "x1", "x2", "y1", "y2"];
    assert_eq!(collections(&server), names, "a module runs once");
}

#[test]
fn misuse_of_import_is_explained() {
    for (text, hint) in [
        (
            "import (\"x\") as m;",
            "a module is imported without parentheses: import \"path\" as name;",
        ),
        ("let f = Fn(\"import\");", "wrap it in a closure"),
        ("import(\"a\")", "import(collection, path)"),
        ("import()", "import(collection, path)"),
        ("import(1, 2)", "import(collection, path)"),
    ] {
        let server = service();
        let text = format!("{}\n{text}", connect(&server, "milvus"));
        Test::new()
            .env("KEY", "k")
            .eval(text)
            .status(1)
            .run()
            .complains(hint);
        assert_eq!(server.requests().len(), 0);
    }
}

#[test]
fn eval_is_disabled() {
    let ran = Test::new().eval("eval(\"1 + 1\")").status(1).run();
    ran.complains("eval");
    let ran = Test::new()
        .eval("let f = Fn(\"eval\"); f.call(\"print(`x`)\")")
        .status(1)
        .run();
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_script_can_use_two_connections() {
    let (one, two) = (service(), service());
    let text = format!(
        "let a = connect({}); let b = connect({});
         a.import(\"on_a\", \"1.json\"); b.import(\"on_b\", \"1.json\");
         import(\"current\", \"1.json\"); connect(a); import(\"back\", \"1.json\");
         a.jobs(); b.jobs(); b.jobs()[0].progress_of()",
        quoted(one.url()),
        quoted(two.url()),
    );
    let text = text.replace("b.jobs()[0].progress_of()", "progress(b.jobs()[0]); ()");
    Test::new().eval(text).run();
    assert_eq!(collections(&one), ["on_a", "back"]);
    assert_eq!(collections(&two), ["on_b", "current"]);
    // A job uses its own connection, whichever connection is the current one.
    assert_eq!(sent(&two, "/get_progress").len(), 1);
    assert_eq!(sent(&one, "/get_progress").len(), 0);
}
