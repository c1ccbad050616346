//! Statement input on dumb terminals (`TERM=dumb`): no keys, no colours, no hints.

use crate::engine::syntax::parse_state;
use crate::interrupt::{Interrupt, Stop};
use crate::session::standard_input::StandardInput;
use rustyline::error::ReadlineError;
use std::io::{Write, stdout};

/// Lines from a dumb terminal.
pub(super) struct Lines {
    input: StandardInput,
    /// Text that was read beyond the last statement.
    ahead: Vec<u8>,
}

impl Lines {
    /// Returns a reader of standard input.
    pub(super) fn new() -> Self {
        Self {
            input: StandardInput::open(),
            ahead: Vec::new(),
        }
    }

    /// Reads one statement of one or more lines. Ctrl-C cancels all of them.
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
            match self.line(interrupt)? {
                Some(line) => text.push_str(&line),
                None if text.is_empty() => return Err(ReadlineError::Eof),
                None => return Ok(text),
            }
            if parse_state(&text).is_complete {
                return Ok(text);
            }
            text.push('\n');
        }
    }

    /// Returns the next line without its line break, or `None` at the end.
    fn line(&mut self, interrupt: &Interrupt) -> Result<Option<String>, ReadlineError> {
        loop {
            if let Some(end) = self.ahead.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.ahead.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line).into_owned();
                return Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()));
            }
            let mut bytes = [0; 4096];
            let count = match self.input.read(&mut bytes, interrupt) {
                Ok(read) => read?,
                Err(Stop::Interrupted) => {
                    interrupt.clear();
                    writeln!(stdout())?;
                    return Err(ReadlineError::Interrupted);
                }
                // Any other stop ends the run.
                Err(_) => 0,
            };
            if count == 0 {
                let rest = std::mem::take(&mut self.ahead);
                let rest = String::from_utf8_lossy(&rest).into_owned();
                return Ok((!rest.is_empty()).then_some(rest));
            }
            self.ahead.extend(bytes.iter().take(count));
        }
    }
}
