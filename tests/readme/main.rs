//! The README's promises: every example runs, and its list of functions is the language's.

#[cfg(feature = "local")]
mod keys;

use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};
use std::{env, fs};
use tempfile::TempDir;
use zshell::engine::compile::{Sources, compile, install};
use zshell::engine::completeness::{Completeness, completeness};
use zshell::engine::lint::Linter;
use zshell::engine::modules::Folders;
use zshell::engine::registry::{Opt, Takes, functions};
use zshell::engine::values::types::TYPES;
use zshell::error::Kind;
use zshell::repl::commands::COMMANDS;

const README: &str = include_str!("../../README.md");

/// A fenced block: the words behind the fence, and its text.
struct Block {
    info: &'static str,
    text: String,
}

fn blocks() -> Vec<Block> {
    let mut found = Vec::new();
    let mut lines = README.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            continue;
        };
        let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        found.push(Block {
            info,
            text: text.join("\n"),
        });
    }
    found
}

/// A folder with a file to import, where the examples run.
struct Workshop {
    folder: TempDir,
}

impl Workshop {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let rows: Vec<String> = (1..=20)
            .map(|id| {
                format!(
                    "{{\"id\": {id}, \"vector\": [0.1, 0.2, 0.3, {id}], \"title\": \"book {id}\"}}"
                )
            })
            .collect();
        fs::write(folder.path().join("books.jsonl"), rows.join("\n")).expect("books.jsonl");
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a program in the folder with `zshell` on its path and none of the caller's settings.
    fn run(&self, program: &str, args: &[&str]) -> Output {
        let binary = Path::new(env!("CARGO_BIN_EXE_zshell"));
        let bin = binary
            .parent()
            .expect("the binary's folder")
            .display()
            .to_string();
        let path = format!("{bin}:{}", std::env::var("PATH").unwrap_or_default());
        Command::new(program)
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.path())
            .env("ZSHELL_DATA_DIR", self.path().join("data"))
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}"))
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn assert_success(what: &str, output: &Output) {
    assert!(
        output.status.success(),
        "{what}\n-- stdout\n{}\n-- stderr\n{}",
        text(&output.stdout),
        text(&output.stderr)
    );
}

#[test]
fn every_example_runs() {
    let workshop = Workshop::new();
    let mut ran = 0;
    for block in blocks() {
        match block.info {
            "rhai" => {
                let first = block.text.lines().next().unwrap_or_default();
                let name = first.strip_prefix("// ").filter(|name| !name.contains(' '));
                let file = workshop.path().join(name.unwrap_or("example.rhai"));
                fs::write(&file, &block.text).expect("the example's file");
                let file = file.display().to_string();
                let output = workshop.run("zshell", &["-p", "local", "run", &file]);
                assert_success(&block.text, &output);
                ran += 1;
            }
            "sh" => {
                assert_success(&block.text, &workshop.run("sh", &["-ec", &block.text]));
                ran += 1;
            }
            _ => {}
        }
    }
    assert!(ran >= 5, "only {ran} examples were found");
}

#[test]
fn examples_of_the_cloud_compile() {
    let mut engine = rhai::Engine::new();
    install(&mut engine);
    let cloud: Vec<Block> = blocks()
        .into_iter()
        .filter(|block| block.info == "rhai cloud")
        .collect();
    assert!(!cloud.is_empty());
    for block in cloud {
        let compiled = compile(&engine, &Sources::default(), "README", &block.text);
        assert!(compiled.is_ok(), "{}\n{:?}", block.text, compiled.err());
        assert_eq!(completeness(&engine, &block.text), Completeness::Complete);
    }
}

#[test]
fn lint_finds_nothing_in_the_examples() {
    let workshop = Workshop::new();
    for block in blocks() {
        if block.info == "rhai" || block.info == "rhai cloud" {
            let linter = Linter::new(Folders::new(workshop.path().to_owned(), Vec::new()));
            linter.script("README", &block.text);
            let findings: Vec<String> = linter.findings().iter().map(ToString::to_string).collect();
            assert!(
                findings.is_empty(),
                "{}\n{}",
                block.text,
                findings.join("\n")
            );
        }
    }
}

/// Fails unless the README has exactly this table. With `BLESS` set in the environment the README is given it instead.
fn agree(what: &str, header: &str, rows: impl Iterator<Item = String>) {
    let table = format!("{header}\n{}", rows.collect::<String>());
    if env::var_os("BLESS").is_some() {
        // The tests run side by side, and each has a table of its own.
        static FILE: Mutex<()> = Mutex::new(());
        let _held = FILE.lock().unwrap_or_else(PoisonError::into_inner);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
        let text = fs::read_to_string(path).expect("the README");
        let (before, rest) = text.split_once(header).expect("the table's header");
        let (_, after) = rest.split_once("\n\n").expect("the table's end");
        fs::write(path, format!("{before}{table}\n{after}")).expect("the README");
        return;
    }
    let message = "the README should read as follows; BLESS=1 cargo test --test readme writes it";
    assert!(
        README.contains(&format!("\n\n{table}\n")),
        "{message}: the list of {what}\n\n{table}"
    );
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[test]
fn the_functions_are_the_table() {
    let rows = functions().map(|function| {
        let forms: Vec<String> = function
            .forms
            .iter()
            .map(|form| format!("`{form}`"))
            .collect();
        format!("| {} | {} |\n", forms.join(", "), function.help)
    });
    agree("functions", "| call | does |\n| --- | --- |", rows);
}

#[test]
fn the_commands_are_the_table() {
    let rows = COMMANDS.iter().map(|command| {
        let form = format!(":{} {}", command.name, command.arguments);
        format!("| `{}` | {} |\n", cell(form.trim_end()), command.help)
    });
    agree("commands", "| command | does |\n| --- | --- |", rows);
}

/// A row for each option, those of maps in it below it: `storage.url`.
fn option_rows(rows: &mut Vec<String>, call: &str, outer: &str, options: &[Opt]) {
    for option in options {
        let name = format!("{outer}{}", option.name);
        let default = match option.default {
            "" => String::new(),
            default => format!("; by default `{default}`"),
        };
        let help = cell(option.help);
        rows.push(format!("| `{call}` | `{name}` | {help}{default} |\n"));
        if let Takes::Keys(inner) = option.takes {
            option_rows(rows, call, &format!("{name}."), inner);
        }
    }
}

#[test]
fn the_options_are_the_table() {
    let mut rows = Vec::new();
    for function in functions() {
        option_rows(&mut rows, function.name, "", function.options);
    }
    let header = "| call | option | what it is |\n| --- | --- | --- |";
    agree("options", header, rows.into_iter());
}

#[test]
fn the_values_are_the_table() {
    let rows = TYPES.iter().flat_map(|it| {
        it.getters
            .iter()
            .map(|(name, help)| format!("| `{}` | `{name}` | {} |\n", it.name, cell(help)))
    });
    let header = "| value | getter | what it is |\n| --- | --- | --- |";
    agree("getters", header, rows);
}

#[test]
fn every_kind_of_error_is_named() {
    let closed = Kind::ClosedPipe.word();
    for word in Kind::ALL.map(Kind::word) {
        assert!(
            word == closed || README.contains(&format!("`{word}`")),
            "{word}"
        );
    }
}

#[test]
fn the_set_up_is_what_ci_runs() {
    let ci = include_str!("../../.ci/run");
    for command in [
        "cargo run --release -- run scripts/quickstart.rhai",
        "cargo test",
    ] {
        assert!(README.contains(command), "{command}");
        let locked = command
            .replace("cargo test", "cargo test --locked")
            .replace("--release", "--locked --release");
        assert!(ci.contains(&locked), "{locked}");
    }
}

#[cfg(feature = "local")]
#[test]
fn every_fault_is_explained() {
    for kind in zshell::local::faults::FaultKind::ALL {
        assert!(
            README.contains(&format!("\n| `{}` | ", kind.name())),
            "{kind:?}"
        );
    }
}
