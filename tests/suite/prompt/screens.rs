//! Pictures of screens: what the binary shows at 80 and 120 columns, compared with the files in `screens/`, and rules
//! that hold for all of them. `BLESS=1 cargo test --test suite prompt::screens` writes the files.

use crate::prompt::harness::{CTRL_U, Home, TAB, Terminal, is_job_id};
use std::path::Path;
use std::time::{Duration, Instant};
use vt100::Screen;

/// Statements that prepare the scenes.
const SETUP: [&str; 5] = [
    "connect(\"local\");",
    "create_collection(\"books\", #{dimension: 8});",
    "let one = wait(import(\"books\", \"books.jsonl\"));",
    "let many = wait(import(\"books\", glob(\"many/part-*.jsonl\")));",
    "let bad = import(\"books\", glob(\"many/*.jsonl\")); try { wait(bad); } catch { }",
];

/// The name and the statement of each scene.
const SCENES: [(&str, &str); 20] = [
    ("query", "query(\"books\", \"id < 3\")"),
    (
        "vertical",
        "show(peek(\"books\", 1), #{format: \"vertical\"})",
    ),
    (
        "json",
        "show(query(\"books\", \"id == 1\"), #{format: \"json\"})",
    ),
    ("count", "count(\"books\")"),
    ("describe", "describe(\"books\")"),
    ("indexes", "indexes(\"books\")"),
    ("one_file", "progress(one)"),
    ("many_files", "progress(many)"),
    ("details", "many.details"),
    ("failed", "wait(bad)"),
    ("job", "jobs()[0]"),
    ("check", "check(\"many/*.jsonl\", \"books\")"),
    ("misspelt", "query(\"books\", \"titel == 3\")"),
    ("jobs", "jobs()"),
    ("infer", "infer(\"books.jsonl\")"),
    ("caret", ":load wrong.rhai"),
    ("syntax", "let d = {\"a\": 1}"),
    ("help", "help"),
    ("help_import", "help import"),
    ("command", ":help edit"),
];

/// The name and the typed text of each list of candidates.
const LISTS: [(&str, &str); 5] = [
    ("tab_functions", "co"),
    ("tab_options", "import(\"books\", \"x.jsonl\", #{"),
    ("tab_files", "import(\"books\", \"many/"),
    ("tab_commands", ":"),
    ("tab_values", ":set output "),
];

/// Lines of the terminals: more than the longest help.
const HEIGHT: u16 = 230;

fn home() -> Home {
    let home = Home::new();
    let row = |id: u32, numbers: u32| {
        let vector: Vec<String> = (0..numbers)
            .map(|at| format!("{}", f64::from(id * 37 + at * 11) / 97.0 - 2.5))
            .collect();
        format!(
            "{{\"id\": {id}, \"vector\": [{}], \"title\": \"The long title of book number {id}\", \"pages\": {}, \"meta\": {{\"url\": \"https://example.com/some/long/path/{id}\", \"tags\": [\"a\", \"b\"]}}}}\n",
            vector.join(", "),
            id * 1234 + 9876,
        )
    };
    let rows =
        |ids: std::ops::Range<u32>, numbers| ids.map(|id| row(id, numbers)).collect::<String>();
    home.write("books.jsonl", &rows(0..1200, 8));
    std::fs::create_dir(home.path().join("many")).expect("a folder");
    for part in 0..3 {
        let name = format!("many/part-0000{part}-of-00003-with-a-long-name.jsonl");
        home.write(&name, &rows(2000 + part * 10..2010 + part * 10, 8));
    }
    home.write("many/s-x.jsonl", &rows(3000..3003, 5));
    home.write(
        "wrong.rhai",
        "let first = 1;\nfor path in glob(\"many/*.jsonl\") {\n    let job = import(\"books\", path, #{\n        partitoin: \"a\",\n    });\n}\n",
    );
    home
}

/// Returns the output of a statement, masked: the lines between its echo and the next prompt.
fn output(shell: &mut Terminal, statement: &str, home: &Home) -> Vec<String> {
    shell.run(statement);
    let lines = rows(shell);
    let prompt = lines
        .iter()
        .rposition(|line| line.trim_end().ends_with('>'))
        .unwrap_or(lines.len());
    lines[1..prompt]
        .iter()
        .map(|line| masked(line, home.path()))
        .collect()
}

/// Returns the candidates that Tab lists after a typed text, up to the prompt that's drawn again.
fn candidates(shell: &mut Terminal, typed: &str) -> Vec<String> {
    shell.type_text(typed);
    shell.send(TAB);
    let is_prompt = |line: &str| line.starts_with("local/default> ");
    shell.wait_for("a list", |screen| {
        let (_, columns) = screen.size();
        let prompts = screen.rows(0, columns.get());
        prompts.filter(|line| is_prompt(line)).count() == 2
    });
    let lines = rows(shell);
    shell.send(CTRL_U);
    let lines = lines.into_iter().skip(1);
    lines.take_while(|line| !is_prompt(line)).collect()
}

/// Returns the lines of the screen.
fn rows(shell: &Terminal) -> Vec<String> {
    shell.look(|screen| {
        let (_, columns) = screen.size();
        let rows = screen.rows(0, columns.get());
        rows.map(|line| line.trim_end().to_owned()).collect()
    })
}

/// Replaces what differs from run to run by text of the same width, or what depends on the time by fixed words.
fn masked(line: &str, home: &Path) -> String {
    let folder = home.display().to_string();
    let stand_in = format!("{:x<1$}", "/home/ada/", folder.len());
    let line = line.replace(&folder, &stand_in);
    // The only time of a record is the last word of its line.
    let line = match line.split_once("   ") {
        Some((name @ ("completed" | "created" | "submitted"), value)) => {
            let gap = " ".repeat(3 + value.len() - value.trim_start().len());
            format!("{name}{gap}just now")
        }
        _ => line,
    };
    let cells = line.split('│').map(|cell| match cell.trim() {
        time if time.ends_with(" ago") => format!(" {:1$}", "just now", cell.chars().count() - 1),
        _ => cell.to_owned(),
    });
    let line = cells.collect::<Vec<_>>().join("│");
    let line = match line.split_once("  waited ") {
        Some((before, _)) => format!("{before}  waited 10ms"),
        None => line,
    };
    let mut masked = String::new();
    for word in line.split_inclusive(|letter: char| !letter.is_ascii_digit()) {
        let digits = word.trim_end_matches(|letter: char| !letter.is_ascii_digit());
        if is_job_id(digits) {
            masked.push_str(&"1".repeat(digits.len()));
            masked.push_str(&word[digits.len()..]);
        } else {
            masked.push_str(word);
        }
    }
    masked
}

/// Returns the words of a scene: the text between blanks and borders.
fn words(lines: &[String]) -> Vec<&str> {
    let between = |letter: char| letter.is_whitespace() || "╭─┬╮├┼┤╰┴╯│╌".contains(letter);
    let words = lines.iter().flat_map(move |line| line.split(between));
    words.filter(|word| !word.is_empty()).collect()
}

/// Returns the first word that's broken: neither a word of the wide screen, nor shortened with a mark, nor a part of a
/// path that ends at a slash.
fn broken<'a>(lines: &'a [String], wide: &[String]) -> Option<&'a str> {
    let whole = words(wide);
    let is_part = |word: &str| {
        whole.iter().any(|it| {
            it.match_indices(word).any(|(at, _)| {
                let (before, after) = (&it[..at], &it[at + word.len()..]);
                (before.is_empty() || before.ends_with('/'))
                    && (after.is_empty() || after.starts_with([',', ';']) || word.ends_with('/'))
            })
        })
    };
    // A vector and a nested value are cut to their column, with a mark at the end.
    let is_cut = |word: &str| {
        word.contains('…') || word.starts_with(['[', '{']) || word.ends_with([']', '}'])
    };
    // Only narrow screens have a note about hidden columns.
    let is_note = |word: &str| "columns hidden: ; :set output vertical shows all".contains(word);
    let is_count = |word: &str| word.parse::<u8>().is_ok();
    words(lines)
        .into_iter()
        .map(|word| word.trim_end_matches([',', ';']))
        .filter(|word| !is_note(word) && !is_count(word))
        .find(|word| !is_cut(word) && !is_part(word))
}

/// Checks that borders are dim, and that the header of a table is bold.
fn check_styles(screen: &Screen, scene: &str) {
    let (lines, columns) = screen.size();
    let is_border = |text: &str| "╭┬╮├┼┤╰┴╯│╌".contains(text);
    for line in 0..lines.get() {
        for column in 0..columns.get() {
            let Some(cell) = screen.cell(line, column).filter(|cell| cell.has_contents()) else {
                continue;
            };
            let text = cell.contents();
            assert!(
                !is_border(text) || cell.dim(),
                "{scene}: a bright border in line {line}"
            );
            // The row below a table's upper border is its header.
            let above = line
                .checked_sub(1)
                .and_then(|above| screen.cell(above, column));
            let is_header = above
                .is_some_and(|above| ["─", "┬"].contains(&above.contents()) && above.dim())
                && line > 1
                && screen
                    .rows(0, columns.get())
                    .nth(usize::from(line) - 1)
                    .is_some_and(|row| row.contains('╭'));
            if is_header && !is_border(text) && text != " " {
                assert!(
                    cell.bold(),
                    "{scene}: a header that isn't bold in line {line}"
                );
            }
        }
    }
}

/// Starts a shell in a home of its own, so each shell has the same jobs.
fn start(columns: u16, env: &[(&str, &str)]) -> (Home, Terminal) {
    let home = home();
    let mut shell = home.shell_of(columns, HEIGHT, env);
    for statement in SETUP {
        let screen = shell.run(statement);
        assert!(!screen.contains("error:"), "{screen}");
    }
    // The age of a new job has another width in a table than the age of an older one.
    let begin = Instant::now();
    while shell.run("jobs()[0]").contains("just now") {
        assert!(begin.elapsed() < Duration::from_mins(1), "the job is new");
        std::thread::sleep(Duration::from_millis(100));
    }
    (home, shell)
}

/// Returns the difference to the file of a picture. Writes the file if `BLESS` is set.
fn compared(name: &str, columns: u16, drawn: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/prompt/screens");
    let file = folder.join(format!("{name}-{columns}.txt"));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, drawn).expect("write");
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = expected != drawn;
    differs.then(|| format!("{name} at {columns}, expected:\n{expected}\nshown:\n{drawn}"))
}

/// Checks that no line is longer than the screen.
fn check_width(screen: &Screen, place: &str) {
    let wrapped = (0..screen.size().0.get()).find(|line| screen.row_wrapped(*line));
    let shown = screen.contents();
    assert_eq!(wrapped, None, "{place}: a line is too long\n{shown}");
}

#[test]
fn screens_match_their_pictures() {
    let mut differences = Vec::new();
    let (wide_home, mut wide) = start(240, &[]);
    let reference: Vec<Vec<String>> = SCENES
        .map(|(_, statement)| output(&mut wide, statement, &wide_home))
        .into();
    for columns in [80, 120] {
        let (home, mut colored) = start(columns, &[]);
        let (plain_home, mut plain) = start(columns, &[("NO_COLOR", "1")]);
        for ((name, statement), reference) in SCENES.iter().zip(&reference) {
            let place = format!("{name} at {columns} columns");
            let lines = output(&mut colored, statement, &home);
            colored.look(|screen| {
                check_width(screen, &place);
                check_styles(screen, &place);
            });
            if let Some(word) = broken(&lines, reference) {
                let lines = lines.join("\n");
                differences.push(format!("{place}: {word:?} is broken:\n{lines}"));
            }
            let drawn = lines.join("\n") + "\n";
            let uncolored = output(&mut plain, statement, &plain_home).join("\n") + "\n";
            assert_eq!(uncolored, drawn, "{place}: colours change the text");
            differences.extend(compared(name, columns, &drawn));
            // A job with one file says everything once.
            if *name == "one_file" {
                for text in ["books.jsonl", "Completed", "1,200/1,200"] {
                    assert_eq!(drawn.matches(text).count(), 1, "{place}: {text}\n{drawn}");
                }
            }
        }
        for (name, typed) in LISTS {
            let drawn = candidates(&mut colored, typed).join("\n") + "\n";
            colored.look(|screen| check_width(screen, name));
            let uncolored = candidates(&mut plain, typed).join("\n") + "\n";
            assert_eq!(uncolored, drawn, "{name}: colours change the text");
            differences.extend(compared(name, columns, &drawn));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
