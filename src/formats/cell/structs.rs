//! Struct arrays: lists of objects with a value for every sub-field (Milvus: `json/row_parser.go`,
//! `reconstructArrayForStructArray`).

use std::fmt;

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::push;
use crate::formats::column::Column;
use crate::formats::found::{FoundKind, FoundValue};
use crate::formats::schema::StructField;

/// Checks the objects one by one as they are read. None are kept, because a list may be as long as its row.
pub(super) fn check(
    fields: &[StructField],
    max_capacity: usize,
    json: &str,
) -> Result<(), FoundValue> {
    let columns = fields.iter().map(|field| Column::new(&field.element));
    let mut objects = Objects {
        fields,
        columns: columns.collect(),
        count: 0,
        refused: None,
    };
    let mut reader = serde_json::Deserializer::from_str(json);
    let read = reader.deserialize_seq(&mut objects);
    read.map_err(|_| FoundValue::json(json))?;
    if objects.count > max_capacity {
        return Err(FoundKind::ElementCount.value(format!("{} objects", objects.count)));
    }
    objects.refused.map_or(Ok(()), Err)
}

/// Visitor that counts and checks the objects of a list.
struct Objects<'t> {
    fields: &'t [StructField],
    /// Buffers for the values of one object.
    columns: Vec<Column>,
    count: usize,
    /// Description of the first problem.
    refused: Option<FoundValue>,
}

impl<'de> Visitor<'de> for &mut Objects<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(value) = seq.next_element::<&'de RawValue>()? {
            self.count += 1;
            if self.refused.is_some() {
                continue;
            }
            let mut object = ObjectCheck {
                fields: self.fields,
                columns: &mut self.columns,
                seen: vec![false; self.fields.len()],
                refused: None,
            };
            let mut reader = serde_json::Deserializer::from_str(value.get());
            let found = match reader.deserialize_map(&mut object) {
                Err(_) => Some(FoundValue::json(value.get())),
                Ok(()) => object.problem(),
            };
            self.refused = found.map(|found| found.at(format_args!("in object {}", self.count)));
        }
        Ok(())
    }
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
