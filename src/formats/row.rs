//! Checks one row object and appends it to the columns.
//!
//! The whole object is read first, to find each field's value. Then the values are checked in schema order. So messages
//! don't depend on the order of keys, and values that no column keeps are never built.

mod meta;
mod quick;
mod visitor;
mod words;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use serde::de::Deserializer;
use serde_json::de::Read;
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
use visitor::RowVisitor;

/// Size in bytes up to which a buffer for a row's text keeps its memory.
const KEPT: usize = 1 << 20;

/// Parser of rows for one schema, with buffers that are reused for each row.
#[derive(Clone, Debug)]
pub(super) struct RowParser {
    /// Names of the fields, which are the keys that a row may have, and their numbers.
    names: Vec<String>,
    index: HashMap<String, usize>,
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
    pub(super) loose: bool,
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
        let fields = schema.fields.iter();
        let names: Vec<_> = fields.clone().map(|field| field.name.clone()).collect();
        let default = |field: &Field| field.default.as_ref().map(ToString::to_string);
        Self {
            defaults: fields.map(default).collect(),
            places: vec![None; names.len()],
            index: names.iter().cloned().zip(0..).collect(),
            names,
            extras: Vec::new(),
            dynamic: schema.dynamic,
            dropped: BTreeMap::new(),
            meta: String::new(),
            cells: Cells::default(),
            loose: false,
        }
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

    /// Returns the number of the field with this name. Rows tend to have the fields in one order, so the field `guess`
    /// is tried first.
    fn find(&self, name: &str, guess: usize) -> Option<usize> {
        if self.names.get(guess).is_some_and(|it| it == name) {
            return Some(guess);
        }
        self.index.get(name).copied()
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
        let json = serde_json::Deserializer::from_slice(row);
        let twice = self.read_object(json, Some(row)).map_err(|error| {
            let offset = offset(row, &error);
            let syntax = || PushError::Syntax {
                offset,
                message: json_text::without_place(&error),
            };
            words::explain(row, offset, schema).unwrap_or_else(syntax)
        })?;
        twice.map_or(Ok(()), Err)
    }

    /// Reads the keys and values of an object. Keys are those of fields only in a row. Returns a refusal if a key occurs
    /// twice.
    fn read_object<'j>(
        &mut self,
        mut json: serde_json::Deserializer<impl Read<'j>>,
        row: Option<&[u8]>,
    ) -> serde_json::Result<Option<PushError>> {
        let twice = json.deserialize_map(RowVisitor { parser: self, row })?;
        json.end()?;
        let twice = twice.or_else(|| repeated(&self.extras));
        let refuse =
            |name: String| PushError::field(&name, "each key once", "the key twice in one object");
        Ok(twice.map(refuse))
    }

    /// Keeps or drops a value whose key isn't a field.
    fn add_extra(&mut self, name: Cow<'_, str>, value: &str) {
        if self.keeps_extras() {
            self.extras.push((name.into_owned(), value.to_owned()));
        } else {
            self.drop_key(&name);
        }
    }

    fn keeps_extras(&self) -> bool {
        self.dynamic || self.loose
    }

    /// Counts a row with a key that isn't a field.
    fn drop_key(&mut self, name: &str) {
        if let Some(rows) = self.dropped.get_mut(name) {
            *rows += 1;
        } else if self.dropped.len() <= MAX_WARNINGS {
            self.dropped.insert(name.to_owned(), 1);
        }
    }
}

fn push_field(
    field: &Field,
    column: &mut Column,
    json: Option<&str>,
    (default, loose): (Option<&str>, bool),
) -> Result<(), PushError> {
    // For a field that Milvus computes itself, its insert call ignores null and an empty string.
    let empty = |json: &str| loose && field.is_computed() && matches!(json, "null" | "\"\"");
    let json = json.filter(|json| !empty(json));
    match (json, field.refusal()) {
        (Some(json), Some(why)) => {
            let (expected, found) = (format!("no value ({why})"), FoundValue::json(json));
            return Err(PushError::field(&field.name, expected, found));
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
    .map_err(|found| PushError::field(&field.name, field.data_type.to_string(), found))
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
    let decoded = || json_text::decode(json).ok_or_else(|| FoundValue::json(json));
    match data_type {
        DataType::VarChar { .. } if number => native::push_text(column, json),
        DataType::VarChar { .. } => cell::push(column, json),
        DataType::Json => cell::push(column, &json_text::unwrap(json)),
        _ if !text => cell::push(column, json),
        _ if data_type.is_scalar() => native::push_cell(column, &decoded()?),
        DataType::BinaryVector { .. }
        | DataType::Float16Vector { .. }
        | DataType::BFloat16Vector { .. } => cell::push_base64(column, &decoded()?),
        // A list or an object may be written as a string that holds its JSON text.
        DataType::FloatVector { .. }
        | DataType::Int8Vector { .. }
        | DataType::SparseFloatVector
        | DataType::Array { .. } => {
            let inner = decoded()?;
            let inner: Result<&RawValue, _> = serde_json::from_str(&inner);
            cell::push(column, inner.map_err(|_| FoundValue::json(json))?.get())
        }
        _ => cell::push(column, json),
    }
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
    match names.split_at_checked(8) {
        Some((first, [_, ..])) => format!("{}, …", first.join(", ")),
        _ => names.join(", "),
    }
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
