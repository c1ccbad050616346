//! Reading text that may be long in coming: a pipe, a terminal, a slow disk.

#[cfg(unix)]
use super::standard_input::StandardInput;
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
    if path == "-" {
        return standard_input(interrupt);
    }
    read_file(path, interrupt)
}

/// Reads standard input. No thread is left behind that would take what is typed at the prompt later.
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
        if bytes.len() as u64 > LIMIT {
            return Err(failed("standard input", &too_large()));
        }
    }
    String::from_utf8(bytes).map_err(|_| {
        let error = io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text");
        failed("standard input", &error)
    })
}

#[cfg(not(unix))]
fn standard_input(interrupt: &Interrupt) -> Result<String, Failure> {
    read_file("-", interrupt)
}

fn failed(name: &str, error: &io::Error) -> Failure {
    Failure::new(Kind::Refused, format!("cannot read {name}: {error}"))
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 64 MiB")
}

/// Reads a file on a thread, since a slow disk or a pipe may keep it waiting.
fn read_file(path: &str, interrupt: &Interrupt) -> Result<String, Failure> {
    let name = format!("{path:?}");
    let failed = |error: io::Error| failed(&name, &error);
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
        return Err(too_large());
    }
    Ok(text)
}
