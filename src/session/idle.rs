//! Ending the prompt on SIGTERM or SIGHUP while it waits for a key: the terminal is in raw mode then, and no code polls
//! the interrupt flag.

#[cfg(unix)]
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(not(unix))]
type Termios = ();

/// The terminal's settings from before the prompt. Clones share them.
#[derive(Clone, Default)]
pub struct PromptTerminal(Arc<Mutex<Option<Termios>>>);

impl PromptTerminal {
    /// Called when the prompt starts to wait.
    pub fn enter(&self) {
        #[cfg(unix)]
        self.set(tcgetattr(std::io::stdin()).ok());
    }

    /// Called when the prompt has an answer.
    pub fn leave(&self) {
        self.set(None);
    }

    /// Restores the terminal's settings and ends standard input, so the waiting prompt finds its end. Returns false if
    /// the prompt waits for a key of another file, since results go elsewhere.
    pub fn end(&self) -> bool {
        let waited = self.restore();
        #[cfg(unix)]
        if waited {
            use std::io::IsTerminal;
            let ended = std::fs::File::open("/dev/null")
                .is_ok_and(|nothing| rustix::stdio::dup2_stdin(&nothing).is_ok());
            // The editor looks at standard input again after a change of the terminal's size.
            let woken = signal_hook::low_level::raise(signal_hook::consts::SIGWINCH);
            return ended && woken.is_ok() && std::io::stdout().is_terminal();
        }
        !waited
    }

    /// Restores the terminal's settings. Returns true if the prompt was waiting.
    fn restore(&self) -> bool {
        let settings = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        #[cfg(unix)]
        if let Some(settings) = &settings {
            use std::io::Write;
            // The terminal may be gone; there's no receiver for the error. The sequence ends bracketed paste.
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, settings);
            let _ = writeln!(std::io::stdout(), "\x1b[?2004l");
        }
        settings.is_some()
    }

    fn set(&self, settings: Option<Termios>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = settings;
    }
}

/// The terminal's settings while another program uses the terminal.
pub(crate) struct BorrowedTerminal(Option<Termios>);

impl BorrowedTerminal {
    /// Saves the settings before the other program starts.
    pub(crate) fn save() -> Self {
        #[cfg(unix)]
        return Self(tcgetattr(std::io::stdin()).ok());
        #[cfg(not(unix))]
        Self(None)
    }

    /// Restores the settings. A program that failed may also have left an alternate screen, a hidden cursor or a mode
    /// of its own.
    pub(crate) fn restore(self, failed: bool) {
        #[cfg(unix)]
        if let Some(settings) = &self.0 {
            use std::io::Write;
            // The terminal may be gone; there's no receiver for the error.
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, settings);
            if failed {
                let mut out = std::io::stdout();
                let _ = out.write_all(b"\x1b[?1049l\x1b[?1000l\x1b[?2004l\x1b[?25h\x1b[0m");
                let _ = out.flush();
            }
        }
        #[cfg(not(unix))]
        let _ = failed;
    }
}
