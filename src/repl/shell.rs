//! The shell's state, and running statements and scripts.

use super::history::History;
use super::prompt::{self, Prompt};
use super::record::{Statement, StatementOrigin, StatementOutcome};
use crate::engine::syntax::secrets::masked;
use crate::engine::{Interpreter, ScriptError, types};
use crate::error::{Failure, Kind};
use crate::session::Session;
use crate::session::log::Log;
use rhai::Dynamic;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The state that lasts from one statement to the next.
pub(crate) struct Shell {
    pub(super) interpreter: Interpreter,
    session: Rc<Session>,
    record: Vec<Statement>,
    /// `init.rhai`, if it exists and is wanted.
    init: Option<PathBuf>,
    history: History,
    /// True if the last statement failed, which the prompt shows.
    failed: bool,
}

impl Shell {
    /// Returns a shell without statements.
    pub(crate) fn new(interpreter: Interpreter) -> Self {
        let session = Rc::clone(interpreter.session());
        Self {
            interpreter,
            session,
            record: Vec::new(),
            init: None,
            history: History::default(),
            failed: false,
        }
    }

    /// Returns the run's shared state.
    pub(crate) fn session(&self) -> Rc<Session> {
        Rc::clone(&self.session)
    }

    /// Returns the statements run so far, without commands. The first may be `init.rhai`.
    pub(crate) fn record(&self) -> &[Statement] {
        &self.record
    }

    /// Returns the statements typed in this and earlier sessions.
    pub(crate) fn history(&self) -> &History {
        &self.history
    }

    /// Adds a statement to the history, with secrets masked.
    pub(super) fn remember(&self, text: &str) {
        if let Err(error) = self.history.remember(&masked(text.trim_end())) {
            self.session.notice(&format!(
                "statements are no longer kept in the history file: {error}"
            ));
        }
    }

    /// Returns the prompt text.
    pub(super) fn prompt(&self) -> Prompt {
        let columns = prompt::screen(&self.session).width.unwrap_or(80);
        let connection = self.session.current();
        let name = connection.as_ref().map(|connection| {
            let settings = connection.client.settings();
            let database = settings.database.as_deref().unwrap_or("default");
            (connection.name.as_str(), database)
        });
        Prompt::new(name, self.failed, columns)
    }

    /// Sets whether the prompt shows that the last statement failed.
    pub(super) fn set_failed(&mut self, failed: bool) {
        self.failed = failed;
    }

    /// Returns true if the last statement failed.
    pub(super) fn has_failed(&self) -> bool {
        self.failed
    }

    /// Runs one statement and shows its value.
    pub(super) fn statement(&mut self, text: &str) -> Result<(), Box<ScriptError>> {
        let result = self.interpreter.run_line(text);
        self.keep(text, StatementOrigin::Prompt, &result);
        self.show(&result?)
    }

    /// Runs a script in the prompt's scope and shows its value.
    pub(super) fn script(&mut self, file: &Path, text: &str) -> Result<(), Box<ScriptError>> {
        let name = file.display().to_string();
        let result = self.interpreter.run_among(&name, text);
        self.keep(text, StatementOrigin::File(file.to_owned()), &result);
        let value = result?;
        self.interpreter.set_last(&value);
        self.show(&value)
    }

    /// Runs `init.rhai` now and after each [`Self::reset`]. Errors are shown and don't end the shell.
    pub(super) fn begin_with(&mut self, file: PathBuf) {
        self.init = Some(file);
        self.initialize();
    }

    /// Removes variables, functions, modules and the record, then runs `init.rhai`. The connection stays.
    pub(super) fn reset(&mut self) {
        self.interpreter.reset();
        self.record.clear();
        self.initialize();
    }

    fn initialize(&mut self) {
        let Some(file) = self.init.clone() else {
            return;
        };
        let name = file.display().to_string();
        let text = match self.session.read_text(&name) {
            Ok(text) => text,
            Err(failure) => return self.complain(&Box::from(failure)),
        };
        let result = self.interpreter.run_among(&name, &text);
        self.keep(&text, StatementOrigin::Init(file), &result);
        if let Err(error) = result {
            self.complain(&error);
        }
    }

    fn keep(
        &mut self,
        text: &str,
        origin: StatementOrigin,
        result: &Result<Dynamic, Box<ScriptError>>,
    ) {
        let outcome = match result {
            Ok(value) if value.is_unit() => StatementOutcome::Silent,
            Ok(_) => StatementOutcome::Shown,
            Err(_) => StatementOutcome::Failed,
        };
        self.record.push(Statement {
            text: text.to_owned(),
            origin,
            outcome,
        });
    }

    fn show(&self, value: &Dynamic) -> Result<(), Box<ScriptError>> {
        types::show(value, |shown| self.session.show(shown)).map_err(Failure::into)
    }

    /// Shows an error, unless the run is about to end.
    pub(super) fn complain(&self, error: &ScriptError) {
        if self.session.exit_code().is_none() && !self.session.closed_pipe() {
            let screen = self.session.err();
            let text = error.lay_out(&screen);
            // The terminal has echoed `^C` at the start of the line.
            let echoed = error.failure.kind == Kind::Interrupted && screen.redraw;
            let erase = if echoed { "\r\x1b[K" } else { "" };
            Log::painted(&format!("{erase}{}", text.trim_end()));
        }
    }
}
