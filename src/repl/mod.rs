//! The prompt: read a statement, run it, show its value; `:commands` beside the language.

pub mod commands;
mod input;
pub mod shell;

use crate::engine::Interpreter;
use crate::error::{Failure, Kind};
use crate::interrupt::Stop;
use commands::Next;
use input::Input;
use rustyline::error::ReadlineError;
use shell::Shell;

/// Runs the prompt until Ctrl-D, `:quit` or `exit()`.
pub fn run(interpreter: Interpreter) -> Result<(), Failure> {
    let mut shell = Shell::new(interpreter);
    let session = shell.session();
    session.enter_prompt();
    let mut input = Input::open(&session)?;
    session.notice(&format!(
        "zshell {}; help() lists the functions, :help the commands, Ctrl-D leaves",
        env!("CARGO_PKG_VERSION")
    ));
    loop {
        let prompt = shell.prompt();
        session.idle.enter();
        let answer = input.read(&prompt);
        session.idle.leave();
        let text = match answer {
            Ok(text) => text,
            // Ctrl-C drops what was typed.
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => {
                return Err(Failure::new(
                    Kind::Script,
                    format!("cannot read the prompt: {error}"),
                ));
            }
        };
        if text.trim().is_empty() {
            continue;
        }
        input.remember(&session, &text);
        session.interrupt.clear();
        match shell.step(text.trim()) {
            Next::Quit => break,
            Next::Prompt => {}
        }
        if session.exit_code().is_some() {
            break;
        }
        match session.interrupt.check() {
            Err(stop) if stop != Stop::Interrupted => return Err(stop.into()),
            _ => {}
        }
    }
    // What was interrupted at the prompt is done with.
    session.interrupt.clear();
    Ok(())
}
