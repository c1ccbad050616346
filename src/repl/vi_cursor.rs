//! The cursor's shape in vi mode: a bar to insert, an underline to replace, a block for commands.
//!
//! The editor has no hook for a change of its mode, so the next mode follows from the mode and the key. The shape is set
//! by DECSCUSR, which terminals without it ignore.

use parking_lot::Mutex;
use rustyline::{EditMode, EventContext, InputMode, KeyCode, KeyEvent, Modifiers};
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

const DEFAULT: &str = "\x1b[0 q";
const BLOCK: &str = "\x1b[2 q";
const UNDERLINE: &str = "\x1b[4 q";
const BAR: &str = "\x1b[6 q";

/// The cursor of the line that's being read. Clones share it.
#[derive(Clone, Default)]
pub(super) struct ViCursor(Arc<Mutex<Option<&'static str>>>);

impl ViCursor {
    /// Begins a line in insert mode.
    pub(super) fn begin(&self) {
        self.set(Some(BAR));
    }

    /// Gives the cursor its usual shape back.
    pub(super) fn end(&self) {
        self.set(None);
    }

    /// Follows a key.
    pub(super) fn follow(&self, key: KeyEvent, context: &EventContext<'_>) {
        let is_begun = self.0.lock().is_some();
        if is_begun && context.mode() == EditMode::Vi {
            self.set(Some(shape_after(context.input_mode(), key)));
        }
    }

    fn set(&self, shape: Option<&'static str>) {
        let mut last = self.0.lock();
        if *last != shape {
            *last = shape;
            write(shape.unwrap_or(DEFAULT));
        }
    }
}

/// Returns the shape for the mode after a key, according to rustyline's vi bindings.
fn shape_after(mode: InputMode, KeyEvent(code, modifiers): KeyEvent) -> &'static str {
    use KeyCode::{Char, Esc};
    match (mode, code, modifiers) {
        (InputMode::Command, Char(letter), Modifiers::NONE) if "aAcCiIsS".contains(letter) => BAR,
        (InputMode::Command, Char('R'), Modifiers::NONE) => UNDERLINE,
        (InputMode::Command, ..) | (_, Esc, _) | (_, Char('['), Modifiers::CTRL) => BLOCK,
        (InputMode::Replace, ..) => UNDERLINE,
        (InputMode::Insert, ..) => BAR,
    }
}

/// Writes to the terminal that the line is drawn on.
fn write(text: &str) {
    // The shape is decoration, so an error doesn't matter.
    let _ = if io::stdout().is_terminal() {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush())
    } else {
        io::stderr().lock().write_all(text.as_bytes())
    };
}

#[cfg(test)]
mod tests {
    use super::{BAR, BLOCK, UNDERLINE, shape_after};
    use rustyline::{InputMode, KeyCode, KeyEvent, Modifiers};

    #[test]
    fn the_shape_follows_the_mode() {
        let typed = |letter| KeyEvent(KeyCode::Char(letter), Modifiers::NONE);
        let escape = KeyEvent(KeyCode::Esc, Modifiers::NONE);
        for (mode, key, shape) in [
            (InputMode::Insert, typed('a'), BAR),
            (InputMode::Insert, escape, BLOCK),
            (InputMode::Command, typed('w'), BLOCK),
            (InputMode::Command, typed('A'), BAR),
            (InputMode::Command, typed('c'), BAR),
            (InputMode::Command, typed('R'), UNDERLINE),
            (InputMode::Replace, typed('x'), UNDERLINE),
            (InputMode::Replace, escape, BLOCK),
        ] {
            assert_eq!(shape_after(mode, key), shape, "{key:?}");
        }
    }
}
