//! Runs a query: reads segments column by column, and decodes only the needed columns.
//!
//! First the filter and the primary key select rows. Then the output columns of the few segments with such rows are
//! read. A segment that is deleted meanwhile counts as empty; deleted rows are left out.

use super::outputs::{FoundRows, Outputs};
use crate::formats::{Column, DataType, Schema};
use crate::local::filter::{EvalLimit, Filter, Loaded};
use crate::local::http::call::CallLimit;
use crate::local::http::error::{Result, ServiceError};
use crate::local::storage::dead::DeletedRows;
use crate::local::storage::rows::Segment;
use crate::local::storage::{DataStore, StoreError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Limit on the column data in one answer, in bytes, as in Milvus. The answer's JSON is about three times as large.
const MAX_BYTES: usize = 100 << 20;

/// Rows between two checks of the time limit. A filter may take milliseconds for a row.
const CHECK_EVERY: usize = 16;

/// A query on one collection.
pub(crate) struct Query<'a> {
    /// The store that holds the rows.
    pub(crate) store: &'a DataStore,
    /// The collection's id.
    pub(crate) collection: i64,
    /// The collection's schema.
    pub(crate) schema: &'a Schema,
    /// Ids of partitions; empty for all.
    pub(crate) partitions: Vec<i64>,
    /// Filter for the rows; `None` for all.
    pub(crate) filter: Option<Filter>,
    /// Whether 64-bit integers are sent as texts.
    pub(crate) texts_for_int64: bool,
    /// The call's time limit.
    pub(crate) limit: &'a CallLimit,
}

/// A primary key.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum PrimaryKey {
    Int(i64),
    Text(String),
}

impl Query<'_> {
    /// Returns the number of rows.
    pub(crate) fn count(&self) -> Result<u64> {
        let mut count: u64 = 0;
        for segment in &self.segments()? {
            let rows = match &self.filter {
                None => segment.live(),
                Some(filter) => match self.load(segment, filter.columns())? {
                    Some(columns) => self.chosen(&columns, segment)?.len(),
                    None => 0,
                },
            };
            count = count.saturating_add(u64::try_from(rows).unwrap_or(u64::MAX));
        }
        Ok(count)
    }

    /// Returns the segments to read.
    pub(crate) fn segments(&self) -> Result<Vec<Segment>> {
        Ok(self.store.segments(self.collection, &self.partitions)?)
    }

    /// Returns the matching rows in these segments, for a delete.
    pub(crate) fn deleted(&self, segments: &[Segment]) -> Result<DeletedRows> {
        let needed = self.filter_columns();
        let mut deleted = DeletedRows::new();
        for segment in segments {
            if let Some(columns) = self.load(segment, &needed)? {
                deleted.push((segment.clone(), self.chosen(&columns, segment)?));
            }
        }
        Ok(deleted)
    }

    /// Returns the rows by ascending primary key, without the first `skip`, at most `limit` rows.
    pub(crate) fn rows(&self, outputs: &Outputs, skip: usize, limit: usize) -> Result<FoundRows> {
        Ok(self
            .rows_in(&self.segments()?, outputs, skip, limit)?
            .into())
    }

    /// Returns the rows of these segments, each the text inside a JSON object's braces.
    pub(crate) fn rows_in(
        &self,
        segments: &[Segment],
        outputs: &Outputs,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<String>> {
        let hits = self.hits(segments, skip.saturating_add(limit))?;
        let hits: Vec<_> = hits.into_values().skip(skip).collect();
        let mut rows = vec![String::new(); hits.len()];
        self.add_fields(segments, outputs, hits, &mut rows)?;
        rows.retain(|row| !row.is_empty());
        Ok(rows)
    }

    /// Adds the output fields of these rows (segment and row) to the rows' texts. Rows of a segment that was deleted
    /// meanwhile become empty.
    pub(crate) fn add_fields(
        &self,
        segments: &[Segment],
        outputs: &Outputs,
        hits: Vec<(usize, usize)>,
        rows: &mut [String],
    ) -> Result<()> {
        let mut places: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
        for (place, (segment, row)) in hits.into_iter().enumerate() {
            places.entry(segment).or_default().push((row, place));
        }
        let mut bytes = 0;
        for (number, places) in places {
            let Some(segment) = segments.get(number) else {
                continue;
            };
            if self.fill(segment, outputs, &places, rows, &mut bytes)? {
                continue;
            }
            for (_, place) in places {
                if let Some(text) = rows.get_mut(place) {
                    text.clear();
                }
            }
        }
        Ok(())
    }

    /// Returns the primary keys of a segment, and its rows that match the filter; `None` if the segment was deleted.
    pub(crate) fn candidates(&self, segment: &Segment) -> Result<Option<(Column, Vec<usize>)>> {
        let primary = self.primary()?;
        let mut needed = self.filter_columns();
        needed.insert(primary);
        let Some(mut columns) = self.load(segment, &needed)? else {
            return Ok(None);
        };
        let rows = self.chosen(&columns, segment)?;
        Ok(columns.remove(&primary).map(|keys| (keys, rows)))
    }

    /// Returns the segment's rows that match the filter.
    fn chosen(&self, columns: &Loaded, segment: &Segment) -> Result<Vec<usize>> {
        let mut chosen = Vec::new();
        let is_over = || self.limit.check().is_err();
        let limit = EvalLimit::new(&is_over);
        for row in 0..segment.rows {
            if row % CHECK_EVERY == 0 {
                self.limit.check()?;
            }
            let filter = self.filter.as_ref();
            if segment.is_live(row) && filter.is_none_or(|filter| filter.test(columns, row, &limit))
            {
                chosen.push(row);
            }
        }
        self.limit.check()?;
        Ok(chosen)
    }

    /// Returns the number of the primary key's field.
    fn primary(&self) -> Result<usize> {
        let primary = self.schema.fields.iter().position(|field| field.primary);
        primary.ok_or_else(|| ServiceError::unexpected("the schema has no primary key"))
    }

    /// Returns the numbers of the columns that the filter reads.
    fn filter_columns(&self) -> BTreeSet<usize> {
        let columns = self.filter.as_ref().map(Filter::columns);
        columns.cloned().unwrap_or_default()
    }

    /// Returns the first `most` primary keys, each with the segment and row that was committed last. Segments are in
    /// the order of their commits (Milvus: `internal/proxy/search_reduce_util.go` and `task_query.go` drop the older
    /// rows of a key).
    fn hits(
        &self,
        segments: &[Segment],
        most: usize,
    ) -> Result<BTreeMap<PrimaryKey, (usize, usize)>> {
        let mut first = BTreeMap::new();
        for (number, segment) in segments.iter().enumerate() {
            let Some((keys, rows)) = self.candidates(segment)? else {
                continue;
            };
            for row in rows {
                let Some(key) = key_of(&keys, row) else {
                    continue;
                };
                // Keys above the last key of a full list can't get into the list.
                let full = first.len() >= most;
                let above = || first.last_key_value().is_some_and(|(last, _)| key > *last);
                if full && above() {
                    continue;
                }
                first.insert(key, (number, row));
                if first.len() > most {
                    _ = first.pop_last();
                }
            }
        }
        Ok(first)
    }

    /// Writes the output fields of a segment's rows to their places in the answer; returns false if the segment was
    /// deleted. Vectors that are stored as bytes are written in base64, int8 ones too (Milvus:
    /// `internal/distributed/proxy/httpserver/utils.go`, `buildQueryResp`).
    fn fill(
        &self,
        segment: &Segment,
        outputs: &Outputs,
        places: &[(usize, usize)],
        rows: &mut [String],
        bytes: &mut usize,
    ) -> Result<bool> {
        let fields = self.schema.fields.iter().enumerate();
        for (number, field) in fields.filter(|(number, _)| outputs.fields.contains(number)) {
            let Some(column) = self.column(segment, number)? else {
                return Ok(false);
            };
            weigh(&column, places.len(), bytes)?;
            let name = Value::from(field.name.as_str()).to_string();
            let is_text = self.texts_for_int64 && field.data_type == DataType::Int64;
            for (row, place) in places {
                let value = match column.packed(*row) {
                    Some(bytes) => Value::from(STANDARD.encode(bytes)),
                    None if is_text => as_text(column.value(*row)),
                    None => column.value(*row),
                };
                if let Some(text) = rows.get_mut(*place) {
                    add(text, &name, &value);
                }
            }
        }
        if !outputs.all_dynamic && outputs.dynamic.is_empty() {
            return Ok(true);
        }
        let Some(meta) = self.column(segment, self.schema.fields.len())? else {
            return Ok(false);
        };
        weigh(&meta, places.len(), bytes)?;
        for (row, place) in places {
            let (Value::Object(dynamic), Some(text)) = (meta.value(*row), rows.get_mut(*place))
            else {
                continue;
            };
            for (name, value) in dynamic {
                if outputs.has_key(&name) {
                    add(text, &Value::from(name).to_string(), &value);
                }
            }
        }
        Ok(true)
    }

    /// Returns these columns of a segment; `None` if the segment was deleted.
    fn load(&self, segment: &Segment, numbers: &BTreeSet<usize>) -> Result<Option<Loaded>> {
        let mut columns = Loaded::new();
        for number in numbers {
            let Some(column) = self.column(segment, *number)? else {
                return Ok(None);
            };
            columns.insert(*number, column);
        }
        Ok(Some(columns))
    }

    /// Returns a column of a segment; `None` if the segment was deleted.
    pub(super) fn column(&self, segment: &Segment, number: usize) -> Result<Option<Column>> {
        let mut bytes = Vec::new();
        if !self.store.read_column(segment, number, &mut bytes)? {
            return Ok(None);
        }
        let field = self.schema.fields.get(number);
        let data_type = field.map_or(&DataType::Json, |field| &field.data_type);
        let column = Column::decode(data_type, segment.rows, &bytes);
        Ok(Some(column.map_err(StoreError::corrupt("column"))?))
    }
}

/// Appends a key, as JSON text, and its value to the text inside an object.
fn add(text: &mut String, name: &str, value: &Value) {
    if !text.is_empty() {
        text.push(',');
    }
    // Writing to a string can't fail.
    _ = write!(text, "{name}:{value}");
}

/// Returns a number as a text, for languages without 64-bit integers.
pub(crate) fn as_text(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::from(number.to_string()),
        other => other,
    }
}

/// Returns the primary key of a row.
pub(crate) fn key_of(column: &Column, row: usize) -> Option<PrimaryKey> {
    let whole = column.int64(row).map(PrimaryKey::Int);
    whole.or_else(|| Some(PrimaryKey::Text(column.text(row)?.to_owned())))
}

/// Adds the size of this number of rows of a column, and returns an error if the answer gets too large.
fn weigh(column: &Column, rows: usize, bytes: &mut usize) -> Result<()> {
    let row = column.byte_len().checked_div(column.len()).unwrap_or(0);
    *bytes = bytes.saturating_add(row.saturating_mul(rows));
    if *bytes <= MAX_BYTES {
        return Ok(());
    }
    Err(ServiceError::unexpected(format!(
        "query results exceed the limit size of {MAX_BYTES} bytes; ask for fewer rows or fields"
    )))
}
