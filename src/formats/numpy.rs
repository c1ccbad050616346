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
mod text;

use std::sync::Arc;

use super::batch::Parts;
use super::block::FilePart;
use super::columnar::meta::MetaColumn;
use super::columnar::plan::Plan;
use super::columnar::sink::Sink;
use super::columnar::{Columnar, RefusedRows, Steps};
use super::error::ReadError;
use super::schema::{DataType, Schema};
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
    /// One file per field, or `None` if the service or the default value provides the values.
    fields: Vec<Option<File>>,
    /// `$meta.npy`.
    meta: Option<File>,
    texts: MetaColumn,
    plan: Plan,
    rows: u64,
    /// First row of the part to read.
    first: u64,
    done: u64,
    row_bytes: usize,
    /// Size of a row's numbers, vectors and default values in memory, in bytes.
    fixed: usize,
    header_bytes: u64,
}

impl NumpyRows {
    /// Opens a set and reads the headers. Each file is given as its name, e.g. `vector.npy`, and its content.
    pub(super) fn open(
        files: Vec<(String, Arc<dyn ReadAt>)>,
        schema: &Schema,
        problems: &mut Vec<ReadError>,
    ) -> Result<Self, ReadError> {
        NumpySet::open(files, schema, problems).map(Self::new)
    }
}

impl NumpySet {
    fn open(
        files: Vec<(String, Arc<dyn ReadAt>)>,
        schema: &Schema,
        problems: &mut Vec<ReadError>,
    ) -> Result<Self, ReadError> {
        let names: Vec<String> = files.iter().map(|(name, _)| field_name(name)).collect();
        let mut plan = Plan::new(schema, &names, Format::Numpy, HINT);
        let open = |at: usize, data_type: &DataType| {
            let Some((name, object)) = files.get(at) else {
                return Ok(None);
            };
            let broken = |problem: String| ReadError::Broken {
                format: Format::Numpy,
                message: format!("{name}: {problem}"),
            };
            let header = Header::read(object.as_ref()).map_err(broken)?;
            let kind = Conversion::new(&header, data_type);
            let kind = kind.map_err(|(expected, found)| ReadError::Field {
                field: field_name(name),
                expected,
                found: found.into(),
            })?;
            let file = File::new(name.clone(), Arc::clone(object), &header, kind);
            file.check_size().map_err(broken)?;
            Ok(Some(file))
        };
        let mut set = Self {
            fields: Vec::new(),
            meta: None,
            texts: MetaColumn::new(),
            plan: Plan::default(),
            rows: 0,
            first: 0,
            done: 0,
            row_bytes: 0,
            fixed: schema.least_row_bytes(),
            header_bytes: 0,
        };
        for (at, field) in schema.fields.iter().enumerate() {
            if field.auto_id && plan.field(at).is_some() {
                // Milvus refuses the file here even with the property that allows such values elsewhere.
                let problem = ReadError::Field {
                    field: field.name.clone(),
                    expected: "no file (autoId is on: the service makes the primary key)"
                        .to_owned(),
                    found: "one".into(),
                };
                plan.refuse(at, problem);
            }
            let file = match plan.field(at) {
                Some(place) => plan.keep(at, open(place, &field.data_type)),
                None => Ok(None),
            };
            let file = file.inspect_err(|_| problems.append(&mut plan.take_problems()))?;
            set.fields.push(file.flatten());
        }
        if let Some(place) = plan.meta() {
            let meta = plan.keep(usize::MAX, open(place, &set.texts.field().data_type));
            let meta = meta.inspect_err(|_| problems.append(&mut plan.take_problems()))?;
            set.meta = meta.flatten();
        }
        problems.append(&mut plan.take_problems());
        set.plan = plan;
        set.count()?;
        Ok(set)
    }

    /// Reads the number of rows, which must be equal in all files.
    fn count(&mut self) -> Result<(), ReadError> {
        let broken = |message| ReadError::Broken {
            format: Format::Numpy,
            message,
        };
        let mut files = self.fields.iter().flatten().chain(&self.meta);
        let Some(first) = files.next() else {
            return Err(broken("the set has no file of a field".to_owned()));
        };
        if let Some(other) = files.clone().find(|other| other.rows() != first.rows()) {
            return Err(broken(format!(
                "{} has {} rows and {} has {}: all files of a set need the same number",
                first.name(),
                first.rows(),
                other.name(),
                other.rows()
            )));
        }
        let all = std::iter::once(first).chain(files);
        let record: u64 = all.clone().map(File::record).sum();
        self.header_bytes = all.map(File::header_bytes).sum();
        self.rows = first.rows();
        if record == 0 && self.rows > 0 {
            return Err(broken("its values have no bytes".to_owned()));
        }
        self.row_bytes = usize::try_from(record).unwrap_or(usize::MAX).max(1);
        if self.row_bytes > MAX_ROW {
            return Err(ReadError::TooLarge(format!(
                "a row has {} MiB, and at most {} MiB are read; shorten the texts, or write Parquet or JSON, which store \
                 each text with its own length",
                record >> 20,
                MAX_ROW >> 20
            )));
        }
        Ok(())
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
        if rows == 0 {
            return Ok(0);
        }
        let columns = parts.schema.fields.iter().zip(parts.columns);
        for (at, ((field, column), file)) in columns.zip(&mut self.fields).enumerate() {
            let mut sink = Sink {
                field,
                default: parts.parser.default(at),
                column,
                refused,
                base: 0,
            };
            match file {
                Some(file) => file.read(self.done, rows, &mut sink)?,
                None if field.is_made_later() || self.plan.skips(at) => {}
                None => sink.missing(rows),
            }
        }
        if let Some(meta) = parts.meta {
            if let Some(file) = &mut self.meta {
                file.read(self.done, rows, &mut self.texts.sink(meta.len(), refused))?;
            }
            self.texts.merge(rows, meta, parts.parser, refused);
        }
        self.done += rows as u64;
        Ok(rows)
    }

    fn row_bytes(&self) -> usize {
        self.row_bytes.max(self.fixed)
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
        self.plan.warnings()
    }
}

/// Returns `vector` for `vector.npy`.
fn field_name(file: &str) -> String {
    match file.rsplit_once('.') {
        Some((name, "npy")) => name.to_owned(),
        _ => file.to_owned(),
    }
}
