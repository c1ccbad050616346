//! The keys of a row, found among the names of the fields.

use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Visitor};

/// Field names, which are the keys that a row may have.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldNames {
    pub(super) names: Vec<String>,
    pub(super) index: HashMap<String, usize>,
}

impl FieldNames {
    /// Returns the number of the field with this name. Rows tend to have the fields in one order, so the field `guess`
    /// is tried first.
    pub(super) fn find(&self, name: &str, guess: usize) -> Option<usize> {
        let guessed = self.names.get(guess).is_some_and(|it| it == name);
        guessed
            .then_some(guess)
            .or_else(|| self.index.get(name).copied())
    }
}

pub(super) enum RowKey {
    Field(usize),
    Extra(String),
}

/// Seed that reads a key as a field's number.
#[derive(Clone, Copy)]
pub(super) struct KeySeed<'k> {
    pub(super) keys: &'k FieldNames,
    pub(super) guess: usize,
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = RowKey;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<RowKey, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = RowKey;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<RowKey, E> {
        let found = self.keys.find(key, self.guess);
        Ok(found.map_or_else(|| RowKey::Extra(key.to_owned()), RowKey::Field))
    }
}
