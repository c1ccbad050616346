//! Completion of the prompt's commands and their arguments.

use super::CompletionAnswer;
use super::files::{FileOrder, files};
use super::offer::Offer;
use super::values::{CompletionContext, of};
use crate::engine::help;
use crate::engine::registry::Takes;
use crate::repl::commands::{COMMANDS, PromptCommand, find};

/// Returns all commands.
pub(super) fn commands() -> Vec<Offer> {
    let mut commands: Vec<&PromptCommand> = COMMANDS.iter().collect();
    commands.sort_by_key(|command| command.name);
    let offers = commands.into_iter().map(|command| {
        let label = format!(":{} {}", command.name, command.arguments);
        let suffix = if command.takes.is_empty() { "" } else { " " };
        Offer::new(command.name, command.help)
            .labelled(label.trim_end())
            .then(suffix)
    });
    offers.collect()
}

/// Returns the start of the statement that a command runs (`:time`, `:watch 5s`), or 0 if there is none.
pub(super) fn statement(text: &str) -> usize {
    begins(text, |name| {
        find(name).map_or("", |command| command.arguments)
    })
}

/// Returns the start of a command's arguments or of its statement.
fn begins(text: &str, arguments: impl Fn(&str) -> &'static str) -> usize {
    let line = text.trim_start();
    let Some((name, rest)) = line
        .strip_prefix(':')
        .and_then(|line| line.split_once(char::is_whitespace))
    else {
        return 0;
    };
    let arguments = arguments(name);
    let takes_time = arguments.starts_with('[');
    if !arguments.ends_with("STATEMENT") {
        return 0;
    }
    // An interval, which starts with a digit, may come first.
    let rest = rest.trim_start();
    let rest = match rest.split_once(char::is_whitespace) {
        Some((time, rest)) if takes_time && time.starts_with(|c: char| c.is_ascii_digit()) => rest,
        _ => rest,
    };
    text.len() - rest.trim_start().len()
}

/// Returns offers for a command's argument without quotes.
pub(super) fn argument(
    look: &CompletionContext<'_, '_>,
    command: &str,
    index: usize,
) -> CompletionAnswer {
    let Some(takes) = find(command)
        .ok()
        .and_then(|command| command.takes.get(index))
    else {
        return CompletionAnswer::default();
    };
    let typed = look.place.typed;
    match takes {
        Takes::Function => CompletionAnswer::of(
            help::pages()
                .map(|(name, about)| Offer::new(name, about))
                .collect(),
        ),
        Takes::Path | Takes::Data => {
            // Paths need no quotes in commands, and no escapes.
            let mut answer = CompletionAnswer::of(files(typed, Some('`'), FileOrder::Any, false));
            answer.offers.iter_mut().for_each(|offer| offer.suffix = "");
            answer
        }
        takes => {
            let mut answer = of(look, *takes, None);
            for offer in &mut answer.offers {
                offer.text.clone_from(&offer.name);
                offer.suffix = "";
            }
            answer
        }
    }
}

#[cfg(test)]
mod tests {
    use super::begins;

    #[test]
    fn the_statement_of_a_command_is_found() {
        for (text, arguments, statement) in [
            (":time jobs().", "STATEMENT", "jobs()."),
            (":time ", "STATEMENT", ""),
            (":time 5 + x", "STATEMENT", "5 + x"),
            ("  :watch 5s  jobs(", "[INTERVAL] STATEMENT", "jobs("),
            (":watch jobs(", "[INTERVAL] STATEMENT", "jobs("),
            (":watch 5", "[INTERVAL] STATEMENT", "5"),
            (":help jo", "[FUNCTION]", ":help jo"),
            (":time", "STATEMENT", ":time"),
            ("jobs() :x", "STATEMENT", "jobs() :x"),
        ] {
            assert_eq!(&text[begins(text, |_| arguments)..], statement, "{text}");
        }
    }
}
