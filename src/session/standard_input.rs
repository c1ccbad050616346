//! Interruptible standard input.

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
    /// The terminal, opened a second time in non-blocking mode: Ctrl-C discards typed text, also between the check and
    /// the read.
    terminal: Option<File>,
}

impl StandardInput {
    /// Returns the current standard input.
    pub(crate) fn open() -> Self {
        Self {
            terminal: stdin().is_terminal().then(terminal).flatten(),
        }
    }

    /// Reads the available bytes, at least one; 0 at the end. A stop ends the wait. A closed standard input is at its
    /// end, as in Rust's standard library.
    pub(crate) fn read(
        &self,
        bytes: &mut [u8],
        interrupt: &Interrupt,
    ) -> Result<io::Result<usize>, Stop> {
        let read = match &self.terminal {
            Some(terminal) => ready::read(terminal, bytes, interrupt)?,
            None => ready::read(stdin(), bytes, interrupt)?,
        };
        Ok(match read {
            Err(Errno::BADF) => Ok(0),
            read => read.map_err(io::Error::from),
        })
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
