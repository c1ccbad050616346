//! Finds the values of a row object's fields.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::RowParser;
use crate::formats::json_text::JsonKey;

/// Visitor that notes the positions of an object's values.
pub(super) struct RowVisitor<'p> {
    pub(super) parser: &'p mut RowParser,
    /// Text of the row. `None` for an object without fields.
    pub(super) row: Option<&'p [u8]>,
}

impl<'de> Visitor<'de> for RowVisitor<'_> {
    /// The first field that occurs twice.
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<String>, A::Error> {
        let (mut guess, mut twice) = (0, None);
        while let Some(JsonKey(key)) = map.next_key()? {
            let value = map.next_value::<&'de RawValue>()?.get();
            let field = self.row.and_then(|row| {
                let at = self.parser.find(&key, guess)?;
                // The value borrows from the text, so its address gives its position.
                let start = value.as_ptr().addr().wrapping_sub(row.as_ptr().addr());
                Some((at, start..start.wrapping_add(value.len())))
            });
            let Some((at, place)) = field else {
                self.parser.add_extra(key, value);
                continue;
            };
            guess = at + 1;
            if self.parser.places[at].replace(place).is_some() {
                twice.get_or_insert_with(|| key.into_owned());
            }
        }
        Ok(twice)
    }
}
