//! `NaN` and `Infinity` in a row, which are no JSON, and which Python writes.
//!
//! A row is looked at here only after the JSON parser has failed on it.

use super::{Keys, Refusal, RowParser};
use crate::formats::json_text;
use crate::formats::schema::Schema;

const WORDS: [&str; 3] = ["NaN", "-Infinity", "Infinity"];

/// Where in a row such a word stands.
#[derive(Debug, PartialEq, Eq)]
struct Found<'r> {
    word: &'static str,
    /// In bytes from the row's beginning.
    at: usize,
    /// The key of the row, as JSON text.
    key: &'r [u8],
    /// Counted from 1, where the key's value is a list that the word is an element of.
    element: Option<usize>,
}

impl RowParser {
    /// A refusal that names field and word, where it is such a word that the JSON parser could not read at this place.
    pub(super) fn refuse_word(
        &self,
        row: &[u8],
        failed: usize,
        schema: &Schema,
    ) -> Option<Refusal> {
        let Found {
            word,
            at,
            key,
            element,
        } = find(row)?;
        // Something else may be wrong before it.
        if failed < at || failed > at + word.len() {
            return None;
        }
        let name = json_text::decode(std::str::from_utf8(key).ok()?)?;
        let found = match element {
            Some(element) => format!("{word} as element {element}"),
            None => word.to_owned(),
        };
        let expected = expected(&self.keys, schema, &name);
        Some(Refusal::field(&name, expected, found))
    }
}

fn expected(keys: &Keys, schema: &Schema, name: &str) -> String {
    let field = keys.index.get(name).and_then(|at| schema.fields.get(*at));
    field.map_or_else(
        || "a JSON value".to_owned(),
        |field| field.data_type.to_string(),
    )
}

/// The first word of an object that stands outside its texts.
fn find(row: &[u8]) -> Option<Found<'_>> {
    let (mut at, mut depth, mut commas) = (0, 0_usize, 0);
    let (mut key, mut list) = (&[][..], false);
    while let Some(byte) = row.get(at) {
        match byte {
            b'"' => {
                let end = end_of_text(row, at);
                let after = row.get(end..).unwrap_or_default().trim_ascii_start();
                if depth == 1 && after.first() == Some(&b':') {
                    key = row.get(at..end).unwrap_or_default();
                }
                at = end;
                continue;
            }
            b'[' | b'{' => {
                depth += 1;
                if depth == 2 {
                    (list, commas) = (*byte == b'[', 0);
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 2 => commas += 1,
            _ => {
                let rest = row.get(at..).unwrap_or_default();
                let word = WORDS.iter().find(|word| rest.starts_with(word.as_bytes()));
                if let Some(word) = word {
                    return Some(Found {
                        word,
                        at,
                        key,
                        element: (depth == 2 && list).then_some(commas + 1),
                    });
                }
            }
        }
        at += 1;
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
