//! The shell behind the prompt: what runs statements and commands and remembers them.

use super::commands::{self, Next};
use super::history::History;
use super::input;
use super::prompt::Prompt;
use crate::engine::{Interpreter, ScriptError, values};
use crate::session::Session;
use std::rc::Rc;

/// What lasts from one statement to the next.
pub struct Shell {
    interpreter: Interpreter,
    session: Rc<Session>,
    record: Vec<Statement>,
    history: History,
    failed: bool,
}

/// A statement that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// As it was typed.
    pub text: String,
    /// False where it ended with an error.
    pub succeeded: bool,
}

impl Shell {
    /// A shell that has run nothing yet.
    pub fn new(interpreter: Interpreter) -> Self {
        let session = Rc::clone(interpreter.session());
        Self {
            interpreter,
            session,
            record: Vec::new(),
            history: History::default(),
            failed: false,
        }
    }

    /// The run's shared state.
    pub fn session(&self) -> Rc<Session> {
        Rc::clone(&self.session)
    }

    /// The statements run so far, commands not among them.
    pub fn record(&self) -> &[Statement] {
        &self.record
    }

    /// The statements typed in this and earlier sessions.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// What stands before the cursor.
    pub(super) fn prompt(&self) -> Prompt {
        let columns = input::screen(&self.session).width.unwrap_or(80);
        let connection = self.session.current();
        let name = connection.as_ref().map(|connection| {
            let settings = connection.client.settings();
            let database = settings.database.as_deref().unwrap_or("default");
            (connection.name.as_str(), database)
        });
        Prompt::new(name, self.failed, columns)
    }

    /// The prompt no longer tells of a failure.
    pub(super) fn forget_failure(&mut self) {
        self.failed = false;
    }

    /// Runs one statement or command, shows its value or its error.
    pub(super) fn step(&mut self, text: &str) -> Next {
        let result = if let Some(command) = text.strip_prefix(':') {
            match commands::run(self, command) {
                Ok(next) => {
                    self.failed = false;
                    return next;
                }
                Err(failure) => Err(Box::<ScriptError>::from(failure)),
            }
        } else {
            self.statement(text)
        };
        self.failed = result.is_err();
        if let Err(error) = result
            && self.session.exit_code().is_none()
            && !self.session.closed_pipe()
        {
            let screen = self.session.err();
            self.session.complain(error.lay_out(&screen).trim_end());
        }
        Next::Prompt
    }

    /// Runs one statement and shows its value.
    fn statement(&mut self, text: &str) -> Result<(), Box<ScriptError>> {
        let result = self.interpreter.run_line(text);
        self.record.push(Statement {
            text: text.to_owned(),
            succeeded: result.is_ok(),
        });
        let value = result?;
        values::show(&value, |shown| self.session.show(shown)).map_err(Box::<ScriptError>::from)
    }
}
