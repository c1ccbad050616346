//! `:load`

use super::{CommandResult, Next, PromptCommand, arguments};
use crate::engine::registry::Takes;
use crate::repl::shell::Shell;

pub(super) const COMMAND: PromptCommand = PromptCommand {
    name: "load",
    aliases: &[],
    arguments: "FILE",
    help: "runs a script in this session: its variables and functions stay",
    example: ":load setup.rhai",
    takes: &[Takes::Path],
    run,
};

fn run(shell: &mut Shell, rest: &str) -> CommandResult {
    let file =
        arguments::file(rest).ok_or_else(|| arguments::missing("the file", COMMAND.example))?;
    let text = shell.session().read_text(&file.display().to_string())?;
    shell.script(&file, &text)?;
    Ok(Next::Prompt)
}
