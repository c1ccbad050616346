//! `zshell lint PATH…`: finds mistakes in scripts without running them.

use super::input;
use super::script::current_folder;
use crate::engine::lint::{Finding, Linter};
use crate::engine::modules::Folders;
use crate::error::Failure;
use crate::render::{OutputFormat, Shown};
use crate::session::Session;
use crate::text::words;
use serde_json::json;
use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;

/// Writes one finding per line. The exit code is 1 if there are any.
pub(super) fn lint(session: &Session, files: &[String]) -> Result<(), Failure> {
    let libraries = session.choices().lib.clone();
    let linter = Linter::new(Folders::new(current_folder(), libraries));
    for file in &scripts(files)? {
        let text = input::read(session, file)?;
        let name = if file == "-" { "standard input" } else { file };
        linter.script(name, &text);
    }
    let findings = linter.findings();
    if !findings.is_empty() {
        session.request_exit(1);
    }
    show(session, &findings)
}

/// Returns the named files, and for each named folder the scripts below it.
fn scripts(paths: &[String]) -> Result<Vec<String>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if !Path::new(path).is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        add_scripts(Path::new(path), &mut files)
            .map_err(|error| Failure::usage(format!("cannot read the folder {path:?}: {error}")))?;
        if files.len() == before {
            return Err(Failure::usage(format!("no .rhai file below {path:?}")));
        }
    }
    Ok(files)
}

/// Adds the scripts below a folder, in the order of their names. Hidden folders and links to folders are skipped.
fn add_scripts(folder: &Path, files: &mut Vec<String>) -> io::Result<()> {
    let entries: Result<Vec<_>, _> = fs::read_dir(folder)?.collect();
    let mut entries = entries?;
    entries.sort_by_key(DirEntry::file_name);
    for entry in entries {
        let (path, kind) = (entry.path(), entry.file_type()?);
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if kind.is_dir() && !hidden {
            add_scripts(&path, files)?;
        } else if !kind.is_dir() && path.extension().is_some_and(|it| it == "rhai") {
            files.push(path.to_string_lossy().into_owned());
        }
    }
    Ok(())
}

fn show(session: &Session, findings: &[Finding]) -> Result<(), Failure> {
    let format = session.choices().output;
    if format == OutputFormat::Table {
        return session.write(|out| {
            let mut lines = findings.iter().map(ToString::to_string);
            lines.try_for_each(|line| writeln!(out, "{}", words::safe(&line)))
        });
    }
    session.show_as(Shown::Value(&json!(findings)), format)
}
