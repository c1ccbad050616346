//! Values that an import takes and that are probably wrong: vectors of zeros or of another length than 1, and texts with
//! signs of a wrong encoding.

use super::findings::{Example, Findings, MAX_EXAMPLES};
use crate::formats::column::Values;
use crate::formats::{Batch, Column, DataType, Field, Schema};
use std::collections::BTreeMap;

/// Maximum difference of the square of a vector's length from 1.
const TOLERANCE: f32 = 0.02;

/// UTF-8 that is left behind by a wrong conversion, with what it shows. `Ã¤`, `Â°` and `â€™` are UTF-8 that was read as
/// Latin-1 or Windows-1252 and encoded again.
const MARKS: [(&[u8], &str); 5] = [
    (
        b"\xEF\xBF\xBD",
        "U+FFFD, which replaces bytes that could not be decoded",
    ),
    (b"\xC3\x83\xC2", TWICE),
    (b"\xC3\x82\xC2", TWICE),
    (b"\xC3\xA2\xC2\x80", TWICE),
    (b"\xC3\xA2\xE2\x82\xAC", TWICE),
];

const TWICE: &str = "text that was encoded as UTF-8 twice";

/// Looks for such values in batches of one schema.
pub(super) struct Inspector {
    /// Numbers of the float vector fields, with the metric of their index.
    vectors: Vec<(usize, Option<String>)>,
    /// Numbers of the text fields.
    texts: Vec<usize>,
}

impl Inspector {
    pub(super) fn new(schema: &Schema, metrics: &[(String, String)]) -> Self {
        let (mut vectors, mut texts) = (Vec::new(), Vec::new());
        for (at, field) in schema.fields.iter().enumerate() {
            match field.data_type {
                DataType::FloatVector { .. } => {
                    let metric = metrics.iter().find(|(name, _)| *name == field.name);
                    vectors.push((at, metric.map(|(_, metric)| metric.to_ascii_uppercase())));
                }
                DataType::VarChar { .. } | DataType::Text => texts.push(at),
                _ => {}
            }
        }
        Self { vectors, texts }
    }

    /// Adds warnings about the values of a batch. `example` names the file.
    pub(super) fn look(&self, batch: &Batch, example: &Example, found: &mut Findings) {
        let column = |at: usize| Some((batch.schema().fields.get(at)?, batch.columns().get(at)?));
        let mut warn = |field: &Field, problem: &str, hint: &str, rows: RowWarnings| {
            // The first example counts all rows.
            let mut count = rows.rows;
            for (row, value) in rows.first {
                let example = example.clone().at_row(batch.before() + row as u64 + 1);
                let group = found.warn(&field.name, problem, hint);
                group.add(std::mem::take(&mut count), example.with_value(&value));
            }
        };
        for (at, metric) in &self.vectors {
            let Some((field, column)) = column(*at) else {
                continue;
            };
            let unit = metric
                .as_deref()
                .filter(|it| matches!(*it, "COSINE" | "IP"));
            let (mut zeros, mut lengths) = (RowWarnings::default(), RowWarnings::default());
            look_at_vectors(column, |row, square| {
                if square == 0.0 {
                    zeros.note(row, String::new);
                } else if unit.is_some() {
                    lengths.note(row, || format!("length {:.4}", square.sqrt()));
                }
            });
            let hint = "such a vector has no direction, so searches rank it at random: embed the row again, or leave it out";
            warn(field, "all values of the vector are 0", hint, zeros);
            if let Some(metric) = unit {
                let problem = format!("the vector's length is not 1, for metric {metric}");
                let hint = if metric == "IP" {
                    "with IP longer vectors rank higher: normalize them, or use COSINE"
                } else {
                    "COSINE ignores the length; if a model's vectors should have length 1, something changed them"
                };
                warn(field, &problem, hint, lengths);
            }
        }
        for at in &self.texts {
            let Some((field, column)) = column(*at) else {
                continue;
            };
            let mut marks = BTreeMap::<_, RowWarnings>::new();
            look_at_texts(column, |row, mark, text| {
                let text = || String::from_utf8_lossy(text).into_owned();
                marks.entry(mark).or_default().note(row, text);
            });
            for (mark, rows) in marks {
                let problem = format!("suspicious encoding: {mark}");
                let hint = "read the source in its own encoding and write UTF-8 once";
                warn(field, &problem, hint, rows);
            }
        }
    }
}

/// Rows of a batch with the same warning: their number, and the first rows with their values. Often every row of a file
/// has one, so only these rows cost more than counting.
#[derive(Default)]
struct RowWarnings {
    rows: u64,
    first: Vec<(usize, String)>,
}

impl RowWarnings {
    fn note(&mut self, row: usize, value: impl FnOnce() -> String) {
        self.rows += 1;
        if self.first.len() < MAX_EXAMPLES {
            self.first.push((row, value()));
        }
    }
}

/// Calls `see` with the square of the length of each vector that is all zero or of another length than 1.
fn look_at_vectors(column: &Column, mut see: impl FnMut(usize, f32)) {
    let (Values::Float(values), Some(dim)) = (column.values(), column.data_type().dim()) else {
        return;
    };
    for (row, vector) in values.chunks_exact(dim.max(1)).enumerate() {
        let square = square(vector);
        let odd = square == 0.0 || (square - 1.0).abs() > TOLERANCE;
        if odd && square.is_finite() && !column.is_null(row) {
            see(row, square);
        }
    }
}

/// Returns the square of a vector's length. Several sums let the compiler add several values at once.
fn square(vector: &[f32]) -> f32 {
    let (blocks, rest) = vector.as_chunks::<16>();
    let mut sums = [0.0_f32; 16];
    for block in blocks {
        // The compiler leaves calls in a loop over zipped arrays.
        for at in 0..16 {
            sums[at] += block[at] * block[at];
        }
    }
    let rest: f32 = rest.iter().map(|value| value * value).sum();
    sums.iter().sum::<f32>() + rest
}

/// Calls `see` with each text that holds one of [`MARKS`] or a NUL.
fn look_at_texts(column: &Column, mut see: impl FnMut(usize, &'static str, &[u8])) {
    let Values::Text(spans) = column.values() else {
        return;
    };
    for row in 0..spans.len() {
        let Some(text) = spans.get(row) else {
            continue;
        };
        let mark = if memchr::memchr(0, text).is_some() {
            Some("a NUL character")
        } else if text.is_ascii() {
            None
        } else {
            let held = |mark: &[u8]| memchr::memmem::find(text, mark).is_some();
            let found = MARKS.iter().find(|(mark, _)| held(mark));
            found.map(|(_, what)| *what)
        };
        if let Some(mark) = mark {
            see(row, mark, text);
        }
    }
}
