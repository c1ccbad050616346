//! `zshell lint FILE…`: finds mistakes in scripts without running them.

use super::Outcome;
use super::script::setup_here;
use crate::engine::lint::{Finding, Linter};
use crate::engine::modules::Folders;
use crate::error::{Failure, Kind};
use crate::render::{OutputFormat, Shown};
use crate::session::Session;
use crate::text::words;
use rhai::Dynamic;
use serde_json::Value;

/// Writes one finding per line. The exit code is 1 if there are any. The outer error is a usage error, for example a
/// missing file.
pub(super) fn lint(session: &Session, files: &[String]) -> Result<Outcome, Failure> {
    let libraries = session.choices().lib.clone();
    let linter = Linter::new(Folders::new(setup_here().script_dir, libraries));
    for file in files {
        let text = match session.read_text(file) {
            Ok(text) => text,
            Err(failure) if failure.kind == Kind::Refused => return Err(failure),
            Err(stopped) => return Ok(Err(stopped.into())),
        };
        let name = if file == "-" { "standard input" } else { file };
        linter.script(name, &text);
    }
    let findings = linter.findings();
    if !findings.is_empty() {
        session.request_exit(1);
    }
    let shown = show(session, &findings);
    Ok(shown.map(|()| Dynamic::UNIT).map_err(Into::into))
}

fn show(session: &Session, findings: &[Finding]) -> Result<(), Failure> {
    let format = session.choices().output;
    if format == OutputFormat::Table {
        return session.write(|out| {
            let mut lines = findings.iter().map(ToString::to_string);
            lines.try_for_each(|line| writeln!(out, "{}", words::safe(&line)))
        });
    }
    let list: Value = findings.iter().map(Finding::json).collect();
    session.show_as(Shown::Value(&list), format)
}
