//! Filters of queries: boolean expressions over a row's scalar fields, as Milvus writes them.
//!
//! Supported are comparisons (also chained, `1 < id <= 5`), `in`, `not in`, `like`, `is null`, `and`, `or`, `not` and
//! their signs, parentheses, keys of JSON and dynamic fields (`meta["a"][0]`), elements of arrays (`tags[0]`), `{name}` for a
//! value of `exprParams`, arithmetic (`id % 2 == 0`), `exists`, `array_length`, `array_contains`, `json_contains` and their
//! forms with `_all` and `_any`. Other functions are refused by name. A null, or a key that is not there, makes a comparison
//! neither true nor false, as in SQL.

mod lex;
mod literal;
mod parse;
mod term;

use crate::formats::column::{Column, Values};
use crate::formats::{DataType, Schema};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use term::{Quantity, Term};

/// Decoded columns of one segment by their number: fields in the schema's order, then `$meta`.
pub(super) type Loaded = BTreeMap<usize, Column>;

/// A filter whose names are those of a schema.
#[derive(Debug)]
pub(super) enum Filter {
    /// True where all are.
    All(Vec<Filter>),
    /// True where one is.
    Any(Vec<Filter>),
    /// The opposite.
    Not(Box<Filter>),
    /// The value stands in this relation to the given one.
    Compare(Term, Relation, Scalar<'static>),
    /// The list has so many of these values.
    Contains(Path, Quantity, Vec<Value>),
    /// The value is one of these.
    In(Path, Members),
    /// The text matches the pattern.
    Like(Path, Vec<Piece>),
    /// There is no value.
    IsNull(Path),
    /// A value of true or false by itself.
    Truth(Path),
    /// Written out.
    Constant(bool),
}

/// Where a value stands in a row.
#[derive(Clone, Debug)]
pub(super) struct Path {
    /// The column's number.
    column: usize,
    /// The way into a JSON value or an array.
    keys: Vec<Key>,
    /// True for a 32-bit float, to whose width numbers are cut before they are compared.
    single: bool,
}

/// One step into a JSON value.
#[derive(Clone, Debug)]
enum Key {
    Name(String),
    Index(usize),
}

/// A relation of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// A value that can be compared.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar<'a> {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'a, str>),
}

/// The values of a list, to be looked up.
#[derive(Debug, Default)]
pub(super) struct Members {
    ints: HashSet<i64>,
    texts: HashSet<String>,
    floats: Vec<f64>,
    bools: Vec<bool>,
}

/// A part of a `like` pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// `%`: any text.
    Any,
    /// `_`: any one character.
    One,
    /// This character.
    Char(char),
}

impl Filter {
    /// Reads a filter on rows of this schema; `params` holds the values for `{name}`. In words what is wrong.
    pub(super) fn parse(
        text: &str,
        schema: &Schema,
        params: &Map<String, Value>,
    ) -> Result<Self, String> {
        parse::parse(text, schema, params)
    }

    /// True for rows whose primary key (the field with this number) is one of these.
    pub(super) fn keys(primary: usize, keys: Vec<Scalar<'static>>) -> Self {
        let path = Path {
            column: primary,
            keys: Vec::new(),
            single: false,
        };
        Self::In(path, Members::new(keys))
    }

    /// The numbers of the columns it looks at.
    pub(super) fn columns(&self, into: &mut BTreeSet<usize>) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.columns(into)),
            Self::Not(part) => part.columns(into),
            Self::Compare(term, ..) => term.columns(into),
            Self::In(path, _)
            | Self::Contains(path, ..)
            | Self::Like(path, _)
            | Self::IsNull(path)
            | Self::Truth(path) => _ = into.insert(path.column),
            Self::Constant(_) => {}
        }
    }

    /// Whether it is true of a row; `None` where that cannot be said.
    pub(super) fn test(&self, columns: &Loaded, row: usize) -> Option<bool> {
        match self {
            Self::All(parts) => all(parts, columns, row, false),
            Self::Any(parts) => all(parts, columns, row, true),
            Self::Not(part) => part.test(columns, row).map(|is| !is),
            Self::Compare(term, relation, value) => {
                relation.holds(&term.read(columns, row)?, value)
            }
            Self::Contains(path, quantity, values) => {
                Some(quantity.of(path.json(columns, row)?.as_array()?, values))
            }
            Self::In(path, members) => Some(members.has(&path.read(columns, row)?)),
            Self::Like(path, pattern) => match path.read(columns, row)? {
                Scalar::Text(text) => Some(matches(pattern, &text)),
                _ => None,
            },
            Self::IsNull(path) => Some(path.is_null(columns, row)),
            Self::Truth(path) => match path.read(columns, row)? {
                Scalar::Bool(is) => Some(is),
                _ => None,
            },
            Self::Constant(is) => Some(*is),
        }
    }
}

/// `decides` as soon as one part says so; else unknown if one is unknown, else the opposite.
fn all(parts: &[Filter], columns: &Loaded, row: usize, decides: bool) -> Option<bool> {
    let mut known = true;
    for part in parts {
        match part.test(columns, row) {
            Some(is) if is == decides => return Some(decides),
            Some(_) => {}
            None => known = false,
        }
    }
    known.then_some(!decides)
}

impl Path {
    fn read<'c>(&self, columns: &'c Loaded, row: usize) -> Option<Scalar<'c>> {
        let column = columns.get(&self.column)?;
        if column.is_null(row) {
            return None;
        }
        if is_json(column.data_type()) {
            return scalar_of(self.inner(column, row)?);
        }
        Some(match column.values() {
            Values::Bool(values) => Scalar::Bool(*values.get(row)? != 0),
            Values::Int8(values) => Scalar::Int((*values.get(row)?).into()),
            Values::Int16(values) => Scalar::Int((*values.get(row)?).into()),
            Values::Int32(values) => Scalar::Int((*values.get(row)?).into()),
            Values::Int64(values) => Scalar::Int(*values.get(row)?),
            Values::Float(values) => Scalar::Float((*values.get(row)?).into()),
            Values::Double(values) => Scalar::Float(*values.get(row)?),
            Values::Text(_) => Scalar::Text(Cow::Borrowed(column.text(row)?)),
            Values::Sparse(_) | Values::Packed(_) => return None,
        })
    }

    /// The JSON value, where there is one.
    fn json(&self, columns: &Loaded, row: usize) -> Option<Value> {
        let column = columns.get(&self.column)?;
        if column.is_null(row) || !is_json(column.data_type()) {
            return None;
        }
        self.inner(column, row)
    }

    /// The value that the keys lead to.
    fn inner(&self, column: &Column, row: usize) -> Option<Value> {
        let mut value: Value = serde_json::from_str(column.text(row)?).ok()?;
        for key in &self.keys {
            value = match key {
                Key::Name(name) => value.get_mut(name)?.take(),
                Key::Index(index) => value.get_mut(index)?.take(),
            };
        }
        Some(value)
    }

    fn is_null(&self, columns: &Loaded, row: usize) -> bool {
        let Some(column) = columns.get(&self.column) else {
            return true;
        };
        if column.is_null(row) || self.keys.is_empty() {
            return column.is_null(row);
        }
        self.inner(column, row).is_none_or(|value| value.is_null())
    }
}

/// True for the types that are kept as JSON text.
fn is_json(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Json | DataType::Array { .. })
}

fn scalar_of(value: Value) -> Option<Scalar<'static>> {
    Some(match value {
        Value::Bool(is) => Scalar::Bool(is),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Scalar::Int(whole),
            None => Scalar::Float(number.as_f64()?),
        },
        Value::String(text) => Scalar::Text(Cow::Owned(text)),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    })
}

impl Relation {
    /// Unknown where the two cannot be compared.
    fn holds(self, one: &Scalar<'_>, other: &Scalar<'_>) -> Option<bool> {
        let order = one.order(other)?;
        Some(match self {
            Self::Equal => order == Ordering::Equal,
            Self::NotEqual => order != Ordering::Equal,
            Self::Less => order == Ordering::Less,
            Self::LessEqual => order != Ordering::Greater,
            Self::Greater => order == Ordering::Greater,
            Self::GreaterEqual => order != Ordering::Less,
        })
    }

    /// The same relation with its sides exchanged.
    fn turned(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessEqual => Self::GreaterEqual,
            Self::Greater => Self::Less,
            Self::GreaterEqual => Self::LessEqual,
            same => same,
        }
    }
}

impl Scalar<'_> {
    fn order(&self, other: &Scalar<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(one), Scalar::Bool(other)) => Some(one.cmp(other)),
            (Self::Int(one), Scalar::Int(other)) => Some(one.cmp(other)),
            (Self::Text(one), Scalar::Text(other)) => Some(one.cmp(other)),
            _ => self.number()?.partial_cmp(&other.number()?),
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(as_float(*value)),
            Self::Float(value) => Some(*value),
            Self::Bool(_) | Self::Text(_) => None,
        }
    }
}

impl Members {
    fn new(values: Vec<Scalar<'_>>) -> Self {
        let mut members = Self::default();
        for value in values {
            match value {
                Scalar::Bool(is) => members.bools.push(is),
                Scalar::Int(value) => _ = members.ints.insert(value),
                Scalar::Float(value) => members.floats.push(value),
                Scalar::Text(text) => _ = members.texts.insert(text.into_owned()),
            }
        }
        members
    }

    fn has(&self, value: &Scalar<'_>) -> bool {
        let float = |value: f64| {
            self.floats
                .iter()
                .any(|member| member.partial_cmp(&value) == Some(Ordering::Equal))
        };
        match value {
            Scalar::Bool(is) => self.bools.contains(is),
            Scalar::Int(value) => {
                self.ints.contains(value) || (!self.floats.is_empty() && float(as_float(*value)))
            }
            Scalar::Float(value) => {
                let same =
                    |whole: &i64| as_float(*whole).partial_cmp(value) == Some(Ordering::Equal);
                float(*value) || self.ints.iter().any(same)
            }
            Scalar::Text(text) => self.texts.contains(text.as_ref()),
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of two kinds are compared as floats, as Milvus does"
)]
fn as_float(value: i64) -> f64 {
    value as f64
}

/// Matches a whole text; linear in it for each `%`.
fn matches(pattern: &[Piece], text: &str) -> bool {
    let (mut rest, mut at) = (text.chars(), 0);
    // Where the last `%` stands, and what of the text it has not taken yet.
    let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
    loop {
        let mut ahead = rest.clone();
        let next = ahead.next();
        match (pattern.get(at), next) {
            (Some(Piece::Any), _) => {
                retry = Some((at, rest.clone()));
                at += 1;
                continue;
            }
            (None, None) => return true,
            (Some(Piece::One), Some(_)) => {
                (rest, at) = (ahead, at + 1);
                continue;
            }
            (Some(Piece::Char(wanted)), Some(found)) if *wanted == found => {
                (rest, at) = (ahead, at + 1);
                continue;
            }
            _ => {}
        }
        let Some((any, mut left)) = retry.take() else {
            return false;
        };
        if left.next().is_none() {
            return false;
        }
        rest = left.clone();
        at = any + 1;
        retry = Some((any, left));
    }
}

#[cfg(test)]
mod tests;
