//! Seeded mutations of scripts: each is compiled, linted and run within the limits of `config.toml`.

use super::super::Interpreter;
use super::super::lint::Linter;
use super::super::modules::Folders;
use crate::session::Session;
use crate::tests::fuzz;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Number of mutations in an ordinary test run.
const MUTATIONS: u64 = 200;

/// Time limit of one script, as with `--timeout`.
const TIME: Duration = Duration::from_millis(500);

/// Stack of the thread that runs scripts, as in `main`.
const STACK: usize = 512 << 20;

const LIMITS: &str =
    "[limits]\nstring_bytes = 1048576\nitems = 10000\nnesting = 100\nmemory_bytes = 200000000\n";

/// Scripts without effects outside of the process.
const SCRIPTS: [&str; 12] = [
    "let a = [3, 1, 2]; a.sort(); let b = a.map(|x| x * 2).filter(|x| x > 2); print(b); b.reduce(|sum, x| sum + x, 0)",
    "let m = #{a: 1, \"b c\": [1, #{d: ()}], e: 2.5}; for k in m.keys() { print(`${k} = ${m[k]}`); } m.to_json()",
    "fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } } fib(12)",
    "let s = \"héllo wörld\"; s.pad(20, \"ab\"); s.replace(\"l\", \"LL\"); s += s.sub_string(2, 5); s.split(\" \").len()",
    "try { throw #{kind: \"x\", n: 1}; } catch (e) { print(e.kind); } try { let x = 1 / 0; } catch (e) { print(e.message); }",
    "let p = params(#{rows: #{type: \"int\", \"default\": 5, help: \"rows\"}, name: #{type: \"text\", \"default\": \"x\"}}); p.rows + opts.rows",
    "let x = parse_json(`{\"a\": [1, 2.5, \"t\", null, {\"b\": 18446744073709551615}]}`); show(x); x.a[4].b",
    "let i = 0; while i < 100 { i += 1; if i % 7 == 0 { continue; } if i > 90 { break; } } do { i -= 1; } until i < 50; i",
    "let b = blob(16, 0x41); b.pad(32, 7); let a = []; a.pad(50, [1]); a.push(b); a[50][3] ^= 5; a.len() << 2 ** 3",
    "let s = switch 5 { 5 if true => \"five\", 1..3 => \"low\", _ => throw \"no\" }; s + `${[1, 2, 3].extract(1..)}` + (1..=9).contains(4)",
    "let f = |x, y| x - y; let g = f.curry(5); const C = 0x7fff_ffff; g.call(3) + C; [[1, 2], [3]] == [[1, 2], [3]]; date(1, \"%Y\")",
    "show([#{id: 1, t: \"x\"}, #{id: 2, t: ()}], #{columns: [\"id\"], limit: 1}); log_debug(now()); assert(1 < 2, \"no\"); read_csv(\"none.csv\")",
];

fn run_mutations(kind: &str) {
    let folder = Path::new(".");
    std::fs::write("config.toml", LIMITS).unwrap();
    let session = Rc::new(Session::for_tests(folder));
    let interrupt = session.interrupt.clone();
    let interpreter = Interpreter::new(session, std::path::PathBuf::new());
    // The last script refers to a missing file.
    let (_, succeeding) = SCRIPTS.split_last().unwrap();
    let errors: Vec<_> = succeeding
        .iter()
        .filter_map(|script| interpreter.glance(script).err())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    fuzz::try_mutations(kind, |number, random| {
        let mut script = (*random.choice(&SCRIPTS).unwrap()).to_owned();
        if random.bool() {
            script = format!("{script};\n{}", random.choice(&SCRIPTS).unwrap());
        }
        let script = fuzz::mutated_text(&script, random);
        let linter = Linter::new(Folders::new(folder.to_owned(), Vec::new()));
        linter.script("mutated", &script);
        let begin = Instant::now();
        interrupt.set_deadline(Some(begin + TIME));
        let ran = interpreter.glance(&script);
        interrupt.set_deadline(None);
        interrupt.clear();
        if begin.elapsed() > 4 * TIME {
            let time = begin.elapsed();
            eprintln!("{kind}, mutation {number} ran for {time:?}: {script:?}");
        }
        if let Err(error) = &ran {
            assert!(!error.failure.message.is_empty());
        }
        ran.is_ok()
    });
}

/// Runs in the child process.
#[test]
#[ignore = "run by mutated_scripts_run_within_limits"]
fn mutations() {
    let Some(kind) = fuzz::kind() else {
        return;
    };
    let thread = std::thread::Builder::new().stack_size(STACK);
    let run = thread.spawn(move || run_mutations(&kind)).unwrap();
    run.join().unwrap();
}

#[test]
fn mutated_scripts_run_within_limits() {
    fuzz::run_children(
        concat!(module_path!(), "::mutations"),
        &["scripts"],
        MUTATIONS,
    );
}
