//! Parses one file on several threads.
//!
//! One thread finds rows and deals them out to the parsers in blocks, in rotation. Batches are collected in the same
//! rotation, so they keep the order of the file. Each parser has two batches, two blocks, and a block that is being
//! filled.

use crate::formats::{Batch, Block, ReadError, Reader};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread;

/// Blocks that may wait for one parser.
const WAITING: usize = 1;

/// Batches of one parser: one is filled while the other is stored.
const BATCHES: usize = 2;

/// A block, and the number of bytes of the file up to its end.
type Found = Result<(Block, u64), ReadError>;

/// A batch, and the number of bytes of the file up to its end.
type Parsed = Result<(Batch, u64), ReadError>;

/// The channels of one parser that the row finder uses.
struct FinderInput {
    blocks: SyncSender<Found>,
    /// Blocks to reuse.
    spare: Receiver<Block>,
}

/// The channels of one parser that the keeper of rows uses.
struct Output {
    batches: Receiver<Parsed>,
    kept: Sender<Batch>,
}

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
    for _ in 0..parsers {
        let (input, output, parser) = parser(&reader);
        inputs.push(input);
        outputs.push(output);
        work.push(parser);
    }
    // The ends of all channels move into the scope, so every thread ends when any of them ends.
    thread::scope(move |scope| {
        scope.spawn(move || find(reader, &inputs));
        for parser in work {
            scope.spawn(move || parser.run());
        }
        for output in outputs.iter().cycle() {
            // If the next parser in rotation has ended, there was nothing left to parse.
            let Ok(parsed) = output.batches.recv() else {
                break;
            };
            let (mut batch, bytes) = parsed.map_err(&failed)?;
            keep(&mut batch, bytes)?;
            _ = output.kept.send(batch);
        }
        Ok(())
    })
}

fn parser(reader: &Reader) -> (FinderInput, Output, ParserChannels) {
    let (to_parser, blocks) = mpsc::sync_channel(WAITING);
    let (to_spare, spare) = mpsc::channel();
    let (to_keeper, batches) = mpsc::channel();
    let (kept, empty) = mpsc::channel();
    for _ in 0..BATCHES {
        _ = kept.send(reader.new_batch());
    }
    let input = FinderInput {
        blocks: to_parser,
        spare,
    };
    let parser = ParserChannels {
        blocks,
        spare: to_spare,
        empty,
        batches: to_keeper,
    };
    (input, Output { batches, kept }, parser)
}

/// Deals out blocks until the file or one of the other threads ends.
fn find(mut reader: Reader, inputs: &[FinderInput]) {
    for input in inputs.iter().cycle() {
        let mut block = input.spare.try_recv().unwrap_or_default();
        let found = match reader.next_block(&mut block) {
            Ok(true) => Ok((block, reader.bytes())),
            Ok(false) => return,
            Err(error) => Err(error),
        };
        let ends = found.is_err();
        if input.blocks.send(found).is_err() || ends {
            return;
        }
    }
}

impl ParserChannels {
    fn run(self) {
        while let Ok(found) = self.blocks.recv() {
            let parsed = found.and_then(|(block, bytes)| {
                // The receive fails if the keeper has ended and wants no more batches.
                let Ok(mut batch) = self.empty.recv() else {
                    return Ok(None);
                };
                block.parse(&mut batch)?;
                _ = self.spare.send(block);
                Ok(Some((batch, bytes)))
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
