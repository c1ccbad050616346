//! Interruptible output: a stop ends long or blocked output between two pieces.

use crate::interrupt::{Interrupt, Stop};
use std::io::{self, Write};
#[cfg(unix)]
use std::os::fd::AsFd as Stream;

/// A stream that can't be waited for.
#[cfg(not(unix))]
pub(super) trait Stream {}

#[cfg(not(unix))]
impl<W> Stream for W {}

/// Bytes per write: as much as a ready pipe takes without blocking (`PIPE_BUF`).
const PIECE: usize = 4096;

/// A writer that checks the interrupt flag before each piece and while the reader is blocked.
pub(super) struct InterruptibleWriter<'a, W> {
    inner: W,
    interrupt: &'a Interrupt,
    /// True if unflushed output exists. Without it, flushing neither waits nor stops.
    pending: bool,
}

impl<'a, W> InterruptibleWriter<'a, W> {
    /// Returns a writer to `inner` that stops when the flag is raised.
    pub(super) fn new(inner: W, interrupt: &'a Interrupt) -> Self {
        Self {
            inner,
            interrupt,
            pending: false,
        }
    }
}

impl<W: Stream> InterruptibleWriter<'_, W> {
    /// Waits until the stream is writable or the flag is raised.
    fn ready(&self) -> io::Result<()> {
        #[cfg(unix)]
        return super::ready::writable(&self.inner, self.interrupt).map_err(io::Error::other);
        #[cfg(not(unix))]
        self.interrupt.check().map_err(io::Error::other)
    }
}

impl<W: Write + Stream> Write for InterruptibleWriter<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.ready()?;
        self.pending = true;
        self.inner.write(bytes.get(..PIECE).unwrap_or(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.pending {
            self.ready()?;
        }
        self.inner.flush()?;
        self.pending = false;
        Ok(())
    }
}

/// Returns the stop that ended a write.
pub(super) fn stop_of(error: &io::Error) -> Option<Stop> {
    error.get_ref()?.downcast_ref().copied()
}

#[cfg(all(test, unix))]
mod tests {
    use super::{InterruptibleWriter, stop_of};
    use crate::interrupt::{Interrupt, Stop};
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_flush_without_data_is_not_interrupted() {
        let interrupt = Interrupt::new();
        interrupt.raise(Stop::Terminated);
        let (_reader, writer) = UnixStream::pair().unwrap();
        let mut patient = InterruptibleWriter::new(writer, &interrupt);
        patient.flush().unwrap();
        assert!(stop_of(&patient.write(b"x").unwrap_err()).is_some());
    }

    #[test]
    fn an_interrupt_ends_a_write_without_a_reader() {
        let (mut reader, writer) = UnixStream::pair().unwrap();
        let interrupt = Interrupt::new();
        let other = interrupt.until(None);
        let thread = std::thread::spawn(move || {
            let mut patient = InterruptibleWriter::new(writer, &other);
            patient.write_all(b"begin").unwrap();
            patient.write_all(&vec![b'x'; 64 << 20]).unwrap_err()
        });
        reader.read_exact(&mut [0; 5]).unwrap();
        interrupt.raise(Stop::Interrupted);
        assert!(stop_of(&thread.join().unwrap()).is_some());
    }
}
