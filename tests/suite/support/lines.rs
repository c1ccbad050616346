//! A stream that is read line by line on its own thread, so no wait is unlimited.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// The output of a stream so far.
pub(crate) struct Lines {
    lines: Receiver<std::io::Result<String>>,
    /// The text of all lines so far.
    pub(crate) text: String,
}

impl Lines {
    /// Starts to read a stream.
    pub(crate) fn of(stream: impl Read + Send + 'static) -> Self {
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            loop {
                let mut line = String::new();
                let read = stream.read_line(&mut line).map(|_| line);
                let last = !matches!(&read, Ok(line) if !line.is_empty());
                if sender.send(read).is_err() || last {
                    return;
                }
            }
        });
        let text = String::new();
        Self { lines, text }
    }

    /// Adds the next line. Returns false at the end of the stream, and `None` if no line comes within `patience`.
    pub(crate) fn next(&mut self, patience: Duration) -> Option<bool> {
        let line = self.lines.recv_timeout(patience).ok()?;
        let line = line.expect("the stream is text");
        self.text.push_str(&line);
        Some(!line.is_empty())
    }
}
