//! Sparse vectors, in both forms that an import file may use.
//!
//! The rules are Milvus': pairs may be in any order (they are stored by ascending index), no index occurs twice, an
//! index is 0 to 2^32 - 2, and a value is finite and not negative. A vector without pairs is accepted.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::found::{FoundKind, FoundValue, describe};
use super::json_text::{JsonKey, without_place};
use super::numbers::{self, Number};

/// Parses `{"17": 0.5, …}` or `{"indices": […], "values": […]}` into the layout of [`super::column::Values::Sparse`].
/// The error describes the JSON value if it has neither form.
pub(super) fn parse(json: &str) -> Result<Vec<u8>, FoundValue> {
    if !json.starts_with('{') {
        return Err(FoundValue::json(json));
    }
    let mut object = SparseObject::default();
    let mut reader = serde_json::Deserializer::from_str(json);
    let read = reader.deserialize_map(&mut object);
    read.and_then(|()| reader.end())
        .map_err(|error| without_place(&error))?;
    if let Some(refused) = object.refused {
        return Err(refused);
    }
    let mut pairs = match (object.indices, object.values) {
        (None, None) => object.pairs,
        (Some(indices), Some(values)) if object.pairs.is_empty() => two_lists(indices, values)?,
        _ => {
            return Err(FoundValue::json(json).because(FoundKind::Object, "which mixes both forms"));
        }
    };
    if !pairs.is_sorted_by_key(|(index, _)| *index) {
        pairs.sort_by_key(|(index, _)| *index);
    }
    let mut bytes = Vec::with_capacity(pairs.len() * 8);
    let mut before = None;
    for (index, value) in pairs {
        if before == Some(index) {
            return Err(format!("index {index} twice").into());
        }
        before = Some(index);
        bytes.extend_from_slice(&index.to_le_bytes());
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    Ok(bytes)
}

fn two_lists(indices: &str, values: &str) -> Result<Vec<(u32, f32)>, FoundValue> {
    let mut first: Vec<u32> = Vec::new();
    let mut second: Vec<f32> = Vec::new();
    numbers::list(indices, &mut |number| {
        first.push(valid_index(number)?);
        Ok(())
    })
    .map_err(|found| found.at(format_args!("of the indices")))?;
    numbers::list(values, &mut |number| {
        second.push(valid_value(number)?);
        Ok(())
    })
    .map_err(|found| found.at(format_args!("of the values")))?;
    if first.len() != second.len() {
        let found = format!("{} indices and {} values", first.len(), second.len());
        return Err(FoundKind::IndexCount.value(found));
    }
    Ok(first.into_iter().zip(second).collect())
}

fn valid_index(number: Number<'_>) -> Result<u32, FoundValue> {
    let range = "0 to 4294967294";
    match number.integer(range)? {
        u32::MAX => Err(number.out_of_range(range)),
        index => Ok(index),
    }
}

fn valid_value(number: Number<'_>) -> Result<f32, FoundValue> {
    let value = number.single()?;
    if value < 0.0 {
        return Err(FoundKind::Negative.value(format!("the negative value {value}")));
    }
    Ok(value)
}

/// JSON object of a sparse vector, in either form.
#[derive(Default)]
struct SparseObject<'a> {
    pairs: Vec<(u32, f32)>,
    indices: Option<&'a str>,
    values: Option<&'a str>,
    /// First key or value that a sparse vector can't have.
    refused: Option<FoundValue>,
}

impl<'de> Visitor<'de> for &mut SparseObject<'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(JsonKey(key)) = map.next_key()? {
            let value = map.next_value::<&RawValue>()?.get();
            let twice = match key.as_ref() {
                "indices" => self.indices.replace(value).is_some(),
                "values" => self.values.replace(value).is_some(),
                _ => {
                    match pair(&key, value) {
                        Ok(pair) => self.pairs.push(pair),
                        Err(refused) => _ = self.refused.get_or_insert(refused),
                    }
                    continue;
                }
            };
            if twice {
                let refused = format!("the key {key:?} twice");
                self.refused.get_or_insert(refused.into());
            }
        }
        Ok(())
    }
}

fn pair(key: &str, json: &str) -> Result<(u32, f32), FoundValue> {
    let number = Number::whole(key).ok_or_else(|| describe(key).into());
    let index = number
        .and_then(valid_index)
        .map_err(|found: FoundValue| FoundKind::Index.value(format!("the index {found}")))?;
    let number = Number::whole(json).ok_or_else(|| FoundValue::json(json));
    let value = number.and_then(valid_value);
    let value = value.map_err(|found| found.at(format_args!("at index {index}")));
    Ok((index, value?))
}
