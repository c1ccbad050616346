//! Reads the next batches of a file while the last batch is being stored. One thread reads ahead; if rows are text
//! whose parsing takes far longer than finding them, several threads parse.

mod several;

use super::{Batch, ReadError, Reader};
use std::sync::mpsc;
use std::thread;

/// Batches per file: one is filled while the other is stored.
const BATCHES: usize = 2;

/// Most threads that parse one file.
const PARSERS: usize = 4;

/// Passes each batch of a file to `keep`, in order, with the number of bytes read so far. `keep` runs on this thread.
/// If `ahead` is true, the reader runs on other threads, which end before this function returns, even if `keep` fails.
///
/// # Errors
/// Returns the error of `keep`, or the reader's error converted by `failed`. Batches before the error are kept.
pub(crate) fn each<E>(
    reader: Reader,
    ahead: bool,
    failed: impl Fn(ReadError) -> E,
    keep: impl FnMut(&mut Batch, u64) -> Result<(), E>,
) -> Result<(), E> {
    if !ahead {
        return in_turns(reader, failed, keep);
    }
    let cores = thread::available_parallelism().map_or(1, usize::from);
    if reader.has_blocks() && cores > 1 {
        return several::each(reader, cores.min(PARSERS), failed, keep);
    }
    beside(reader, failed, keep)
}

/// Reads and keeps in turns, since a small file is done before a thread has started.
fn in_turns<E>(
    mut reader: Reader,
    failed: impl Fn(ReadError) -> E,
    mut keep: impl FnMut(&mut Batch, u64) -> Result<(), E>,
) -> Result<(), E> {
    let mut batch = reader.new_batch();
    while reader.next_batch(&mut batch).map_err(&failed)? {
        keep(&mut batch, reader.bytes())?;
    }
    Ok(())
}

fn beside<E>(
    mut reader: Reader,
    failed: impl Fn(ReadError) -> E,
    mut keep: impl FnMut(&mut Batch, u64) -> Result<(), E>,
) -> Result<(), E> {
    let (read, filled) = mpsc::channel();
    let (kept, empty) = mpsc::channel();
    for _ in 0..BATCHES {
        _ = kept.send(reader.new_batch());
    }
    // This thread's ends of both channels move into the scope, so the reader ends when keeping ends.
    thread::scope(move |scope| {
        scope.spawn(move || {
            while let Ok(mut batch) = empty.recv() {
                let next = match reader.next_batch(&mut batch) {
                    Ok(true) => Ok((batch, reader.bytes())),
                    Ok(false) => return,
                    Err(error) => Err(error),
                };
                let ends = next.is_err();
                if read.send(next).is_err() || ends {
                    return;
                }
            }
        });
        for next in filled {
            let (mut batch, bytes) = next.map_err(&failed)?;
            keep(&mut batch, bytes)?;
            // The send fails at the file's end, when the reader has ended.
            _ = kept.send(batch);
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::Schema;
    use std::fmt::Write as _;
    use std::sync::Arc;

    /// Numbers of parser threads to test: 0 reads in turns, 1 reads ahead on one thread.
    const WAYS: [usize; 5] = [0, 1, 2, 3, 8];

    /// Reads this number of rows, ten per batch, of which one may be bad. Returns the kept rows and how reading ended.
    fn kept(rows: usize, bad: Option<usize>, way: usize, most: usize) -> (Vec<usize>, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.jsonl");
        let mut text = String::new();
        for id in 0..rows {
            let vector = if bad == Some(id) { "[1]" } else { "[1, 2]" };
            writeln!(text, "{{\"id\": {id}, \"vector\": {vector}}}").unwrap();
        }
        std::fs::write(&path, &text).unwrap();
        let body = serde_json::json!({ "dimension": 2 });
        let schema = Arc::new(Schema::from_create_body(&body).unwrap());
        let reader = Reader::open(&path, &schema).unwrap().with_batch_rows(10);
        let (mut batches, mut last) = (Vec::new(), 0);
        let mut next = 0;
        let failed = |error: ReadError| error.to_string();
        let keep = |batch: &mut Batch, bytes: u64| {
            assert!(bytes > last && bytes <= text.len() as u64);
            last = bytes;
            if batches.len() == most {
                return Err("full".to_owned());
            }
            batches.push(batch.rows());
            for row in 0..batch.rows() {
                assert_eq!(batch.columns()[0].int64(row), Some(next));
                next += 1;
            }
            Ok(())
        };
        let ended = match way {
            0 => in_turns(reader, failed, keep),
            1 => beside(reader, failed, keep),
            parsers => several::each(reader, parsers, failed, keep),
        };
        (batches, ended.err().unwrap_or_default())
    }

    #[test]
    fn every_batch_is_kept_once() {
        for way in WAYS {
            assert_eq!(kept(0, None, way, 9), (vec![], String::new()));
            assert_eq!(kept(7, None, way, 9), (vec![7], String::new()));
            assert_eq!(kept(25, None, way, 9), (vec![10, 10, 5], String::new()));
        }
    }

    #[test]
    fn a_bad_row_ends_it_after_the_batches_before() {
        for way in WAYS {
            let (batches, error) = kept(100, Some(25), way, 99);
            assert_eq!(batches, [10, 10]);
            assert!(error.contains("row 26"), "{error}");
        }
    }

    #[test]
    fn a_failure_to_keep_ends_the_reading() {
        for way in WAYS {
            for most in 0..4 {
                let (batches, error) = kept(1000, None, way, most);
                assert_eq!((batches.len(), error.as_str()), (most, "full"));
            }
        }
    }
}
