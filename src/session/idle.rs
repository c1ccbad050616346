//! What SIGTERM has to mend while the prompt waits for a key: the terminal is in raw mode then, and nothing looks at
//! the interrupt flag.

#[cfg(unix)]
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(not(unix))]
type Termios = ();

/// The terminal's own settings while the prompt waits; clones are the same.
#[derive(Clone, Default)]
pub struct Idle(Arc<Mutex<Option<Termios>>>);

impl Idle {
    /// The prompt begins to wait.
    pub fn enter(&self) {
        #[cfg(unix)]
        self.set(tcgetattr(std::io::stdin()).ok());
    }

    /// The prompt has its answer.
    pub fn leave(&self) {
        self.set(None);
    }

    /// Gives the terminal its own settings back; true if the prompt was waiting.
    pub fn restore(&self) -> bool {
        let settings = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        #[cfg(unix)]
        if let Some(settings) = &settings {
            use std::io::Write;
            // Nothing can be done about a terminal that is gone. The sequence ends bracketed paste.
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, settings);
            let _ = writeln!(std::io::stdout(), "\x1b[?2004l");
        }
        settings.is_some()
    }

    fn set(&self, settings: Option<Termios>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = settings;
    }
}
