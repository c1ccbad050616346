//! Tests that run sessions as the prompt does, and then their scripts. Both must show identical output.

mod keys;

use super::{SaveContext, SavedScript, compose};
use crate::engine::lint::Linter;
use crate::engine::modules::Folders;
use crate::engine::syntax::parses;
use crate::engine::{Interpreter, types};
use crate::repl::shell::{Statement, StatementOrigin, StatementOutcome};
use crate::secret::{Secret, remember};
use crate::session::Session;
use proptest::prelude::*;
use rhai::Dynamic;
use std::path::{Path, PathBuf};
use std::rc::Rc;

fn interpreter(folder: &Path) -> Interpreter {
    let session = Session::for_tests(folder);
    Interpreter::new(Rc::new(session), folder.to_owned())
}

fn printed(session: &Session, value: &Dynamic) {
    types::show(value, |shown| session.show(shown)).expect("shown");
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
        let outcome = StatementOutcome::of(&result);
        if result.is_ok() {
            shown.push_str(&String::from_utf8_lossy(&printed));
        }
        record.push(Statement {
            text: (*text).to_owned(),
            origin: StatementOrigin::Prompt,
            outcome,
        });
    }
    (shown, record)
}

fn context(folder: &Path) -> SaveContext {
    SaveContext {
        file: folder.join("saved.rhai"),
        root: folder.to_owned(),
        profile: None,
    }
}

fn save(statements: &[&str]) -> SavedScript {
    let folder = tempfile::tempdir().expect("a folder");
    let record: Vec<Statement> = statements
        .iter()
        .map(|text| Statement {
            text: (*text).to_owned(),
            origin: StatementOrigin::Prompt,
            outcome: StatementOutcome::Shown,
        })
        .collect();
    compose(&record, &context(folder.path()))
}

/// Runs the statements, then their script, which must pass the linter, and compares the output.
fn assert_same(statements: &[&str]) -> SavedScript {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("m.rhai"), "fn two() { 2 }").expect("a module");
    let (shown, record) = explore(folder.path(), statements);
    let script = compose(&record, &context(folder.path()));
    passes_lint(folder.path(), &script.text);
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

fn passes_lint(folder: &Path, script: &str) {
    let linter = Linter::new(Folders::new(folder.to_owned(), Vec::new()));
    linter.script("saved.rhai", script);
    assert_eq!(linter.findings(), [], "{script}");
}

#[test]
fn a_script_shows_the_same_as_its_session() {
    assert_same(&["1 + 1"]);
    assert_same(&["let a = 1", "a + 1 // two; three", "let a = a + 10;", "a"]);
    assert_same(&[
        "let a = 1; let b = 2; a + b",
        "print(b)",
        "if a == 1 { \"x\" } else { \"y\" }",
        "a",
    ]);
    assert_same(&[
        "fn f(x) { x * 2 } f(2)",
        "f(3); f(4)",
        "f(5) /* c */",
        "1 /* ( */ + 2;",
    ]);
    assert_same(&["let s = `a ${1 + 1}\n  b`", "s.len // n", "s"]);
    assert_same(&[
        "import \"m\" as m;",
        "fn t() { m::two() + 1 }",
        "t()",
        "m::two()",
    ]);
    assert_same(&[
        "let f = |x| { x + 1 };",
        "f.call(1)",
        "let m = #{a: 1}",
        "m.a += 1",
        "m",
    ]);
    assert_same(&[
        "switch 1 { 1 => \"one\", _ => \"other\" }",
        "let i = 0; while i < 3 { i += 1; }",
        "i",
    ]);
    assert_same(&["let x = 5;;;", "x // a\n// b", "// nothing", "x - 1"]);
}

/// Checks that statements are left out of the script for these reasons, and that the script passes the linter.
fn left_out(statements: &[&str], kept: u64, reasons: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, record) = explore(folder.path(), statements);
    let script = compose(&record, &context(folder.path()));
    let found = script
        .text
        .lines()
        .filter(|line| line.starts_with("// Left out: "));
    let found: Vec<&str> = found
        .map(|line| line.trim_start_matches("// Left out: "))
        .collect();
    assert_eq!(found, reasons, "{}", script.text);
    assert_eq!(script.left_out, reasons.len() as u64);
    assert_eq!(script.kept, kept, "{}", script.text);
    passes_lint(folder.path(), &script.text);
}

#[test]
fn a_statement_that_a_script_cannot_contain_is_left_out() {
    let last = "it uses `last`, which only the prompt has.";
    left_out(
        &["20 + 1", "last * 2", "let k = last;", "k"],
        1,
        &[last, last, "it uses `k`, which is left out above."],
    );
    // Looking at a value again is no step of a script.
    left_out(&["1", "last", "show(last)", "help(\"import\")"], 1, &[]);
    left_out(&["1", "let last = 7;", "last + 1", "last"], 4, &[]);
    left_out(&["let m = #{last: 1}", "m.last"], 2, &[]);
    left_out(&["return 5", "1"], 1, &["`return` would end the script."]);
    left_out(&["let a = |x| { return x + 1; };", "a.call(1)"], 2, &[]);
}

#[test]
fn a_function_has_its_last_definition() {
    let again = "`f` is defined again below.";
    left_out(
        &[
            "fn f() { 1 }",
            "let a = f();",
            "fn f() { 2 }",
            "let b = f();",
            "a + b",
        ],
        2,
        &[
            again,
            "it uses `f`, which is left out above.",
            "it uses `a`, which is left out above.",
        ],
    );
    let script = assert_same(&["fn f() { missing }", "f()", "fn f() { 2 }", "f()"]);
    assert_eq!((script.kept, script.left_out), (2, 1), "{}", script.text);
    assert_same(&["fn f(a) { a }", "fn f(a, b) { a + b }", "f(1) + f(1, 2)"]);
}

#[test]
fn a_failed_statement_is_dropped_with_the_names_it_declared() {
    let script = assert_same(&[
        "let a = 1; missing(a)",
        "let a = 2;",
        "a",
        "throw \"x\"",
        "let x = (",
    ]);
    assert_eq!((script.kept, script.left_out), (2, 0), "{}", script.text);
    left_out(
        &[
            "let a = 1; missing(a)",
            "a + 1",
            "fn g() { 3 } missing()",
            "g()",
        ],
        0,
        &[
            "it uses `a`, which a statement that failed declared.",
            "it uses `g`, which a statement that failed declared.",
        ],
    );
    assert_same(&["let a = 2;", "let a = missing()", "a"]);
}

#[test]
fn profiles_keep_their_names() {
    let script = save(&[r#"connect("prod")"#, "jobs()", "help()"]);
    assert!(
        script
            .text
            .ends_with("\nconnect(\"prod\");\nshow(jobs());\n"),
        "{}",
        script.text
    );
    assert!(script.run.starts_with("zshell run "), "{}", script.run);
    let folder = tempfile::tempdir().expect("a folder");
    let mut context = context(folder.path());
    context.profile = Some("prod".to_owned());
    assert!(
        compose(&[], &context)
            .run
            .starts_with("zshell -p prod run ")
    );
}

#[test]
fn modules_and_loaded_files_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = [
        (
            "fn helper() { 1 }",
            StatementOrigin::Init(PathBuf::from("/config/init.rhai")),
        ),
        (
            "#!/usr/bin/zshell\nimport \"lib/x\" as x;",
            StatementOrigin::Prompt,
        ),
        ("let y = 1;", StatementOrigin::File("some file.rhai".into())),
    ]
    .map(|(text, origin)| Statement {
        text: text.to_owned(),
        origin,
        outcome: StatementOutcome::Silent,
    });
    let mut context = context(folder.path());
    std::fs::create_dir(folder.path().join("sub")).expect("a folder");
    context.file = folder.path().join("sub/saved.rhai");
    let script = compose(&record, &context).text;
    for text in [
        "// from init.rhai\nfn helper() { 1 }\n",
        "lib/x\" as x;\n",
        "// from some file.rhai\nlet y = 1;\n",
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
        // One key that was used before, and one that's spelled with an escape.
        let keys = ["s3cr3t-alpha", "zq8-omega\\u{41}x"];
        for key in ["s3cr3t-alpha", "zq8-omegaAx"] {
            remember(&Secret::new(key));
        }
        let record: Vec<Statement> = picked.iter().map(|(shape, outcome, key)| Statement {
            text: SHAPES[*shape].replace("KEY", keys[usize::from(*key)]),
            origin: StatementOrigin::Prompt,
            outcome: match outcome {
                0 => StatementOutcome::Shown,
                1 => StatementOutcome::Silent,
                _ => StatementOutcome::Failed,
            },
        }).collect();
        let script = compose(&record, &context(Path::new(".")));
        prop_assert!(parses(&script.text), "{}", script.text);
        prop_assert!(!script.text.contains("s3cr3t") && !script.text.contains("zq8"), "{}", script.text);
    }
}
