//! Commands of the prompt: they begin with a colon and are no part of the language.

use crate::engine::help;
use crate::error::Failure;
use crate::render::{OutputFormat, Shown, words};
use crate::session::Session;
use std::fmt::Write;

/// What the prompt does after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Asks for the next statement.
    Prompt,
    /// Leaves.
    Quit,
}

/// Name, arguments, help.
const COMMANDS: &[(&str, &str, &str)] = &[
    (
        "help",
        "[FUNCTION]",
        "functions and commands, or one function",
    ),
    ("quit", "", "leaves, as Ctrl-D does"),
];

/// Runs a command, given without its colon.
pub(super) fn run(session: &Session, command: &str) -> Result<Next, Failure> {
    let (name, rest) = command
        .split_once(char::is_whitespace)
        .unwrap_or((command, ""));
    match name {
        "help" | "h" | "?" => {
            let text = match rest.trim() {
                "" => overview(),
                function => help::about(function)?,
            };
            let text = help::folded(&text, session.choices.out.width);
            session.show_as(Shown::Text(text.trim_end()), OutputFormat::Table)?;
            Ok(Next::Prompt)
        }
        "quit" | "q" | "exit" => Ok(Next::Quit),
        other => {
            let names = COMMANDS.iter().map(|(name, _, _)| *name);
            let hint =
                words::did_you_mean(other, names).unwrap_or_else(|| ":help lists them".to_owned());
            Err(Failure::usage(format!("no command :{other}")).with_hint(hint))
        }
    }
}

fn overview() -> String {
    let mut text = help::overview();
    text.push_str("\ncommands\n");
    for (name, arguments, help) in COMMANDS {
        let form = format!(":{name} {arguments}");
        let _ = writeln!(text, "  {form:<22} {help}");
    }
    text
}
