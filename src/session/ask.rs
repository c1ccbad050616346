//! Questions to the user: the question goes to standard error, the answer comes from standard input.
//!
//! Questions need a terminal on both. On Unix, Ctrl-C, SIGTERM and the run's deadline end the wait and restore the
//! terminal's echo.

use super::Session;
use crate::error::Failure;
use crate::interrupt::{Interrupt, Stop};
use crate::render::status;
use crate::secret::Secret;
use crate::text::words;
use std::io::{self, IsTerminal, Write};
use zeroize::Zeroizing;

impl Session {
    /// Returns true if questions can be asked: standard input and standard error are a terminal.
    pub fn can_ask() -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks a question and reads a line. Returns `None` for Ctrl-D. Call only if [`Self::can_ask`].
    pub fn ask(&self, question: &str) -> Result<Option<String>, Failure> {
        let line = read(question, &self.interrupt, false)?;
        let text = line.map(|line| String::from_utf8(line.to_vec()));
        text.transpose().map_err(|_| not_text())
    }

    /// Asks a question whose answer isn't shown while it's typed. Returns `None` for Ctrl-D.
    pub fn ask_hidden(&self, question: &str) -> Result<Option<Secret>, Failure> {
        let Some(line) = read(question, &self.interrupt, true)? else {
            return Ok(None);
        };
        let text = std::str::from_utf8(&line).map_err(|_| not_text())?;
        Ok(Some(Secret::new(text.trim())))
    }

    /// Asks a yes-or-no question. `y` and `yes` mean yes, an empty answer means `default`, anything else means no.
    pub fn confirm(&self, question: &str, default: bool) -> Result<bool, Failure> {
        let choice = if default { "[Y/n]" } else { "[y/N]" };
        let answer = self.ask(&format!("{question} {choice}"))?;
        let answer = answer.unwrap_or_else(|| "n".to_owned());
        Ok(match answer.trim() {
            "" => default,
            word => word.eq_ignore_ascii_case("y") || word.eq_ignore_ascii_case("yes"),
        })
    }

    /// Asks for a hidden answer once per run and remembers it under this name. Returns `None` for an empty answer.
    pub fn ask_once(&self, name: &str, question: &str) -> Result<Option<Secret>, Failure> {
        if let Some(answer) = self.answers.borrow().get(name) {
            return Ok(Some(answer.clone()));
        }
        let answer = self.ask_hidden(question)?;
        let answer = answer.filter(|answer| !answer.is_empty());
        if let Some(answer) = &answer {
            let mut answers = self.answers.borrow_mut();
            answers.insert(name.to_owned(), answer.clone());
        }
        Ok(answer)
    }

    /// Forgets a wrong answer, so the question is asked again.
    pub fn forget_answer(&self, name: &str) {
        self.answers.borrow_mut().remove(name);
    }
}

fn not_text() -> Failure {
    Failure::refused("the answer is not UTF-8 text")
}

fn read(
    question: &str,
    interrupt: &Interrupt,
    hidden: bool,
) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
    let failed = |error: io::Error| {
        Failure::refused(format!("cannot read an answer from the terminal: {error}"))
    };
    let _hidden = hidden
        .then(terminal::hide_echo)
        .transpose()
        .map_err(failed)?;
    status::clear();
    let mut err = io::stderr().lock();
    // If standard error is closed, the terminal is gone.
    let _ =
        write!(err, "{} ", words::safe(question.trim_end_matches(' '))).and_then(|()| err.flush());
    drop(err);
    let line = terminal::line(interrupt);
    if !matches!(line, Ok(Ok(Some(_)))) {
        // The cursor stays behind the question.
        let _ = writeln!(io::stderr());
    }
    line.map_err(Failure::from)?.map_err(failed)
}

/// The result of a wait for a line: a stop, or the terminal's answer.
type Line = Result<io::Result<Option<Zeroizing<Vec<u8>>>>, Stop>;

#[cfg(unix)]
mod terminal {
    use super::Line;
    use crate::interrupt::Interrupt;
    use crate::session::idle::ChangedTerminal;
    use crate::session::ready::read;
    use rustix::termios::{LocalModes, SpecialCodeIndex};
    use std::io;
    use zeroize::Zeroizing;

    /// Maximum length of an answer in bytes: the kernel's limit of a terminal line.
    const LONGEST: usize = 4096;

    /// Reads up to a line end directly from the terminal, and takes nothing that follows.
    pub(super) fn line(interrupt: &Interrupt) -> Line {
        let input = io::stdin();
        // Allocated once: a growing buffer would leave copies of the secret in memory.
        let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
        loop {
            let mut byte = [0_u8];
            match read(&input, &mut byte, interrupt)? {
                Ok(0) if line.is_empty() => return Ok(Ok(None)),
                Ok(0) => return Ok(Ok(Some(line))),
                Ok(_) if byte == *b"\n" => return Ok(Ok(Some(line))),
                Ok(_) if line.len() >= LONGEST => {
                    return Ok(Err(io::Error::other("the line is too long")));
                }
                Ok(_) => line.extend(byte),
                Err(error) => return Ok(Err(error.into())),
            }
        }
    }

    /// Turns the terminal's echo off until it's dropped.
    pub(super) fn hide_echo() -> io::Result<ChangedTerminal> {
        ChangedTerminal::new(|hidden| {
            hidden.local_modes.remove(LocalModes::ECHO);
            // The line end is shown, and Ctrl-Z and Ctrl-\ are off while the echo is off.
            hidden.local_modes.insert(LocalModes::ECHONL);
            for key in [SpecialCodeIndex::VSUSP, SpecialCodeIndex::VQUIT] {
                hidden.special_codes[key] = 0;
            }
        })
    }
}

#[cfg(not(unix))]
mod terminal {
    use super::Line;
    use crate::interrupt::Interrupt;
    use std::io;
    use zeroize::Zeroizing;

    pub(super) fn line(interrupt: &Interrupt) -> Line {
        interrupt.check()?;
        let mut text = String::new();
        Ok(io::stdin().read_line(&mut text).map(|read| {
            let text = Zeroizing::new(text);
            (read > 0)
                .then(|| Zeroizing::new(text.trim_end_matches(['\r', '\n']).as_bytes().to_vec()))
        }))
    }

    /// Returns an error, since echo can't be turned off on this system.
    pub(super) fn hide_echo() -> io::Result<()> {
        Err(io::Error::other(
            "this system's terminal cannot hide what is typed",
        ))
    }
}
