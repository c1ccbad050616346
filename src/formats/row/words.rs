//! What Python and careless writers leave in rows and JSON has no room for: `NaN` and `Infinity`, and bytes that aren't
//! UTF-8.
//!
//! A row is looked at here only after the JSON parser has failed on it.

use super::{Keys, Refusal, RowParser};
use crate::formats::json_text;
use crate::formats::schema::Schema;

const WORDS: [&str; 3] = ["NaN", "-Infinity", "Infinity"];

/// A place in a row.
#[derive(Debug, PartialEq, Eq)]
struct Found<'r> {
    /// In bytes from the row's beginning.
    at: usize,
    /// The key of the row, as JSON text.
    key: &'r [u8],
    /// Counted from 1, if the key's value is a list and the place is in one of its elements.
    element: Option<usize>,
}

impl RowParser {
    /// A refusal that names the field, if bytes that aren't UTF-8, or such a word at the place where the JSON parser
    /// failed, are what is wrong.
    pub(super) fn explain(&self, row: &[u8], failed: usize, schema: &Schema) -> Option<Refusal> {
        if let Err(error) = std::str::from_utf8(row) {
            // Go replaces the bytes (encoding/json), so Milvus would store something else than the file says.
            let found = locate(row, |at, _| at >= error.valid_up_to())?;
            return self.refusal(
                &found,
                "bytes that are not UTF-8; save the file as UTF-8",
                schema,
            );
        }
        let word = |rest: &[u8]| WORDS.iter().find(|word| rest.starts_with(word.as_bytes()));
        let found = locate(row, |_, rest| word(rest).is_some())?;
        let word = word(row.get(found.at..)?)?;
        // Something else may be wrong before it.
        if failed < found.at || failed > found.at + word.len() {
            return None;
        }
        self.refusal(&found, word, schema)
    }

    fn refusal(&self, found: &Found<'_>, what: &str, schema: &Schema) -> Option<Refusal> {
        let key = String::from_utf8_lossy(found.key);
        let name = json_text::decode(&key)?;
        let what = match found.element {
            Some(element) => format!("{what} as element {element}"),
            None => what.to_owned(),
        };
        let expected = expected(&self.keys, schema, &name);
        Some(Refusal::field(&name, expected, what))
    }
}

fn expected(keys: &Keys, schema: &Schema, name: &str) -> String {
    let field = keys.index.get(name).and_then(|at| schema.fields.get(*at));
    field.map_or_else(
        || "a JSON value".to_owned(),
        |field| field.data_type.to_string(),
    )
}

/// The first place of an object's values where `is` holds; it gets the place and the row from there on. A text counts
/// with its last byte.
fn locate(row: &[u8], is: impl Fn(usize, &[u8]) -> bool) -> Option<Found<'_>> {
    let (mut at, mut depth, mut commas) = (0, 0_usize, 0);
    let (mut key, mut list) = (&[][..], false);
    while let Some(byte) = row.get(at) {
        let mut end = at + 1;
        match byte {
            b'"' => {
                end = end_of_text(row, at);
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
            return Some(Found {
                at,
                key,
                element: (depth == 2 && list).then_some(commas + 1),
            });
        }
        at = end;
    }
    None
}

/// Where the text that begins here has ended.
fn end_of_text(row: &[u8], begin: usize) -> usize {
    let mut at = begin + 1;
    while let Some(byte) = row.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    row.len()
}
