//! Ctrl-C and SIGTERM raise the session's interrupt flag; whatever runs looks at it.

use crate::interrupt::{Interrupt, Stop};
use crate::session::idle::Idle;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
#[cfg(unix)]
use std::sync::Arc;

/// A write beyond the limit of a file's size fails as one on a full disk does, instead of ending the process unheard.
#[cfg(unix)]
pub(super) fn let_writes_fail() {
    use signal_hook::consts::SIGXFSZ;
    // The flag is nobody's: to have a handler is enough.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
}

/// Starts the thread that turns signals into a raised flag. Where signals cannot be had they keep their default effect.
pub(super) fn watch(interrupt: &Interrupt, idle: &Idle) {
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else {
        return;
    };
    let (interrupt, idle) = (interrupt.clone(), idle.clone());
    let forward = move || {
        for signal in signals.forever() {
            interrupt.raise(match signal {
                SIGTERM => Stop::Terminated,
                _ => Stop::Interrupted,
            });
            if signal == SIGTERM && idle.restore() {
                // The prompt waits in a read that nothing ends. Its history is written after each statement, and
                // jobs of the local service are carried on by the next start: the signal may have its default effect.
                let _ = emulate_default_handler(SIGTERM);
            }
        }
    };
    // A thread that cannot be started leaves the handlers without effect, which the next signal's default would not be.
    let _ = std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(forward);
}
