//! The prompt: reads a statement, runs it and shows its value. Commands start with a colon.

pub(crate) mod commands;
mod complete;
mod helper;
mod highlight;
mod hint;
mod history;
mod indent;
mod input;
mod keys;
mod pasted;
#[cfg(unix)]
mod plain;
mod prompt;
mod saved;
mod shell;
mod signature;
mod vi_cursor;

use crate::config::{self, Config};
use crate::engine::{Interpreter, connecting};
use crate::error::{Failure, Kind};
use crate::interrupt::{Stop, TICK};
use crate::session::Session;
use input::{PromptInput, PromptLine};
use rustyline::error::ReadlineError;
use shell::Shell;
use std::io::{IsTerminal, stdin};

/// The script in the settings folder that runs before the first prompt.
const INIT: &str = "init.rhai";

/// The second line of the greeting if there's nothing to connect to yet.
const UNCONNECTED: &str =
    "not connected: connect(\"local\") needs no account, connect(\"https://…\") takes a cluster";

/// Runs `init.rhai` if it exists and is wanted, then the prompt until Ctrl-D, `:quit` or `exit()`.
pub(crate) fn run(interpreter: Interpreter, wants_init: bool) -> Result<(), Failure> {
    let mut shell = Shell::new(interpreter, complete::missing_value);
    let session = shell.session();
    // The interpreter has reported an unreadable file.
    let config = Config::load().unwrap_or_default();
    let expected = match connecting::profiles::expected(&session, &config) {
        Err(failure) if session.choices().profile.is_some() => {
            return Err(failure.of_the_command_line());
        }
        expected => expected,
    };
    session.choose(|choices| choices.edit_mode = config.edit_mode);
    session.enter_prompt(commands::described);
    commands::keep(&shell, &config);
    let mut input = PromptInput::open(&session, &shell.interpreter, &shell.history)?;
    session.notice(&format!(
        "zshell {}; help() lists the functions, :help the commands, Ctrl-D leaves",
        env!("CARGO_PKG_VERSION")
    ));
    let screen = session.err();
    if screen.redraw && !connecting::has_default(&session, &config) {
        let is_narrow = screen.width.is_some_and(|width| width < UNCONNECTED.len());
        let comma = if is_narrow { ",\n" } else { ", " };
        session.notice(&UNCONNECTED.replace(", ", comma));
    }
    match expected {
        Ok(expected) => shell.expected = expected,
        // `ZSHELL_PROFILE` or `default_profile`, which another connection doesn't need.
        Err(failure) => shell.complain(&Box::from(failure)),
    }
    drop(config);
    let init = config::folder().map(|folder| folder.join(INIT));
    if let Some(init) = init.filter(|file| wants_init && file.is_file()) {
        shell.begin_with(init);
        leaves(&session)?;
    }
    while session.exit_code().is_none() {
        let prompt = shell.prompt();
        session.idle.enter();
        // From here on, a signal ends the read.
        leaves(&session)?;
        let answer = input.read(&session, &prompt);
        session.idle.leave();
        if !matches!(answer, Ok(_) | Err(ReadlineError::Interrupted)) && !stdin().is_terminal() {
            // The terminal is gone: its signal arrives now.
            let _ = session.interrupt.sleep(TICK);
        }
        leaves(&session)?;
        let text = match answer {
            Ok(PromptLine::Statement(text)) => text,
            Ok(PromptLine::Draft(text)) => {
                let edited = commands::edit_draft(&shell, &text);
                let edited = edited.map_err(|error| shell.complain(&error));
                let Ok(Some(edited)) = edited else {
                    input.prefill(text);
                    continue;
                };
                edited
            }
            // Ctrl-C cancels the typed text.
            Err(ReadlineError::Interrupted) => {
                shell.failed = false;
                continue;
            }
            Err(ReadlineError::Eof) => break,
            Err(error) => {
                let message = format!("cannot read the prompt: {error}");
                return Err(Failure::new(Kind::Script, message));
            }
        };
        for statement in pasted::statements(&text, &shell.interpreter.names().get()) {
            shell.remember(&statement);
            session.interrupt.clear();
            step(&mut shell, statement.trim());
            if shell.failed || session.exit_code().is_some() {
                break;
            }
        }
        leaves(&session)?;
    }
    // A Ctrl-C at the prompt doesn't affect the exit code.
    session.interrupt.clear();
    Ok(())
}

/// Runs a statement or a command, and shows its value or its error.
fn step(shell: &mut Shell, text: &str) {
    let result = commands::run_any(shell, text);
    shell.failed = result.is_err();
    if let Err(mut error) = result {
        if let Some(hint) = commands::without_colon(text, &error.failure) {
            error.failure.hint = Some(hint);
        }
        shell.complain(&error);
    }
}

/// Returns an error for stops that end the prompt: all except Ctrl-C.
fn leaves(session: &Session) -> Result<(), Failure> {
    match session.interrupt.check() {
        Err(stop) if stop != Stop::Interrupted => Err(stop.into()),
        _ => Ok(()),
    }
}
