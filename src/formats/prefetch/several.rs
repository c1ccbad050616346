//! Parses one file on several threads.
//!
//! One thread finds rows and deals them out to the parsers in blocks, in rotation. Batches are collected in the same
//! rotation, so they keep the order of the file. Each parser has two batches and at most three blocks. All blocks
//! together have a limit, [`IN_FLIGHT`], which counts if rows are large. A block that is large because of its rows stays
//! with its parser, so only one thread takes the memory that parsing large rows needs.

use crate::formats::{Batch, Block, ReadError, Reader};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread;

/// Blocks that may wait for one parser.
const WAITING: usize = 1;

/// Batches of one parser: one is filled while the other is stored.
const BATCHES: usize = 2;

/// Maximum size in bytes of the text of all rows that were found and aren't stored yet, unless a single block is larger.
/// Parsing takes up to five times the memory of the text.
const IN_FLIGHT: usize = 24 << 20;

/// Size in bytes of a block above which the same parser gets the next block.
const LARGE: usize = 8 << 20;

/// Returns the number of the parser that gets the block after one of `size` bytes.
fn next_parser(parser: usize, size: usize, parsers: usize) -> usize {
    let next = parser + usize::from(size <= LARGE);
    if next < parsers { next } else { 0 }
}

/// A block, and the number of bytes of the file up to its end.
type Found = Result<(Block, u64), ReadError>;

/// A batch, the number of bytes of the file up to its end, and the size of its block.
type Parsed = Result<(Batch, u64, usize), ReadError>;

/// The channels of one parser that the row finder uses: for blocks, and for those to reuse.
type FinderInput = (SyncSender<Found>, Receiver<Block>);

/// The channels that a parser uses.
struct ParserChannels {
    blocks: Receiver<Found>,
    spare: Sender<Block>,
    empty: Receiver<Batch>,
    batches: Sender<Parsed>,
}

/// Reads a file as documented at [`super::each`].
pub(crate) fn each<E>(
    reader: Reader,
    parsers: usize,
    failed: impl Fn(ReadError) -> E,
    mut keep: impl FnMut(&mut Batch, u64) -> Result<(), E>,
) -> Result<(), E> {
    let (mut inputs, mut outputs, mut work) = (Vec::new(), Vec::new(), Vec::new());
    let (stored, freed) = mpsc::channel();
    for _ in 0..parsers {
        let (to_parser, blocks) = mpsc::sync_channel(WAITING);
        let (to_finder, spare) = mpsc::channel();
        let (to_keeper, parsed) = mpsc::channel();
        let (kept, empty) = mpsc::channel();
        for _ in 0..BATCHES {
            _ = kept.send(reader.new_batch());
        }
        inputs.push((to_parser, spare));
        outputs.push((parsed, kept));
        work.push(ParserChannels {
            blocks,
            spare: to_finder,
            empty,
            batches: to_keeper,
        });
    }
    // The ends of all channels move into the scope, so every thread ends when any of them ends.
    thread::scope(move |scope| {
        scope.spawn(move || find(reader, &inputs, &freed));
        let stored = stored;
        for parser in work {
            scope.spawn(move || parser.run());
        }
        let mut at = 0;
        while let Some((parsed, kept)) = outputs.get(at) {
            // If the next parser in rotation has ended, there was nothing left to parse.
            let Ok(parsed) = parsed.recv() else {
                break;
            };
            let (mut batch, bytes, size) = parsed.map_err(&failed)?;
            at = next_parser(at, size, outputs.len());
            keep(&mut batch, bytes)?;
            batch.clear();
            _ = kept.send(batch);
            _ = stored.send(size);
        }
        Ok(())
    })
}

/// Deals out blocks until the file or one of the other threads ends. `freed` receives the sizes of stored blocks.
fn find(mut reader: Reader, inputs: &[FinderInput], freed: &Receiver<usize>) {
    let (mut in_flight, mut at) = (0, 0);
    while let Some((blocks, spare)) = inputs.get(at) {
        let mut block = spare.try_recv().unwrap_or_default();
        let found = match reader.next_block(&mut block) {
            Ok(true) => Ok((block, reader.bytes())),
            Ok(false) => return,
            Err(error) => Err(error),
        };
        let size = found.as_ref().map_or(0, |(block, _)| block.bytes());
        while in_flight > 0 && in_flight + size > IN_FLIGHT {
            let Ok(size) = freed.recv() else {
                return;
            };
            in_flight -= size;
        }
        in_flight += size;
        at = next_parser(at, size, inputs.len());
        let ends = found.is_err();
        if blocks.send(found).is_err() || ends {
            return;
        }
    }
}

impl ParserChannels {
    fn run(self) {
        while let Ok(found) = self.blocks.recv() {
            let parsed = found.and_then(|(mut block, bytes)| {
                // The receive fails if the keeper has ended and wants no more batches.
                let Ok(mut batch) = self.empty.recv() else {
                    return Ok(None);
                };
                let size = block.bytes();
                block.parse(&mut batch)?;
                block.clear();
                _ = self.spare.send(block);
                Ok(Some((batch, bytes, size)))
            });
            let Some(parsed) = parsed.transpose() else {
                return;
            };
            let ends = parsed.is_err();
            if self.batches.send(parsed).is_err() || ends {
                return;
            }
        }
    }
}
