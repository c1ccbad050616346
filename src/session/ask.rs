//! Questions to the person at the terminal: the question goes to standard error, the answer comes from standard input.
//!
//! Where either is no terminal nobody is asked. Ctrl-C, SIGTERM and the run's deadline end the wait at once, and the
//! terminal shows again what is typed.

use crate::error::{Failure, Kind};
use crate::interrupt::{Interrupt, Stop};
use crate::secret::Secret;
use std::io::{self, IsTerminal, Write};
use zeroize::Zeroizing;

/// True where somebody can be asked.
pub(super) fn possible() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks and reads a line; `None` where the answer was Ctrl-D.
pub(super) fn ask(question: &str, interrupt: &Interrupt) -> Result<Option<String>, Failure> {
    let line = read(question, interrupt, false)?;
    let text = line.map(|line| String::from_utf8(line.to_vec()));
    text.transpose().map_err(|_| not_text())
}

/// Asks and reads a line that is not shown; `None` where the answer was Ctrl-D.
pub(super) fn ask_hidden(question: &str, interrupt: &Interrupt) -> Result<Option<Secret>, Failure> {
    let Some(line) = read(question, interrupt, true)? else {
        return Ok(None);
    };
    let text = std::str::from_utf8(&line).map_err(|_| not_text())?;
    Ok(Some(Secret::new(text.trim())))
}

fn not_text() -> Failure {
    Failure::new(Kind::Refused, "the answer is not UTF-8 text")
}

fn read(
    question: &str,
    interrupt: &Interrupt,
    hidden: bool,
) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
    let failed = |error: io::Error| {
        Failure::new(
            Kind::Refused,
            format!("cannot read an answer from the terminal: {error}"),
        )
    };
    let _hidden = hidden
        .then(terminal::Hidden::begin)
        .transpose()
        .map_err(failed)?;
    let mut err = io::stderr().lock();
    // Where standard error is closed the terminal is gone, and so is whoever would answer.
    let _ = write!(err, "{question} ").and_then(|()| err.flush());
    drop(err);
    let line = terminal::line(interrupt);
    if !matches!(line, Ok(Ok(Some(_)))) {
        // The cursor stands behind the question.
        let _ = writeln!(io::stderr());
    }
    line.map_err(Failure::from)?.map_err(failed)
}

/// What the wait for a line ends with: a stop, else what the terminal said.
type Line = Result<io::Result<Option<Zeroizing<Vec<u8>>>>, Stop>;

#[cfg(unix)]
mod terminal {
    use super::Line;
    use crate::interrupt::{Interrupt, TICK};
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::{Errno, read};
    use rustix::termios::{
        LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
    };
    use std::io;
    use zeroize::Zeroizing;

    /// The longest answer, in bytes: what a terminal takes as one line.
    const LONGEST: usize = 4096;

    /// Reads up to a line end, straight from the terminal: nothing that follows is taken.
    pub(super) fn line(interrupt: &Interrupt) -> Line {
        let input = io::stdin();
        // Made whole at once: growing would leave copies behind.
        let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
        let wait = Timespec::try_from(TICK).unwrap_or_default();
        loop {
            interrupt.check()?;
            let mut ready = [PollFd::new(&input, PollFlags::IN)];
            match poll(&mut ready, Some(&wait)) {
                Ok(0) | Err(Errno::INTR) => continue,
                Ok(_) => {}
                Err(error) => return Ok(Err(error.into())),
            }
            let mut byte = [0_u8];
            match read(&input, &mut byte) {
                Ok(0) if line.is_empty() => return Ok(Ok(None)),
                Ok(0) => return Ok(Ok(Some(line))),
                Ok(_) if byte == *b"\n" => return Ok(Ok(Some(line))),
                Ok(_) if line.len() >= LONGEST => {
                    return Ok(Err(io::Error::other("the line is too long")));
                }
                Ok(_) => line.extend(byte),
                Err(Errno::INTR) => {}
                Err(error) => return Ok(Err(error.into())),
            }
        }
    }

    /// While it lives the terminal does not show what is typed.
    pub(super) struct Hidden(Termios);

    impl Hidden {
        pub(super) fn begin() -> io::Result<Self> {
            let before = tcgetattr(io::stdin())?;
            let mut hidden = before.clone();
            hidden.local_modes.remove(LocalModes::ECHO);
            // The line end is shown, and the program is neither suspended nor killed by a key while nothing else is.
            hidden.local_modes.insert(LocalModes::ECHONL);
            for key in [SpecialCodeIndex::VSUSP, SpecialCodeIndex::VQUIT] {
                hidden.special_codes[key] = 0;
            }
            tcsetattr(io::stdin(), OptionalActions::Now, &hidden)?;
            Ok(Self(before))
        }
    }

    impl Drop for Hidden {
        fn drop(&mut self) {
            // Nothing can be done about a terminal that is gone.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
        }
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

    /// Hiding is not possible here.
    pub(super) struct Hidden;

    impl Hidden {
        pub(super) fn begin() -> io::Result<Self> {
            Err(io::Error::other(
                "this system's terminal cannot hide what is typed",
            ))
        }
    }
}
