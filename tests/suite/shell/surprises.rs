//! Habits from other languages that fail in Rhai have an explanation.

use crate::support::harness::Test;

/// Each text fails to parse or to run, and its hint shows a working form.
#[test]
fn each_surprise_has_a_hint() {
    let mut wrong = Vec::new();
    for (text, hint) in [
        ("let go = 1;", "use another name, such as go_"),
        ("let match = 1;", "use another name, such as match_"),
        ("fn spawn() { 1 }", "use another name, such as spawn_"),
        ("let x = #{default: 1};", "#{\"default\": …}"),
        ("let x = #{\n  default: 1,\n};", "#{\"default\": …}"),
        ("let x = #{a: 1, match: 2};", "#{\"match\": …}"),
        ("let _ = 1;", "a lone _ is no name"),
        ("for _ in 0..3 { }", "a lone _ is no name"),
        ("import('books', 1);", "text needs double quotes"),
        ("let x = 'text';", "text needs double quotes: \"text\""),
        ("# a comment\n1", "comments begin with //"),
        ("let a = 1; # a comment", "comments begin with //"),
        ("let p = \"C:\\data\\x.json\";", "use / in paths"),
        ("let p = \"\\d\";", "use / in paths"),
        ("let x = null;", "the empty value is written ()"),
        ("let x = None;", "the empty value is written ()"),
        ("let x = nil;", "the empty value is written ()"),
        ("let x = True;", "written true"),
        ("let x = False;", "written false"),
        ("if true and false { }", "write &&"),
        ("if true or false { }", "write ||"),
        ("if not true { }", "write !"),
        ("let i = 0; i++;", "write += 1"),
        ("var x = 1;", "variables begin with let"),
        ("x = 1;", "let x = …"),
        ("let s = \"open\nline\";", "ends on its own line"),
        ("if true { } elif false { }", "write else if"),
        ("prnt(1)", "print"),
        ("jbs()", "jobs"),
        ("let x = jobs;", "jobs is a function"),
        ("let f = Fn(\"import\");", "wrap it in a closure"),
        ("---1", "-- is no operator of Rhai"),
        ("let x = #{import: 1};", "#{\"import\": …}"),
        ("let import = 5;", "use another name, such as import_"),
        ("fn import(a) { 1 }", "use another name, such as import_"),
        ("let a = #{}; a.import", "write a[\"import\"]"),
        ("_", "a lone _ is no name"),
        ("let c = 5; fn f() { c } f()", "pass c to it"),
        ("const C = 5; fn f() { C } f()", "global::C"),
        ("args = 5;", "let mine = args;"),
        ("args.push(1);", "let mine = args;"),
        ("const A = [1]; A.push(1);", "it is a constant"),
        ("if x = 1 { }", "write =="),
        ("x := 1", "write ="),
        ("let a = 1 let b = 2", "statements are separated by ;"),
        ("print(f\"x\")", "back-ticks fill in values"),
        ("\"a\" . \"b\"", "+ joins texts"),
        ("def f() {}", "a function begins with fn"),
        ("function f() {}", "a function begins with fn"),
        ("print \"x\"", "write print(…)"),
        ("wait \"x\"", "a call has parentheses: wait(\"x\")"),
        ("jobs(state: \"x\")", "a map begins with #{: #{state: …}"),
        ("jobs(state=\"x\")", "a map begins with #{: #{state: …}"),
        ("jobs({state: \"x\"})", "a map begins with #{: #{state: …}"),
        ("let x = {a: 1}", "a map begins with #{: #{a: …}"),
        ("jobs(#{state = \"x\"})", "a key is followed by :"),
        ("jobs(#{state \"x\"})", "a key is followed by :"),
        ("count(books)", "text needs double quotes: \"books\""),
        (":help", "belong to the prompt"),
        ("quit", ":quit or Ctrl-D"),
        ("[1].length", "did you mean len()?"),
        ("[1].lenght()", "did you mean \"len\"?"),
        ("\"a\".to_uper()", "did you mean \"to_upper\"?"),
        ("let total = 1; totl + 1", "did you mean \"total\"?"),
        ("fn shelve(x) { x } shelv(1)", "did you mean \"shelve\"?"),
        ("improt(\"x\")", "did you mean \"import\"?"),
        ("help(improt)", "did you mean \"import\"?"),
        (
            "try { jobs(#{stat: 1}) } catch (e) { e.to_json }",
            "it is a method: to_json(…)",
        ),
        (
            "try { jobs(#{stat: 1}) } catch (e) { e.mesage }",
            "did you mean \"message\"?",
        ),
        (
            "try { jobs(#{stat: 1}) } catch (e) { e.nope }",
            "it has kind, code, message",
        ),
        (
            "try { jobs(#{stat: 1}) } catch (e) { e.kind = 1; }",
            "as_map() makes a copy",
        ),
    ] {
        let ran = Test::new().eval(text).status(1).run();
        let (_, shown) = ran.stderr.split_once("hint: ").unwrap_or_default();
        if !shown.contains(hint) || !ran.stderr.contains("  --> eval:") {
            wrong.push(format!("{text}: {hint:?} in\n{}", ran.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A message is lower case, on one line, and doesn't repeat Rhai's position.
#[test]
fn rhais_messages_are_worded_like_zshells() {
    for text in [
        "1 + ;",
        "let x = [1, 2;",
        "foo()",
        "let a = 1; a.b.c",
        "[1][5]",
        "1 / 0",
        "\"a\" - 1",
    ] {
        let ran = Test::new().eval(text).status(1).run();
        let message = ran.stderr.lines().next().unwrap_or_default();
        let words = message.strip_prefix("error: ").expect("an error");
        let first = words.chars().next().expect("a letter");
        assert!(!first.is_uppercase(), "{text}: {message}");
        assert!(!message.contains("(line "), "{text}: {message}");
        assert!(!message.ends_with('.'), "{text}: {message}");
    }
}

#[test]
fn habits_from_shells_sql_and_json_have_hints() {
    let mut wrong = Vec::new();
    for (text, hint) in [
        (
            "import books a.jsonl",
            r#"a call has parentheses: import("books", "a.jsonl")"#,
        ),
        (
            "import books a.jsonl b.jsonl",
            r#"import("books", ["a.jsonl", "b.jsonl"])"#,
        ),
        ("import debs *.jsonl", r#"import("debs", glob("*.jsonl"))"#),
        ("show collections", "write collections()"),
        ("SHOW TABLES;", "write collections()"),
        ("list jobs", "write jobs()"),
        (
            "connect local",
            r#"a call has parentheses: connect("local")"#,
        ),
        (
            "connect https://x.com abc",
            "a call has parentheses: connect(…)",
        ),
        ("wait job", r#"wait("job")"#),
        ("SELECT * FROM books", r#"write query("books", "")"#),
        (
            "select id, title from books where id = 1",
            r#"write query("books", "id == 1", ["id", "title"])"#,
        ),
        ("select count(*) from books", r#"write count("books")"#),
        (r#"{"a": 1}"#, r#"a map begins with #{: #{"a": …}"#),
        (r#"let d = {"a": 1}"#, r#"a map begins with #{: #{"a": …}"#),
        ("{\n  \"a\": 1\n}", r#"a map begins with #{: #{"a": …}"#),
        ("for (i = 0; i < 3; i++) { }", "for i in 0..3 { … }"),
        ("foreach (x in y) { }", "for x in list { … }"),
        ("for x in y: print(x)", "for x in list { … }"),
        ("if x: 1", "a block is in braces"),
        ("~/data", "a path is a text in quotes"),
        ("$x", "variables have no $"),
        ("a -> b", "a closure is written |x|"),
        ("a <- 1", "a value is assigned by ="),
        ("a !== b", "write != to compare"),
        ("a <> b", "write != to compare"),
        ("let r = #{}; r.package", r#"write r["package"]"#),
        ("let r = #{}; r?.match", r#"write r["match"]"#),
        ("let r = [#{}]; r[0].new", r#"write …["new"]"#),
        ("drop collection books", r#"drop_collection("books")"#),
        ("desc books", r#"describe("books")"#),
        (r#"query books "id > 1""#, r#"query("books", "id > 1")"#),
        ("let f = x => x", "a closure is written |x|"),
        (
            "zshell import a b.json",
            r#"here it is import("a", "b.json")"#,
        ),
        (
            "insert into books values (1)",
            r#"import("books", "rows.jsonl")"#,
        ),
        ("let x: int = 1", "let x = 1;"),
    ] {
        let ran = Test::new().eval(text).status(1).run();
        let shown = ran.stderr.split_once("hint: ").map(|(_, shown)| shown);
        if !shown.is_some_and(|shown| shown.contains(hint))
            || shown.is_some_and(|shown| shown.contains("abc"))
        {
            wrong.push(format!("{text}: {hint:?} in\n{}", ran.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
