//! Ctrl-C and SIGTERM raise the session's interrupt flag; whatever runs looks at it.

use crate::interrupt::{Interrupt, Stop};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Starts the thread that turns signals into a raised flag. Where signals cannot be had they keep their default effect.
pub(super) fn watch(interrupt: &Interrupt) {
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else {
        return;
    };
    let interrupt = interrupt.clone();
    let forward = move || {
        for signal in signals.forever() {
            interrupt.raise(match signal {
                SIGTERM => Stop::Terminated,
                _ => Stop::Interrupted,
            });
        }
    };
    // A thread that cannot be started leaves the handlers without effect, which the next signal's default would not be.
    let _ = std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(forward);
}
