//! `:edit`

use super::history::{entry, typed};
use super::program::on_terminal;
use super::{CommandResult, PromptCommand, arguments, run_any};
use crate::config::set;
use crate::engine::ScriptError;
use crate::engine::registry::Takes;
use crate::engine::syntax::secrets::masked;
use crate::error::Failure;
use crate::repl::shell::Shell;
use crate::session::Session;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::Command as Program;
use tempfile::TempPath;

pub(super) const COMMAND: PromptCommand = PromptCommand {
    name: "edit",
    aliases: &[],
    arguments: "[N|FILE]",
    help: "opens the last statement, that with number N of :history, or a script in $VISUAL or $EDITOR, and runs it once it is saved",
    example: ":edit",
    takes: &[Takes::Path],
    run,
};

/// Editors that are tried in this order if neither variable is set.
const USUAL: [&str; 2] = ["vi", "nano"];

fn run(shell: &mut Shell, rest: &str) -> CommandResult {
    let session = shell.session();
    let number = rest.parse::<usize>().ok();
    if let Some(file) = arguments::file(rest).filter(|_| number.is_none()) {
        let before = read(&session, &file)?;
        open(&session, &file)?;
        let after = read(&session, &file)?;
        match after.filter(|text| !text.trim().is_empty() && before.as_ref() != Some(text)) {
            Some(text) => shell.script(&file, &text)?,
            None => unchanged(&session),
        }
        return Ok(());
    }
    let before = match number {
        Some(number) => entry(shell, number)?.0,
        None => typed(shell).next().unwrap_or_default().to_owned(),
    };
    let Some(text) = edit_draft(shell, &before)? else {
        unchanged(&session);
        return Ok(());
    };
    shell.remember(&text);
    run_any(shell, &text)
}

/// Opens a text in the editor and returns the changed text, or `None` if it was left as it was or emptied.
pub(in crate::repl) fn edit_draft(
    shell: &Shell,
    before: &str,
) -> Result<Option<String>, Box<ScriptError>> {
    let file = draft(before).map_err(|error| {
        let folder = std::env::temp_dir();
        Failure::refused(format!("cannot write to {}: {error}", folder.display()))
    })?;
    let session = shell.session();
    open(&session, &file)?;
    let after = read(&session, &file)?.unwrap_or_default();
    drop(file);
    let text = after.trim();
    if text.is_empty() || text == before.trim() {
        return Ok(None);
    }
    session.notice(&masked(text));
    Ok(Some(text.to_owned()))
}

fn unchanged(session: &Session) {
    session.notice("nothing changed, nothing run");
}

/// Returns the text of a file, or `None` if it doesn't exist.
fn read(session: &Session, file: &Path) -> Result<Option<String>, Failure> {
    match fs::metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        _ => session.read_text(&file.display().to_string()).map(Some),
    }
}

/// Writes a temporary file, which may hold secrets: its mode is 0600, and it's removed after the edit.
fn draft(text: &str) -> io::Result<TempPath> {
    let mut builder = tempfile::Builder::new();
    let mut file = builder.prefix("zshell-").suffix(".rhai").tempfile()?;
    file.write_all(text.as_bytes())?;
    if !text.is_empty() {
        file.write_all(b"\n")?;
    }
    Ok(file.into_temp_path())
}

/// Runs the editor.
fn open(session: &Session, file: &Path) -> Result<(), Failure> {
    let (program, words) = editor()?;
    let mut command = Program::new(&program);
    let problem = match on_terminal(session, command.args(words).arg(file)) {
        Ok(status) if status.success() => return Ok(()),
        Ok(status) => format!("the editor {program} ended with {status}; nothing was run"),
        Err(error) => format!("cannot start the editor {program}: {error}"),
    };
    let hint = "VISUAL or EDITOR names another one";
    Err(Failure::refused(problem).with_hint(hint))
}

/// Returns the editor's program and its first arguments.
fn editor() -> Result<(String, Vec<String>), Failure> {
    for variable in ["VISUAL", "EDITOR"] {
        let Some(line) = set(variable) else { continue };
        let mut words = shell_words::split(&line)
            .map_err(|error| Failure::usage(format!("{variable} is {line:?}: {error}")))?
            .into_iter();
        if let Some(program) = words.next() {
            return Ok((program, words.collect()));
        }
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |name: &&str| std::env::split_paths(&path).any(|it| it.join(name).is_file());
    if let Some(name) = USUAL.into_iter().find(is_there) {
        return Ok((name.to_owned(), Vec::new()));
    }
    let problem = "no editor: neither VISUAL nor EDITOR is set, and there is no vi or nano";
    Err(Failure::usage(problem).with_hint("set EDITOR, for example to code --wait"))
}
