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
    mut reader: Reader,
    ahead: bool,
    failed: impl Fn(ReadError) -> E,
    mut keep: impl FnMut(&mut Batch, u64) -> Result<(), E>,
) -> Result<(), E> {
    if !ahead {
        // A small file is done before a thread has started.
        let mut batch = reader.new_batch();
        while reader.next_batch(&mut batch).map_err(&failed)? {
            keep(&mut batch, reader.bytes())?;
        }
        return Ok(());
    }
    let cores = thread::available_parallelism().map_or(1, usize::from);
    if reader.has_blocks() && cores > 1 {
        return several::each(reader, cores.min(PARSERS), failed, keep);
    }
    if cores > 1 {
        reader.read_ahead();
    }
    beside(reader, failed, keep)
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
            batch.clear();
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
    use crate::formats::block::RowSyntax;
    use crate::formats::error::PushError;
    use crate::formats::warning::Warning;
    use crate::stores::read_at::ReadAt;
    use std::fmt::Write as _;
    use std::io;
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
        let reader = Reader::open(&path, &schema()).unwrap().with_batch_rows(10);
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
        let ended = read_in(way, reader, failed, keep);
        (batches, ended.err().unwrap_or_default())
    }

    /// Reads and keeps batches in one of [`WAYS`].
    fn read_in<E>(
        way: usize,
        reader: Reader,
        failed: impl Fn(ReadError) -> E,
        keep: impl FnMut(&mut Batch, u64) -> Result<(), E>,
    ) -> Result<(), E> {
        match way {
            0 => each(reader, false, failed, keep),
            1 => beside(reader, failed, keep),
            parsers => several::each(reader, parsers, failed, keep),
        }
    }

    fn schema() -> Arc<Schema> {
        let body = serde_json::json!({ "dimension": 2 });
        Arc::new(Schema::from_create_body(&body).unwrap())
    }

    /// A file of equal rows, made as it is read.
    struct Repeated {
        row: Vec<u8>,
        rows: usize,
    }

    impl ReadAt for Repeated {
        fn size(&self) -> u64 {
            (self.row.len() * self.rows) as u64
        }

        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
            let mut at = usize::try_from(offset).unwrap() % self.row.len();
            let mut rest = buffer;
            while !rest.is_empty() {
                let part = &self.row[at..];
                let (filled, after) = rest.split_at_mut(part.len().min(rest.len()));
                filled.copy_from_slice(&part[..filled.len()]);
                (rest, at) = (after, 0);
            }
            Ok(())
        }
    }

    /// A parser with a bug.
    struct Panicking;

    impl RowSyntax for Panicking {
        fn push(&self, batch: &mut Batch, row: &[u8], number: u64) -> Result<(), PushError> {
            assert_ne!(number, 25, "on purpose");
            batch.push_json(row, number)
        }

        fn warnings(&self) -> &[Warning] {
            &[]
        }
    }

    #[test]
    fn a_panic_of_a_parser_is_an_error_of_the_file() {
        for way in WAYS {
            let row = b"{\"id\": 1, \"vector\": [1, 2]}\n".to_vec();
            let file = Arc::new(Repeated { row, rows: 100 });
            let reader = Reader::with_syntax(file, &schema(), Arc::new(Panicking));
            let mut rows = 0;
            let ended = read_in(
                way,
                reader.with_batch_rows(10),
                |error| error,
                |batch, _| {
                    rows += batch.rows();
                    Ok(())
                },
            );
            assert!(
                matches!(&ended, Err(ReadError::Panicked(message)) if message.contains("on purpose")),
                "{ended:?}"
            );
            assert_eq!(rows, 20);
        }
    }

    /// Maximum memory in bytes while rows of almost the maximum size are parsed.
    #[cfg(all(unix, feature = "local"))]
    const PEAK: u64 = 300 << 20;

    /// The child process: reads rows of almost the maximum size with several parsers.
    #[cfg(all(unix, feature = "local"))]
    #[test]
    #[ignore = "run by large_rows_take_little_memory"]
    fn large_rows() {
        let Some(kind) = crate::tests::fuzz::kind() else {
            return;
        };
        crate::tests::fuzz::try_within(&kind, PEAK, |number, _| {
            if number > 0 {
                return true;
            }
            let text = "x".repeat(crate::formats::window::MAX_ROW - 100);
            let begin = "{\"id\": 1, \"vector\": [1, 2], \"text\": \"";
            let row = [begin, text.as_str(), "\"}\n"].concat();
            let file = Arc::new(Repeated {
                row: row.into_bytes(),
                rows: 9,
            });
            drop(text);
            let reader = Reader::in_chunks(file, true, &schema(), 1 << 20);
            let mut rows = 0;
            let kept = several::each(
                reader,
                PARSERS,
                |error| error,
                |batch, _| {
                    rows += batch.rows();
                    Ok(())
                },
            );
            kept.unwrap();
            assert_eq!(rows, 9);
            true
        });
    }

    #[cfg(all(unix, feature = "local"))]
    #[test]
    fn large_rows_take_little_memory() {
        crate::tests::fuzz::run_children(
            concat!(module_path!(), "::large_rows"),
            &["large-rows"],
            1,
        );
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
    fn reading_ends_at_a_bad_row_after_the_earlier_batches() {
        for way in WAYS {
            let (batches, error) = kept(100, Some(25), way, 99);
            assert_eq!(batches, [10, 10]);
            assert!(error.contains("row 26"), "{error}");
        }
    }

    #[test]
    fn reading_ends_if_a_batch_cannot_be_kept() {
        for way in WAYS {
            for most in 0..4 {
                let (batches, error) = kept(1000, None, way, most);
                assert_eq!((batches.len(), error.as_str()), (most, "full"));
            }
        }
    }
}
