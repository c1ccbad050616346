//! Signal handling: Ctrl-C and SIGTERM raise the session's interrupt flag.

use crate::interrupt::{Interrupt, Stop};
use crate::session::idle::PromptTerminal;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
#[cfg(unix)]
use std::sync::Arc;

/// A write beyond the file size limit fails like one on a full disk, instead of ending the process silently.
#[cfg(unix)]
pub(super) fn let_writes_fail() {
    use signal_hook::consts::SIGXFSZ;
    // The flag is unused; having a handler is enough.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
}

/// Starts the thread that turns signals into a raised flag. If handlers can't be installed, signals keep their default
/// effect.
pub(super) fn watch(interrupt: &Interrupt, idle: &PromptTerminal) {
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
                // The prompt waits in a read that the flag doesn't end. Its history is written after each statement,
                // and the next start continues jobs of the local service, so the signal may have its default effect.
                let _ = emulate_default_handler(SIGTERM);
            }
        }
    };
    // Without the thread, the handlers would swallow signals.
    let _ = std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(forward);
}
