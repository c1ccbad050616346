//! The documents, their code blocks, and a folder to run these in.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;
use zshell::internals::PAGES;

/// A Markdown file of the repository.
pub(crate) struct Document {
    /// The path from the repository's top.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A fenced block: the words after the fence, and its text.
pub(crate) struct Block {
    pub(crate) info: String,
    pub(crate) text: String,
}

impl Document {
    pub(crate) fn read(path: &str) -> Self {
        let text = fs::read_to_string(file(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self {
            path: path.to_owned(),
            text,
        }
    }

    /// Returns the code blocks, also those within lists.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut found = Vec::new();
        let mut lines = self.text.lines();
        while let Some(line) = lines.next() {
            if let Some(info) = line.strip_prefix("```") {
                let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
                found.push(Block {
                    info: info.to_owned(),
                    text: block.join("\n"),
                });
            }
        }
        found
    }

    /// Returns the text outside of code blocks.
    pub(crate) fn prose(&self) -> String {
        let parts = self.text.split("```").step_by(2);
        parts.collect()
    }
}

/// Returns the README, the cookbook and the guide's pages.
pub(crate) fn documents() -> Vec<Document> {
    let guide = PAGES
        .iter()
        .map(|page| format!("src/guide/{}.md", page.name));
    let top = ["README.md", "scripts/README.md"].map(str::to_owned);
    top.into_iter()
        .chain(guide)
        .map(|path| Document::read(&path))
        .collect()
}

/// Returns a file's path from its path in the repository.
pub(crate) fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// An empty folder, and settings and data of its own beside it.
pub(crate) struct Workshop {
    top: TempDir,
    environment: BTreeMap<String, String>,
}

impl Workshop {
    pub(crate) fn new() -> Self {
        let top = tempfile::tempdir().expect("a temporary folder");
        for folder in ["work", "bin", "home"] {
            fs::create_dir(top.path().join(folder)).expect("a folder");
        }
        Self {
            top,
            environment: BTreeMap::new(),
        }
    }

    /// Returns the folder where the examples run.
    pub(crate) fn path(&self) -> PathBuf {
        self.top.path().join("work")
    }

    /// Sets an environment variable of later runs.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// Puts a shell script on the path of later runs.
    #[cfg(all(unix, feature = "local"))]
    pub(crate) fn program(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.top.path().join("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a program");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its mode");
    }

    /// Returns a program in the folder with `zshell` on its path and none of the caller's settings.
    pub(crate) fn command(&self, program: &str, args: &[&str]) -> Command {
        let binary = Path::new(env!("CARGO_BIN_EXE_zshell"));
        let zshell = binary.parent().expect("the binary's folder");
        let path = format!(
            "{}:{}:{}",
            self.top.path().join("bin").display(),
            zshell.display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.top.path().join("home"))
            .env("ZSHELL_CONFIG_DIR", self.top.path().join("settings"))
            .env("ZSHELL_DATA_DIR", self.top.path().join("data"))
            .envs(&self.environment);
        command
    }

    /// Runs a program as [`Self::command`] does.
    pub(crate) fn run(&self, program: &str, args: &[&str]) -> Output {
        let output = self.command(program, args).output();
        output.unwrap_or_else(|error| panic!("{program}: {error}"))
    }

    /// Runs an example and returns its standard output.
    pub(crate) fn example(&self, document: &str, block: &Block) -> String {
        let output = match block.info.as_str() {
            "rhai" => {
                let first = block.text.lines().next().unwrap_or_default();
                let name = first.strip_prefix("// ").filter(|name| !name.contains(' '));
                let name = name.unwrap_or("example.rhai");
                fs::write(self.path().join(name), &block.text).expect("the example's file");
                self.run("zshell", &["-p", "local", "run", name])
            }
            "toml" => {
                let settings = self.top.path().join("settings");
                fs::create_dir_all(&settings).expect("a folder");
                fs::write(settings.join("config.toml"), &block.text).expect("the settings");
                let output = self.run("zshell", &["profile", "list"]);
                fs::remove_dir_all(settings).expect("the settings");
                output
            }
            _ => self.run("sh", &["-ec", &block.text]),
        };
        assert_success(&format!("{document}:\n{}", block.text), &output);
        text(&output.stdout)
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
pub(crate) fn assert_success(example: &str, output: &Output) {
    assert!(
        output.status.success(),
        "{example}\n-- stdout\n{}\n-- stderr\n{}",
        text(&output.stdout),
        text(&output.stderr)
    );
}
