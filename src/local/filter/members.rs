//! Looks values up in an `in` list.

use super::value::{Constant, Scalar, single, whole};
use std::collections::HashSet;

/// The values of an `in` list, grouped by kind.
#[derive(Debug, Default)]
pub(crate) struct Members {
    bools: Vec<bool>,
    ints: HashSet<i64>,
    /// The bit patterns of floats.
    floats: HashSet<u64>,
    texts: HashSet<String>,
}

impl Members {
    pub(crate) fn new(values: Vec<Constant>) -> Self {
        let mut members = Self::default();
        for value in values {
            match value {
                Constant::Bool(is) => members.bools.push(is),
                Constant::Int(value) => _ = members.ints.insert(value),
                Constant::Float(value) => _ = members.floats.insert(bits(value)),
                Constant::Text(text) => _ = members.texts.insert(text),
                // Lists are compared one by one.
                Constant::List(_) => {}
            }
        }
        members
    }

    /// Rounds floats to the width of a `Float` field.
    pub(crate) fn round(&mut self) {
        let round = |float| bits(single(f64::from_bits(float)).into());
        self.floats = self.floats.drain().map(round).collect();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bools.is_empty()
            && self.ints.is_empty()
            && self.floats.is_empty()
            && self.texts.is_empty()
    }

    /// Returns true if the list has the value, and false if it doesn't. If it doesn't, but has values of other kinds,
    /// returns `None`: the list is an `or` of comparisons by kind, and those can't be made
    /// (`planparserv2/rewriter/json_term.go`: normalizeTermExpr).
    pub(crate) fn has(&self, value: Scalar<'_>) -> Option<bool> {
        let numbers = !self.ints.is_empty() || !self.floats.is_empty();
        let (has, others) = match value {
            Scalar::Bool(is) => (self.bools.contains(&is), numbers || !self.texts.is_empty()),
            Scalar::Text(text) => (self.texts.contains(text), numbers || !self.bools.is_empty()),
            Scalar::Int(value) => (
                self.ints.contains(&value) || self.has_float(value as f64),
                self.has_others(),
            ),
            Scalar::Single(value) => (self.has_float(value.into()), self.has_others()),
            Scalar::Float(value) => {
                let as_int = whole(value).is_some_and(|value| self.ints.contains(&value));
                (as_int || self.has_float(value), self.has_others())
            }
        };
        (has || !others).then_some(has)
    }

    fn has_others(&self) -> bool {
        !self.bools.is_empty() || !self.texts.is_empty()
    }

    fn has_float(&self, value: f64) -> bool {
        self.floats.contains(&bits(value))
    }
}

/// Returns the bits of a float, with one pattern for both zeros.
fn bits(value: f64) -> u64 {
    (value + 0.0).to_bits()
}
