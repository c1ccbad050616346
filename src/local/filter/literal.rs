//! Values written out in a filter.

use super::{Piece, Scalar, scalar_of};
use serde_json::Value;

/// As messages show it.
impl std::fmt::Display for Scalar<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(is) => write!(f, "{is}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Text(text) => write!(f, "{text:?}"),
        }
    }
}

/// A number as written, without its sign.
pub(super) fn number(digits: &str, negative: bool) -> Result<Scalar<'static>, String> {
    let text = if negative {
        format!("-{digits}")
    } else {
        digits.to_owned()
    };
    if let Ok(whole) = text.parse() {
        return Ok(Scalar::Int(whole));
    }
    if digits.bytes().all(|digit| digit.is_ascii_digit()) {
        // As a float it would be another number, and might be equal to one that is there.
        return Err(format!("{text} is out of range (64-bit integers)"));
    }
    let float = text.parse().ok().filter(|float: &f64| float.is_finite());
    float
        .map(Scalar::Float)
        .ok_or_else(|| format!("{text} is not a number"))
}

/// A value of `exprParams` that can be compared; a whole number beyond 64 bits cannot.
pub(super) fn given(value: &Value) -> Option<Scalar<'static>> {
    let wide = value.as_i64().is_none() && value.is_u64();
    scalar_of(value.clone()).filter(|_| !wide)
}

/// A pattern's pieces; `\` makes the next character an ordinary one.
pub(super) fn pieces(pattern: &str) -> Vec<Piece> {
    let mut letters = pattern.chars();
    let mut pieces = Vec::new();
    while let Some(letter) = letters.next() {
        pieces.push(match letter {
            '%' => Piece::Any,
            '_' => Piece::One,
            '\\' => Piece::Char(letters.next().unwrap_or('\\')),
            letter => Piece::Char(letter),
        });
    }
    pieces
}
