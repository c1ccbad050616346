//! Tests that run sessions as the prompt does, and then their scripts. Both must show identical output.

use super::{Circumstances, Script, compose};
use crate::config::EditMode;
use crate::engine::tokens::Lexer;
use crate::engine::{Interpreter, Setup, values};
use crate::interrupt::Interrupt;
use crate::render::{ColorChoice, OutputFormat};
use crate::repl::record::{Origin, Outcome, Statement};
use crate::session::log::LogFormat;
use crate::session::pager::PagerChoice;
use crate::session::{Choices, Session, idle::Idle};
use proptest::prelude::*;
use rhai::Dynamic;
use std::path::{Path, PathBuf};
use std::rc::Rc;

fn interpreter(folder: &Path) -> Interpreter {
    let choices = Choices {
        profile: None,
        output: OutputFormat::Json,
        quiet: true,
        verbose: false,
        data_dir: folder.to_owned(),
        color: ColorChoice::Never,
        yes: true,
        log_format: LogFormat::Text,
        lib: Vec::new(),
        dry_run: false,
        edit_mode: EditMode::default(),
        pager: PagerChoice::Off,
    };
    let session = Session::new(choices, Interrupt::new(), Idle::default());
    let setup = Setup {
        script_dir: folder.to_owned(),
    };
    Interpreter::new(Rc::new(session), setup)
}

fn printed(session: &Session, value: &Dynamic) {
    values::show(value, |shown| session.show(shown)).expect("shown");
}

/// Runs statements one after the other; returns the output of those that succeed, and the record.
fn explore(folder: &Path, statements: &[&str]) -> (String, Vec<Statement>) {
    let mut interpreter = interpreter(folder);
    let session = Rc::clone(interpreter.session());
    let (mut shown, mut record) = (String::new(), Vec::new());
    for text in statements {
        let (result, printed) = session.capture(|| {
            let result = interpreter.run_line(text);
            if let Ok(value) = &result {
                printed(&session, value);
            }
            result
        });
        let outcome = match &result {
            Ok(value) if value.is_unit() => Outcome::Silent,
            Ok(_) => Outcome::Shown,
            Err(error) => Outcome::failed(error, &interpreter.line_name()),
        };
        if result.is_ok() {
            shown.push_str(&String::from_utf8_lossy(&printed));
        }
        record.push(Statement {
            text: (*text).to_owned(),
            origin: Origin::Prompt,
            outcome,
        });
    }
    (shown, record)
}

fn circumstances(folder: &Path) -> Circumstances {
    Circumstances {
        file: folder.join("saved.rhai"),
        root: folder.to_owned(),
        profile: None,
        zilliz: None,
        known: Vec::new(),
    }
}

fn save(statements: &[&str]) -> Script {
    let folder = tempfile::tempdir().expect("a folder");
    let record: Vec<Statement> = statements
        .iter()
        .map(|text| Statement {
            text: (*text).to_owned(),
            origin: Origin::Prompt,
            outcome: Outcome::Shown,
        })
        .collect();
    compose(&record, &circumstances(folder.path()))
}

/// Runs the statements, then their script, and compares the output.
fn same(statements: &[&str]) -> Script {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("m.rhai"), "fn two() { 2 }").expect("a module");
    let (shown, record) = explore(folder.path(), statements);
    let script = compose(&record, &circumstances(folder.path()));
    let mut interpreter = interpreter(folder.path());
    let session = Rc::clone(interpreter.session());
    let (result, printed) = session.capture(|| {
        interpreter
            .run("saved.rhai", &script.text)
            .map(|value| self::printed(&session, &value))
    });
    if let Err(error) = result {
        panic!("{}\n{}", error.failure, script.text);
    }
    assert_eq!(String::from_utf8_lossy(&printed), shown, "{}", script.text);
    script
}

#[test]
fn a_script_shows_what_the_session_showed() {
    same(&["1 + 1"]);
    same(&["let a = 1", "a + 1 // two; three", "let a = a + 10;", "a"]);
    same(&[
        "let a = 1; let b = 2; a + b",
        "print(b)",
        "if a == 1 { \"x\" } else { \"y\" }",
        "a",
    ]);
    same(&[
        "fn f(x) { x * 2 } f(2)",
        "f(3); f(4)",
        "f(5) /* c */",
        "1 /* ( */ + 2;",
    ]);
    same(&["let s = `a ${1 + 1}\n  b`", "s.len // n", "s"]);
    same(&[
        "import \"m\" as m;",
        "fn t() { m::two() + 1 }",
        "t()",
        "m::two()",
    ]);
    same(&[
        "let f = |x| { x + 1 };",
        "f.call(1)",
        "let m = #{a: 1}",
        "m.a += 1",
        "m",
    ]);
    same(&[
        "switch 1 { 1 => \"one\", _ => \"other\" }",
        "let i = 0; while i < 3 { i += 1; }",
        "i",
    ]);
    same(&["let x = 5;;;", "x // a\n// b", "// nothing", "x - 1"]);
}

#[test]
fn last_is_bound_where_it_is_asked_for() {
    let script = same(&["20 + 1", "last * 2"]);
    assert!(
        script
            .text
            .contains("const last = 20 + 1;\nshow(last);\nlast * 2\n"),
        "{}",
        script.text
    );
    same(&[
        "[1, 2]",
        "last.len + 1",
        "let k = last;",
        "`${last} x`",
        "last + k",
    ]);
    same(&["1", "let last = 7;", "last + 1", "last"]);
    same(&["1", "missing", "last + 1"]);
    let script = save(&["1", "last", "help(\"import\")", "last + 1", "last"]);
    assert_eq!(script.kept, 2, "looking is not kept: {}", script.text);
}

#[test]
fn functions_keep_the_definition_that_was_called() {
    let script = same(&[
        "fn f() { 1 }",
        "let a = f()",
        "fn f() { 2 }",
        "let b = f()",
        "`${a} ${b}`",
    ]);
    assert!(script.text.contains("fn f_1() { 1 }") && script.text.contains("let a = f_1()"));
    let script = same(&["fn f() { missing }", "f()", "fn f() { 2 }", "f()"]);
    assert!(!script.text.contains("missing"), "{}", script.text);
    same(&["fn f(a) { a }", "fn f(a, b) { a + b }", "f(1) + f(1, 2)"]);
    same(&[
        "fn f(n) { if n < 1 { 0 } else { f(n - 1) + 1 } } f(3)",
        "fn f(n) { 9 }",
        "f(3)",
    ]);
}

#[test]
fn what_failed_is_left_out_unless_something_builds_on_it() {
    let script = same(&["let a = 1; missing(a)", "let a = 2;", "a"]);
    assert!(!script.text.contains("missing") && !script.text.contains("let a = 1"));
    let script = same(&["let a = 1; missing(a)", "a + 1"]);
    assert!(!script.text.contains("missing"), "{}", script.text);
    same(&[
        "let x = (",
        "1",
        "throw \"x\"",
        "fn g() { 3 } missing()",
        "g()",
    ]);
}

#[test]
fn a_return_ends_no_script() {
    let script = same(&["let a = |x| { return x + 1; };", "a.call(1)"]);
    assert_eq!(script.left_out, 0);
    let script = save(&["return 5", "1"]);
    assert_eq!((script.left_out, script.kept), (1, 1), "{}", script.text);
    assert!(
        script.text.contains("// Left out: `return`"),
        "{}",
        script.text
    );
}

#[test]
fn keys_become_lookups() {
    let script = save(&[
        r#"let c = connect(#{endpoint: "http://localhost:1", token: "root:Milvus"});"#,
        r#"connect(#{endpoint: "http://localhost:2", token: `other-key`}); // token = "third-key""#,
        r#"import(#{collection: "b", url: "s3://b/x", access_key: "AKIA12345", secret_key: "s/k+1"})"#,
        r#"print("root:Milvus")"#,
        r##"let prodToken = #"raw"key"#;"##,
        r#"let x = secret("DB_PASS"); let db_pass = "pass-word";"#,
    ]);
    for text in [
        "token: secret(\"MILVUS_TOKEN\")}",
        "token: secret(\"MILVUS_TOKEN_2\")}",
        "access_key: secret(\"AWS_ACCESS_KEY_ID\"), secret_key: secret(\"AWS_SECRET_ACCESS_KEY\")",
        "print(secret(\"MILVUS_TOKEN\"))",
        "let prodToken = secret(\"PROD_TOKEN\");",
        "let db_pass = secret(\"DB_PASS_2\");",
        "token = \"****\"",
    ] {
        assert!(script.text.contains(text), "{text}\n{}", script.text);
    }
    assert_eq!(script.left_out, 0);
    assert!(
        script.secrets.contains(&"DB_PASS".to_owned()),
        "{:?}",
        script.secrets
    );
}

#[test]
fn keys_inside_of_texts_are_left_out_with_what_builds_on_them() {
    let script = save(&[
        r#"let body = parse_json(`{"token":"hidden-key"}`);"#,
        "let more = body.url;",
        "more + 1",
        r#"connect("http://root:hidden-key@host")"#,
        r#""Bearer hidden-key""#,
        "let body = 2;",
        "body",
    ]);
    assert!(!script.text.contains("hidden"), "{}", script.text);
    assert_eq!((script.kept, script.left_out), (2, 5), "{}", script.text);
    assert!(
        script
            .text
            .contains("it uses `body`, which is left out above")
    );
    assert!(Lexer::new().parses(&script.text));
}

#[test]
fn a_profile_is_left_to_the_command_line() {
    let script = save(&[r#"connect("prod")"#, "jobs()", "help(\"import\")", "help()"]);
    assert!(
        script.text.contains("\nconnect(); // was \"prod\"\n"),
        "{}",
        script.text
    );
    assert!(script.text.ends_with("\njobs()\n"), "{}", script.text);
    assert!(
        script.run.starts_with("zshell -p prod run "),
        "{}",
        script.run
    );
    let script = save(&[r#"let c = connect("prod"); c.jobs()"#, "1"]);
    assert!(
        script
            .text
            .contains("let c = connect(); show(c.jobs()); // was \"prod\"")
    );
    let two = save(&[r#"let a = connect("eu");"#, r#"let b = connect("us");"#]);
    assert!(two.text.contains("connect(\"eu\")") && two.text.contains("connect(\"us\")"));
    let own = save(&[r#"connect("https://x.example")"#, "1"]);
    assert!(
        own.text.contains("connect(\"https://x.example\");\n"),
        "{}",
        own.text
    );
}

#[test]
fn modules_and_loaded_files_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = [
        (
            "fn helper() { 1 }",
            Origin::Init(PathBuf::from("/config/init.rhai")),
        ),
        ("#!/usr/bin/zshell\nimport \"lib/x\" as x;", Origin::Prompt),
        ("let y = 1;", Origin::File("some file.rhai".into())),
    ]
    .map(|(text, origin)| Statement {
        text: text.to_owned(),
        origin,
        outcome: Outcome::Silent,
    });
    let mut circumstances = circumstances(folder.path());
    std::fs::create_dir(folder.path().join("sub")).expect("a folder");
    circumstances.file = folder.path().join("sub/saved.rhai");
    let script = compose(&record, &circumstances).text;
    for text in [
        "// from init.rhai of the settings folder\nfn helper() { 1 }\n",
        "import \"../lib/x\" as x;\n",
        "// from some file.rhai\nlet y = 1;\n// the end of some file.rhai\n",
    ] {
        assert!(script.contains(text), "{text}\n{script}");
    }
}

/// Forms of statements; `KEY` is a placeholder for a secret.
const SHAPES: &[&str] = &[
    "let a = 1",
    "let a = \"KEY\"; a",
    "let token = \"KEY\"",
    "connect(#{endpoint: \"http://localhost:19530\", token: 'KEY'}) // KEY",
    "let o = #{\"api_key\": `KEY`};",
    "fn f(x) { x + \"KEY\" }",
    "fn f(x) { let pw = \"KEY\"; pw } f(1)",
    "`{\"token\": \"KEY\", ${1}}`",
    "// token = KEY",
    "/* \" */ let secret_key = \"KEY\" + \"KEY\"; /* KEY */",
    "if a == 1 { last } else { \"KEY\" }",
    "last",
    "help(\"import\")",
    "a + 1 // more\n",
    "try { f(1) } catch { 2 }",
    "import(#{url: \"https://x/y?token=KEY\", access_key: \"KEY\"})",
    "let c = connect(\"http://root:KEY@host\")",
    "return 1",
    "let x = [1, 2,\n  3];; x",
    "connect(\"prod\")",
    "1 +",
    "#{a: 1}.a",
    "let token = #\"KEY\"#;",
    "switch a { 1 => \"KEY\", _ => 2 }",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]
    #[test]
    fn a_script_parses_and_shows_no_key(picked in prop::collection::vec((0..SHAPES.len(), 0..3_u8, 0..2_u8), 1..12)) {
        let keys = ["s3cr3t-alpha", "zq8-omega\\u{41}x"];
        let record: Vec<Statement> = picked.iter().map(|(shape, outcome, key)| Statement {
            text: SHAPES[*shape].replace("KEY", keys[usize::from(*key)]),
            origin: Origin::Prompt,
            outcome: match outcome {
                0 => Outcome::Shown,
                1 => Outcome::Silent,
                _ => Outcome::Failed { at: Some((1, 12)) },
            },
        }).collect();
        let mut circumstances = circumstances(Path::new("."));
        circumstances.known = vec!["s3cr3t-alpha".to_owned(), "zq8-omega".to_owned()];
        let script = compose(&record, &circumstances);
        prop_assert!(Lexer::new().parses(&script.text), "{}", script.text);
        prop_assert!(!script.text.contains("s3cr3t") && !script.text.contains("zq8"), "{}", script.text);
    }
}
