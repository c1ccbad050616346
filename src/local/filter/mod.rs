//! Filters of queries, deletes and searches: Milvus' grammar and results.
//!
//! [`token`] cuts a filter's text by the lexer rules of Milvus' grammar (internal/parser/planparserv2/Plan.g4), [`parse`]
//! reads the tokens by its precedences, [`check`] refuses by the rules of its visitor (`parser_visitor.go`, utils.go) and
//! makes a [`Predicate`], and [`eval`] tests rows as segcore does (internal/core/src/exec/expression). Where releases
//! differ, the rules are those of 3.0; tests/conformance/filter-differences.json lists the differences from 2.3.
//!
//! A null, a key that isn't there, or a JSON value of another type makes a comparison neither true nor false, as in SQL.
//!
//! Outside of the local service's scope, and refused by name, are: full-text functions (`text_match`, `phrase_match`),
//! `st_*`, `element_filter`, `match_*` and paths into struct arrays, `random_sample`, regular expressions (`=~`), other
//! function calls, shifts and `~` (newer than 3.0), and hexadecimal floats.

mod check;
mod eval;
mod like;
mod literal;
mod members;
mod parse;
mod token;
mod value;

use crate::formats::Schema;
use crate::formats::column::Column;
use eval::Row;
use like::Pattern;
use members::Members;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use value::{Operator, Relation};

pub(crate) use value::Constant;

/// Decoded columns of one segment by their number: fields in the schema's order, then `$meta`.
pub(crate) type Loaded = BTreeMap<usize, Column>;

/// A filter whose names are those of a schema.
#[derive(Debug)]
pub(crate) struct Filter {
    predicate: Predicate,
    columns: BTreeSet<usize>,
}

/// A condition on a row.
#[derive(Debug)]
enum Predicate {
    /// True if all are, false if one is false.
    All(Vec<Predicate>),
    /// True if one is, false if all are false.
    Any(Vec<Predicate>),
    Not(Box<Predicate>),
    Constant(bool),
    /// A field, or the result of an operation on it, beside a constant.
    Compare(FieldRef, Option<(Operator, Constant)>, Relation, Constant),
    /// Two fields.
    Fields(FieldRef, Relation, FieldRef),
    /// The number of a list's elements beside a constant.
    Length(FieldRef, Relation, i64),
    In(FieldRef, Members),
    /// A list has one of these values, or all of them.
    Contains(FieldRef, Quantity, Vec<Constant>),
    Like(FieldRef, Pattern),
    /// A key leads to a value that isn't empty.
    Exists(FieldRef),
    /// The field, as a whole, has no value.
    IsNull(FieldRef),
}

/// How many of some values a list must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantity {
    Any,
    All,
}

/// A field, or the part of it that a path leads to.
#[derive(Clone, Debug)]
struct FieldRef {
    /// The column's number.
    column: usize,
    /// The field's own kind.
    kind: Kind,
    /// The kind of an array's elements.
    element: Kind,
    /// Keys into a JSON value.
    keys: Vec<String>,
    /// The element of an array.
    index: Option<usize>,
}

/// A kind of values, as far as filters tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bool,
    Int,
    /// 32-bit floats.
    Single,
    Double,
    Text,
    Json,
    Array,
    /// Of a list without a common kind, and of fields that can't be compared.
    Other,
}

impl Filter {
    /// Parses a filter on rows of this schema; `params` are the values for `{name}`.
    pub(crate) fn parse(
        text: &str,
        schema: &Schema,
        params: &Map<String, Value>,
    ) -> Result<Self, String> {
        parse::parse(text, schema, params).map(Self::new)
    }

    /// Returns the filter for rows whose primary key (the field with this number) is one of these.
    pub(crate) fn keys(primary: usize, keys: Vec<Constant>) -> Self {
        let field = FieldRef {
            column: primary,
            kind: Kind::Other,
            element: Kind::Other,
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

    /// The numbers of the columns that the filter reads.
    pub(crate) fn columns(&self) -> &BTreeSet<usize> {
        &self.columns
    }

    /// True if the filter is true for a row.
    pub(crate) fn test(&self, columns: &Loaded, row: usize) -> bool {
        self.predicate.test(&Row::new(columns, row)) == Some(true)
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
