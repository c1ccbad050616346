//! Finds the values of a row object's fields.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::drop_key;
use super::keys::{FieldNames, KeySeed, RowKey};

/// Visitor that notes the positions of an object's values.
pub(super) struct RowVisitor<'p> {
    pub(super) keys: &'p FieldNames,
    pub(super) places: &'p mut [Option<Range<usize>>],
    /// `None` to drop keys that aren't fields.
    pub(super) extras: Option<&'p mut Vec<(String, String)>>,
    pub(super) dropped: &'p mut BTreeMap<String, u64>,
    /// First key that occurs twice.
    pub(super) twice: &'p mut Option<String>,
    /// Address of the text's first byte.
    pub(super) base: usize,
}

impl<'de> Visitor<'de> for RowVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut guess = 0;
        while let Some(key) = map.next_key_seed(KeySeed {
            keys: self.keys,
            guess,
        })? {
            let value = map.next_value::<&'de RawValue>()?.get();
            let at = match key {
                RowKey::Field(at) => at,
                RowKey::Extra(name) => {
                    match &mut self.extras {
                        Some(extras) => extras.push((name, value.to_owned())),
                        None => drop_key(self.dropped, &name),
                    }
                    continue;
                }
            };
            guess = at + 1;
            if let Some(place) = self.places.get_mut(at) {
                // The value borrows from the text, so its address gives its position.
                let start = value.as_ptr().addr().wrapping_sub(self.base);
                if place
                    .replace(start..start.wrapping_add(value.len()))
                    .is_some()
                {
                    self.twice.get_or_insert_with(|| {
                        self.keys.names.get(at).cloned().unwrap_or_default()
                    });
                }
            }
        }
        Ok(())
    }
}
