//! Reading statements: rustyline with history, and more lines until the parser is content.

use crate::engine::compile;
use crate::engine::completeness::{Completeness, completeness};
use crate::error::{Failure, Kind};
use crate::secret::masked;
use crate::session::Session;
use rhai::Engine;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Cmd, Completer, Editor, EventHandler, Helper, Highlighter, Hinter, KeyEvent};
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

/// Judges whether a statement is whole, by the real parser.
#[derive(Completer, Helper, Highlighter, Hinter)]
struct Judge {
    engine: Engine,
}

impl Validator for Judge {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        if text.trim_start().starts_with(':') {
            return Ok(ValidationResult::Valid(None));
        }
        Ok(match completeness(&self.engine, text) {
            Completeness::Complete => ValidationResult::Valid(None),
            Completeness::Incomplete => ValidationResult::Incomplete,
        })
    }
}

/// The line editor with its history file.
pub(super) struct Input {
    editor: Editor<Judge, FileHistory>,
    history: PathBuf,
}

impl Input {
    /// Opens the editor and reads the history of earlier sessions.
    pub(super) fn open(session: &Session) -> Result<Self, Failure> {
        let config = rustyline::Config::builder()
            .auto_add_history(false)
            .max_history_size(10_000)
            .and_then(|builder| builder.history_ignore_dups(true))
            .map_err(|error| terminal(&error))?
            .build();
        let mut editor = Editor::with_config(config).map_err(|error| terminal(&error))?;
        let mut engine = Engine::new_raw();
        compile::install(&mut engine);
        editor.set_helper(Some(Judge { engine }));
        // A statement that is stuck open can be sent as it is, to see what is wrong with it.
        editor.bind_sequence(KeyEvent::alt('\r'), EventHandler::from(Cmd::AcceptLine));
        let folder = &session.choices().data_dir.clone();
        if let Err(error) = create_private(folder) {
            session.notice(&format!(
                "no history: cannot make {}: {error}",
                folder.display()
            ));
        }
        let history = folder.join("history");
        if let Err(error) = make_private(&history) {
            session.notice(&format!("no history: {}: {error}", history.display()));
        }
        // A missing history is an empty one.
        let _ = editor.load_history(&history);
        Ok(Self { editor, history })
    }

    /// Reads one statement.
    pub(super) fn read(&mut self, prompt: &str) -> Result<String, ReadlineError> {
        self.editor.readline(prompt)
    }

    /// What was typed, oldest first, in this session and those before; keys are masked.
    pub(super) fn entries(&self) -> Vec<String> {
        self.editor.history().iter().cloned().collect()
    }

    /// Keeps a statement in memory and in the file, its keys masked.
    pub(super) fn remember(&mut self, session: &Session, text: &str) {
        let kept = self
            .editor
            .add_history_entry(masked(text.trim_end()))
            .and_then(|_| self.editor.append_history(&self.history));
        if let Err(error) = kept {
            session.notice(&format!("history not kept: {error}"));
        }
    }
}

/// Makes the data folder if there is none, for its owner alone.
fn create_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes the history file if there is none, for its owner alone. It is made here, not by the first entry, since two
/// shells that find none would each begin a new one, and the later would wipe out the earlier one's entries.
fn make_private(history: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let file = options.mode(0o600).open(history)?;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))
    }
    #[cfg(not(unix))]
    options.open(history).map(drop)
}

fn terminal(error: &ReadlineError) -> Failure {
    Failure::new(Kind::Script, format!("cannot set up the prompt: {error}"))
}
