//! Values that the row check refuses: their kinds, and their descriptions for messages.

use std::fmt;

/// Kind of a refused value. The row check groups refused rows by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FoundKind {
    Missing,
    Null,
    TooLong,
    /// A number with fraction or exponent for an integer.
    Fraction,
    OutOfRange,
    Negative,
    NaN,
    Infinity,
    NotUtf8,
    NotJson,
    ValueCount,
    ByteCount,
    ElementCount,
    CellCount,
    IndexCount,
    /// A key of a sparse vector that is no index.
    Index,
    /// A value of another type.
    Text,
    List,
    Object,
    Number,
    Bool,
    /// A problem that its text names.
    Other,
}

impl FoundKind {
    /// Returns a value of this kind, described by a text.
    pub(super) fn value(self, text: impl Into<String>) -> FoundValue {
        FoundValue {
            kind: self,
            text: text.into(),
            place: String::new(),
        }
    }
}

/// A refused value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundValue {
    pub(crate) kind: FoundKind,
    /// The value in words. Long values are shortened.
    pub(crate) text: String,
    /// Place inside the row's value, e.g. ` as element 3`.
    place: String,
}

impl FoundValue {
    /// Describes a JSON value.
    pub(super) fn json(json: &str) -> Self {
        let kind = match json.as_bytes().first() {
            Some(b'"') => FoundKind::Text,
            Some(b'[') => FoundKind::List,
            Some(b'{') => FoundKind::Object,
            Some(b'-' | b'0'..=b'9') => FoundKind::Number,
            _ => match json {
                "null" => FoundKind::Null,
                "true" | "false" => FoundKind::Bool,
                _ => FoundKind::Other,
            },
        };
        kind.value(describe(json))
    }

    /// Describes a float.
    pub(super) fn float(value: impl Into<f64> + fmt::Display) -> Self {
        let text = value.to_string();
        let value = value.into();
        if value.is_nan() {
            FoundKind::NaN.value(text)
        } else if value.is_infinite() {
            FoundKind::Infinity.value(text)
        } else {
            FoundKind::Number.value(text)
        }
    }

    /// Returns the value with another kind and a reason after its text.
    pub(super) fn because(self, kind: FoundKind, why: &str) -> Self {
        kind.value(format!("{}, {why}", self.text))
    }

    /// Returns the place inside the row's value; empty for the whole value.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// Adds the place inside the row's value, e.g. `as element 3`.
    pub(super) fn at(mut self, place: fmt::Arguments<'_>) -> Self {
        self.place = format!("{} {place}", self.place);
        self
    }
}

impl fmt::Display for FoundValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.text, self.place)
    }
}

impl From<String> for FoundValue {
    fn from(text: String) -> Self {
        FoundKind::Other.value(text)
    }
}

impl From<&str> for FoundValue {
    fn from(text: &str) -> Self {
        FoundKind::Other.value(text)
    }
}

/// Longest part of a value that a message repeats, in characters.
const SHOWN: usize = 60;

/// Returns a JSON value described for a message, shortened if long: `text "abc"`, `list [1,2,…`, `12`.
pub(crate) fn describe(json: &str) -> String {
    let kind = match json.as_bytes().first() {
        Some(b'"') => "text ",
        Some(b'[') => "list ",
        Some(b'{') => "object ",
        _ => "",
    };
    format!("{kind}{}", shortened(json, SHOWN))
}

/// Returns the first characters of a text, at most `most`.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
