//! Completion of the prompt's commands and their arguments.

use super::files::{FileOrder, files};
use super::offer::Offer;
use super::values::of;
use super::{CompletionAnswer, CompletionContext};
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

/// Returns offers for a command's argument without quotes.
pub(super) fn argument(look: &CompletionContext<'_>, command: &str, at: usize) -> CompletionAnswer {
    let command = find(command).ok();
    let Some(takes) = command.and_then(|command| command.takes.get(at)) else {
        return CompletionAnswer::default();
    };
    let typed = look.place.typed;
    match takes {
        Takes::Function => {
            let pages = help::pages().map(|(name, about)| Offer::new(name, about));
            let commands = COMMANDS.iter();
            let commands = commands.map(|it| Offer::new(format!(":{}", it.name), it.help));
            // Commands are offered after their colon.
            let commands = commands.filter(|_| typed.starts_with(':'));
            CompletionAnswer::of(pages.chain(commands).collect())
        }
        Takes::Path | Takes::Data => {
            // Paths need no quotes in commands, and no escapes.
            let mut answer = CompletionAnswer::of(files(typed, Some('`'), FileOrder::Any, false));
            answer.offers.iter_mut().for_each(|offer| offer.suffix = "");
            answer
        }
        takes => {
            let mut answer = of(look, *takes);
            for offer in &mut answer.offers {
                offer.text.clone_from(&offer.name);
                offer.suffix = "";
            }
            answer
        }
    }
}
