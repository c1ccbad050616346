//! Commands of the prompt: they begin with a colon and are no part of the language.
//!
//! [`COMMANDS`] is the one table of them: `:help`, completion and the README follow it.

mod help;

use super::shell::Shell;
use crate::engine::registry::Takes;
use crate::error::Failure;
use crate::render::words;

/// What the prompt does after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Asks for the next statement.
    Prompt,
    /// Leaves.
    Quit,
}

/// One command.
#[derive(Clone, Copy)]
pub struct Command {
    /// Its name, without the colon.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// Its arguments, as they are typed, e.g. `[FUNCTION]`.
    pub arguments: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// An example that can be typed as it is.
    pub example: &'static str,
    /// What its arguments may be, from the first on.
    pub takes: &'static [Takes],
    /// What it does, from what stands behind its name.
    pub(super) run: fn(&mut Shell, &str) -> Result<Next, Failure>,
}

/// Every command, in the order of `:help`.
pub const COMMANDS: &[Command] = &[
    help::COMMAND,
    Command {
        name: "quit",
        aliases: &["q", "exit"],
        arguments: "",
        help: "leaves, as Ctrl-D does",
        example: ":quit",
        takes: &[],
        run: |_, _| Ok(Next::Quit),
    },
];

/// The command of this name, given without its colon.
pub fn find(name: &str) -> Result<&'static Command, Failure> {
    let known = |command: &&Command| command.name == name || command.aliases.contains(&name);
    COMMANDS.iter().find(known).ok_or_else(|| {
        let names = COMMANDS.iter().map(|command| command.name);
        let hint =
            words::did_you_mean(name, names).unwrap_or_else(|| ":help lists them".to_owned());
        Failure::usage(format!("no command :{name}")).with_hint(hint)
    })
}

/// Runs a command line, given without its colon.
pub(super) fn run(shell: &mut Shell, line: &str) -> Result<Next, Failure> {
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    (find(name)?.run)(shell, rest.trim())
}
