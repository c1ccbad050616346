//! Reading statements where the terminal can only take lines (`TERM=dumb`): no keys, no colours, no hints.

use super::judge;
use crate::interrupt::{Interrupt, Stop};
use crate::session::ready;
use rustyline::error::ReadlineError;
use std::io::{self, Write, stdin, stdout};

/// The terminal's lines.
#[derive(Default)]
pub(super) struct Lines {
    /// What was read beyond the last statement.
    ahead: Vec<u8>,
}

impl Lines {
    /// Reads one statement, of as many lines as it takes. Ctrl-C drops all of them.
    pub(super) fn read(
        &mut self,
        prompt: &str,
        interrupt: &Interrupt,
    ) -> Result<String, ReadlineError> {
        interrupt.clear();
        let mut out = stdout();
        out.write_all(prompt.as_bytes())?;
        out.flush()?;
        let mut text = String::new();
        loop {
            let Some(line) = self.line(interrupt)? else {
                return if text.is_empty() {
                    Err(ReadlineError::Eof)
                } else {
                    Ok(text)
                };
            };
            text.push_str(&line);
            if judge::read(&text).whole {
                return Ok(text);
            }
            text.push('\n');
        }
    }

    /// The next line without its break, `None` at the end.
    fn line(&mut self, interrupt: &Interrupt) -> Result<Option<String>, ReadlineError> {
        loop {
            if let Some(end) = self.ahead.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.ahead.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line).into_owned();
                return Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()));
            }
            wait(interrupt)?;
            let mut bytes = [0; 4096];
            let count = rustix::io::retry_on_intr(|| rustix::io::read(stdin(), &mut bytes))
                .map_err(io::Error::from)?;
            if count == 0 {
                let rest = std::mem::take(&mut self.ahead);
                let rest = String::from_utf8_lossy(&rest).into_owned();
                return Ok((!rest.is_empty()).then_some(rest));
            }
            self.ahead.extend(bytes.iter().take(count));
        }
    }
}

/// Waits for input; Ctrl-C ends the wait. No other stop does: it ends the prompt behind the next statement.
fn wait(interrupt: &Interrupt) -> Result<(), ReadlineError> {
    match ready::readable(stdin(), interrupt) {
        Err(Stop::Interrupted) => {
            interrupt.clear();
            writeln!(stdout())?;
            Err(ReadlineError::Interrupted)
        }
        _ => Ok(()),
    }
}
