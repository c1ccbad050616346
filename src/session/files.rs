//! Interruptible reading and writing of text files, pipes and terminals.

use super::Session;
#[cfg(unix)]
use super::standard_input::StandardInput;
use crate::error::Failure;
use crate::fsutil::{MAX_TEXT, read_limited, text_too_large};
use crate::interrupt::{Interrupt, ThreadError};
use std::fs::File;
use std::io;

/// Reads standard input. Leaves no thread behind that would steal the prompt's input later.
#[cfg(unix)]
fn standard_input(interrupt: &Interrupt) -> Result<String, Failure> {
    let input = StandardInput::open();
    let mut bytes = Vec::new();
    let mut piece = [0; 8 << 10];
    loop {
        let read = input.read(&mut piece, interrupt)?;
        let count = read.map_err(|error| failed("standard input", &error))?;
        if count == 0 {
            break;
        }
        bytes.extend(piece.iter().take(count));
        if bytes.len() as u64 > MAX_TEXT {
            return Err(failed("standard input", &text_too_large()));
        }
    }
    String::from_utf8(bytes).map_err(|_| {
        let error = io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text");
        failed("standard input", &error)
    })
}

fn failed(name: &str, error: &io::Error) -> Failure {
    Failure::refused(format!("cannot read {name}: {error}"))
}

/// Runs a blocking operation, such as opening a pipe without reader, on a thread. A stop ends the wait and abandons the
/// thread.
fn on_a_thread<T: Send + 'static>(
    name: &str,
    interrupt: &Interrupt,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<io::Result<T>, Failure> {
    match interrupt.on_a_thread(name, work, || {}) {
        Ok(result) => Ok(result),
        Err(ThreadError::Start(error)) => Ok(Err(error)),
        Err(ThreadError::Ended) => Ok(Err(io::Error::other("its thread ended"))),
        Err(ThreadError::Stopped(stop)) => Err(stop.into()),
    }
}

impl Session {
    /// Reads a text file of at most 64 MiB, or standard input for `-`. A stop ends the wait and discards the text.
    pub fn read_text(&self, path: &str) -> Result<String, Failure> {
        #[cfg(unix)]
        if path == "-" {
            return standard_input(&self.interrupt);
        }
        // A slow disk or a pipe may block.
        let file = path.to_owned();
        let text = on_a_thread("read", &self.interrupt, move || match &*file {
            "-" => read_limited(io::stdin()),
            file => read_limited(File::open(file)?),
        })?;
        text.map_err(|error| failed(&format!("{path:?}"), &error))
    }

    /// Writes to a pipe or device that may block. A stop ends the wait.
    pub fn write_slowly(
        &self,
        work: impl FnOnce() -> io::Result<()> + Send + 'static,
    ) -> Result<io::Result<()>, Failure> {
        on_a_thread("write", &self.interrupt, work)
    }
}
