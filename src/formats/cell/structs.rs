//! Struct arrays: lists of objects with a value for every sub-field (Milvus: `json/row_parser.go`,
//! `reconstructArrayForStructArray`).

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{check_list, push};
use crate::formats::column::Column;
use crate::formats::found::FoundValue;
use crate::formats::schema::StructField;

/// Checks the objects of a list.
pub(super) fn check(
    fields: &[StructField],
    max_capacity: usize,
    json: &str,
) -> Result<(), FoundValue> {
    // Buffers for the values of one object.
    let columns = fields.iter().map(|field| Column::new(&field.element));
    let mut columns: Vec<_> = columns.collect();
    check_list(json, max_capacity, "objects", |at, json| {
        let mut object = ObjectCheck {
            fields,
            columns: &mut columns,
            seen: vec![false; fields.len()],
            refused: None,
        };
        let mut reader = serde_json::Deserializer::from_str(json);
        let found = match reader.deserialize_map(&mut object) {
            Err(_) => Some(FoundValue::json(json)),
            Ok(()) => object.problem(),
        };
        found.map_or(
            Ok(()),
            |found| Err(found.at(format_args!("in object {at}"))),
        )
    })
}

/// Visitor that checks the values of one object.
struct ObjectCheck<'t> {
    fields: &'t [StructField],
    columns: &'t mut [Column],
    seen: Vec<bool>,
    refused: Option<FoundValue>,
}

impl ObjectCheck<'_> {
    /// Describes the first problem of an object that has been read.
    fn problem(self) -> Option<FoundValue> {
        let mut named = self.fields.iter().zip(&self.seen);
        let missing = || {
            let (field, _) = named.find(|(_, seen)| !**seen)?;
            Some(format!("no sub-field {:?}", field.name).into())
        };
        self.refused.or_else(missing)
    }

    fn take(&mut self, key: &str, json: &str) -> Result<(), FoundValue> {
        let at = self.fields.iter().position(|field| field.name == key);
        let at = at.ok_or_else(|| format!("an unknown sub-field {key:?}"))?;
        if let Some(seen) = self.seen.get_mut(at)
            && std::mem::replace(seen, true)
        {
            return Err(format!("the sub-field {key:?} twice").into());
        }
        let (Some(field), Some(column)) = (self.fields.get(at), self.columns.get_mut(at)) else {
            return Ok(());
        };
        let pushed = push(column, json);
        column.clear();
        pushed.map_err(|found| found.at(format_args!("as {key:?} ({})", field.element)))
    }
}

impl<'de> Visitor<'de> for &mut ObjectCheck<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value::<&'de RawValue>()?;
            if self.refused.is_none() {
                self.refused = self.take(&key, value.get()).err();
            }
        }
        Ok(())
    }
}
