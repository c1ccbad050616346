//! Signal handling: Ctrl-C, SIGTERM and SIGHUP raise the session's interrupt flag.

use crate::interrupt::{Interrupt, Stop};
use crate::session::idle::PromptTerminal;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::io::IsTerminal;
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
    let mut numbers = vec![SIGINT, SIGTERM];
    if !ignores_hangup() {
        numbers.push(SIGHUP);
    }
    let Ok(mut signals) = Signals::new(numbers) else {
        return;
    };
    let (interrupt, idle) = (interrupt.clone(), idle.clone());
    let forward = move || {
        for signal in signals.forever() {
            interrupt.raise(match signal {
                SIGTERM => Stop::Terminated,
                SIGHUP => Stop::HungUp,
                _ => Stop::Interrupted,
            });
            if signal != SIGINT && !idle.end() {
                // The prompt's history is written after each statement, and the next start continues jobs of the local
                // service, so the signal may have its default effect.
                let _ = emulate_default_handler(signal);
            }
        }
    };
    // Without the thread, the handlers would swallow signals.
    let _ = std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(forward);
}

/// Returns true if the process was started with SIGHUP ignored, as by `nohup`: it stays ignored then. Only Linux shows
/// that; elsewhere a process without a terminal ignores it.
fn ignores_hangup() -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return !std::io::stdin().is_terminal();
    };
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask >> (SIGHUP - 1) & 1 == 1)
}
