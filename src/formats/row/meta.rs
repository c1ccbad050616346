//! Keys that are no fields: the dynamic ones, merged with those of `$meta`.

use serde::de::Deserializer;

use super::{Refusal, RowParser, RowVisitor, duplicate, list, repeated};
use crate::formats::batch::META;
use crate::formats::cell::{self, describe};
use crate::formats::column::Column;
use crate::formats::json_text;

impl RowParser {
    /// Appends a row of dynamic fields: names, each with its value as JSON; one may be `$meta`.
    pub(in crate::formats) fn push_extras(
        &mut self,
        extras: impl Iterator<Item = (String, String)>,
        column: &mut Column,
    ) -> Result<(), Refusal> {
        self.extras.clear();
        self.extras.extend(extras);
        self.push_meta(column)
    }

    pub(super) fn refuse_extras(&self) -> Result<(), Refusal> {
        let Some((name, value)) = self.extras.first() else {
            return Ok(());
        };
        let expected = format!("a field of the schema ({})", list(&self.keys.names));
        let found = format!(
            "a field outside it, and dynamic fields are off: {}",
            describe(value)
        );
        Err(Refusal::field(name, expected, found))
    }

    /// Merges the keys that are no fields with those of `$meta` into one object.
    pub(super) fn push_meta(&mut self, column: &mut Column) -> Result<(), Refusal> {
        if let Some(at) = self.extras.iter().position(|(name, _)| name == META) {
            let (_, json) = self.extras.remove(at);
            self.read_meta(&json)?;
        }
        self.meta.clear();
        self.meta.push('{');
        for (name, value) in &self.extras {
            json_text::check(value).map_err(|found| Refusal::field(name, "a JSON value", found))?;
            if self.meta.len() > 1 {
                self.meta.push(',');
            }
            self.meta
                .push_str(&serde_json::Value::from(name.as_str()).to_string());
            self.meta.push(':');
            self.meta.push_str(value);
        }
        self.meta.push('}');
        cell::push(column, &self.meta).map_err(|found| Refusal::field(META, "JSON", found))
    }

    /// Takes the keys of a `$meta` value, an object or a text that holds one, to the others.
    fn read_meta(&mut self, json: &str) -> Result<(), Refusal> {
        if json == "null" {
            return Ok(());
        }
        let refuse = || Refusal::field(META, "an object of dynamic fields", describe(json));
        let text = if json.starts_with('"') {
            json_text::decode(json).ok_or_else(refuse)?
        } else {
            json.into()
        };
        let mut places = vec![None; self.places.len()];
        let mut twice = None;
        let visitor = RowVisitor {
            keys: &self.keys,
            places: &mut places,
            extras: &mut self.extras,
            twice: &mut twice,
            base: text.as_ptr().addr(),
        };
        let mut reader = serde_json::Deserializer::from_str(&text);
        let read = reader.deserialize_map(visitor).and_then(|()| reader.end());
        read.map_err(|_| refuse())?;
        let mut named = places.iter().zip(&self.keys.names);
        if let Some((_, name)) = named.find(|(place, _)| place.is_some()) {
            let found = format!("the field {name:?} of the schema");
            return Err(Refusal::field(META, "an object of dynamic fields", found));
        }
        let twice = twice.or_else(|| repeated(&self.extras));
        twice.map_or(Ok(()), |name| Err(duplicate(&name)))
    }
}
