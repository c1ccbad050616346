//! The message of a crash: where the bug is, without secrets.

use crate::caught::is_catching;
use crate::engine::syntax::secrets::masked_now;
use crate::session::log::{Log, LogFormat, LogLevel};
use std::panic::{self, PanicHookInfo};

/// Replaces Rust's panic message, which may quote data. Panics that become errors have no message.
pub(super) fn install(format: LogFormat) {
    let log = Log {
        format,
        ..Log::default()
    };
    panic::set_hook(Box::new(move |info| {
        if !is_catching() {
            log.line(LogLevel::Error, &text(info));
        }
    }));
}

fn text(info: &PanicHookInfo<'_>) -> String {
    let place = info.location().map_or_else(
        || "an unknown place".to_owned(),
        |place| format!("{}:{}", place.file(), place.line()),
    );
    let said = info.payload_as_str().and_then(masked_now);
    let said = said.map_or_else(String::new, |said| format!(": {said}"));
    format!("error: a bug in zshell, at {place}{said}\n  hint: please report this line")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::{Secret, remember};
    use std::sync::mpsc;
    use std::thread;
    use std::time::{Duration, Instant};

    #[test]
    fn a_crash_tells_its_place_and_no_key() {
        remember(&Secret::new("crash-LEAK-1"));
        let (sender, said) = mpsc::channel();
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // Other tests may fail meanwhile.
            if thread::current().name() == Some("crashing") {
                let _ = sender.send(text(info));
            } else {
                before(info);
            }
        }));
        let crash = || panic!("not in `crash-LEAK-1` nor in token: \"LEAK\"");
        let begin = Instant::now();
        loop {
            let thread = thread::Builder::new().name("crashing".to_owned());
            assert!(thread.spawn(crash).expect("a thread").join().is_err());
            let said = said.recv().expect("a text");
            assert!(
                said.contains("crash.rs:") && !said.contains("LEAK"),
                "{said}"
            );
            // The message is left out while another test holds the lock of the known secrets.
            if said.contains("not in") {
                break;
            }
            assert!(begin.elapsed() < Duration::from_mins(1), "{said}");
            thread::sleep(Duration::from_millis(1));
        }
    }
}
