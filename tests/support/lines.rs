//! A stream read line by line as it comes, on a thread of its own, so that nothing waits for ever.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// What a stream has said so far.
pub(crate) struct Lines {
    lines: Receiver<std::io::Result<String>>,
    /// All of it.
    pub(crate) said: String,
}

impl Lines {
    /// Begins to read.
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
        let said = String::new();
        Self { lines, said }
    }

    /// Takes in the next line; false at the end, `None` where it does not come within this time.
    pub(crate) fn next(&mut self, patience: Duration) -> Option<bool> {
        let line = self.lines.recv_timeout(patience).ok()?;
        let line = line.expect("the stream is text");
        self.said.push_str(&line);
        Some(!line.is_empty())
    }
}
