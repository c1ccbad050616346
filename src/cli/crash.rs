//! The message of a crash: where the bug is, without secrets.

use crate::caught::is_catching;
use crate::engine::syntax::secrets::masked_now;
use crate::session::log::{Log, LogFormat, LogLevel};
use std::panic::{self, PanicHookInfo};

/// Replaces Rust's panic message, which may quote data. Panics that become errors have no message.
pub(super) fn install(format: LogFormat) {
    let log = Log::of(format);
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
    let message = info.payload_as_str().and_then(masked_now);
    let message = message.map_or_else(String::new, |message| format!(": {message}"));
    format!("error: a bug in zshell, at {place}{message}\n  hint: please report this line")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::{Secret, remember};
    use std::sync::mpsc;
    use std::thread;
    use std::time::{Duration, Instant};

    #[test]
    fn a_crash_report_has_its_position_and_no_key() {
        remember(&Secret::new("crash-LEAK-1"));
        let (sender, report) = mpsc::channel();
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // Other tests may panic at the same time.
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
            let report = report.recv().expect("a text");
            assert!(
                report.contains("crash.rs:") && !report.contains("LEAK"),
                "{report}"
            );
            // The message is left out while another test holds the lock of the known secrets.
            if report.contains("not in") {
                break;
            }
            assert!(begin.elapsed() < Duration::from_mins(1), "{report}");
            thread::sleep(Duration::from_millis(1));
        }
    }
}
