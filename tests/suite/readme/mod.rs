//! The promises of the README, the cookbook and the guide: examples run, tables agree with the program, links lead
//! somewhere.

mod examples;
#[cfg(feature = "local")]
mod keys;
mod pages;
#[cfg(all(unix, feature = "local"))]
mod recipes;
mod tables;

use pages::{Document, Workshop, documents, file, text};
use std::fs;
use zshell::internals::Folders;
use zshell::internals::Linter;
use zshell::internals::{Sources, compile, install};

/// Runs each document's examples in order, from an empty folder.
#[cfg(all(unix, feature = "local"))]
#[test]
fn every_example_runs() {
    for document in documents() {
        let workshop = Workshop::new();
        if document.path.ends_with("README.md") {
            // These examples are for the repository's top.
            let scripts = workshop.path().join("scripts");
            std::os::unix::fs::symlink(file("scripts"), scripts).expect("a link");
        }
        for block in document.blocks() {
            if ["rhai", "sh", "toml"].contains(&block.info.as_str()) {
                workshop.example(&document.path, &block);
            }
        }
    }
}

#[test]
fn every_block_is_of_a_known_kind() {
    let known = [
        "rhai",
        "rhai cloud",
        "sh",
        "sh no_run",
        "sh cloud",
        "sh milvus",
        "toml",
        "text",
    ];
    for document in documents() {
        for block in document.blocks() {
            let info = block.info.as_str();
            assert!(known.contains(&info), "{}: {info:?}", document.path);
        }
    }
}

#[test]
fn examples_of_the_cloud_compile() {
    let mut engine = rhai::Engine::new();
    install(&mut engine);
    let mut count = 0;
    for document in documents() {
        for block in document.blocks() {
            if block.info == "rhai cloud" {
                let compiled = compile(&engine, &Sources::default(), "guide", &block.text);
                assert!(compiled.is_ok(), "{}\n{:?}", block.text, compiled.err());
                count += 1;
            }
        }
    }
    assert!(count > 2, "{count}");
}

#[test]
fn lint_finds_nothing_in_the_examples() {
    for document in documents() {
        let workshop = Workshop::new();
        for block in document.blocks() {
            if block.info == "rhai" || block.info == "rhai cloud" {
                let linter = Linter::new(Folders::new(workshop.path(), Vec::new()));
                linter.script(&document.path, &block.text);
                let findings = linter.findings();
                let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
                assert!(
                    findings.is_empty(),
                    "{}\n{}",
                    block.text,
                    findings.join("\n")
                );
            }
        }
    }
}

#[test]
fn the_set_up_is_what_ci_runs() {
    let ci = fs::read_to_string(file(".ci/run")).expect("the steps of CI");
    let readme = Document::read("README.md").text;
    for command in [
        "cargo run --release -- run scripts/quickstart.rhai",
        "cargo test",
    ] {
        assert!(readme.contains(command), "{command}");
        let locked = command
            .replace("cargo test", "cargo test --locked")
            .replace("--release", "--locked --release");
        assert!(ci.contains(&locked), "{locked}");
    }
}

/// The messages of the README's troubleshooting are those of the program.
#[cfg(all(unix, feature = "local"))]
#[test]
fn the_messages_of_troubleshooting_are_real() {
    let readme = Document::read("README.md").text;
    let cloud = "connect(#{endpoint: \"https://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com\", token: \"x\", verify: false}); import(\"b\", \"b.jsonl\")";
    let import = ["-p", "local", "import"];
    for (message, args) in [
        ("nothing to connect to", vec!["jobs"]),
        ("no API key for ", vec!["eval", "clusters()"]),
        (
            ": connection refused",
            vec!["-p", "http://127.0.0.1:1", "jobs"],
        ),
        (
            " is a path on this machine, which the service cannot read",
            vec!["eval", cloud],
        ),
        (
            "could not be read (83001)",
            vec![
                "-p",
                "local",
                "eval",
                "run_command(\"mkdir\", [\"set.json\"]); wait(import(\"books\", \"set.json\"))",
            ],
        ),
        (
            "cannot read ",
            vec!["-p", "local", "eval", "import(\"books\", \"none.jsonl\")"],
        ),
        (
            "can't find collection",
            [&import[..], &["none", "books.jsonl"]].concat(),
        ),
        (
            " is not a file format an import accepts",
            vec!["-p", "local", "eval", "import(\"books\", \"books.xlsx\")"],
        ),
        (
            "row 1, field \"vector\": expected FloatVector(4), found ",
            [&import[..], &["books", "books.jsonl", "--wait"]].concat(),
        ),
        ("no profile \"", vec!["-p", "none", "jobs"]),
    ] {
        let shown = readme.contains(&format!("`{}", message.trim()))
            || readme.contains(&format!("…{message}"));
        assert!(shown, "the README doesn't explain {message:?}");
        let workshop = Workshop::new();
        let create = "create_collection(\"books\", #{dimension: 4})";
        workshop.run("zshell", &["-p", "local", "eval", create]);
        fs::write(
            workshop.path().join("books.jsonl"),
            "{\"id\": 1, \"vector\": [1]}",
        )
        .expect("a file");
        let output = workshop.run("zshell", &args);
        let complaint = text(&output.stderr);
        assert!(
            complaint.contains(message),
            "{args:?} says {complaint}, not {message:?}"
        );
    }
}
