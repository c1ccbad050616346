//! The shell's state, and running statements and scripts.

use super::history::History;
use super::prompt::{self, Prompt};
use crate::engine::connecting::profiles::ExpectedConnection;
use crate::engine::syntax::SourceText;
use crate::engine::syntax::secrets::masked;
use crate::engine::types::{self, DefinedNames};
use crate::engine::{Interpreter, ScriptError};
use crate::error::{Failure, Kind};
use crate::render::Tone;
use crate::session::Session;
use crate::session::log::Log;
use crate::text::words;
use rhai::{Dynamic, Token};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Instant;

/// Returns the text for a statement that gave no value but should have one, for example a key that a map lacks.
type MissingValue = fn(&SourceText, &DefinedNames) -> Option<String>;

/// A statement or a whole script that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    /// The text as typed or read.
    pub text: String,
    /// The origin.
    pub origin: StatementOrigin,
    /// The outcome.
    pub outcome: StatementOutcome,
}

/// The origin of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StatementOrigin {
    /// Typed at the prompt.
    Prompt,
    /// Read from this file by `:load`.
    File(PathBuf),
    /// Read from `init.rhai`.
    Init(PathBuf),
    /// No statement: `:cd` made this the current folder.
    Folder(PathBuf),
}

/// The outcome of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatementOutcome {
    /// A value, which was shown.
    Shown,
    /// No value.
    Silent,
    /// An error.
    Failed,
}

impl StatementOutcome {
    /// Returns the outcome of a run.
    pub(super) fn of<E>(result: &Result<Dynamic, E>) -> Self {
        match result {
            Ok(value) if value.is_unit() => Self::Silent,
            Ok(_) => Self::Shown,
            Err(_) => Self::Failed,
        }
    }
}

/// The state that lasts from one statement to the next.
pub(crate) struct Shell {
    pub(super) interpreter: Interpreter,
    session: Rc<Session>,
    /// The statements run so far, without commands. The first may be `init.rhai`.
    pub(super) record: Vec<Statement>,
    /// `init.rhai`, if it exists and is wanted.
    init: Option<PathBuf>,
    /// The statements typed in this and earlier sessions.
    pub(super) history: History,
    missing_value: MissingValue,
    /// The current folder when the record began.
    pub(super) first_folder: PathBuf,
    /// The connection that the first call makes, which the prompt shows until then.
    pub(super) expected: Option<ExpectedConnection>,
    /// True if the last statement failed, which the prompt shows.
    pub(super) failed: bool,
}

impl Shell {
    /// Returns a shell without statements.
    pub(crate) fn new(interpreter: Interpreter, missing_value: MissingValue) -> Self {
        let session = Rc::clone(interpreter.session());
        Self {
            missing_value,
            first_folder: interpreter.script_dir().to_owned(),
            interpreter,
            session,
            record: Vec::new(),
            init: None,
            history: History::default(),
            expected: None,
            failed: false,
        }
    }

    /// Returns the run's shared state.
    pub(crate) fn session(&self) -> Rc<Session> {
        Rc::clone(&self.session)
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
        let screen = prompt::screen(&self.session);
        let (name, protected) = match (self.session.current(), &self.expected) {
            (Some(connection), _) => {
                let settings = connection.client.settings();
                let database = settings.database.as_deref().unwrap_or("default");
                let name = format!("{}/{database}", connection.name);
                (name, connection.protected)
            }
            (None, Some(expected)) => (expected.name.clone(), expected.protected),
            (None, None) => ("zshell".to_owned(), false),
        };
        Prompt::new(&name, protected, self.failed, &screen)
    }

    /// Takes a new current folder as the folder of later statements.
    pub(super) fn enter_folder(&mut self, folder: PathBuf) {
        self.record.push(Statement {
            text: String::new(),
            origin: StatementOrigin::Folder(folder.clone()),
            outcome: StatementOutcome::Silent,
        });
        self.interpreter.set_folder(folder);
    }

    /// Runs one statement and shows its value.
    pub(super) fn statement(&mut self, text: &str) -> Result<(), Box<ScriptError>> {
        let timing = self.session.choices().timing;
        self.timed_statement(text, timing)
    }

    /// Runs one statement, shows its value, unless the statement ends with a semicolon, and its time if `timing` is true.
    pub(super) fn timed_statement(
        &mut self,
        text: &str,
        timing: bool,
    ) -> Result<(), Box<ScriptError>> {
        let (result, time) = self.timed(timing, |shell| shell.interpreter.run_line(text));
        let source = SourceText::read(text);
        let is_hidden = source.before(source.len()) == Some(&Token::SemiColon);
        let result = result.map(|value| if is_hidden { Dynamic::UNIT } else { value });
        self.keep(text, StatementOrigin::Prompt, &result);
        let shown = result.and_then(|value| {
            if value.is_unit() && !is_hidden {
                self.show_nothing(&source);
            }
            self.show(&value)
        });
        self.show_time(time);
        shown
    }

    /// Shows that a variable, or a key that a map lacks, has no value. A call without a value shows nothing.
    fn show_nothing(&self, source: &SourceText) {
        let names = self.interpreter.names().get();
        let text = (self.missing_value)(source, &names);
        if let Some(text) = text.filter(|_| !self.session.choices().quiet) {
            Log::painted(&self.session.err().paint(Tone::Dim, &text));
        }
    }

    /// Runs a script in the prompt's scope and shows its value.
    pub(super) fn script(&mut self, file: &Path, text: &str) -> Result<(), Box<ScriptError>> {
        let name = file.display().to_string();
        let timing = self.session.choices().timing;
        let (result, time) = self.timed(timing, |shell| shell.interpreter.run_among(&name, text));
        self.keep(text, StatementOrigin::File(file.to_owned()), &result);
        let shown = result.and_then(|value| {
            self.interpreter.set_last(&value);
            self.show(&value)
        });
        self.show_time(time);
        shown
    }

    /// Runs a function and returns its result, with its time and number of HTTP requests in words if `timing` is true.
    fn timed<T>(&mut self, timing: bool, run: impl FnOnce(&mut Self) -> T) -> (T, Option<String>) {
        let log = self.session.http_log();
        let (begun, sent) = (Instant::now(), log.requests());
        let result = run(self);
        let time = words::duration(begun.elapsed());
        let requests = words::count(log.requests().saturating_sub(sent), "request");
        (result, timing.then(|| format!("took {time}, {requests}")))
    }

    /// Shows a statement's time. It isn't a notice, which `-q` hides, because the user asked for it.
    fn show_time(&self, time: Option<String>) {
        if let Some(time) = time {
            Log::painted(&self.session.err().paint(Tone::Dim, &time));
        }
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
        self.first_folder = self.interpreter.script_dir().to_owned();
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
        self.record.push(Statement {
            text: text.to_owned(),
            origin,
            outcome: StatementOutcome::of(result),
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
