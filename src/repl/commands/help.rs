//! `:help`

use super::{CommandResult, PromptCommand, find};
use crate::engine::help;
use crate::engine::registry::Takes;
use crate::render::{OutputFormat, Shown};
use crate::repl::shell::Shell;

pub(super) const COMMAND: PromptCommand = PromptCommand {
    name: "help",
    aliases: &["h", "?"],
    arguments: "[NAME or WORD]",
    help: "describes everything, or a function, command, type or topic; else lists where a word occurs",
    example: ":help import",
    takes: &[Takes::Function],
    run,
};

fn run(shell: &mut Shell, about: &str) -> CommandResult {
    let session = shell.session();
    let (screen, commands) = (session.out(), session.prompt_commands());
    let about = about.trim_matches(['"', ' ']);
    let text = match about.strip_prefix(':').map(|name| find(name.trim())) {
        Some(command) => help::about(&format!(":{}", command?.name), &commands, &screen)?,
        None if about.is_empty() => help::overview(&commands, &screen),
        None => help::about(about, &commands, &screen)?,
    };
    Ok(session.show_as(Shown::Text(text.trim_end()), OutputFormat::Table)?)
}
