//! One value against one type: the row check's smallest part.

/// The longest part of a value that a message repeats, in characters.
const SHOWN: usize = 60;

/// Words for a JSON value, long ones cut.
pub(crate) fn describe(json: &str) -> String {
    let mut shown: String = json.chars().take(SHOWN).collect();
    if shown.len() < json.len() {
        shown.push('…');
    }
    shown
}
