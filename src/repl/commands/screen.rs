//! `:clear`, `:reset`

use super::{CommandResult, PromptCommand, arguments};
use crate::repl::shell::Shell;

pub(super) const CLEAR: PromptCommand = PromptCommand {
    name: "clear",
    aliases: &[],
    arguments: "",
    help: "clears the screen, as Ctrl-L does",
    example: ":clear",
    takes: &[],
    run: clear,
};

pub(super) const RESET: PromptCommand = PromptCommand {
    name: "reset",
    aliases: &[],
    arguments: "",
    help: "forgets variables, functions, modules and what :save would write; the connection stays",
    example: ":reset",
    takes: &[],
    run: reset,
};

fn clear(shell: &mut Shell, rest: &str) -> CommandResult {
    arguments::none("clear", rest)?;
    let session = shell.session();
    if session.out().redraw {
        session.write(|out| out.write_all(b"\x1b[H\x1b[2J"))?;
    }
    Ok(())
}

fn reset(shell: &mut Shell, rest: &str) -> CommandResult {
    arguments::none("reset", rest)?;
    shell.reset();
    let session = shell.session();
    let kept = session.current().map_or_else(String::new, |it| {
        format!("; still connected to {}", it.name)
    });
    session.notice(&format!("forgot variables, functions and modules{kept}"));
    Ok(())
}
