//! Gzip-ed files: read as what they hold, their progress counted in what they are.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

/// Compressed bytes read so far.
pub(super) struct Count(Arc<AtomicU64>);

impl Count {
    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What the compressed bytes hold (also of several gzip members one after the other, as `cat a.gz b.gz` makes),
/// and how many of them have been read.
pub(super) fn decoder(read: Box<dyn Read + Send>) -> (Box<dyn Read + Send>, Count) {
    let count = Arc::new(AtomicU64::new(0));
    let counted = Counted {
        read,
        count: Arc::clone(&count),
    };
    (Box::new(MultiGzDecoder::new(counted)), Count(count))
}

struct Counted {
    read: Box<dyn Read + Send>,
    count: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.read.read(buffer)?;
        self.count.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}
