//! The prompt: read a statement, run it, show its value; `:commands` beside the language.

mod commands;
mod input;

use crate::engine::{Interpreter, ScriptError, values};
use crate::error::{Failure, Kind};
use crate::interrupt::Stop;
use commands::Next;
use input::Input;
use rustyline::error::ReadlineError;

/// Runs the prompt until Ctrl-D, `:quit` or `exit()`.
pub fn run(mut interpreter: Interpreter) -> Result<(), Failure> {
    let session = std::rc::Rc::clone(interpreter.session());
    let mut input = Input::open(&session)?;
    session.notice(&format!(
        "zshell {}; help() lists the functions, :help the commands, Ctrl-D leaves",
        env!("CARGO_PKG_VERSION")
    ));
    loop {
        let prompt = session.current().map_or_else(
            || "zshell> ".to_owned(),
            |connection| {
                let settings = connection.client.settings();
                let database = settings.database.as_deref().unwrap_or("default");
                format!("{}/{database}> ", connection.name)
            },
        );
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
        match step(&mut interpreter, text.trim()) {
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

/// One statement or command.
fn step(interpreter: &mut Interpreter, text: &str) -> Next {
    let session = std::rc::Rc::clone(interpreter.session());
    let result = if let Some(command) = text.strip_prefix(':') {
        match commands::run(&session, command) {
            Ok(next) => return next,
            Err(failure) => Err(Box::<ScriptError>::from(failure)),
        }
    } else {
        interpreter.run_line(text).and_then(|value| {
            values::show(&value, |shown| session.show(shown)).map_err(Box::<ScriptError>::from)
        })
    };
    if let Err(error) = result
        && session.exit_code().is_none()
        && !session.closed_pipe()
    {
        session.complain(error.lay_out(&session.choices.err).trim_end());
    }
    Next::Prompt
}
