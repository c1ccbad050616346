//! Sparse vectors, in both forms that an import file may use.
//!
//! The rules are Milvus': pairs may be in any order (they are stored by ascending index), no index occurs twice, an
//! index is 0 to 2^32 - 2, and a value is finite and not negative. A vector without pairs is accepted.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::found::{FoundKind, FoundValue, describe};
use super::numbers::{self, Number};

/// Parses `{"17": 0.5, …}` or `{"indices": […], "values": […]}` into the layout of [`super::column::Values::Sparse`].
/// The error describes the JSON value if it has neither form.
pub(super) fn parse(json: &str) -> Result<Vec<u8>, FoundValue> {
    if !json.starts_with('{') {
        return Err(FoundValue::json(json));
    }
    let object: SparseObject<'_> =
        serde_json::from_str(json).map_err(|error| super::json_text::without_place(&error))?;
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
        first.push(valid_index(number.integer("0 to 4294967294")?)?);
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

fn valid_index(index: u32) -> Result<u32, FoundValue> {
    match index {
        u32::MAX => {
            let found = format!("{index}, which is out of range (0 to 4294967294)");
            Err(FoundKind::OutOfRange.value(found))
        }
        _ => Ok(index),
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

impl<'de> Deserialize<'de> for SparseObject<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = SparseObject<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SparseObject<'de>, A::Error> {
        let mut object = SparseObject::default();
        while let Some(SparseKey(key)) = map.next_key()? {
            let value: &RawValue = map.next_value()?;
            let list = match key.as_ref() {
                "indices" => &mut object.indices,
                "values" => &mut object.values,
                _ => {
                    match pair(&key, value.get()) {
                        Ok(pair) => object.pairs.push(pair),
                        Err(refused) => object.refused = object.refused.or(Some(refused)),
                    }
                    continue;
                }
            };
            if list.replace(value.get()).is_some() {
                let refused = format!("the key {key:?} twice").into();
                object.refused = object.refused.or(Some(refused));
            }
        }
        Ok(object)
    }
}

fn pair(key: &str, json: &str) -> Result<(u32, f32), FoundValue> {
    let index = Number::whole(key).ok_or_else(|| describe(key));
    let index = index.and_then(|index| {
        let index = index.integer("0 to 4294967294").and_then(valid_index);
        index.map_err(|found| found.to_string())
    });
    let index = index.map_err(|found| FoundKind::Index.value(format!("the index {found}")))?;
    let value = Number::whole(json).ok_or_else(|| FoundValue::json(json));
    let value = value.and_then(valid_value);
    let value = value.map_err(|found| found.at(format_args!("at index {index}")));
    Ok((index, value?))
}

/// Key of an object, borrowed if it has no escapes.
struct SparseKey<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for SparseKey<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = SparseKey<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<SparseKey<'de>, E> {
        Ok(SparseKey(Cow::Owned(key.to_owned())))
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<SparseKey<'de>, E> {
        Ok(SparseKey(Cow::Borrowed(key)))
    }
}
