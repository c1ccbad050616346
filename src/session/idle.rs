//! Ending the prompt on SIGTERM or SIGHUP while it waits for a key: the terminal is in raw mode then, and no code polls
//! the interrupt flag. Also the terminal's settings while another program or a view uses it.

#[cfg(unix)]
use super::ready::read;
use crate::interrupt::{Interrupt, Stop};
use parking_lot::Mutex;
#[cfg(unix)]
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{IsTerminal, stdout};
use std::sync::Arc;
use std::time::Duration;
#[cfg(unix)]
use std::time::Instant;

#[cfg(not(unix))]
type Termios = ();

/// The state of a prompt that waits for a key, otherwise `None`. Clones share it.
#[derive(Clone, Default)]
pub struct PromptTerminal(Arc<Mutex<Option<WaitingPrompt>>>);

struct WaitingPrompt {
    /// The terminal's settings from before the prompt.
    settings: Termios,
    /// False if the editor opened the terminal itself, since results go elsewhere.
    reads_stdin: bool,
}

impl PromptTerminal {
    /// Called when the prompt starts to wait.
    pub fn enter(&self) {
        #[cfg(unix)]
        self.replace(tcgetattr(std::io::stdin()).ok().map(|settings| {
            let reads_stdin = stdout().is_terminal();
            WaitingPrompt {
                settings,
                reads_stdin,
            }
        }));
    }

    /// Called when the prompt has an answer.
    pub fn leave(&self) {
        self.replace(None);
    }

    /// Restores the settings of the terminal at which the prompt waits, and ends standard input, so the prompt finds its
    /// end. Returns false if the prompt waits elsewhere.
    pub fn end(&self) -> bool {
        let Some(waiting) = self.replace(None) else {
            return true;
        };
        #[cfg(unix)]
        {
            use std::io::Write;
            // The terminal may be gone; there's no receiver for the error. The sequence ends bracketed paste.
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &waiting.settings);
            let _ = writeln!(stdout(), "\x1b[?2004l");
            let ended = std::fs::File::open("/dev/null")
                .is_ok_and(|nothing| rustix::stdio::dup2_stdin(&nothing).is_ok());
            // The editor looks at standard input again after a change of the terminal's size.
            let woken = signal_hook::low_level::raise(signal_hook::consts::SIGWINCH).is_ok();
            ended && woken && waiting.reads_stdin
        }
        #[cfg(not(unix))]
        return waiting.reads_stdin;
    }

    fn replace(&self, waiting: Option<WaitingPrompt>) -> Option<WaitingPrompt> {
        let mut state = self.0.lock();
        std::mem::replace(&mut state, waiting)
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

/// Changed settings of the terminal, which are restored when this is dropped.
#[cfg(unix)]
pub(super) struct ChangedTerminal(Termios);

#[cfg(unix)]
impl ChangedTerminal {
    pub(super) fn new(change: impl FnOnce(&mut Termios)) -> std::io::Result<Self> {
        let before = tcgetattr(std::io::stdin())?;
        let mut changed = before.clone();
        change(&mut changed);
        tcsetattr(std::io::stdin(), OptionalActions::Now, &changed)?;
        Ok(Self(before))
    }
}

#[cfg(unix)]
impl Drop for ChangedTerminal {
    fn drop(&mut self) {
        // The terminal may be gone; there's no receiver for the error.
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.0);
    }
}

/// Waits for `time` or until `key` is typed, without Enter. Returns true for the key. Other keys are dropped.
///
/// # Errors
/// Returns an error if the run is stopped.
pub(crate) fn wait_for_key(key: u8, time: Duration, interrupt: &Interrupt) -> Result<bool, Stop> {
    #[cfg(unix)]
    #[cfg(unix)]
    if let Ok(_keys) = ChangedTerminal::new(|keys| {
        let off = LocalModes::ICANON | LocalModes::ECHO;
        keys.local_modes.remove(off);
    }) {
        return read_key(key, time, interrupt);
    }
    let _ = key;
    interrupt.sleep(time).map(|()| false)
}

#[cfg(unix)]
fn read_key(key: u8, time: Duration, interrupt: &Interrupt) -> Result<bool, Stop> {
    let deadline = Instant::now().checked_add(time);
    loop {
        let mut bytes = [0; 64];
        match read(std::io::stdin(), &mut bytes, &interrupt.until(deadline)) {
            Err(_) => return interrupt.check().map(|()| false),
            Ok(Ok(count @ 1..)) => {
                if bytes.iter().take(count).any(|byte| *byte == key) {
                    return Ok(true);
                }
            }
            // Nothing more can be typed.
            Ok(_) => {
                let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
                return interrupt.sleep(left.unwrap_or(time)).map(|()| false);
            }
        }
    }
}
