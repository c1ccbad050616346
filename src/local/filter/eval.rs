//! Tests rows like segcore (internal/core/src/exec/expression). The result is true, false, or `None` if it's unknown.

use super::value::{Constant, Operator, Relation, Scalar, single};
use super::{FieldRef, Loaded, Predicate, Quantity, ValueKind};
use crate::formats::column::{Column, Values};
use serde_json::Value;
use std::cell::{Cell, OnceCell};
use std::cmp::Ordering;

/// Steps of work between two checks of the time limit: values compared, and bytes of text searched.
const CHECK_EVERY: usize = 100_000;

/// Ends the tests of rows after a time limit. A long filter may take minutes for one large row.
pub(crate) struct EvalLimit<'a> {
    is_over: &'a dyn Fn() -> bool,
    steps: Cell<usize>,
    ended: Cell<bool>,
}

impl<'a> EvalLimit<'a> {
    /// Returns a limit that calls `is_over` now and then.
    pub(crate) fn new(is_over: &'a dyn Fn() -> bool) -> Self {
        Self {
            is_over,
            steps: Cell::new(0),
            ended: Cell::new(false),
        }
    }

    /// Counts steps of work. Returns `None` if the limit is over: the result then doesn't matter.
    fn count(&self, steps: usize) -> Option<()> {
        let steps = self.steps.get().saturating_add(steps);
        self.steps.set(steps);
        if steps >= CHECK_EVERY {
            self.steps.set(0);
            self.ended.set((self.is_over)());
        }
        (!self.ended.get()).then_some(())
    }
}

/// A row and the values of it that were parsed so far.
pub(crate) struct Row<'c> {
    columns: &'c Loaded,
    at: usize,
    limit: &'c EvalLimit<'c>,
    /// Parsed JSON values, in the columns' order. Each is parsed at most once.
    parsed: Vec<OnceCell<Option<Value>>>,
}

impl<'c> Row<'c> {
    pub(crate) fn new(columns: &'c Loaded, row: usize, limit: &'c EvalLimit<'c>) -> Self {
        Self {
            columns,
            at: row,
            limit,
            parsed: vec![OnceCell::new(); columns.len()],
        }
    }

    /// Returns the column of a field, unless the row is null there.
    fn column(&self, field: &FieldRef) -> Option<&'c Column> {
        let column = self.columns.get(&field.column)?;
        (!column.is_null(self.at)).then_some(column)
    }

    /// Returns the JSON value at a field's keys or index. Arrays are stored as JSON too.
    fn json(&self, field: &FieldRef) -> Option<&Value> {
        let place = self.columns.range(..field.column).count();
        let parsed = self
            .parsed
            .get(place)?
            .get_or_init(|| serde_json::from_str(self.column(field)?.text(self.at)?).ok());
        let value = parsed.as_ref()?;
        match field.index {
            Some(index) => value.get(index),
            None => field.keys.iter().try_fold(value, step),
        }
    }

    fn scalar(&self, field: &FieldRef) -> Option<Scalar<'_>> {
        if matches!(field.kind, ValueKind::Json | ValueKind::Array) {
            let value = scalar_of(self.json(field)?)?;
            return Some(match (value, field.element) {
                (Scalar::Float(value), ValueKind::Single) if field.index.is_some() => {
                    Scalar::Single(single(value))
                }
                (Scalar::Int(value), ValueKind::Single | ValueKind::Double)
                    if field.index.is_some() =>
                {
                    Scalar::Float(value as f64)
                }
                (value, _) => value,
            });
        }
        let (column, row) = (self.column(field)?, self.at);
        Some(match column.values() {
            Values::Bool(values) => Scalar::Bool(*values.get(row)? != 0),
            Values::Int8(values) => Scalar::Int((*values.get(row)?).into()),
            Values::Int16(values) => Scalar::Int((*values.get(row)?).into()),
            Values::Int32(values) => Scalar::Int((*values.get(row)?).into()),
            Values::Int64(values) => Scalar::Int(*values.get(row)?),
            Values::Float(values) => Scalar::Single(*values.get(row)?),
            Values::Double(values) => Scalar::Float(*values.get(row)?),
            Values::Text(_) => Scalar::Text(column.text(row)?),
            Values::Sparse(_) | Values::Packed(_) => return None,
        })
    }
}

/// Follows one key like a JSON pointer: in lists, the key is an index.
fn step<'v>(value: &'v Value, key: &String) -> Option<&'v Value> {
    match value {
        Value::Object(object) => object.get(key),
        Value::Array(list) if key == "0" || !key.starts_with('0') => {
            list.get(key.parse::<usize>().ok()?)
        }
        _ => None,
    }
}

fn scalar_of(value: &Value) -> Option<Scalar<'_>> {
    Some(match value {
        Value::Bool(is) => Scalar::Bool(*is),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Scalar::Int(whole),
            None => Scalar::Float(number.as_f64()?),
        },
        Value::String(text) => Scalar::Text(text),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    })
}

impl Predicate {
    pub(crate) fn test(&self, row: &Row<'_>) -> Option<bool> {
        match self {
            Self::All(parts) => joined(parts, row, false),
            Self::Any(parts) => joined(parts, row, true),
            Self::Not(part) => part.test(row).map(|is| !is),
            Self::Constant(is) => Some(*is),
            Self::Compare(field, operation, relation, constant) => {
                compare(row, field, operation.as_ref(), *relation, constant)
            }
            Self::Fields(one, relation, other) => {
                let order = row.scalar(one)?.order_of_fields(row.scalar(other)?)?;
                Some(relation.holds(order))
            }
            Self::Length(field, relation, constant) => {
                let length = i64::try_from(row.json(field)?.as_array()?.len()).ok()?;
                Some(relation.holds(length.cmp(constant)))
            }
            Self::In(field, members) => {
                // For JSON and arrays, segcore reads no rows at all (TermExpr.cpp).
                if members.is_empty() && matches!(field.kind, ValueKind::Json | ValueKind::Array) {
                    return Some(false);
                }
                members.has(widened(field, row.scalar(field)?))
            }
            Self::Contains(field, quantity, values) => contains(row, field, *quantity, values),
            Self::Like(field, pattern) => match row.scalar(field)? {
                Scalar::Text(text) => {
                    row.limit.count(text.len())?;
                    Some(pattern.matches(text))
                }
                _ => None,
            },
            Self::Exists(field) => Some(row.json(field).is_some_and(|value| !is_hollow(value))),
            Self::IsNull(field) => Some(row.column(field).is_none()),
        }
    }
}

/// Returns `decides` if any part has that value; else `None` if a part is unknown; else the opposite.
fn joined(parts: &[Predicate], row: &Row<'_>, decides: bool) -> Option<bool> {
    let mut known = true;
    for part in parts {
        row.limit.count(1)?;
        match part.test(row) {
            Some(is) if is == decides => return Some(decides),
            Some(_) => {}
            None => known = false,
        }
    }
    known.then_some(!decides)
}

fn compare(
    row: &Row<'_>,
    field: &FieldRef,
    operation: Option<&(Operator, Constant)>,
    relation: Relation,
    constant: &Constant,
) -> Option<bool> {
    if let Constant::List(values) = constant {
        let list = row.json(field)?.as_array()?;
        return Some(match relation {
            Relation::Equal => is_same_list(field, list, values),
            Relation::NotEqual => !is_same_list(field, list, values),
            _ => false,
        });
    }
    let mut value = row.scalar(field)?;
    if let Some((operator, operand)) = operation {
        value = operator.row(widened(field, value), operand)?;
    }
    Some(relation.holds(value.order(constant)?))
}

/// Converts a `Float` element of an `Array` field to 64 bits, in which segcore calculates with elements and looks them
/// up (BinaryArithOpEvalRangeExpr.cpp, TermExpr.cpp).
fn widened<'r>(field: &FieldRef, value: Scalar<'r>) -> Scalar<'r> {
    match value {
        Scalar::Single(value) if field.index.is_some() => Scalar::Float(value.into()),
        value => value,
    }
}

/// Returns true if a list has exactly these values in this order (exec/expression/Utils.h: `CompareTwoJsonArray`;
/// common/Array.h: `is_same_array`).
fn is_same_list(field: &FieldRef, list: &[Value], values: &[Constant]) -> bool {
    let same = |(element, value): (&Value, &Constant)| is_same(field, element, value);
    list.len() == values.len() && list.iter().zip(values).all(same)
}

fn is_same(field: &FieldRef, element: &Value, value: &Constant) -> bool {
    // A JSON number with a point isn't an integer, and an integer isn't cast to the type of an array's elements.
    let is_cast = match field.element {
        ValueKind::Other => matches!(scalar_of(element), Some(Scalar::Float(_))),
        kind => kind.is_float(),
    };
    !(is_cast && matches!(value, Constant::Int(_))) && is_equal(field, element, value)
}

fn contains(
    row: &Row<'_>,
    field: &FieldRef,
    quantity: Quantity,
    values: &[Constant],
) -> Option<bool> {
    let list = row.json(field)?.as_array()?;
    // The value that decides: one that is there, or one that isn't.
    let decides = matches!(quantity, Quantity::Any);
    for value in values {
        row.limit.count(list.len())?;
        let has = match value {
            Constant::List(inner) => {
                let mut lists = list.iter().filter_map(Value::as_array);
                lists.any(|list| is_same_list(field, list, inner))
            }
            value => list.iter().any(|element| is_equal(field, element, value)),
        };
        if has == decides {
            return Some(decides);
        }
    }
    Some(!decides)
}

/// Returns true for equal values; a JSON number with a point may equal an integer (JsonContainsExpr.cpp).
fn is_equal(field: &FieldRef, element: &Value, value: &Constant) -> bool {
    let element = match scalar_of(element) {
        Some(Scalar::Float(element)) if field.element == ValueKind::Single => {
            Scalar::Single(single(element))
        }
        Some(element) => element,
        None => return false,
    };
    element.order(value).is_some_and(Ordering::is_eq)
}

/// Returns true for null, and for objects and lists that contain only such values (common/Json.h: isObjectEmpty).
fn is_hollow(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(object) => object.values().all(is_hollow),
        Value::Array(list) => list.iter().all(is_hollow),
        _ => false,
    }
}
