//! `:help`

use super::{COMMANDS, Command, Next, Outcome};
use crate::engine::help;
use crate::engine::registry::Takes;
use crate::render::{OutputFormat, Shown};
use crate::repl::shell::Shell;
use std::fmt::Write;

pub(super) const COMMAND: Command = Command {
    name: "help",
    aliases: &["h", "?"],
    arguments: "[FUNCTION]",
    help: "functions and commands, or one function",
    example: ":help import",
    takes: &[Takes::Function],
    run,
};

fn run(shell: &mut Shell, about: &str) -> Outcome {
    let session = shell.session();
    let text = match about {
        "" => overview(),
        function => help::about(function)?,
    };
    let text = help::folded(&text, session.out().width);
    session.show_as(Shown::Text(text.trim_end()), OutputFormat::Table)?;
    Ok(Next::Prompt)
}

fn overview() -> String {
    let mut text = help::overview();
    text.push_str("\ncommands\n");
    for command in COMMANDS {
        let form = format!(":{} {}", command.name, command.arguments);
        let _ = writeln!(text, "  {form:<22} {}", command.help);
    }
    text
}
