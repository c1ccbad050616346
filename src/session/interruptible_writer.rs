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
        return super::ready::writable(&self.inner, self.interrupt).map_err(stopped);
        #[cfg(not(unix))]
        self.interrupt.check().map_err(stopped)
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

/// Returns the error of a stopped writer.
#[derive(Debug, thiserror::Error)]
#[error("stopped")]
struct Stopped;

fn stopped(_: Stop) -> io::Error {
    io::Error::other(Stopped)
}

/// Returns true for the error of a stopped writer.
pub(super) fn is_stop(error: &io::Error) -> bool {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Stopped>());
    inner.is_some()
}

#[cfg(all(test, unix))]
mod tests {
    use super::{InterruptibleWriter, is_stop};
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
        assert!(is_stop(&patient.write(b"x").unwrap_err()));
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
        assert!(is_stop(&thread.join().unwrap()));
    }
}
