//! Sets of `NumPy` files: one `.npy` file per field, all with equally many rows.
//!
//! The rules are Milvus' (`importutilv2/numpy`). Dtypes must match the fields (float vectors may also be 64-bit; 16-bit
//! float vectors are bytes or floats). Strings and JSON are fixed-width unicode or bytes. No value is null, and there
//! is no form for arrays and sparse vectors. Dynamic fields come only from `$meta.npy`, as JSON text; other files are
//! dropped with a warning. Each file is read in steps, directly into its column if the file's values have the column's
//! layout.

mod field;
mod guess;
mod header;

use std::sync::Arc;

use super::batch::Parts;
use super::block::FilePart;
use super::columnar::plan::Plan;
use super::columnar::sources::FieldSources;
use super::columnar::{Columnar, RefusedRows, Steps};
use super::error::ReadError;
use super::schema::{Field, Schema};
use super::warning::Warning;
use super::window::MAX_ROW;
use crate::location::Format;
use crate::stores::read_at::ReadAt;
use field::{Conversion, File};
pub(super) use guess::guess;
use header::Header;

/// Rows of a set of files.
pub(super) type NumpyRows = Columnar<NumpySet>;

/// Hint in the error for a field without a file.
const HINT: &str = " in the set (the files of one set stand in one inner list, e.g. [[\"a/id.npy\", \"a/vector.npy\"]], \
    or in one folder)";

/// A set of files and the position reached in them.
pub(super) struct NumpySet {
    sources: FieldSources<File>,
    rows: u64,
    /// First row of the part to read.
    first: u64,
    done: u64,
    row_bytes: usize,
    header_bytes: u64,
}

impl NumpyRows {
    /// Opens a set and reads the headers. Each file is given as its name, e.g. `vector.npy`, and its content.
    pub(super) fn open(
        files: Vec<(String, Arc<dyn ReadAt>)>,
        schema: &Schema,
        problems: &mut Vec<ReadError>,
    ) -> Result<Self, ReadError> {
        let names: Vec<String> = files.iter().map(|(name, _)| field_name(name)).collect();
        let plan = Plan::new(schema, &names, Format::Numpy, HINT);
        let open = |at: usize, field: &Field| {
            let refuse = |(expected, found): (String, String)| ReadError::Field {
                field: field.name.clone(),
                expected,
                found: found.into(),
            };
            if field.auto_id {
                // Milvus refuses the file here even with the property that allows such values elsewhere.
                let expected = "no file (autoId is on: the service makes the primary key)";
                return Err(refuse((expected.to_owned(), "one".to_owned())));
            }
            let (name, object) = (files.get(at)).ok_or_else(|| broken("a file is missing"))?;
            let header = read_header(name, object.as_ref())?;
            let kind = Conversion::new(&header, &field.data_type).map_err(refuse)?;
            File::new(name.clone(), Arc::clone(object), &header, kind)
        };
        let sources = FieldSources::open(schema, plan, problems, open)?;
        NumpySet::new(sources).map(Self::new)
    }
}

impl NumpySet {
    /// Returns a set of files, which must all have the same number of rows.
    fn new(sources: FieldSources<File>) -> Result<Self, ReadError> {
        let files = sources.fields.iter().flatten().chain(&sources.meta);
        let Some(first) = files.clone().next() else {
            return Err(broken("the set has no file of a field"));
        };
        if let Some(other) = files.clone().find(|other| other.rows != first.rows) {
            return Err(broken(format!(
                "{} has {} rows and {} has {}: all files of a set need the same number",
                first.name, first.rows, other.name, other.rows
            )));
        }
        let record: u64 = files.clone().map(|file| file.record).sum();
        if record == 0 && first.rows > 0 {
            return Err(broken("its values have no bytes"));
        }
        let row_bytes = usize::try_from(record).unwrap_or(usize::MAX).max(1);
        if row_bytes > MAX_ROW {
            return Err(ReadError::TooLarge(format!(
                "a row has {} MiB, and at most {} MiB are read; shorten the texts, or write Parquet or JSON, which store \
                 each text with its own length",
                record >> 20,
                MAX_ROW >> 20
            )));
        }
        Ok(Self {
            rows: first.rows,
            first: 0,
            done: 0,
            row_bytes,
            header_bytes: files.map(|file| file.data).sum(),
            sources,
        })
    }
}

impl Steps for NumpySet {
    fn step(
        &mut self,
        parts: Parts<'_>,
        refused: &mut RefusedRows,
        rows: usize,
        _room: usize,
    ) -> Result<usize, ReadError> {
        let left = usize::try_from(self.rows - self.done).unwrap_or(usize::MAX);
        let rows = rows.min(left);
        if rows > 0 {
            let from = self.done;
            self.sources.append(parts, refused, rows, |file, sink| {
                file.read(from, rows, sink)
            })?;
        }
        self.done += rows as u64;
        Ok(rows)
    }

    fn row_bytes(&self) -> usize {
        self.row_bytes.max(self.sources.fixed)
    }

    fn keep_part(&mut self, part: FilePart) -> u64 {
        let range = part.range(self.rows);
        (self.done, self.rows) = (range.start, range.end);
        self.first = range.start;
        self.first
    }

    fn bytes(&self) -> u64 {
        self.header_bytes + (self.done - self.first).saturating_mul(self.row_bytes as u64)
    }

    fn warnings(&self) -> &[Warning] {
        self.sources.plan.warnings()
    }
}

fn read_header(name: &str, file: &dyn ReadAt) -> Result<Header, ReadError> {
    Header::read(file).map_err(|problem| broken(format!("{name}: {problem}")))
}

fn broken(message: impl Into<String>) -> ReadError {
    ReadError::Broken {
        format: Format::Numpy,
        message: message.into(),
    }
}

/// Returns `vector` for `vector.npy`.
fn field_name(file: &str) -> String {
    match file.rsplit_once('.') {
        Some((name, "npy")) => name.to_owned(),
        _ => file.to_owned(),
    }
}
