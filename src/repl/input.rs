//! The line editor with its helper, key bindings and history.

use super::complete::Completer;
use super::helper::Helper;
use super::hint::Hinter;
use super::history::History;
use super::keys::{KeyAction, KeyHandler, LineEnd, PendingKeyAction};
#[cfg(unix)]
use super::plain::Lines;
use super::prompt::{Prompt, screen};
use super::vi_cursor::ViCursor;
use crate::config::EditMode;
use crate::engine::Interpreter;
use crate::error::{Failure, Kind};
use crate::fsutil::create_private_folder;
use crate::session::Session;
use rustyline::config::{BellStyle, Configurer};
use rustyline::error::ReadlineError;
use rustyline::{Behavior, ColorMode, CompletionType, Editor};
use std::io::{IsTerminal, stdout};
use std::rc::Rc;
use unicode_width::UnicodeWidthStr;

/// Milliseconds after which Esc is a key of its own in vi mode, and not the beginning of another key's sequence.
const ESCAPE_WAIT: u16 = 40;

/// A line that was read.
pub(super) enum PromptLine {
    /// A statement to run.
    Statement(String),
    /// A text to open in an editor.
    Draft(String),
}

/// The line editor with its history.
pub(super) struct PromptInput {
    editor: Editor<Helper, History>,
    keys: KeyHandler,
    /// The text that the next line begins with.
    prefilled: String,
    /// The reader for dumb terminals.
    #[cfg(unix)]
    plain: Option<Lines>,
}

impl PromptInput {
    /// Opens the editor and reads the history of earlier sessions into `history`.
    pub(super) fn open(
        session: &Rc<Session>,
        interpreter: &Interpreter,
        history: &History,
    ) -> Result<Self, Failure> {
        // The prompt stays on the terminal when results go to a file or pipe.
        let behavior = if stdout().is_terminal() {
            Behavior::Stdio
        } else {
            Behavior::PreferTerm
        };
        let config = rustyline::Config::builder()
            .auto_add_history(false)
            .completion_type(CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            .bell_style(BellStyle::None)
            .behavior(behavior)
            .build();
        let mut editor = Editor::with_history(config, history.clone()).map_err(|error| {
            Failure::new(Kind::Script, format!("cannot set up the prompt: {error}"))
        })?;
        let pending = PendingKeyAction::default();
        editor.set_helper(Some(Helper::new(
            Completer::new(Rc::clone(session), interpreter.names()),
            Hinter {
                history: history.clone(),
                ..Hinter::default()
            },
            pending.clone(),
        )));
        let keys = KeyHandler {
            history: history.clone(),
            pending: pending.clone(),
            cursor: ViCursor::default(),
        };
        for (key, handler) in keys.bindings() {
            editor.bind_sequence(key, handler);
        }
        let folder = session.choices().data_dir.clone();
        let file = folder.join("history");
        let opened = create_private_folder(&folder)
            .and_then(|()| history.open(file.clone(), &session.interrupt));
        if let Err(error) = opened {
            session.notice(&format!(
                "statements of this session are not kept in {}: {error}",
                file.display()
            ));
        }
        Ok(Self {
            editor,
            keys,
            prefilled: String::new(),
            #[cfg(unix)]
            plain: is_dumb().then(Lines::new),
        })
    }

    /// Puts a text into the next line.
    pub(super) fn prefill(&mut self, text: String) {
        self.prefilled = text;
    }

    /// Reads one statement.
    pub(super) fn read(
        &mut self,
        session: &Session,
        prompt: &Prompt,
    ) -> Result<PromptLine, ReadlineError> {
        self.follow_choices(session, prompt);
        self.keys.history.rewind();
        *self.keys.pending.lock() = KeyAction::default();
        #[cfg(unix)]
        if let Some(lines) = &mut self.plain {
            let line = lines.read(&prompt.plain, &session.interrupt);
            return line.map(PromptLine::Statement);
        }
        let prefilled = std::mem::take(&mut self.prefilled);
        if session.choices().edit_mode == EditMode::Vi && screen(session).redraw {
            self.keys.cursor.begin();
        }
        let text = self
            .editor
            .readline_with_initial(&prompt.plain, (&prefilled, ""));
        self.keys.cursor.end();
        let text = text?;
        let end = self.keys.pending.lock().end;
        match end {
            None => Ok(PromptLine::Statement(text)),
            Some(LineEnd::Cancel) => Err(ReadlineError::Interrupted),
            Some(LineEnd::Edit) => Ok(PromptLine::Draft(text)),
        }
    }

    /// Applies changes of colours and key bindings since the last statement.
    fn follow_choices(&mut self, session: &Session, prompt: &Prompt) {
        let screen = screen(session);
        let mode = match session.choices().edit_mode {
            EditMode::Emacs => rustyline::EditMode::Emacs,
            EditMode::Vi => rustyline::EditMode::Vi,
        };
        self.editor.set_edit_mode(mode);
        if mode == rustyline::EditMode::Vi {
            self.editor.set_keyseq_timeout(Some(ESCAPE_WAIT));
        }
        self.editor.set_color_mode(if screen.color {
            ColorMode::Forced
        } else {
            ColorMode::Disabled
        });
        if let Some(helper) = self.editor.helper_mut() {
            helper.hinter.prompt = prompt.plain.width();
            helper.hinter.color = screen.color;
            helper.hinter.unicode = screen.unicode;
            helper.prompt.clone_from(&prompt.painted);
        }
    }
}

/// Returns true if the terminal can't move the cursor.
#[cfg(unix)]
fn is_dumb() -> bool {
    crate::config::set("TERM").is_none_or(|term| term == "dumb")
}
