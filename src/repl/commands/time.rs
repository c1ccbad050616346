//! `:time`

use super::{CommandResult, PromptCommand, arguments};
use crate::engine::registry::Takes;
use crate::repl::shell::Shell;

pub(super) const COMMAND: PromptCommand = PromptCommand {
    name: "time",
    aliases: &[],
    arguments: "STATEMENT",
    help: "runs a statement and shows its time and its HTTP requests",
    example: ":time jobs()",
    takes: &[Takes::Anything],
    run,
};

fn run(shell: &mut Shell, rest: &str) -> CommandResult {
    if rest.is_empty() {
        return Err(arguments::missing("the statement", COMMAND.example).into());
    }
    shell.timed_statement(rest, true)
}
