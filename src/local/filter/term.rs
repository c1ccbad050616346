//! What stands on one side of a comparison: a field, the length of an array, or something calculated.

use super::{Loaded, Path, Scalar};
use serde_json::Value;
use std::collections::BTreeSet;

/// Gives a value of each row.
#[derive(Clone, Debug)]
pub(in crate::local) enum Term {
    /// A field's, or what is in it.
    Path(Path),
    /// How many elements an array has.
    Length(Path),
    /// Written out.
    Value(Scalar<'static>),
    /// Calculated from two others.
    Calculated(Box<(Term, Term)>, Operator),
}

/// How two numbers are calculated with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::local) enum Operator {
    Plus,
    Minus,
    Times,
    Over,
    Modulo,
}

impl Term {
    /// The numbers of the columns it looks at.
    pub(super) fn columns(&self, into: &mut BTreeSet<usize>) {
        match self {
            Self::Path(path) | Self::Length(path) => _ = into.insert(path.column),
            Self::Value(_) => {}
            Self::Calculated(sides, _) => {
                sides.0.columns(into);
                sides.1.columns(into);
            }
        }
    }

    /// Its value in a row, where there is one.
    pub(super) fn read<'c>(&self, columns: &'c Loaded, row: usize) -> Option<Scalar<'c>> {
        match self {
            Self::Path(path) => path.read(columns, row),
            Self::Length(path) => {
                let list = path.json(columns, row)?;
                let length = list.as_array()?.len();
                Some(Scalar::Int(i64::try_from(length).unwrap_or(i64::MAX)))
            }
            Self::Value(value) => Some(value.clone()),
            Self::Calculated(sides, operator) => {
                let one = sides.0.read(columns, row)?;
                operator.of(&one, &sides.1.read(columns, row)?)
            }
        }
    }

    /// True for a 32-bit float, to whose width numbers are cut before they are compared.
    pub(super) fn is_single(&self) -> bool {
        matches!(self, Self::Path(path) if path.single)
    }
}

impl Operator {
    /// Whole numbers stay whole, as with Milvus; nothing where the result is no number.
    pub(super) fn of(self, one: &Scalar<'_>, other: &Scalar<'_>) -> Option<Scalar<'static>> {
        if let (Scalar::Int(one), Scalar::Int(other)) = (one, other) {
            let whole = match self {
                Self::Plus => one.checked_add(*other),
                Self::Minus => one.checked_sub(*other),
                Self::Times => one.checked_mul(*other),
                Self::Over => one.checked_div(*other),
                Self::Modulo => one.checked_rem(*other),
            };
            return whole.map(Scalar::Int);
        }
        let (one, other) = (one.number()?, other.number()?);
        let float = match self {
            Self::Plus => one + other,
            Self::Minus => one - other,
            Self::Times => one * other,
            Self::Over => one / other,
            Self::Modulo => return None,
        };
        float.is_finite().then_some(Scalar::Float(float))
    }
}

/// Which of some values a list must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::local) enum Quantity {
    /// One of them.
    Any,
    /// Each of them.
    All,
}

impl Quantity {
    /// Whether a list has the values.
    pub(super) fn of(self, list: &[Value], values: &[Value]) -> bool {
        let mut has = values
            .iter()
            .map(|value| list.iter().any(|element| same(element, value)));
        match self {
            Self::Any => has.any(|has| has),
            Self::All => has.all(|has| has),
        }
    }
}

/// Numbers are the same whether they are written with a point or without.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => match (one.as_i64(), other.as_i64()) {
            (Some(one), Some(other)) => one == other,
            _ => one.as_f64().partial_cmp(&other.as_f64()) == Some(std::cmp::Ordering::Equal),
        },
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        _ => one == other,
    }
}
