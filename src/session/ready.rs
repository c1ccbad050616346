//! Interruptible waits for a stream.

use crate::interrupt::{Interrupt, Stop, TICK};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::os::fd::AsFd;

/// Waits for bytes and reads them; 0 at the end. A stop ends the wait.
pub(super) fn read(
    stream: impl AsFd,
    bytes: &mut [u8],
    interrupt: &Interrupt,
) -> Result<rustix::io::Result<usize>, Stop> {
    loop {
        wait(&stream, PollFlags::IN, interrupt)?;
        match rustix::io::read(&stream, &mut *bytes) {
            Err(Errno::INTR | Errno::AGAIN) => {}
            read => return Ok(read),
        }
    }
}

/// Waits until the stream is writable. A stop ends the wait.
pub(super) fn writable(stream: impl AsFd, interrupt: &Interrupt) -> Result<(), Stop> {
    wait(&stream, PollFlags::OUT, interrupt)
}

fn wait(stream: &impl AsFd, flags: PollFlags, interrupt: &Interrupt) -> Result<(), Stop> {
    let tick = Timespec {
        tv_sec: 0,
        tv_nsec: i64::from(TICK.subsec_nanos()),
    };
    loop {
        interrupt.check()?;
        match poll(&mut [PollFd::new(stream, flags)], Some(&tick)) {
            Ok(0) | Err(Errno::INTR) => {}
            // The next read or write reports the error.
            Ok(_) | Err(_) => return Ok(()),
        }
    }
}
