//! Keys that aren't fields: dynamic fields, merged with the contents of `$meta`.

use super::{RowParser, list};
use crate::formats::batch::META;
use crate::formats::cell;
use crate::formats::column::Column;
use crate::formats::error::PushError;
use crate::formats::found::{FoundValue, describe};
use crate::formats::json_text;

impl RowParser {
    /// Appends a row of dynamic fields, given as names and JSON values. One of the names may be `$meta`. For `rounds`,
    /// see [`RowParser::push_meta`].
    pub(in crate::formats) fn push_extras(
        &mut self,
        extras: impl Iterator<Item = (String, String)>,
        column: &mut Column,
        rounds: bool,
    ) -> Result<(), PushError> {
        self.extras.clear();
        self.extras.extend(extras);
        self.push_meta(column, rounds)
    }

    /// Returns an error if there are keys that aren't fields. Only Milvus' insert call refuses such keys.
    pub(super) fn refuse_extras(&self) -> Result<(), PushError> {
        let Some((name, value)) = self.extras.first() else {
            return Ok(());
        };
        let expected = format!("a field of the schema ({})", list(&self.names));
        let found = format!(
            "a field outside it, and dynamic fields are off: {}",
            describe(value)
        );
        Err(PushError::field(name, expected, found))
    }

    /// Merges the keys that aren't fields with those of `$meta` into one object. `rounds` is true if Milvus reads
    /// integers in a `$meta` text as doubles.
    pub(super) fn push_meta(&mut self, column: &mut Column, rounds: bool) -> Result<(), PushError> {
        if let Some(at) = self.extras.iter().position(|(name, _)| name == META) {
            let (_, json) = self.extras.remove(at);
            self.read_meta(&json, rounds)?;
        }
        self.meta.clear();
        // Growing by doubling would take up to twice the memory of a large value.
        let extras = self.extras.iter();
        let sizes = extras.map(|(name, value)| name.len() + value.len() + 8);
        self.meta.reserve_exact(sizes.sum());
        self.meta.push('{');
        for (name, value) in self.extras.drain(..) {
            json_text::check(&value)
                .map_err(|found| PushError::field(&name, "a JSON value", found))?;
            if self.meta.len() > 1 {
                self.meta.push(',');
            }
            self.meta
                .push_str(&serde_json::Value::from(name.as_str()).to_string());
            self.meta.push(':');
            self.meta.push_str(&value);
        }
        self.meta.push('}');
        cell::push(column, &self.meta).map_err(|found| PushError::field(META, "JSON", found))
    }

    /// Adds the keys of a `$meta` value, which is an object or a string that holds one, to the other keys. In a string,
    /// `null` means an object without keys, and a key may have the name of a field (Milvus:
    /// `importutilv2/json/row_parser.go` and `csv/row_parser.go`, `combineDynamicRow`).
    fn read_meta(&mut self, json: &str, rounds: bool) -> Result<(), PushError> {
        let refuse =
            || PushError::field(META, "an object of dynamic fields", FoundValue::json(json));
        let text = if json.starts_with('"') {
            json_text::decode(json).ok_or_else(refuse)?
        } else {
            json.into()
        };
        let holds_null = text.trim_ascii() == "null";
        if holds_null && (self.loose || json.starts_with('"')) {
            return Ok(());
        }
        // Milvus decodes the numbers of this text into doubles and stores the rounded values.
        let rounded = json.starts_with('"') && !self.loose && rounds;
        if rounded && let Some(number) = json_text::inexact_integer(&text) {
            let found =
                format!("{number}, which Milvus would round (above 2^53 in $meta given as text)");
            return Err(PushError::field(META, "integers up to 2^53", found));
        }
        let twice = self.read_object(serde_json::Deserializer::from_str(&text), None);
        twice.map_err(|_| refuse())?.map_or(Ok(()), Err)
    }
}
