//! Key bindings beyond the editor's own: Enter, closing brackets, Up and Down, hints, Ctrl-C, Ctrl-R, Ctrl-X Ctrl-E.

use super::history::History;
use super::indent;
use super::vi_cursor::ViCursor;
use crate::engine::syntax::parse_state;
use parking_lot::Mutex;
use rustyline::history::SearchDirection;
use rustyline::{
    Cmd, ConditionalEventHandler, EditMode, Event, EventContext, EventHandler, InputMode, KeyCode,
    KeyEvent, Modifiers, Movement, RepeatCount,
};
use std::sync::Arc;

/// Requests from key handlers to the helper, which the editor calls next.
#[derive(Clone, Default)]
pub(super) struct PendingKeyAction(Arc<Mutex<KeyAction>>);

#[derive(Default)]
struct KeyAction {
    outdent: Option<Outdent>,
    end: Option<LineEnd>,
    /// True during a search with Ctrl-R.
    searching: bool,
    tab: Option<TabKey>,
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

impl PendingKeyAction {
    /// Takes the request for a bracket in this line.
    pub(super) fn outdent(&self, line: &str) -> Option<Outdent> {
        let outdent = self.with(|action| action.outdent.take());
        outdent.filter(|outdent| outdent.line == line)
    }

    /// Returns the key that ended the line, until the next line. `None` for Enter.
    pub(super) fn line_end(&self) -> Option<LineEnd> {
        self.with(|action| action.end)
    }

    /// Returns the key that asked for completion.
    pub(super) fn tab(&self) -> TabKey {
        self.with(|action| action.tab).unwrap_or_default()
    }

    fn is_searching(&self) -> bool {
        self.with(|action| action.searching)
    }

    /// Drops earlier requests.
    pub(super) fn clear(&self) {
        self.with(|action| *action = KeyAction::default());
    }

    fn with<T>(&self, act: impl FnOnce(&mut KeyAction) -> T) -> T {
        act(&mut self.0.lock())
    }
}

/// Returns the keys with their handlers.
pub(super) fn bindings(
    history: &History,
    pending: &PendingKeyAction,
    cursor: &ViCursor,
) -> Vec<(Event, EventHandler)> {
    use EditorAction::{
        Accept, BackTab, Close, Down, End, Enter, Newer, Older, Other, Search, Tab, TakeHint,
        TakeWord, Up, ViDown, ViUp,
    };
    let key = |code| KeyEvent(code, Modifiers::NONE);
    let typed = |letter| KeyEvent::new(letter, Modifiers::NONE);
    let keys = [
        (key(KeyCode::Enter), Enter),
        (KeyEvent::ctrl('M'), Enter),
        (KeyEvent::ctrl('J'), Enter),
        (KeyEvent::alt('\r'), Accept),
        (KeyEvent::ctrl('C'), End(LineEnd::Cancel)),
        (KeyEvent::ctrl('R'), Search),
        (typed('}'), Close('}')),
        (typed(')'), Close(')')),
        (typed(']'), Close(']')),
        (key(KeyCode::Tab), Tab),
        (key(KeyCode::BackTab), BackTab),
        (key(KeyCode::Up), Up),
        (key(KeyCode::Down), Down),
        (KeyEvent::ctrl('P'), Older),
        (KeyEvent::ctrl('N'), Newer),
        (typed('k'), ViUp),
        (typed('-'), ViUp),
        (typed('j'), ViDown),
        (typed('+'), ViDown),
        (key(KeyCode::Right), TakeHint),
        (key(KeyCode::End), TakeHint),
        (KeyEvent::ctrl('F'), TakeHint),
        (KeyEvent::ctrl('E'), TakeHint),
        (KeyEvent::alt('f'), TakeWord),
        (KeyEvent(KeyCode::Right, Modifiers::CTRL), TakeWord),
    ];
    let bind = |(event, action): (Event, EditorAction)| {
        let handler = Handler {
            action,
            history: history.clone(),
            pending: pending.clone(),
            cursor: cursor.clone(),
        };
        (event, EventHandler::Conditional(Box::new(handler)))
    };
    let edit = Event::KeySeq(vec![KeyEvent::ctrl('X'), KeyEvent::ctrl('E')]);
    let other = [(edit, End(LineEnd::Edit)), (Event::Any, Other)];
    // The editor binds this key in some modes only.
    let clear = EventHandler::Simple(Cmd::ClearScreen);
    let clear = (KeyEvent::ctrl('L').into(), clear);
    let keys = keys.map(|(key, action)| (key.into(), action)).into_iter();
    keys.chain(other).map(bind).chain([clear]).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum EditorAction {
    Enter,
    Accept,
    End(LineEnd),
    Search,
    /// Any key without an action of ours.
    Other,
    Close(char),
    Tab,
    BackTab,
    Up,
    Down,
    Older,
    Newer,
    ViUp,
    ViDown,
    TakeHint,
    TakeWord,
}

struct Handler {
    action: EditorAction,
    history: History,
    pending: PendingKeyAction,
    cursor: ViCursor,
}

impl ConditionalEventHandler for Handler {
    fn handle(
        &self,
        event: &Event,
        _: RepeatCount,
        _: bool,
        context: &EventContext<'_>,
    ) -> Option<Cmd> {
        let (line, pos) = (context.line(), context.pos());
        let vi_command =
            context.mode() == EditMode::Vi && context.input_mode() == InputMode::Command;
        self.cursor.follow(event, context);
        let searching = self.pending.is_searching();
        let repeated = self.pending.with(|action| action.tab.is_some());
        self.pending.clear();
        if self.action == EditorAction::Search || (searching && is_search_key(event)) {
            let has_entries = !rustyline::history::History::is_empty(&self.history);
            self.pending.with(|action| action.searching = has_entries);
            return None;
        }
        match self.action {
            EditorAction::Enter if searching => Some(enter_found(line)),
            EditorAction::Enter => Some(enter(line, pos)),
            EditorAction::Accept => Some(Cmd::AcceptLine),
            EditorAction::End(end) => {
                self.pending.with(|action| action.end = Some(end));
                Some(Cmd::AcceptLine)
            }
            EditorAction::Close(bracket) if !vi_command => self.close(bracket, line, pos),
            EditorAction::Tab | EditorAction::BackTab if !vi_command => {
                let backward = self.action == EditorAction::BackTab;
                let key = TabKey { repeated, backward };
                tab(line, pos).or_else(|| {
                    self.pending.with(|action| action.tab = Some(key));
                    Some(Cmd::Complete)
                })
            }
            EditorAction::Up => Some(self.up(line, pos)),
            EditorAction::Down => Some(self.down(line, pos)),
            EditorAction::ViUp if vi_command => Some(self.up(line, pos)),
            EditorAction::ViDown if vi_command => Some(self.down(line, pos)),
            EditorAction::Older => Some(self.older(line, pos)),
            EditorAction::Newer => Some(self.newer(line)),
            EditorAction::TakeHint if !vi_command => take_hint(event, context),
            EditorAction::TakeWord if !vi_command => take_word(context),
            _ => None,
        }
    }
}

impl Handler {
    /// Aligns a closing bracket at the start of a line with the line of its partner. Completion is the only editor
    /// command that replaces text before the cursor, so the bracket is inserted through it.
    fn close(&self, bracket: char, line: &str, pos: usize) -> Option<Cmd> {
        let (start, blanks) = indent::of_closing(line, pos)?;
        let outdent = Outdent {
            line: line.to_owned(),
            start,
            text: format!("{blanks}{bracket}"),
        };
        self.pending.with(|action| action.outdent = Some(outdent));
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
        search(self.history.older(line, pos))
    }

    fn newer(&self, line: &str) -> Cmd {
        search(self.history.newer(line))
    }
}

/// Returns the editor command that shows the entry chosen by the history.
fn search(direction: Option<SearchDirection>) -> Cmd {
    match direction {
        Some(SearchDirection::Reverse) => Cmd::HistorySearchBackward,
        Some(SearchDirection::Forward) => Cmd::HistorySearchForward,
        None => Cmd::Noop,
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
fn is_search_key(event: &Event) -> bool {
    match event.get(0) {
        Some(KeyEvent(KeyCode::Char(letter), modifiers)) => {
            *modifiers == Modifiers::NONE
                || (*modifiers == Modifiers::CTRL && matches!(letter, 'R' | 'S' | 'H'))
        }
        Some(KeyEvent(KeyCode::Backspace, modifiers)) => *modifiers == Modifiers::NONE,
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
fn take_hint(event: &Event, context: &EventContext<'_>) -> Option<Cmd> {
    if context.pos() < context.line().len() || !context.has_hint() {
        return None;
    }
    if context.hint_text().is_some() {
        return Some(Cmd::CompleteHint);
    }
    let right = KeyEvent(KeyCode::Right, Modifiers::NONE);
    (event.get(0) == Some(&right)).then_some(Cmd::Noop)
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
