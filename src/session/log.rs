//! What goes to standard error: notices, warnings, log lines and errors, as text or as one JSON object a line.

use crate::render::words;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::fmt;
use std::io::{self, Write};

/// The form of what goes to standard error: `--log-format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, with `time` (RFC 3339), `level` and `message`; errors also with `kind`, `code`, `hint`,
    /// `jobs` and `exit`.
    Json,
}

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Shown with `-v`.
    Debug,
    /// Not shown with `-q`.
    Info,
    /// Something to look at, though the run goes on.
    Warn,
    /// Something failed.
    Error,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        })
    }
}

/// Writes lines to standard error, from whichever thread. Where that is closed there is nobody left to tell.
#[derive(Clone, Copy, Debug, Default)]
pub struct Log {
    /// Text, or JSON.
    pub format: LogFormat,
    /// `-q`: no lines of [`Level::Info`] and below.
    pub quiet: bool,
    /// `-v`: lines of [`Level::Debug`] too.
    pub verbose: bool,
}

/// What writes a warning in this form, for parts of zshell that know nothing of forms.
pub fn warner(format: LogFormat) -> fn(&str) {
    match format {
        LogFormat::Text => |text| warn(LogFormat::Text, text),
        LogFormat::Json => |text| warn(LogFormat::Json, text),
    }
}

/// The same with a word before it that says so, where that is not said by the form.
pub fn warning(format: LogFormat) -> fn(&str) {
    match format {
        LogFormat::Text => |text| warn(LogFormat::Text, &format!("warning: {text}")),
        LogFormat::Json => |text| warn(LogFormat::Json, text),
    }
}

fn warn(format: LogFormat, text: &str) {
    let log = Log {
        format,
        ..Log::default()
    };
    log.line(Level::Warn, text);
}

impl Log {
    /// A line as it is.
    pub fn line(self, level: Level, text: &str) {
        match self.format {
            LogFormat::Text => {
                let _ = writeln!(io::stderr().lock(), "{text}");
            }
            LogFormat::Json => self.json(level, text, Map::new()),
        }
    }

    /// A script's own line, with time and level; those that nobody asked for are left out.
    pub fn stamped(self, level: Level, text: &str) {
        let hidden = match level {
            Level::Debug => !self.verbose,
            Level::Info => self.quiet,
            Level::Warn | Level::Error => false,
        };
        if hidden {
            return;
        }
        match self.format {
            LogFormat::Text => {
                let now = Timestamp::now();
                let _ = writeln!(
                    io::stderr().lock(),
                    "{now:.3} {level:<5} {}",
                    words::safe(text)
                );
            }
            LogFormat::Json => self.json(level, text, Map::new()),
        }
    }

    /// A JSON line with further fields.
    pub fn json(self, level: Level, message: &str, fields: Map<String, Value>) {
        let mut line = Map::new();
        line.insert("time".to_owned(), json!(format!("{:.3}", Timestamp::now())));
        line.insert("level".to_owned(), json!(level.to_string()));
        line.insert("message".to_owned(), json!(message));
        line.extend(fields);
        let _ = writeln!(io::stderr().lock(), "{}", Value::Object(line));
    }
}
