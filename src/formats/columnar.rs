//! Reading of Parquet and `NumPy` files, which both store many rows column by column.
//!
//! The rows of a batch are read field by field, directly into its columns. Refused rows are noted meanwhile and leave
//! placeholders in the columns. Only if there are refused rows is the batch split afterwards, so the caller gets the
//! good rows before each refused row, then its error, in file order.

pub(super) mod plan;
pub(super) mod sink;
pub(super) mod sources;

use std::collections::BTreeMap;

use super::batch::BATCH_BYTES;
use super::batch::{Batch, Parts};
use super::block::{FilePart, Rows, explain};
use super::error::{PushError, ReadError};
use super::warning::Warning;

/// Refused rows of a batch, by their number in it, from 0.
pub(super) enum RefusedRows {
    /// Each row with its first problem in schema order.
    First(BTreeMap<usize, PushError>),
    /// All problems.
    All(Vec<(usize, PushError)>),
}

impl RefusedRows {
    /// Notes a refused row, unless only its first problem counts and is noted already.
    pub(super) fn note(&mut self, row: usize, refusal: impl FnOnce() -> PushError) {
        match self {
            Self::First(rows) => {
                rows.entry(row).or_insert_with(refusal);
            }
            Self::All(list) => list.push((row, refusal())),
        }
    }
}

/// A format that is read column by column.
pub(super) trait Steps: Send {
    /// Appends at most `rows` rows (at least 1) to every column: as many as take about `room` bytes, but at least one.
    /// Returns the number of rows, 0 at the end of the file.
    fn step(
        &mut self,
        parts: Parts<'_>,
        refused: &mut RefusedRows,
        rows: usize,
        room: usize,
    ) -> Result<usize, ReadError>;

    /// Returns the approximate size of a row in memory, in bytes.
    fn row_bytes(&self) -> usize;

    /// Keeps only a part of the rows. Returns the number of rows before the part.
    fn keep_part(&mut self, part: FilePart) -> u64;

    /// Reads pages ahead on other threads, if the format has pages.
    fn read_ahead(&mut self) {}

    /// Returns the number of bytes of the file that have become rows so far.
    fn bytes(&self) -> u64;

    /// Returns warnings about dropped columns.
    fn warnings(&self) -> &[Warning];
}

/// Rows of a file that is read column by column.
pub(super) struct Columnar<S> {
    steps: S,
    held: Option<HeldBatch>,
    rows: u64,
    done: bool,
}

impl<S: Steps> Columnar<S> {
    pub(super) fn new(steps: S) -> Self {
        Self {
            steps,
            held: None,
            rows: 0,
            done: false,
        }
    }

    /// Fills the batch, including refused rows.
    fn read(&mut self, batch: &mut Batch, most: usize) -> Result<RefusedRows, ReadError> {
        let mut refused = if batch.collects() {
            RefusedRows::All(Vec::new())
        } else {
            RefusedRows::First(BTreeMap::new())
        };
        while batch.rows() < most && batch.byte_len() < BATCH_BYTES {
            let room = BATCH_BYTES.saturating_sub(batch.byte_len());
            let rows = room.checked_div(self.steps.row_bytes()).unwrap_or(room);
            let rows = rows.min(most - batch.rows()).max(1);
            let read = self.steps.step(batch.parts(), &mut refused, rows, room)?;
            if read == 0 {
                self.done = true;
                break;
            }
            batch.add_rows(read);
        }
        Ok(refused)
    }
}

impl<S: Steps> Rows for Columnar<S> {
    fn fill(&mut self, batch: &mut Batch, batch_rows: usize) -> Result<(), ReadError> {
        loop {
            if let Some(held) = &mut self.held {
                let refused = held.refused.pop_first();
                let end = refused.as_ref().map_or(held.batch.rows(), |(row, _)| *row);
                batch.extend(&held.batch, held.at..end);
                self.rows += (end - held.at) as u64;
                held.at = end + 1;
                if held.at >= held.batch.rows() {
                    self.held = None;
                }
                if let Some((_, refusal)) = refused {
                    self.rows += 1;
                    return Err(explain(refusal, &[], self.rows, (self.rows, 0)));
                }
                if batch.rows() > 0 {
                    return Ok(());
                }
            }
            if self.done {
                return Ok(());
            }
            let refused = self.read(batch, batch_rows).inspect_err(|_| {
                self.done = true;
                batch.clear();
            })?;
            let refused = match refused {
                RefusedRows::First(rows) => rows,
                RefusedRows::All(list) => {
                    for (row, refusal) in list {
                        batch.note(row, refusal);
                    }
                    BTreeMap::new()
                }
            };
            if refused.is_empty() {
                self.rows += batch.rows() as u64;
                return Ok(());
            }
            let empty = Batch::new(batch.schema());
            self.held = Some(HeldBatch {
                batch: std::mem::replace(batch, empty),
                refused,
                at: 0,
            });
        }
    }

    fn rows(&self) -> u64 {
        self.rows
    }

    fn bytes(&self) -> u64 {
        self.steps.bytes()
    }

    fn keep_part(&mut self, part: FilePart) -> Result<(u64, u64), ReadError> {
        self.rows = self.steps.keep_part(part);
        Ok((0, 0))
    }

    fn read_ahead(&mut self) {
        self.steps.read_ahead();
    }

    fn warnings(&self) -> &[Warning] {
        self.steps.warnings()
    }
}

/// A batch with refused rows, passed on piece by piece.
struct HeldBatch {
    batch: Batch,
    refused: BTreeMap<usize, PushError>,
    /// Number of rows passed on so far.
    at: usize,
}
