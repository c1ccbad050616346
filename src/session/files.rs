//! Reading text that may be long in coming: a pipe, a terminal, a slow disk.

use crate::error::{Failure, Kind};
use crate::interrupt::{Interrupt, TICK};
use std::fs::File;
use std::io::{self, Read};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

/// The largest text that is read, in bytes: 64 MiB.
const LIMIT: u64 = 64 << 20;

/// Reads a text file, or standard input for `-`. A stop ends the wait at once; what is read then is lost.
pub(super) fn read_text(path: &str, interrupt: &Interrupt) -> Result<String, Failure> {
    let name = if path == "-" {
        "standard input".to_owned()
    } else {
        format!("{path:?}")
    };
    let failed =
        |error: io::Error| Failure::new(Kind::Refused, format!("cannot read {name}: {error}"));
    let (done, result) = mpsc::channel();
    let file = path.to_owned();
    thread::Builder::new()
        .name("read".to_owned())
        .spawn(move || {
            // Nobody listens any more once the wait was stopped.
            let _ = done.send(read(&file));
        })
        .map_err(failed)?;
    loop {
        match result.recv_timeout(TICK) {
            Ok(text) => return text.map_err(failed),
            Err(RecvTimeoutError::Timeout) => interrupt.check()?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(failed(io::Error::other("the reading thread ended")));
            }
        }
    }
}

fn read(path: &str) -> io::Result<String> {
    let mut text = String::new();
    let read = if path == "-" {
        io::stdin().take(LIMIT + 1).read_to_string(&mut text)?
    } else {
        File::open(path)?
            .take(LIMIT + 1)
            .read_to_string(&mut text)?
    };
    if read as u64 > LIMIT {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it is larger than 64 MiB",
        ));
    }
    Ok(text)
}
