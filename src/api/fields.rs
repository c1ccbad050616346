//! Reads JSON objects liberally: services send numbers as text, ids as numbers, and omit fields.
//!
//! Values stay as sent until they're read, so an id above 2^53 keeps its digits.

use super::model::is_placeholder_id;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The fields of one JSON object.
pub(super) struct Fields<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Fields<'a> {
    /// Returns the object's fields; `None` if the value isn't an object.
    pub(super) fn of(raw: &'a RawValue) -> Option<Self> {
        Self::parse(raw.get())
    }

    /// Returns the fields of an object's JSON text; `None` if it isn't an object.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    /// Returns true if the object has one of the fields, null or not.
    pub(super) fn knows(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.0.contains_key(*name))
    }

    /// Returns true for an object without fields.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns true if the object has one of the fields and its value isn't null.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        self.raw(names).is_some()
    }

    /// Returns the first of these fields that is present and not null.
    pub(super) fn raw(&self, names: &[&str]) -> Option<&'a RawValue> {
        names
            .iter()
            .filter_map(|name| self.0.get(*name).copied())
            .find(|raw| raw.get() != "null")
    }

    /// Returns a text, or a number or boolean as written. `None` for null, an empty text and any other value.
    pub(super) fn text(&self, names: &[&str]) -> Option<String> {
        self.raw(names)
            .and_then(text)
            .filter(|text| !text.is_empty())
    }

    /// Returns a text; empty if it's missing.
    pub(super) fn text_or_empty(&self, names: &[&str]) -> String {
        self.text(names).unwrap_or_default()
    }

    /// Returns an id: text or a number, without outer blanks; `None` for a placeholder and for anything else.
    pub(super) fn id(&self, names: &[&str]) -> Option<String> {
        let raw = self.raw(names)?;
        let is_id = matches!(raw.get().as_bytes(), [b'"' | b'-' | b'0'..=b'9', ..]);
        let text = text(raw).filter(|text| is_id && !is_placeholder_id(text))?;
        Some(text.trim().to_owned())
    }

    /// Returns a count, even if it was sent as text; `None` for negative and unreadable numbers.
    pub(super) fn count(&self, names: &[&str]) -> Option<u64> {
        self.text(names).and_then(|text| count(&text))
    }

    /// Returns any number, even if it was sent as text.
    pub(super) fn number(&self, names: &[&str]) -> Option<f64> {
        self.text(names).and_then(|text| number(&text))
    }

    /// Returns a boolean, even if it was sent as text; false if it's missing.
    pub(super) fn flag(&self, names: &[&str]) -> bool {
        self.text(names)
            .is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// Returns the items of a list; empty if it's missing.
    pub(super) fn list(&self, names: &[&str]) -> Vec<&'a RawValue> {
        self.raw(names).and_then(list).unwrap_or_default()
    }

    /// Returns the texts of a list, without empty ones.
    pub(super) fn texts(&self, names: &[&str]) -> Vec<String> {
        let texts = self.list(names).into_iter().filter_map(text);
        texts.filter(|text| !text.is_empty()).collect()
    }

    /// Returns the objects of a list.
    pub(super) fn objects(&self, names: &[&str]) -> Vec<Self> {
        self.list(names).into_iter().filter_map(Self::of).collect()
    }
}

/// Returns the items of a JSON list; `None` for any other value.
pub(super) fn list(raw: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(raw.get()).ok()
}

/// Returns a JSON value as text: strings unescaped, numbers and booleans as written; `None` for other values.
pub(super) fn text(raw: &RawValue) -> Option<String> {
    let text = raw.get();
    match text.as_bytes().first()? {
        b'"' => serde_json::from_str(text).ok(),
        b'{' | b'[' | b'n' => None,
        _ => Some(text.to_owned()),
    }
}

/// Parses a non-negative integer, also in the forms `7.0` and `7e3`.
pub(super) fn count(text: &str) -> Option<u64> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let number: f64 = text.parse().ok()?;
        // Below 2^53 every integer has an exact double.
        if number.fract() != 0.0 || !(0.0..9_007_199_254_740_992.0).contains(&number) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the range was just checked"
        )]
        Some(number as u64)
    })
}

/// Parses a signed integer, such as an error code.
pub(super) fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    text.parse()
        .ok()
        .or_else(|| count(text).and_then(|n| i64::try_from(n).ok()))
}

/// Parses a finite number, with or without a percent sign.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let text = text.strip_suffix('%').unwrap_or(text).trim_end();
    text.parse().ok().filter(|n: &f64| n.is_finite())
}

/// Returns a percentage clamped to 0 to 100; services have sent -1 and more than 100.
pub(super) const fn percent(number: f64) -> f64 {
    number.clamp(0.0, 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_every_spelling() {
        let fields = Fields::parse(
            r#"{"a":"12","b":12.0,"c":-1,"d":null,"e":"","f":18446744073709551615,"g":"1e3","h":[1],"i":"45 %","j":1e400,"k":true,"m":7.9}"#,
        )
        .unwrap();
        let counts = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "m"]
            .map(|name| fields.count(&[name]));
        let max = Some(u64::MAX);
        assert_eq!(
            counts,
            [
                Some(12),
                Some(12),
                None,
                None,
                None,
                max,
                Some(1000),
                None,
                None,
                None,
                None
            ]
        );
        assert_eq!(fields.number(&["i"]), Some(45.0));
        assert_eq!(fields.number(&["c"]), Some(-1.0));
        assert!(fields.flag(&["k"]) && !fields.flag(&["l"]));
    }
}
