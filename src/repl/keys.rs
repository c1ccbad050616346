//! Keys that do more than the editor's own commands: Enter, closing brackets, Up and Down, hints, Ctrl-C.

use super::history::History;
use super::indent;
use super::judge;
use rustyline::history::SearchDirection;
use rustyline::{
    Cmd, ConditionalEventHandler, EditMode, Event, EventContext, EventHandler, InputMode, KeyCode,
    KeyEvent, Modifiers, Movement, RepeatCount,
};
use std::sync::{Arc, Mutex, PoisonError};

/// What a key asks of the helper, which is asked next by the editor.
#[derive(Clone, Default)]
pub(super) struct Wishes(Arc<Mutex<Wish>>);

#[derive(Default)]
struct Wish {
    outdent: Option<Outdent>,
    drop: bool,
}

/// A closing bracket that is typed where the line is set in too far.
pub(super) struct Outdent {
    /// The line it is typed in.
    pub(super) line: String,
    /// The byte where the blanks before it begin.
    pub(super) start: usize,
    /// What stands there instead.
    pub(super) text: String,
}

impl Wishes {
    /// The bracket to put into this line, once.
    pub(super) fn outdent(&self, line: &str) -> Option<Outdent> {
        let outdent = self.with(|wish| wish.outdent.take());
        outdent.filter(|outdent| outdent.line == line)
    }

    /// True if Ctrl-C asked for what is typed to be dropped; `false` as long as nothing new asks for it.
    pub(super) fn drops(&self) -> bool {
        self.with(|wish| wish.drop)
    }

    /// Forgets what earlier keys wished.
    pub(super) fn clear(&self) {
        self.with(|wish| *wish = Wish::default());
    }

    fn with<T>(&self, act: impl FnOnce(&mut Wish) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The keys with what they do.
pub(super) fn bindings(history: &History, wishes: &Wishes) -> Vec<(KeyEvent, EventHandler)> {
    let key = |code| KeyEvent(code, Modifiers::NONE);
    let typed = |letter| KeyEvent::new(letter, Modifiers::NONE);
    let mut bindings: Vec<(KeyEvent, Action)> = Vec::new();
    for event in [
        key(KeyCode::Enter),
        KeyEvent::ctrl('M'),
        KeyEvent::ctrl('J'),
    ] {
        bindings.push((event, Action::Enter));
    }
    bindings.push((KeyEvent::alt('\r'), Action::Accept));
    bindings.push((KeyEvent::ctrl('C'), Action::Drop));
    for bracket in ['}', ')', ']'] {
        bindings.push((typed(bracket), Action::Close(bracket)));
    }
    bindings.push((key(KeyCode::Tab), Action::Tab));
    bindings.extend([
        (key(KeyCode::Up), Action::Up),
        (key(KeyCode::Down), Action::Down),
        (KeyEvent::ctrl('P'), Action::Older),
        (KeyEvent::ctrl('N'), Action::Newer),
        (typed('k'), Action::ViUp),
        (typed('-'), Action::ViUp),
        (typed('j'), Action::ViDown),
        (typed('+'), Action::ViDown),
    ]);
    for event in [
        key(KeyCode::Right),
        key(KeyCode::End),
        KeyEvent::ctrl('F'),
        KeyEvent::ctrl('E'),
    ] {
        bindings.push((event, Action::TakeHint));
    }
    for event in [
        KeyEvent::alt('f'),
        KeyEvent(KeyCode::Right, Modifiers::CTRL),
    ] {
        bindings.push((event, Action::TakeWord));
    }
    let bind = |(event, action)| {
        let handler = Handler {
            action,
            history: history.clone(),
            wishes: wishes.clone(),
        };
        (event, EventHandler::Conditional(Box::new(handler)))
    };
    // The editor has this one in some modes only.
    let clear = (KeyEvent::ctrl('L'), EventHandler::Simple(Cmd::ClearScreen));
    bindings.into_iter().map(bind).chain([clear]).collect()
}

#[derive(Clone, Copy)]
enum Action {
    Enter,
    Accept,
    Drop,
    Close(char),
    Tab,
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
    action: Action,
    history: History,
    wishes: Wishes,
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
        self.wishes.clear();
        match self.action {
            Action::Enter => Some(enter(line, pos)),
            Action::Accept => Some(Cmd::AcceptLine),
            Action::Drop => {
                self.wishes.with(|wish| wish.drop = true);
                Some(Cmd::AcceptLine)
            }
            Action::Close(bracket) if !vi_command => self.close(bracket, line, pos),
            Action::Tab => tab(line, pos),
            Action::Up => Some(self.up(line, pos)),
            Action::Down => Some(self.down(line, pos)),
            Action::ViUp if vi_command => Some(self.up(line, pos)),
            Action::ViDown if vi_command => Some(self.down(line, pos)),
            Action::Older => Some(self.older(line, pos)),
            Action::Newer => Some(self.newer(line)),
            Action::TakeHint if !vi_command => take_hint(event, context),
            Action::TakeWord if !vi_command => take_word(context),
            _ => None,
        }
    }
}

impl Handler {
    /// A closing bracket at the beginning of a line stands below the line of its partner. Completion is the editor's
    /// only command that replaces what stands before the cursor, so it is asked to do so.
    fn close(&self, bracket: char, line: &str, pos: usize) -> Option<Cmd> {
        let (start, blanks) = indent::of_closing(line, pos)?;
        let outdent = Outdent {
            line: line.to_owned(),
            start,
            text: format!("{blanks}{bracket}"),
        };
        self.wishes.with(|wish| wish.outdent = Some(outdent));
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

/// The editor's command that shows what the history chose.
fn search(direction: Option<SearchDirection>) -> Cmd {
    match direction {
        Some(SearchDirection::Reverse) => Cmd::HistorySearchBackward,
        Some(SearchDirection::Forward) => Cmd::HistorySearchForward,
        None => Cmd::Noop,
    }
}

/// Enter runs a statement that is whole, from anywhere in its last line; above it, and where the statement goes on, it
/// begins a new line.
fn enter(line: &str, pos: usize) -> Cmd {
    let below = line.get(pos..).unwrap_or_default();
    let above_last = below.contains('\n') && !below.trim().is_empty();
    if line.trim().is_empty() || (judge::read(line).whole && !above_last) {
        return Cmd::AcceptLine;
    }
    Cmd::Insert(1, format!("\n{}", indent::after(line, pos)))
}

/// At the beginning of a further line Tab sets it in.
fn tab(line: &str, pos: usize) -> Option<Cmd> {
    let before = line.get(..pos)?;
    let start = before.rfind('\n')? + 1;
    let blanks = before.get(start..)?;
    blanks
        .chars()
        .all(|letter| letter == ' ')
        .then(|| Cmd::Insert(1, " ".repeat(indent::STEP - blanks.len() % indent::STEP)))
}

/// At the end of the line a hint is taken over. A hint that cannot be is no reason to beep.
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

/// A word of the hint.
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
