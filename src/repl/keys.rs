//! Key bindings beyond the editor's own: Enter, closing brackets, Up and Down, hints, Ctrl-C, Ctrl-R, Ctrl-X Ctrl-E.

use super::history::History;
use super::indent;
use super::vi_cursor::ViCursor;
use crate::engine::syntax::parse_state;
use parking_lot::Mutex;
use rustyline::history::History as _;
use rustyline::{
    Cmd, ConditionalEventHandler, EditMode, Event, EventContext, EventHandler, InputMode, KeyCode,
    KeyEvent, Modifiers, Movement, RepeatCount,
};
use std::sync::Arc;

/// Requests from the key handler to the helper, which the editor calls next.
pub(super) type PendingKeyAction = Arc<Mutex<KeyAction>>;

/// The request of the last key.
#[derive(Default)]
pub(super) struct KeyAction {
    /// The bracket to align.
    pub(super) outdent: Option<Outdent>,
    /// The key that ended the line, until the next line. `None` for Enter.
    pub(super) end: Option<LineEnd>,
    /// True during a search with Ctrl-R.
    searching: bool,
    /// The key that asked for completion.
    pub(super) tab: Option<TabKey>,
}

/// The key that asked for completion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TabKey {
    /// True if the key before was Tab or Shift-Tab, too.
    pub(super) repeated: bool,
    /// True for Shift-Tab.
    pub(super) backward: bool,
}

/// A key other than Enter that ends the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnd {
    /// Ctrl-C.
    Cancel,
    /// Ctrl-X Ctrl-E.
    Edit,
}

/// A closing bracket that was typed on an over-indented line.
pub(super) struct Outdent {
    /// The line.
    pub(super) line: String,
    /// The byte where the indentation starts.
    pub(super) start: usize,
    /// The new indentation.
    pub(super) text: String,
}

/// Handles each key before the editor does.
#[derive(Clone)]
pub(super) struct KeyHandler {
    pub(super) history: History,
    pub(super) pending: PendingKeyAction,
    pub(super) cursor: ViCursor,
}

impl KeyHandler {
    /// Returns the events that are handled: each key, and the sequence that opens an editor.
    pub(super) fn bindings(&self) -> [(Event, EventHandler); 2] {
        let edit = Event::KeySeq(vec![KeyEvent::ctrl('X'), KeyEvent::ctrl('E')]);
        [Event::Any, edit].map(|event| (event, EventHandler::Conditional(Box::new(self.clone()))))
    }
}

impl ConditionalEventHandler for KeyHandler {
    fn handle(
        &self,
        event: &Event,
        _: RepeatCount,
        _: bool,
        context: &EventContext<'_>,
    ) -> Option<Cmd> {
        use KeyCode::{BackTab, Char, Down, End, Enter, Right, Tab, Up};
        const NONE: Modifiers = Modifiers::NONE;
        const CTRL: Modifiers = Modifiers::CTRL;
        const ALT: Modifiers = Modifiers::ALT;
        let key = *event.get(0)?;
        let (line, pos) = (context.line(), context.pos());
        let vi_command =
            context.mode() == EditMode::Vi && context.input_mode() == InputMode::Command;
        self.cursor.follow(key, context);
        let before = std::mem::take(&mut *self.pending.lock());
        if key == KeyEvent::ctrl('R') || (before.searching && is_search_key(key)) {
            self.pending.lock().searching = !self.history.is_empty();
            return None;
        }
        match (key.0, key.1) {
            (Enter, NONE) | (Char('M' | 'J'), CTRL) if before.searching => Some(enter_found(line)),
            (Enter, NONE) | (Char('M' | 'J'), CTRL) => Some(enter(line, pos)),
            (Enter, ALT) => Some(Cmd::AcceptLine),
            (Char('C'), CTRL) => Some(self.end(LineEnd::Cancel)),
            (Char('X'), CTRL) if event.get(1).is_some() => Some(self.end(LineEnd::Edit)),
            // The editor binds this key in some modes only.
            (Char('L'), CTRL) => Some(Cmd::ClearScreen),
            (Char(bracket @ ('}' | ')' | ']')), NONE) if !vi_command => {
                self.close(bracket, line, pos)
            }
            (Tab | BackTab, NONE) if !vi_command => tab(line, pos).or_else(|| {
                self.pending.lock().tab = Some(TabKey {
                    repeated: before.tab.is_some(),
                    backward: key.0 == BackTab,
                });
                Some(Cmd::Complete)
            }),
            (Up, NONE) => Some(self.up(line, pos)),
            (Down, NONE) => Some(self.down(line, pos)),
            (Char('k' | '-'), NONE) if vi_command => Some(self.up(line, pos)),
            (Char('j' | '+'), NONE) if vi_command => Some(self.down(line, pos)),
            (Char('P'), CTRL) => Some(self.older(line, pos)),
            (Char('N'), CTRL) => Some(self.newer(line)),
            (Right | End, NONE) | (Char('F' | 'E'), CTRL) if !vi_command => take_hint(key, context),
            (Char('f'), ALT) | (Right, CTRL) if !vi_command => take_word(context),
            _ => None,
        }
    }
}

impl KeyHandler {
    fn end(&self, key: LineEnd) -> Cmd {
        self.pending.lock().end = Some(key);
        Cmd::AcceptLine
    }

    /// Aligns a closing bracket at the start of a line with the line of its partner. Completion is the only editor
    /// command that replaces text before the cursor, so the bracket is inserted through it.
    fn close(&self, bracket: char, line: &str, pos: usize) -> Option<Cmd> {
        let (start, blanks) = indent::of_closing(line, pos)?;
        self.pending.lock().outdent = Some(Outdent {
            line: line.to_owned(),
            start,
            text: format!("{blanks}{bracket}"),
        });
        Some(Cmd::Complete)
    }

    fn up(&self, line: &str, pos: usize) -> Cmd {
        if line.get(..pos).unwrap_or_default().contains('\n') {
            return Cmd::Move(Movement::LineUp(1));
        }
        self.older(line, pos)
    }

    fn down(&self, line: &str, pos: usize) -> Cmd {
        if line.get(pos..).unwrap_or_default().contains('\n') {
            return Cmd::Move(Movement::LineDown(1));
        }
        self.newer(line)
    }

    fn older(&self, line: &str, pos: usize) -> Cmd {
        self.history.older(line, pos).unwrap_or(Cmd::Noop)
    }

    fn newer(&self, line: &str) -> Cmd {
        self.history.newer(line).unwrap_or(Cmd::Noop)
    }
}

/// Enter runs a complete statement from anywhere in its last line. Elsewhere it starts a new line.
fn enter(line: &str, pos: usize) -> Cmd {
    let below = line.get(pos..).unwrap_or_default();
    let above_last = below.contains('\n') && !below.trim().is_empty();
    if line.trim().is_empty() || (parse_state(line).is_complete && !above_last) {
        return Cmd::AcceptLine;
    }
    Cmd::Insert(1, format!("\n{}", indent::after(line, pos)))
}

/// Enter in a search with Ctrl-R runs the found statement.
fn enter_found(line: &str) -> Cmd {
    if parse_state(line).is_complete {
        Cmd::AcceptLine
    } else {
        Cmd::Move(Movement::EndOfBuffer)
    }
}

/// Returns true if a key changes the text that Ctrl-R searches for, or finds the next match.
fn is_search_key(KeyEvent(code, modifiers): KeyEvent) -> bool {
    match modifiers {
        Modifiers::NONE => matches!(code, KeyCode::Char(_) | KeyCode::Backspace),
        Modifiers::CTRL => matches!(code, KeyCode::Char('R' | 'S' | 'H')),
        _ => false,
    }
}

/// Tab indents at the start of a continuation line.
fn tab(line: &str, pos: usize) -> Option<Cmd> {
    let (_, blanks) = indent::blanks_before(line, pos)?;
    let missing = indent::STEP - blanks % indent::STEP;
    Some(Cmd::Insert(1, " ".repeat(missing)))
}

/// Right accepts the hint at the end of the line. A hint that can't be accepted doesn't beep.
fn take_hint(key: KeyEvent, context: &EventContext<'_>) -> Option<Cmd> {
    if context.pos() < context.line().len() || !context.has_hint() {
        return None;
    }
    if context.hint_text().is_some() {
        return Some(Cmd::CompleteHint);
    }
    (key.0 == KeyCode::Right).then_some(Cmd::Noop)
}

/// Accepts one word of the hint.
fn take_word(context: &EventContext<'_>) -> Option<Cmd> {
    if context.pos() < context.line().len() {
        return None;
    }
    let hint = context.hint_text()?;
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let start = hint.find(is_part).unwrap_or(hint.len());
    let rest = hint.get(start..).unwrap_or_default();
    let end = start + rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
    hint.get(..end).map(|word| Cmd::Insert(1, word.to_owned()))
}
