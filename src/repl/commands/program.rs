//! `:!`

use super::{CommandResult, PromptCommand};
use crate::engine::functions::command::code;
use crate::engine::registry::Takes;
use crate::error::Failure;
use crate::interrupt::Stop;
use crate::repl::shell::Shell;
use crate::secret::hidden;
use crate::session::Session;
use crate::session::idle::BorrowedTerminal;
use crate::session::pager;
use std::io;
use std::process::{Command as Program, ExitStatus};

pub(super) const COMMAND: PromptCommand = PromptCommand {
    name: "!",
    aliases: &[],
    arguments: "[COMMAND]",
    help: "runs a command in the shell, or starts a shell; off under --no-commands",
    example: ":! ls -l",
    takes: &[Takes::Anything],
    run,
};

/// The exit code of a program that Ctrl-C ended: 128 and SIGINT's number.
const INTERRUPTED: i32 = 130;

fn run(shell: &mut Shell, rest: &str) -> CommandResult {
    let session = shell.session();
    let (mut program, name) = program(rest);
    session.allow_command(&name)?;
    if session.would(&hidden(&format!("run {name}")))? {
        return Ok(());
    }
    let status = on_terminal(&session, &mut program)
        .map_err(|error| Failure::refused(format!("cannot start a shell: {error}")))?;
    match code(status) {
        0 | INTERRUPTED => {}
        code => session.notice(&format!("exit code {code}")),
    }
    Ok(())
}

/// Runs a program on the terminal and restores the terminal's settings afterwards.
pub(super) fn on_terminal(session: &Session, program: &mut Program) -> io::Result<ExitStatus> {
    let terminal = BorrowedTerminal::save();
    let child = program.spawn();
    let status = child.and_then(|mut child| pager::wait(&mut child, &session.interrupt));
    terminal.restore(!status.as_ref().is_ok_and(ExitStatus::success));
    // Ctrl-C was meant for the program.
    if session.interrupt.check() == Err(Stop::Interrupted) {
        session.interrupt.clear();
    }
    status
}

/// Returns a command for the system's shell, or the user's own shell for an empty line, with its name for messages.
fn program(line: &str) -> (Program, String) {
    let [shell, option] = if cfg!(windows) {
        ["cmd", "/C"]
    } else {
        ["sh", "-c"]
    };
    if line.is_empty() {
        let own = crate::config::set("SHELL").unwrap_or_else(|| shell.to_owned());
        return (Program::new(&own), own);
    }
    let mut program = Program::new(shell);
    program.args([option, line]);
    (program, line.to_owned())
}
