//! JSON texts that are stored unchanged.

use std::borrow::Cow;
use std::fmt;

use super::found::FoundValue;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A key of an object, borrowed if it has no escapes.
#[derive(Deserialize)]
pub(super) struct JsonKey<'k>(#[serde(borrow)] pub(super) Cow<'k, str>);

/// Maximum nesting of a stored JSON value, well within the depth that the parser can read back.
const MAX_DEPTH: u8 = 100;

/// Returns the string of a JSON string literal, or `None` if the text isn't a string literal or has half a surrogate
/// pair.
pub(super) fn decode(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str(json).ok().map(Cow::Owned)
}

/// Returns the JSON to store for a `JSON` field's value in an insert call. If the value is a string that holds JSON,
/// the JSON inside is stored.
pub(super) fn unwrap(json: &str) -> Cow<'_, str> {
    let inner = decode(json).filter(|text| check(text).is_ok());
    inner.unwrap_or(Cow::Borrowed(json))
}

/// Largest integer up to which every integer has a distinct double.
const MAX_EXACT: u64 = 1 << 53;

/// Returns the first number of a JSON text that is an integer above 2^53 or below -2^53.
pub(super) fn inexact_integer(json: &str) -> Option<&str> {
    let mut rest = json;
    loop {
        let begin = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit())?;
        rest = rest.get(begin..)?;
        if rest.starts_with('"') {
            rest = rest.get(end_of_text(rest.as_bytes(), 0)..)?;
            continue;
        }
        let number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let end = rest.find(|c| !number(c)).unwrap_or(rest.len());
        let (found, after) = rest.split_at_checked(end)?;
        let digits = found.strip_prefix('-').unwrap_or(found);
        let whole = digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole && digits.parse().map_or(true, |value: u64| value > MAX_EXACT) {
            return Some(found);
        }
        rest = after;
    }
}

/// Returns the end of the string literal that begins at `begin`.
pub(super) fn end_of_text(json: &[u8], begin: usize) -> usize {
    let mut at = begin + 1;
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    json.len()
}

/// Checks that a JSON text can be read back: depth, range of numbers, surrogate pairs.
pub(super) fn check(json: &str) -> Result<(), FoundValue> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let read = Readable(MAX_DEPTH).deserialize(&mut reader);
    read.and_then(|()| reader.end())
        .map_err(|error| FoundValue::json(json).at(format_args!("({})", without_place(&error))))
}

/// Returns a parse error's message without line and column, which don't count from the start of the file.
pub(super) fn without_place(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.rsplit_once(" at line ") {
        Some((message, _)) => message.to_owned(),
        None => message,
    }
}

/// Visitor that reads a whole value of at most this many more levels and keeps nothing.
struct Readable(u8);

impl Readable {
    fn deeper<E: Error>(&self) -> Result<Self, E> {
        let left = self.0.checked_sub(1);
        left.map(Self)
            .ok_or_else(|| E::custom(format!("nested deeper than {MAX_DEPTH} levels")))
    }
}

impl<'de> DeserializeSeed<'de> for Readable {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Readable {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(self.deeper()?)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while object.next_key_seed(self.deeper()?)?.is_some() {
            object.next_value_seed(self.deeper()?)?;
        }
        Ok(())
    }
}
