//! Memory for pages: a limit for each file, and one for all files that the process reads at the same time.

use parking_lot::{Condvar, Mutex};

use super::Result;
use crate::formats::error::ReadError;

/// Maximum memory in bytes for the current pages and dictionaries of all columns of a file.
pub(super) const MAX_PAGES: usize = 320 << 20;

/// Memory in bytes that the pages of all files share. One file at a time may go beyond this, so the pages of the process
/// take at most this and [`MAX_PAGES`].
const SHARED: usize = 192 << 20;

/// Memory of all files.
struct Pool {
    used: usize,
    /// Set while a file may go beyond [`SHARED`].
    is_exceeded: bool,
}

static POOL: Mutex<Pool> = Mutex::new(Pool {
    used: 0,
    is_exceeded: false,
});
static RETURNED: Condvar = Condvar::new();

/// Memory that the current pages and dictionaries of a file's columns take.
#[derive(Debug, Default)]
pub(super) struct PageMemory {
    used: usize,
    /// Set if this is the file that may go beyond [`SHARED`].
    exceeds: bool,
}

impl PageMemory {
    /// Takes memory. Waits while another file goes beyond the memory that all files share. That file doesn't wait for this
    /// one, so the wait ends.
    pub(super) fn take(&mut self, bytes: usize) -> Result<()> {
        let used = self.used.saturating_add(bytes);
        if used > MAX_PAGES {
            return Err(ReadError::TooLarge(format!(
                "the current pages of all columns take more than {} MiB; write the file with smaller pages or fewer rows per \
                 row group (pyarrow: data_page_size, row_group_size)",
                MAX_PAGES >> 20
            )));
        }
        let mut pool = POOL.lock();
        while !self.exceeds && pool.used + bytes > SHARED {
            if pool.is_exceeded {
                RETURNED.wait(&mut pool);
            } else {
                (pool.is_exceeded, self.exceeds) = (true, true);
            }
        }
        pool.used += bytes;
        self.used = used;
        Ok(())
    }

    pub(super) fn give_back(&mut self, bytes: usize) {
        let bytes = bytes.min(self.used);
        self.used -= bytes;
        let mut pool = POOL.lock();
        pool.used -= bytes;
        if self.exceeds && (pool.used <= SHARED || self.used == 0) {
            (pool.is_exceeded, self.exceeds) = (false, false);
        }
        RETURNED.notify_all();
    }
}

impl Drop for PageMemory {
    fn drop(&mut self) {
        self.give_back(self.used);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    fn take(bytes: usize) -> PageMemory {
        let mut memory = PageMemory::default();
        memory.take(bytes).unwrap();
        memory
    }

    #[test]
    fn pages_of_all_columns_share_one_limit() {
        let mut memory = take(MAX_PAGES);
        let error = memory.take(1).unwrap_err();
        assert!(
            matches!(&error, ReadError::TooLarge(message) if message.contains("320 MiB")),
            "{error}"
        );
        memory.give_back(1);
        memory.take(1).unwrap();
    }

    #[test]
    fn files_with_large_pages_are_read_one_after_the_other() {
        let first = take(MAX_PAGES);
        let (sender, taken) = mpsc::channel();
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let sender = sender.clone();
                std::thread::spawn(move || {
                    let own = take(MAX_PAGES);
                    let used = POOL.lock().used;
                    sender.send(used).unwrap();
                    drop(own);
                })
            })
            .collect();
        let early = taken.recv_timeout(Duration::from_millis(200));
        assert!(early.is_err(), "{early:?}");
        drop(first);
        for _ in &threads {
            let used = taken.recv().unwrap();
            assert!(used <= MAX_PAGES + SHARED, "{used}");
        }
        for thread in threads {
            thread.join().unwrap();
        }
    }
}
