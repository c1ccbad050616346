//! Checks one row object and appends it to the columns.
//!
//! The whole object is read first, to find each field's value. Then the values are checked in schema order. So messages
//! don't depend on the order of keys, and values that no column keeps are never built.

mod keys;
mod meta;
mod quick;
mod visitor;
mod words;

use std::collections::BTreeMap;
use std::ops::Range;

use serde::de::Deserializer;
use serde_json::value::RawValue;

use super::cell;
use super::cells::Cells;
use super::column::Column;
use super::error::{PushError, RowError};
use super::found::{FoundKind, FoundValue};
use super::json_text;
use super::native;
use super::schema::{DataType, Field, Schema};
use super::warning::{MAX_WARNINGS, Warning};
use crate::location::Format;
use keys::FieldNames;
use visitor::RowVisitor;

/// Size in bytes up to which a buffer for a row's text keeps its memory.
const KEPT: usize = 1 << 20;

/// Parser of rows for one schema, with buffers that are reused for each row.
#[derive(Clone, Debug)]
pub(super) struct RowParser {
    keys: FieldNames,
    /// JSON text of each field's default value.
    defaults: Vec<Option<String>>,
    /// Byte range in the row of each field's value; empty if the value is in its column already.
    places: Vec<Option<Range<usize>>>,
    /// Keys that aren't fields, with their values. Empty if dynamic fields are off.
    extras: Vec<(String, String)>,
    dynamic: bool,
    /// Keys that aren't fields and were dropped, at most [`MAX_WARNINGS`] + 1, with the number of rows that have them.
    dropped: BTreeMap<String, u64>,
    meta: String,
    /// Cells of a row of CSV.
    pub(super) cells: Cells,
    /// True if scalars may be written as strings, and strings as numbers.
    loose: bool,
}

/// Receives the refusals of one row.
pub(super) struct Notes<'a> {
    /// Number of the row in the batch, from 0.
    pub(super) row: usize,
    /// Number of the row in the file, from 1.
    pub(super) number: u64,
    pub(super) list: Option<&'a mut Vec<RowError>>,
}

impl Notes<'_> {
    /// Notes the refusal and puts null in place of the row's value. Returns the refusal if the batch collects none.
    pub(super) fn refuse(
        &mut self,
        refusal: PushError,
        column: &mut Column,
    ) -> Result<(), PushError> {
        let Some(list) = &mut self.list else {
            return Err(refusal);
        };
        list.push(refusal.into_row_error(self.number));
        column.truncate(self.row);
        column.push_null();
        Ok(())
    }
}

impl RowParser {
    pub(super) fn new(schema: &Schema) -> Self {
        let names: Vec<String> = schema
            .fields
            .iter()
            .map(|field| field.name.clone())
            .collect();
        let defaults = schema.fields.iter().map(|field| &field.default);
        Self {
            defaults: defaults
                .map(|value| value.as_ref().map(ToString::to_string))
                .collect(),
            places: vec![None; names.len()],
            keys: FieldNames {
                index: names.iter().cloned().zip(0..).collect(),
                names,
            },
            extras: Vec::new(),
            dynamic: schema.dynamic,
            dropped: BTreeMap::new(),
            meta: String::new(),
            cells: Cells::default(),
            loose: false,
        }
    }

    /// Accepts scalars written as strings, and strings written as numbers. Milvus' insert call accepts both, but its
    /// import doesn't.
    pub(super) fn loosen(&mut self) {
        self.loose = true;
    }

    /// Frees buffers that a large row left behind.
    pub(super) fn trim(&mut self) {
        self.extras.clear();
        self.meta.clear();
        self.meta.shrink_to(KEPT);
        self.cells.trim(KEPT);
    }

    /// Returns the JSON text of a field's default value.
    pub(super) fn default(&self, field: usize) -> Option<&str> {
        self.defaults.get(field)?.as_deref()
    }

    /// Appends one row to the columns: those of the fields, and of the dynamic fields. After an error, some columns may be
    /// one row longer than others.
    pub(super) fn push(
        &mut self,
        row: &[u8],
        schema: &Schema,
        (columns, meta): (&mut [Column], Option<&mut Column>),
        notes: &mut Notes<'_>,
    ) -> Result<(), PushError> {
        if self.read_quickly(row, schema, columns).is_none() {
            for column in &mut *columns {
                column.truncate(notes.row);
            }
            self.read(row, schema)?;
        }
        let extras = self
            .extras
            .iter()
            .map(|(name, value)| (name, value.as_str()));
        let dropped = self.dropped.keys().map(|name| (name, "a value"));
        let mut others = extras.chain(dropped);
        let flat = others.find_map(|(name, value)| Some((name, value, schema.struct_of(name)?)));
        if let Some((name, value, of)) = flat {
            let expected =
                format!("no sub-field of its own: {of} must be given as a list of objects");
            return Err(PushError::field(name, expected, FoundValue::json(value)));
        }
        // The values were parsed by `read`, so their bytes are UTF-8.
        let places = self.places.iter().zip(&self.defaults);
        let fields = schema.fields.iter().zip(columns);
        for ((field, column), (place, default)) in fields.zip(places) {
            if place.as_ref().is_some_and(Range::is_empty) {
                // The vector is in its column.
                continue;
            }
            let json = place.clone().and_then(|place| row.get(place));
            let json = json.and_then(|json| std::str::from_utf8(json).ok());
            let pushed = push_field(field, column, json, (default.as_deref(), self.loose));
            pushed.or_else(|refusal| notes.refuse(refusal, column))?;
        }
        match meta {
            Some(meta) => self
                .push_meta(meta, true)
                .or_else(|refusal| notes.refuse(refusal, meta)),
            None => self.refuse_extras(),
        }
    }

    /// Returns the warnings since the last call. Milvus 2.6 and later drop keys that aren't fields without an error
    /// (`importutilv2/json/row_parser.go`, `Parse`).
    /// Each has the number of rows that it's about.
    pub(super) fn take_warnings(&mut self) -> impl Iterator<Item = (Warning, u64)> + use<> {
        let dropped = std::mem::take(&mut self.dropped).into_iter();
        dropped.map(|(name, rows)| (Warning::outside(Format::Json, &name, false), rows))
    }

    /// Finds the values in a row's object.
    fn read(&mut self, row: &[u8], schema: &Schema) -> Result<(), PushError> {
        self.places.fill(None);
        self.extras.clear();
        if row.first() != Some(&b'{') {
            let found = String::from_utf8_lossy(row.get(..256).unwrap_or(row));
            return Err(PushError::row("a row object", FoundValue::json(&found)));
        }
        let mut twice = None;
        let kept = self.dynamic || self.loose;
        let visitor = RowVisitor {
            keys: &self.keys,
            places: &mut self.places,
            extras: kept.then_some(&mut self.extras),
            dropped: &mut self.dropped,
            twice: &mut twice,
            base: row.as_ptr().addr(),
        };
        let mut json = serde_json::Deserializer::from_slice(row);
        let read = json.deserialize_map(visitor).and_then(|()| json.end());
        if let Err(error) = read {
            let offset = offset(row, &error);
            let syntax = || PushError::Syntax {
                offset,
                message: json_text::without_place(&error),
            };
            let explained = self.explain(row, offset, schema);
            return Err(explained.unwrap_or_else(syntax));
        }
        let twice = twice.or_else(|| repeated(&self.extras));
        twice.map_or(Ok(()), |name| Err(duplicate(&name)))
    }
}

fn push_field(
    field: &Field,
    column: &mut Column,
    json: Option<&str>,
    (default, loose): (Option<&str>, bool),
) -> Result<(), PushError> {
    let expected = || field.data_type.to_string();
    // For a field that Milvus computes itself, its insert call ignores null and an empty string.
    let empty = |json: &str| loose && field.is_computed() && matches!(json, "null" | "\"\"");
    let json = json.filter(|json| !empty(json));
    match (json, field.refusal()) {
        (Some(json), Some(why)) => {
            let expected = format!("no value ({why})");
            return Err(PushError::field(
                &field.name,
                expected,
                FoundValue::json(json),
            ));
        }
        (None, Some(_)) if field.is_made_later() => return Ok(()),
        _ => {}
    }
    match json {
        None if !field.is_optional() => {
            Err(FoundKind::Missing.value("nothing: the field is missing"))
        }
        None => native::push_missing(field, column, default),
        Some("null") => native::push_null(field, column, default),
        Some(json) if loose => push_loose(column, json),
        Some(json) if field.data_type == DataType::Json => {
            return push_document(column, json)
                .map_err(|found| PushError::field(&field.name, DOCUMENT, found));
        }
        Some(json) => cell::push(column, json),
    }
    .map_err(|found| PushError::field(&field.name, expected(), found))
}

/// Values accepted for a `JSON` field of a JSON file.
const DOCUMENT: &str =
    "JSON as an object, or as text that holds JSON (write a list [1] as the text \"[1]\")";

/// Appends a `JSON` field's value: an object, or a string that holds any JSON (Milvus:
/// `importutilv2/json/row_parser.go`, `parseEntity`).
fn push_document(column: &mut Column, json: &str) -> Result<(), FoundValue> {
    match json.as_bytes().first() {
        Some(b'{') => cell::push(column, json),
        Some(b'"') => {
            let text = json_text::decode(json).ok_or_else(|| FoundValue::json(json))?;
            native::push_json(column, &text)
        }
        _ => Err(FoundValue::json(json)),
    }
}

/// Appends a value whose JSON type may differ from the column's type.
fn push_loose(column: &mut Column, json: &str) -> Result<(), FoundValue> {
    let data_type = column.data_type();
    let text = json.starts_with('"');
    let number = json.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    match data_type {
        DataType::VarChar { .. } if number => native::push_text(column, json),
        DataType::VarChar { .. } => cell::push(column, json),
        DataType::Json => cell::push(column, &json_text::unwrap(json)),
        _ if text && data_type.is_scalar() => match json_text::decode(json) {
            Some(cell) => native::push_cell(column, &cell),
            None => Err(FoundValue::json(json)),
        },
        DataType::BinaryVector { .. }
        | DataType::Float16Vector { .. }
        | DataType::BFloat16Vector { .. }
            if text =>
        {
            let decoded = json_text::decode(json).ok_or_else(|| FoundValue::json(json))?;
            cell::push_base64(column, &decoded)
        }
        // A list or an object may be written as a string that holds its JSON text.
        DataType::FloatVector { .. }
        | DataType::Int8Vector { .. }
        | DataType::SparseFloatVector
        | DataType::Array { .. }
            if text =>
        {
            let inner = json_text::decode(json).ok_or_else(|| FoundValue::json(json))?;
            let inner =
                serde_json::from_str::<&RawValue>(&inner).map_err(|_| FoundValue::json(json))?;
            cell::push(column, inner.get())
        }
        _ => cell::push(column, json),
    }
}

/// Counts a row with a key that isn't a field.
fn drop_key(dropped: &mut BTreeMap<String, u64>, name: &str) {
    if let Some(rows) = dropped.get_mut(name) {
        *rows += 1;
    } else if dropped.len() <= MAX_WARNINGS {
        dropped.insert(name.to_owned(), 1);
    }
}

fn duplicate(name: &str) -> PushError {
    PushError::field(name, "each key once", "the key twice in one object")
}

fn repeated(extras: &[(String, String)]) -> Option<String> {
    if extras.len() < 2 {
        return None;
    }
    let mut names: Vec<&str> = extras.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).find_map(|pair| match pair {
        [first, second] if first == second => Some((*first).to_owned()),
        _ => None,
    })
}

fn list(names: &[String]) -> String {
    let mut text = names
        .iter()
        .take(8)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > 8 {
        text.push_str(", …");
    }
    text
}

/// Returns the offset in bytes from the start of `json` at which parsing failed.
fn offset(json: &[u8], error: &serde_json::Error) -> usize {
    let lines = error.line().saturating_sub(1);
    let line = match lines.checked_sub(1) {
        None => 0,
        Some(nth) => memchr::memchr_iter(b'\n', json)
            .nth(nth)
            .map_or(0, |at| at + 1),
    };
    (line + error.column().saturating_sub(1)).min(json.len())
}
