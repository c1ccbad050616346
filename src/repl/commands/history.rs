//! `:history`

use super::{CommandResult, PromptCommand, arguments};
use crate::engine::registry::Takes;
use crate::render::{Limit, OutputFormat, Shown};
use crate::repl::shell::Shell;
use std::fmt::Write;

/// Default number of listed entries.
const USUAL: usize = 20;

pub(super) const COMMAND: PromptCommand = PromptCommand {
    name: "history",
    aliases: &[],
    arguments: "[N|TEXT]",
    help: "lists the last N statements (20), or those with TEXT in them, with numbers for :edit and :rerun",
    example: ":history import",
    takes: &[Takes::Anything],
    run,
};

fn run(shell: &mut Shell, rest: &str) -> CommandResult {
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
