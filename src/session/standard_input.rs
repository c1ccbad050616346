//! Standard input, read so that a stop is answered while nobody types.

use super::ready;
use crate::interrupt::{Interrupt, Stop};
use rustix::fs::OFlags;
use rustix::io::Errno;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, stdin};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;

/// Standard input.
#[derive(Debug)]
pub(crate) struct StandardInput {
    /// The terminal, opened once more so that reading it never waits: Ctrl-C throws away what was typed, also between
    /// the moment when there was something to read and the reading.
    terminal: Option<File>,
}

impl StandardInput {
    /// Standard input as it is now.
    pub(crate) fn open() -> Self {
        Self {
            terminal: stdin().is_terminal().then(terminal).flatten(),
        }
    }

    /// Reads what is there, at least a byte; 0 at the end. A stop ends the wait. One that is closed is at its end, as
    /// everywhere in Rust.
    pub(crate) fn read(
        &self,
        bytes: &mut [u8],
        interrupt: &Interrupt,
    ) -> Result<io::Result<usize>, Stop> {
        loop {
            let read = if let Some(terminal) = &self.terminal {
                ready::readable(terminal, interrupt)?;
                rustix::io::read(terminal, &mut *bytes)
            } else {
                ready::readable(stdin(), interrupt)?;
                rustix::io::read(stdin(), &mut *bytes)
            };
            match read {
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(Errno::BADF) => return Ok(Ok(0)),
                other => return Ok(other.map_err(io::Error::from)),
            }
        }
    }
}

fn terminal() -> Option<File> {
    let name = rustix::termios::ttyname(stdin(), Vec::new()).ok()?;
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    OpenOptions::new()
        .read(true)
        .custom_flags(i32::try_from(flags.bits()).ok()?)
        .open(OsStr::from_bytes(name.to_bytes()))
        .ok()
}
