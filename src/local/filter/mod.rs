//! Filters of queries, deletes and searches, with Milvus' grammar and results.
//!
//! [`token`] splits a filter's text by the lexer rules of Milvus' grammar (internal/parser/planparserv2/Plan.g4).
//! [`parse`] reads the tokens by the grammar's precedences. [`check`] and [`arithmetic`] apply the rules of Milvus' visitor
//! (`parser_visitor.go`, utils.go) and build a [`Predicate`]. [`eval`] tests rows like segcore
//! (internal/core/src/exec/expression). If releases differ, the rules are those of 3.0;
//! tests/conformance/filter-differences.json lists the differences from 2.3.
//!
//! A comparison is neither true nor false, as in SQL, if its value is null, its key is missing, or its JSON value has
//! another type.
//!
//! The local service doesn't support, and refuses by name: full-text functions (`text_match`, `phrase_match`), `st_*`,
//! `element_filter`, `match_*` and paths into struct arrays, `random_sample`, regular expressions (`=~`), other
//! function calls, shifts and `~` (newer than 3.0), and hexadecimal floats.

mod arithmetic;
mod check;
mod eval;
mod field;
mod like;
mod literal;
mod members;
mod parse;
mod token;
mod value;

use crate::formats::Schema;
use crate::formats::column::Column;
use eval::Row;
use field::{FieldRef, ValueKind};
use like::Pattern;
use members::Members;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use value::{Operator, Relation};

pub(crate) use eval::EvalLimit;
pub(crate) use value::Constant;

/// Decoded columns of one segment by number: fields in the schema's order, then `$meta`.
pub(crate) type Loaded = BTreeMap<usize, Column>;

/// A parsed filter, with its names resolved in a schema.
#[derive(Debug)]
pub(crate) struct Filter {
    predicate: Predicate,
    columns: BTreeSet<usize>,
}

/// A condition on a row.
#[derive(Debug)]
enum Predicate {
    /// True if all parts are true, false if a part is false.
    All(Vec<Predicate>),
    /// True if a part is true, false if all parts are false.
    Any(Vec<Predicate>),
    Not(Box<Predicate>),
    Constant(bool),
    /// Comparison of a field, or of the result of an operation on it, with a constant.
    Compare(FieldRef, Option<(Operator, Constant)>, Relation, Constant),
    /// Comparison of two fields.
    Fields(FieldRef, Relation, FieldRef),
    /// Comparison of a list's length with a constant.
    Length(FieldRef, Relation, i64),
    In(FieldRef, Members),
    /// Whether a list has one of these values, or all of them.
    Contains(FieldRef, Quantity, Vec<Constant>),
    Like(FieldRef, Pattern),
    /// Whether a key's value exists and isn't empty.
    Exists(FieldRef),
    /// Whether the whole field is null.
    IsNull(FieldRef),
}

/// Number of the given values that a list must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantity {
    Any,
    All,
}

impl Filter {
    /// Parses a filter for rows of this schema; `params` are the values for `{name}`.
    pub(crate) fn parse(
        text: &str,
        schema: &Schema,
        params: &Map<String, Value>,
    ) -> Result<Self, String> {
        parse::parse(text, schema, params).map(Self::new)
    }

    /// Returns the filter for rows with one of these primary keys; `primary` is the number of the key's field.
    pub(crate) fn keys(primary: usize, keys: Vec<Constant>) -> Self {
        let field = FieldRef {
            column: primary,
            kind: ValueKind::Other,
            element: ValueKind::Other,
            keys: Vec::new(),
            index: None,
        };
        Self::new(Predicate::In(field, Members::new(keys)))
    }

    fn new(predicate: Predicate) -> Self {
        let mut columns = BTreeSet::new();
        predicate.columns(&mut columns);
        Self { predicate, columns }
    }

    /// Returns the numbers of the columns that the filter reads.
    pub(crate) fn columns(&self) -> &BTreeSet<usize> {
        &self.columns
    }

    /// Returns true if the filter is true for a row. After the limit the result doesn't matter.
    pub(crate) fn test(&self, columns: &Loaded, row: usize, limit: &EvalLimit<'_>) -> bool {
        self.predicate.test(&Row::new(columns, row, limit)) == Some(true)
    }
}

impl Predicate {
    fn columns(&self, into: &mut BTreeSet<usize>) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.columns(into)),
            Self::Not(part) => part.columns(into),
            Self::Constant(_) => {}
            Self::Fields(one, _, other) => into.extend([one.column, other.column]),
            Self::Compare(field, ..)
            | Self::Length(field, ..)
            | Self::In(field, _)
            | Self::Contains(field, ..)
            | Self::Like(field, _)
            | Self::Exists(field)
            | Self::IsNull(field) => _ = into.insert(field.column),
        }
    }
}

#[cfg(test)]
mod tests;
