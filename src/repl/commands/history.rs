//! `:history`, `:rerun`, and finding statements by their number.

use super::{CommandResult, PromptCommand, arguments, find, run_any};
use crate::engine::registry::Takes;
use crate::engine::syntax::command;
use crate::engine::syntax::secrets::masked;
use crate::error::Failure;
use crate::render::{Limit, OutputFormat, Shown};
use crate::repl::shell::{Shell, StatementOrigin};
use crate::secret::MASK;
use std::fmt::Write;

/// Default number of listed entries.
const USUAL: usize = 20;

pub(super) const HISTORY: PromptCommand = PromptCommand {
    name: "history",
    aliases: &[],
    arguments: "[N|TEXT]",
    help: "lists the last N statements (20), or those with TEXT in them, with numbers for :edit and :rerun",
    example: ":history import",
    takes: &[Takes::Anything],
    run: history,
};

pub(super) const RERUN: PromptCommand = PromptCommand {
    name: "rerun",
    aliases: &[],
    arguments: "[N]",
    help: "runs the last statement again, or that with number N of :history",
    example: ":rerun",
    takes: &[Takes::Number],
    run: rerun,
};

fn history(shell: &mut Shell, rest: &str) -> CommandResult {
    let session = shell.session();
    let entries = shell.history.numbered();
    let wanted = arguments::whole(rest);
    let text = match wanted.map(|wanted| (wanted, wanted.parse::<usize>())) {
        None => listed(&entries, USUAL, ""),
        Some((_, Ok(count))) => listed(&entries, count, ""),
        Some((part, Err(_))) => listed(&entries, usize::MAX, part),
    };
    if text.is_empty() {
        session.notice("nothing in the history");
    }
    let shown = Shown::Text(text.trim_end());
    Ok(session.show_limited(shown, OutputFormat::Table, Limit::End)?)
}

/// Returns the last entries that contain the text in any case, each with its number.
fn listed(entries: &[(usize, String)], most: usize, part: &str) -> String {
    let part = part.to_lowercase();
    let found: Vec<&(usize, String)> = entries
        .iter()
        .filter(|(_, entry)| entry.to_lowercase().contains(&part))
        .collect();
    let last = entries.last().map_or(0, |(number, _)| *number);
    let width = last.to_string().len();
    let mut text = String::new();
    for (number, entry) in found.iter().skip(found.len().saturating_sub(most)) {
        let mut lines = entry.lines();
        let first = lines.next().unwrap_or_default();
        let _ = writeln!(text, "{number:>width$}  {first}");
        for line in lines {
            let _ = writeln!(text, "{:width$}  {line}", "");
        }
    }
    text
}

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
    let typed = shell.record.iter().rev();
    let typed = typed.filter(|it| it.origin == StatementOrigin::Prompt);
    typed.map(|it| it.text.as_str())
}

fn rerun(shell: &mut Shell, rest: &str) -> CommandResult {
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
    let is_rerun = |name: &str| find(name).is_ok_and(|it| it.name == RERUN.name);
    let name = command(&text).and_then(|line| line.split_whitespace().next());
    if name.is_some_and(is_rerun) {
        return Err(Failure::usage("the statement is itself a :rerun").into());
    }
    let session = shell.session();
    session.notice(&masked(&text));
    shell.remember(&text);
    run_any(shell, &text)
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn entries_keep_their_numbers() {
        let entries = (1..=10).map(|n| format!("Job({n})")).enumerate();
        let entries: Vec<(usize, String)> = entries.map(|(at, it)| (at + 1, it)).collect();
        assert_eq!(listed(&entries, 2, ""), " 9  Job(9)\n10  Job(10)\n");
        assert_eq!(listed(&entries, 9, "job(1"), " 1  Job(1)\n10  Job(10)\n");
        let entries = [(1, "fn f() {\n  1\n}".to_owned())];
        assert_eq!(listed(&entries, 9, ""), "1  fn f() {\n     1\n   }\n");
    }
}
