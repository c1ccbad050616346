//! Reads a row that has nothing unusual in a single pass, with its float vectors straight into their columns.

use super::{RowParser, repeated};
use crate::formats::cell;
use crate::formats::column::Column;
use crate::formats::numbers::skip_blanks;
use crate::formats::schema::Schema;
use serde_json::value::RawValue;

impl RowParser {
    /// Reads a row like [`RowParser::read`]. A vector that was appended to its column has an empty place. Returns `None`
    /// if `read` has to decide about the row; vectors may then have been appended.
    pub(super) fn read_quickly(
        &mut self,
        row: &[u8],
        schema: &Schema,
        columns: &mut [Column],
    ) -> Option<()> {
        self.places.fill(None);
        self.extras.clear();
        let row = std::str::from_utf8(row).ok()?;
        let mut dropped = Vec::new();
        let mut rest = after(row, '{')?;
        let mut guess = 0;
        while !rest.starts_with('}') {
            let (name, value) = key(rest)?;
            let begin = row.len() - value.len();
            let Some(at) = self.find(name, guess) else {
                let length = value_length(value)?;
                if self.keeps_extras() {
                    let value = value.get(..length)?;
                    self.extras.push((name.to_owned(), value.to_owned()));
                } else {
                    dropped.push(name);
                }
                rest = next(value.get(length..)?)?;
                continue;
            };
            guess = at + 1;
            let field = schema.fields.get(at)?;
            let column = columns.get_mut(at)?;
            let quick = match field.refusal() {
                None => cell::push_quickly(column, value),
                Some(_) => None,
            };
            let length = quick.or_else(|| value_length(value))?;
            let place = begin..quick.map_or(begin + length, |_| begin);
            if self.places.get_mut(at)?.replace(place).is_some() {
                return None;
            }
            rest = next(value.get(length..)?)?;
        }
        let is_whole = skip_blanks(rest.get(1..)?).is_empty();
        if !is_whole || repeated(&self.extras).is_some() {
            return None;
        }
        for name in dropped {
            self.drop_key(name);
        }
        Some(())
    }
}

/// Returns the text after a character and the blanks around it.
fn after(text: &str, expected: char) -> Option<&str> {
    Some(skip_blanks(skip_blanks(text).strip_prefix(expected)?))
}

/// Returns the key at the start of a text, and the text from the key's value on.
fn key(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('"')?;
    let end = memchr::memchr2(b'"', b'\\', inner.as_bytes())?;
    let (name, rest) = inner.split_at_checked(end)?;
    // A key with an escape or a control character is left to the JSON parser.
    let plain = name.bytes().all(|byte| byte >= b' ');
    let value = after(rest.strip_prefix('"')?, ':')?;
    plain.then_some((name, value))
}

/// Returns the length of the JSON value at the start of a text.
fn value_length(text: &str) -> Option<usize> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let value = values.next()?.ok()?;
    Some(value.get().len())
}

/// Returns the text after a value: the next key, or the end of the object.
fn next(text: &str) -> Option<&str> {
    let text = skip_blanks(text);
    match text.strip_prefix(',') {
        Some(text) => {
            let text = skip_blanks(text);
            text.starts_with('"').then_some(text)
        }
        None => text.starts_with('}').then_some(text),
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::Batch;
    use crate::formats::error::PushError;
    use crate::formats::tests::small;
    use proptest::prelude::*;

    /// Parts of rows of [`small`]'s schema, good and bad.
    const PARTS: [&str; 24] = [
        "\"id\"",
        "\"name\"",
        "\"v\"",
        "\"x\"",
        ":",
        " : ",
        ",",
        " ,",
        "{",
        "}",
        "[1,2]",
        "[1, 2.5e1 ]",
        "[1]",
        "[01,2]",
        "[1,null]",
        "[1,2",
        "null",
        "7",
        "-0",
        "\"a\"",
        "\"a\u{1}\"",
        "{\"a\":[1]}",
        "\n",
        "\\",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        /// Only the JSON parser reads a key with an escape, so an equal row is read in both ways.
        #[test]
        fn rows_read_in_one_pass_equal_the_json_parsers(
            fields in prop::collection::vec((0..4_usize, 10..24_usize), 0..5),
            changed in prop::option::of((0..20_usize, prop::sample::select(PARTS[4..].to_vec()))),
            dynamic in any::<bool>(),
        ) {
            let mut parts = vec!["{"];
            for (key, value) in fields {
                parts.extend([PARTS[key], ":", PARTS[value], ","]);
            }
            parts.pop_if(|last| *last == ",");
            parts.push("}");
            if let Some((at, part)) = changed {
                let at = at % parts.len();
                parts[at] = part;
            }
            let row = parts.concat();
            let escaped = row.replace("\"v\"", "\"\\u0076\"").replace("\"id\"", "\"\\u0069d\"");
            let escaped = escaped.replace("\"x\"", "\"\\u0078\"").replace("\"name\"", "\"\\u006eame\"");
            let schema = small(dynamic);
            let read = |text: &str| {
                let mut batch = Batch::new(&schema);
                let pushed = batch.push_json(text.as_bytes(), 1);
                let rows: Vec<_> = (0..batch.rows()).map(|row| batch.row(row)).collect();
                // Offsets differ by the length of the escapes.
                let error = pushed.err().map(|error| match error {
                    PushError::Syntax { message, .. } => message,
                    other @ PushError::Row(_) => other.to_string().replace("\\u0076", "v"),
                });
                (rows, error, batch.take_warnings().collect::<Vec<_>>())
            };
            if row.starts_with("{\"") {
                prop_assert_eq!(read(&row), read(&escaped), "{}", row);
            }
        }
    }
}
