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

/// Returns the statement with this number, and true if it's whole: the history keeps no secrets, so a statement with a
/// secret is whole only if it was typed in this session.
pub(super) fn entry(shell: &Shell, number: usize) -> Result<(String, bool), Failure> {
    let mut entries = shell.history.numbered().into_iter();
    let Some((_, text)) = entries.find(|(known, _)| *known == number) else {
        let message = format!("no statement {number} in the history");
        return Err(Failure::usage(message).with_hint(":history lists them with their numbers"));
    };
    if !text.contains(MASK) {
        return Ok((text, true));
    }
    let typed = typed(shell).find(|typed| masked(typed.trim_end()) == text);
    Ok(typed.map_or((text, false), |typed| (typed.to_owned(), true)))
}

/// Returns the statements typed in this session, the last first.
pub(super) fn typed(shell: &Shell) -> impl Iterator<Item = &str> {
    let typed = shell.record.iter().rev().filter(|it| it.is_typed());
    typed.map(|it| it.text.as_str())
}

fn run(shell: &mut Shell, rest: &str) -> CommandResult {
    let text = if rest.is_empty() {
        let last = typed(shell).next().map(str::to_owned);
        last.ok_or_else(|| Failure::usage("no statement was run in this session"))?
    } else {
        let number = rest.parse::<usize>().map_err(|_| {
            Failure::usage(format!("{rest:?} is no number of a statement"))
                .with_hint(":history lists the statements with their numbers")
        })?;
        let (text, is_whole) = entry(shell, number)?;
        if !is_whole {
            let message = "the statement has a secret, which the history doesn't keep";
            let hint = format!(":edit {number} opens it");
            return Err(Failure::usage(message).with_hint(hint).into());
        }
        text
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
