//! Explains values that Python and careless writers put into rows but JSON doesn't allow: `NaN`, `Infinity`, and bytes
//! that aren't UTF-8.
//!
//! Rows are only searched for these after the JSON parser has failed.

use crate::formats::error::PushError;
use crate::formats::found::FoundKind;
use crate::formats::json_text;
use crate::formats::schema::Schema;

const WORDS: [&str; 3] = ["NaN", "-Infinity", "Infinity"];

/// Position of such a value in a row.
#[derive(Debug, PartialEq, Eq)]
struct WordPosition<'r> {
    /// Offset in bytes from the start of the row.
    at: usize,
    /// Key in the row's object, as JSON text.
    key: &'r [u8],
    /// Number of the list element from 1, if the key's value is a list and the position is inside an element.
    element: Option<usize>,
}

/// Returns a refusal that names the field, if the error is caused by bytes that aren't UTF-8, or by one of
/// [`WORDS`] at the offset `failed`, where the JSON parser failed.
pub(super) fn explain(row: &[u8], failed: usize, schema: &Schema) -> Option<PushError> {
    let (found, mut what) = match std::str::from_utf8(row) {
        Err(error) => {
            // Go (`encoding/json`) replaces such bytes, so Milvus would store text that differs from the file.
            let found = locate(row, |at, _| at >= error.valid_up_to())?;
            let what = "bytes that are not UTF-8; save the file as UTF-8";
            (found, FoundKind::NotUtf8.value(what))
        }
        Ok(_) => {
            let word = |rest: &[u8]| WORDS.iter().find(|word| rest.starts_with(word.as_bytes()));
            let found = locate(row, |_, rest| word(rest).is_some())?;
            let word = *word(row.get(found.at..)?)?;
            // If parsing failed elsewhere, the word isn't the cause.
            if failed < found.at || failed > found.at + word.len() {
                return None;
            }
            let kind = match word {
                "NaN" => FoundKind::NaN,
                _ => FoundKind::Infinity,
            };
            (found, kind.value(word))
        }
    };
    if let Some(element) = found.element {
        what = what.at(format_args!("as element {element}"));
    }
    let key = String::from_utf8_lossy(found.key);
    let name = json_text::decode(&key)?;
    let expected = match schema.field(&name) {
        Some(field) => field.data_type.to_string(),
        None => "a JSON value".to_owned(),
    };
    Some(PushError::field(&name, expected, what))
}

/// Returns the first position in an object's values for which `is` returns true. `is` gets the position and the rest of
/// the row. For a string, it gets the position of the string's last byte.
fn locate(row: &[u8], is: impl Fn(usize, &[u8]) -> bool) -> Option<WordPosition<'_>> {
    let (mut at, mut depth, mut commas) = (0, 0_usize, 0);
    let (mut key, mut list) = (&[][..], false);
    while let Some(byte) = row.get(at) {
        let mut end = at + 1;
        match byte {
            b'"' => {
                end = json_text::end_of_text(row, at);
                let after = row.get(end..).unwrap_or_default().trim_ascii_start();
                if depth == 1 && after.first() == Some(&b':') {
                    key = row.get(at..end).unwrap_or_default();
                }
            }
            b'[' | b'{' => {
                depth += 1;
                if depth == 2 {
                    (list, commas) = (*byte == b'[', 0);
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 2 => commas += 1,
            _ => {}
        }
        if is(end - 1, row.get(at..).unwrap_or_default()) {
            return Some(WordPosition {
                at,
                key,
                element: (depth == 2 && list).then_some(commas + 1),
            });
        }
        at = end;
    }
    None
}
