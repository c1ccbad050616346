//! `:rerun`, and finding statements by their number in `:history`.

use super::{CommandResult, PromptCommand, find, run_any};
use crate::engine::registry::Takes;
use crate::engine::syntax::command;
use crate::engine::syntax::secrets::masked;
use crate::error::Failure;
use crate::repl::shell::Shell;
use crate::secret::MASK;

pub(super) const COMMAND: PromptCommand = PromptCommand {
    name: "rerun",
    aliases: &[],
    arguments: "[N]",
    help: "runs the last statement again, or that with number N of :history",
    example: ":rerun",
    takes: &[Takes::Number],
    run,
};

/// A statement of the history.
pub(super) struct HistoryEntry {
    /// The text in the history, without secrets.
    pub(super) masked: String,
    /// The text as it was typed. `None` if it had a secret and was typed in an earlier session.
    pub(super) whole: Option<String>,
}

/// Returns the statement with this number.
pub(super) fn entry(shell: &Shell, number: usize) -> Result<HistoryEntry, Failure> {
    let mut entries = shell.history().numbered().into_iter();
    let Some((_, text)) = entries.find(|(known, _)| *known == number) else {
        let message = format!("no statement {number} in the history");
        return Err(Failure::usage(message).with_hint(":history lists them with their numbers"));
    };
    let whole = if text.contains(MASK) {
        let mut typed = shell.record().iter().rev().filter(|it| it.is_typed());
        let same = typed.find(|it| masked(it.text.trim_end()) == text);
        same.map(|it| it.text.clone())
    } else {
        Some(text.clone())
    };
    Ok(HistoryEntry {
        masked: text,
        whole,
    })
}

/// Returns the last statement of this session.
pub(super) fn last(shell: &Shell) -> Option<String> {
    let mut typed = shell.record().iter().rev().filter(|it| it.is_typed());
    typed.next().map(|it| it.text.clone())
}

fn run(shell: &mut Shell, rest: &str) -> CommandResult {
    let text = if rest.is_empty() {
        last(shell).ok_or_else(|| Failure::usage("no statement was run in this session"))?
    } else {
        let number = rest.parse::<usize>().map_err(|_| {
            Failure::usage(format!("{rest:?} is no number of a statement"))
                .with_hint(":history lists the statements with their numbers")
        })?;
        entry(shell, number)?.whole.ok_or_else(|| {
            Failure::usage("the statement has a secret, which the history doesn't keep")
                .with_hint(format!(":edit {number} opens it"))
        })?
    };
    // Two such commands could run each other for ever.
    let is_rerun = |name: &str| find(name).is_ok_and(|it| it.name == COMMAND.name);
    let name = command(&text).and_then(|line| line.split_whitespace().next());
    if name.is_some_and(is_rerun) {
        return Err(Failure::usage("the statement is itself a :rerun").into());
    }
    let session = shell.session();
    session.notice(&masked(&text));
    shell.remember(&text);
    run_any(shell, &text)
}
