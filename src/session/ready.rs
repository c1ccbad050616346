//! Waiting for a stream, in ticks, so that a stop is answered while nobody types or reads.

use crate::interrupt::{Interrupt, Stop, TICK};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::os::fd::AsFd;

/// Waits until there is something to read, or the end; a stop ends the wait.
pub(super) fn readable(stream: impl AsFd, interrupt: &Interrupt) -> Result<(), Stop> {
    wait(&stream, PollFlags::IN, interrupt)
}

/// Waits until something can be written; a stop ends the wait.
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
            // What is wrong with it the reading or writing will tell.
            Ok(_) | Err(_) => return Ok(()),
        }
    }
}
