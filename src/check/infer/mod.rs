//! Proposes a schema for files: from metadata for Parquet and `NumPy`, from the first rows for text files.

mod guess;
mod types;

use super::findings::Findings;
use super::report::create_form;
use super::{CheckError, CheckProgress, StoreAccess, paths};
use crate::formats::batch::BATCH_ROWS;
use crate::formats::guess::GuessedColumn;
use crate::formats::schema::MAX_LENGTH;
use crate::formats::source::SourceFile;
use crate::formats::{Batch, CsvOptions, DataType, Field, ReadError, Schema};
use crate::location::Format;
use crate::stores::object::Blocks;
use crate::text::words;
use guess::Guess;
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::sync::Arc;
use types::{grow, longest, of_cell, of_json};

/// Maximum number of rows that are read of each file.
const ROWS: u64 = 10_000;

/// Maximum number of rows that are read of all files, but at least one row of each.
const ALL_ROWS: u64 = 50_000;

/// Maximum number of different columns or keys. A collection has at most 64 fields (`maxFieldNum` of Milvus' proxy).
const MAX_NAMES: usize = 256;

/// Names of primary keys, the likeliest first.
const KEY_NAMES: [&str; 6] = ["id", "pk", "_id", "key", "uuid", "doc_id"];

/// A proposed schema.
pub(crate) struct Inferred {
    pub(crate) schema: Schema,
    /// One line a field: its type and the reason.
    pub(crate) reasons: Vec<String>,
}

impl Inferred {
    /// Returns the schema as `create_collection` takes it.
    pub(crate) fn json(&self) -> Value {
        let index = |(field, metric)| json!({ "fieldName": field, "metricType": metric });
        let indexes: Vec<_> = self.metrics().into_iter().map(index).collect();
        json!({ "schema": create_form(&self.schema), "indexParams": indexes })
    }

    /// Returns the names of vector fields, with the metric of their index.
    pub(crate) fn metrics(&self) -> Vec<(String, String)> {
        let metric = |field: &Field| {
            let metric = match &field.data_type {
                DataType::SparseFloatVector => "IP",
                DataType::BinaryVector { .. } => "HAMMING",
                other if other.is_vector() => "COSINE",
                _ => return None,
            };
            Some((field.name.clone(), metric.to_owned()))
        };
        self.schema.fields.iter().filter_map(metric).collect()
    }
}

#[derive(Default)]
struct Guesses {
    fields: Vec<Guess>,
    rows: u64,
    /// Maximum number of rows to read of each file.
    rows_per_file: u64,
}

/// Proposes a schema for the files of these paths.
pub(super) fn infer(
    given: &[String],
    stores: &StoreAccess,
    csv: &CsvOptions,
    progress: &CheckProgress,
) -> Result<Inferred, CheckError> {
    let mut found = Findings::default();
    let files = paths::find(given, stores, progress, &mut found)?;
    if let Some(problem) = found.first_problem() {
        return Err(CheckError::Infer(problem));
    }
    let mut all = Guesses {
        rows_per_file: (ALL_ROWS / (files.len() as u64).max(1)).clamp(1, ROWS),
        ..Guesses::default()
    };
    for file in files.iter().take_while(|_| !progress.is_stopped()) {
        let failed = |error: ReadError| CheckError::Infer(format!("{}: {error}", file.name));
        let rows = match file.columns().map_err(failed)? {
            Some((columns, rows)) => all.measure(file, csv, columns, rows),
            None => all.read(file, csv),
        };
        let rows = rows.map_err(failed)?;
        all.rows += rows;
        for guess in &mut all.fields {
            guess.end_file(rows);
        }
        if all.fields.len() > MAX_NAMES {
            return Err(CheckError::Infer(format!(
                "{}: more than {MAX_NAMES} different columns or keys; a collection has at most 64 fields, so write varying keys \
                 into one JSON field, or create the collection with a dynamic field",
                file.name
            )));
        }
    }
    Ok(all.finish())
}

impl Guesses {
    fn field(&mut self, name: &str) -> &mut Guess {
        let at = self.fields.iter().position(|field| field.name == name);
        let at = at.unwrap_or_else(|| {
            // Earlier files lack the field.
            self.fields.push(Guess::new(name, self.rows > 0));
            self.fields.len() - 1
        });
        &mut self.fields[at]
    }

    /// Reads the first rows of a text file, whose keys all become dynamic fields of an empty schema. Returns their number.
    fn read(&mut self, file: &SourceFile, csv: &CsvOptions) -> Result<u64, ReadError> {
        let schema = Schema {
            dynamic: true,
            ..Schema::default()
        };
        self.batches(file, csv, schema, |all, batch| {
            for row in 0..batch.rows() {
                let text = batch.meta().and_then(|meta| meta.text(row));
                let object: Map<String, Value> = text
                    .and_then(|text| serde_json::from_str(text).ok())
                    .unwrap_or_default();
                for (name, value) in &object {
                    if all.fields.len() > MAX_NAMES {
                        return;
                    }
                    let value = match value {
                        Value::String(cell) if file.format == Format::Csv => of_cell(cell, csv),
                        other => other.clone(),
                    };
                    let guess = all.field(name);
                    match &value {
                        Value::Null => {}
                        // Lists and objects are no keys.
                        Value::Array(_) | Value::Object(_) => guess.in_file += 1,
                        _ => guess.see(&value.to_string()),
                    }
                    guess.widen(of_json(&value));
                }
            }
        })
    }

    /// Notes a file's columns, and reads their first rows for the lengths of texts and lists, nulls and repeated keys.
    /// Returns the number of rows read, or of at most `rows_per_file` rows if there's nothing to measure.
    fn measure(
        &mut self,
        file: &SourceFile,
        csv: &CsvOptions,
        mut columns: Vec<GuessedColumn>,
        rows: u64,
    ) -> Result<u64, ReadError> {
        for column in &columns {
            self.field(&column.name);
        }
        let mut names = HashSet::new();
        let named = columns.iter().filter(|column| names.insert(&column.name));
        let fields = named.filter_map(|column| {
            let mut field = Field::new(&column.name, column.data_type.clone()?);
            field.nullable = true;
            match &mut field.data_type {
                text @ DataType::VarChar { .. } => grow(text, 0, MAX_LENGTH),
                list @ DataType::Array { .. } => grow(list, usize::MAX, MAX_LENGTH),
                DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {}
                _ => return None,
            }
            Some(field)
        });
        let schema = Schema {
            fields: fields.collect(),
            ..Schema::default()
        };
        let has_none = schema.fields.is_empty();
        let read = self.batches(file, csv, schema, |all, batch| {
            for (field, column) in batch.schema().fields.iter().zip(batch.columns()) {
                let guess = all.field(&field.name);
                let own = columns.iter_mut().find(|own| own.name == field.name);
                let Some(own) = own.and_then(|own| own.data_type.as_mut()) else {
                    continue;
                };
                for row in 0..column.len() {
                    match column.text(row) {
                        _ if column.is_null(row) => guess.nullable = true,
                        Some(text) => {
                            guess.see(text);
                            let is_list = matches!(own, DataType::Array { .. });
                            let list = is_list.then(|| serde_json::from_str(text).ok()).flatten();
                            match list.as_ref().and_then(Value::as_array) {
                                Some(list) => grow(own, list.len(), longest(list)),
                                None => grow(own, 0, text.len()),
                            }
                        }
                        None => guess.see(&column.value(row).to_string()),
                    }
                }
            }
        })?;
        let rows = if has_none {
            rows.min(self.rows_per_file)
        } else {
            read
        };
        for column in columns {
            self.field(&column.name.clone())
                .widen_by_column(column, rows);
        }
        Ok(rows)
    }

    /// Reads the first rows of a file. Returns their number.
    fn batches(
        &mut self,
        file: &SourceFile,
        csv: &CsvOptions,
        schema: Schema,
        mut see: impl FnMut(&mut Self, &Batch),
    ) -> Result<u64, ReadError> {
        if schema.fields.is_empty() && !schema.dynamic {
            return Ok(0);
        }
        let mut problems = Vec::new();
        let reader = file.open_collecting(&Arc::new(schema), csv, &mut problems, Blocks::STREAM)?;
        let rows = usize::try_from(self.rows_per_file).unwrap_or(BATCH_ROWS);
        let mut reader = reader.with_batch_rows(rows.min(BATCH_ROWS));
        let mut batch = reader.new_batch();
        while reader.rows() < self.rows_per_file
            && self.fields.len() <= MAX_NAMES
            && reader.next_batch(&mut batch)?
        {
            see(self, &batch);
        }
        Ok(reader.rows())
    }

    /// Chooses the primary key and makes the schema.
    fn finish(mut self) -> Inferred {
        let key = self.key();
        let rows = words::count(self.rows, "row");
        let mut reasons = Vec::new();
        let mut fields = Vec::new();
        if key.is_none() {
            let more = (2..).map(|no| format!("auto_id_{no}"));
            let mut names = ["id", "auto_id"].map(str::to_owned).into_iter().chain(more);
            let is_free = |name: &String| self.fields.iter().all(|guess| guess.name != *name);
            let name = names.find(is_free).unwrap_or_default();
            let mut field = Field::new(&name, DataType::Int64);
            (field.primary, field.auto_id) = (true, true);
            reasons.push(format!(
                "{name}: Int64, primary key made by the service: no column of unique whole numbers or texts in {rows}"
            ));
            fields.push(field);
        }
        for (at, guess) in self.fields.iter_mut().enumerate() {
            let (mut field, mut why) = guess.field(self.rows);
            if key == Some(at) {
                field.primary = true;
                field.nullable = false;
                if !matches!(field.data_type, DataType::VarChar { .. }) {
                    field.data_type = DataType::Int64;
                }
                why = format!("primary key: unique in {rows}; {why}");
            }
            let null = if field.nullable { ", nullable" } else { "" };
            reasons.push(format!("{}: {}{null}: {why}", field.name, field.data_type));
            fields.push(field);
        }
        let schema = Schema {
            fields,
            ..Schema::default()
        };
        if let Err(error) = schema.validate() {
            reasons.push(format!("the schema is not complete: {error}"));
        }
        Inferred { schema, reasons }
    }

    /// Returns the number of the field that is the likeliest primary key.
    fn key(&self) -> Option<usize> {
        // Known names are the likeliest, then names with a usual end, then other integers.
        let rank = |guess: &Guess| {
            let is_text = match guess.key_type()? {
                DataType::VarChar { .. } => true,
                DataType::Int64 | DataType::Int32 | DataType::Int16 => false,
                _ => return None,
            };
            let name = guess.name.to_lowercase();
            let known = KEY_NAMES.iter().position(|known| *known == name);
            let ends = name.ends_with("_id") || name.ends_with("_key");
            let ends = ends.then_some(KEY_NAMES.len());
            known.or(ends).or((!is_text).then_some(KEY_NAMES.len() + 1))
        };
        let fields = self.fields.iter().enumerate();
        let ranks = fields.filter_map(|(at, guess)| Some((rank(guess)?, at)));
        ranks.min().map(|(_, at)| at)
    }
}
