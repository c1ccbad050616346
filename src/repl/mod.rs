//! The prompt: read a statement, run it, show its value; `:commands` beside the language.

pub mod commands;
mod input;
pub mod record;
mod saved;
pub mod shell;

use crate::config;
use crate::engine::Interpreter;
use crate::error::{Failure, Kind};
use crate::interrupt::Stop;
use crate::session::Session;
use commands::Next;
use input::Input;
use rustyline::error::ReadlineError;
use shell::Shell;
use std::cell::RefCell;
use std::rc::Rc;

/// The script in the settings folder that runs before the first prompt.
const INIT: &str = "init.rhai";

/// Runs the prompt until Ctrl-D, `:quit` or `exit()`; first `init.rhai`, if it is there and wanted.
pub fn run(interpreter: Interpreter, wants_init: bool) -> Result<(), Failure> {
    let mut shell = Shell::new(interpreter);
    let session = shell.session();
    let input = Rc::new(RefCell::new(Input::open(&session)?));
    shell.attach(Rc::clone(&input));
    session.notice(&format!(
        "zshell {}; help() lists the functions, :help the commands, Ctrl-D leaves",
        env!("CARGO_PKG_VERSION")
    ));
    let init = config::folder().map(|folder| folder.join(INIT));
    if let Some(init) = init.filter(|file| wants_init && file.is_file()) {
        shell.begin_with(init);
        leaves(&session)?;
    }
    while session.exit_code().is_none() {
        let prompt = shell.prompt();
        session.idle.enter();
        let answer = input.borrow_mut().read(&prompt);
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
        input.borrow_mut().remember(&session, &text);
        session.interrupt.clear();
        match shell.step(text.trim()) {
            Next::Quit => break,
            Next::Prompt => {}
        }
        leaves(&session)?;
    }
    // What was interrupted at the prompt is done with.
    session.interrupt.clear();
    Ok(())
}

/// The stops that end the prompt too: all but Ctrl-C.
fn leaves(session: &Session) -> Result<(), Failure> {
    match session.interrupt.check() {
        Err(stop) if stop != Stop::Interrupted => Err(stop.into()),
        _ => Ok(()),
    }
}
