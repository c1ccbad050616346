//! `:help`

use super::{COMMANDS, CommandResult, Next, PromptCommand, find};
use crate::engine::help;
use crate::engine::registry::Takes;
use crate::error::Failure;
use crate::render::{OutputFormat, Shown};
use crate::repl::shell::Shell;
use std::fmt::Write;

pub(super) const COMMAND: PromptCommand = PromptCommand {
    name: "help",
    aliases: &["h", "?"],
    arguments: "[FUNCTION, :COMMAND or TOPIC]",
    help: "functions and commands, or one of them",
    example: ":help import",
    takes: &[Takes::Function],
    run,
};

fn run(shell: &mut Shell, about: &str) -> CommandResult {
    let session = shell.session();
    let screen = session.out();
    let about = about.trim_matches(['"', ' ']);
    let text = match about.strip_prefix(':') {
        _ if about.is_empty() => help::laid_out(&help::overview(&screen, &rows()), &screen),
        Some(name) => help::laid_out(&page(find(name.trim())?), &screen),
        None => match (help::about(about, &screen), find(about)) {
            (Ok(page), _) => page,
            (Err(_), Ok(command)) => help::laid_out(&page(command), &screen),
            (Err(_), Err(_)) => return Err(unknown(about).into()),
        },
    };
    session.show_as(Shown::Text(text.trim_end()), OutputFormat::Table)?;
    Ok(Next::Prompt)
}

/// Returns the list of commands for the overview.
fn rows() -> Vec<(String, &'static str)> {
    let rows = COMMANDS.iter().map(|command| (form(command), command.help));
    rows.collect()
}

fn form(command: &PromptCommand) -> String {
    let form = format!(":{} {}", command.name, command.arguments);
    form.trim_end().to_owned()
}

/// Returns the page of a command: its form, other names and an example.
fn page(command: &PromptCommand) -> String {
    let mut text = format!("{}\n  {}\n", form(command), command.help);
    if !command.aliases.is_empty() {
        let names: Vec<String> = command
            .aliases
            .iter()
            .map(|name| format!(":{name}"))
            .collect();
        let _ = writeln!(text, "  also {}", names.join(", "));
    }
    let _ = writeln!(text, "\nexample\n  {}", command.example);
    text
}

/// Returns the error for an unknown page, with near names of pages and commands.
fn unknown(about: &str) -> Failure {
    let pages = help::pages().map(|(name, _)| name);
    let commands = COMMANDS.iter().map(|command| command.name);
    help::unknown(about, pages.chain(commands))
}
