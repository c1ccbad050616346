//! Standard error: notices, warnings, log lines and errors, as text or as one JSON object per line.

use super::Session;
use crate::api::model::Progress;
use crate::render::{Tone, hanging, status};
use crate::text::words;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// The format of standard error: `--log-format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Text for people.
    #[default]
    Text,
    /// One JSON object per line with `time` (RFC 3339), `level` and `message`. Errors also have `kind`, `code`, `hint`,
    /// `jobs` and `exit`.
    Json,
}

/// The importance of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum LogLevel {
    /// Shown with `-v`.
    Debug,
    /// Not shown with `-q`.
    Info,
    /// A problem that doesn't end the run.
    Warn,
    /// A failure.
    Error,
}

/// Writes lines to standard error from any thread. Errors are ignored, because a closed standard error has no
/// replacement.
#[derive(Clone, Copy, Debug, Default)]
pub struct Log {
    /// The format.
    pub format: LogFormat,
    /// `-q`: hide [`LogLevel::Info`] and below.
    pub quiet: bool,
    /// `-v`: show [`LogLevel::Debug`].
    pub verbose: bool,
}

/// Returns a writer of warnings for modules that don't know the format.
#[cfg(feature = "local")]
pub(crate) fn warner(format: LogFormat) -> fn(&str) {
    match format {
        LogFormat::Text => |text| Log::painted(&words::safe(text)),
        LogFormat::Json => warning(format),
    }
}

/// Like [`warner`], with the word `warning` in front if the format has no level of its own.
pub(crate) fn warning(format: LogFormat) -> fn(&str) {
    match format {
        LogFormat::Text => |text| Log::painted(&words::safe(&format!("warning: {text}"))),
        LogFormat::Json => |text| Log::json(LogLevel::Warn, text, Map::new()),
    }
}

impl Session {
    /// Returns the log, which writes to standard error.
    pub fn log(&self) -> Log {
        self.choices().log()
    }

    /// Writes a notice to standard error, unless `-q` is given.
    pub fn notice(&self, text: &str) {
        self.tell(LogLevel::Info, "", text);
    }

    /// Writes a notice about a change. Dry runs change nothing and write none.
    pub fn changed(&self, text: &str) {
        if !self.choices().dry_run {
            self.notice(text);
        }
    }

    /// Writes a warning to standard error, unless `-q` is given.
    pub fn warn(&self, text: &str) {
        let label = self.err().paint(Tone::Warn, "warning:") + " ";
        self.tell(LogLevel::Warn, &label, text);
    }

    /// Writes text to standard error, wrapped to the terminal.
    fn tell(&self, level: LogLevel, label: &str, text: &str) {
        let log = self.log();
        match log.format {
            _ if log.quiet => {}
            LogFormat::Text => {
                let shown = hanging(label, 2, &words::safe(text), &self.err());
                Log::painted(shown.trim_end_matches('\n'));
            }
            LogFormat::Json => log.line(level, text),
        }
    }

    /// Writes a line to standard error.
    pub fn complain(&self, text: &str) {
        self.log().line(LogLevel::Error, text);
    }

    /// Writes a notice once per run.
    pub fn warn_once(&self, text: &str) {
        if self.known.is_first(text.to_owned()) {
            self.warn(text);
        }
    }
}

impl Log {
    /// Returns a log of this format that hides only what `-v` shows.
    pub fn of(format: LogFormat) -> Self {
        Self {
            format,
            ..Self::default()
        }
    }

    /// Writes a line. Characters that control a terminal are replaced.
    pub fn line(self, level: LogLevel, text: &str) {
        match self.format {
            LogFormat::Text => Self::painted(&words::safe(text)),
            LogFormat::Json => Self::json(level, text, Map::new()),
        }
    }

    /// Writes text that has been laid out for the terminal, with its colors.
    pub fn painted(text: &str) {
        status::clear();
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Writes a script's log line with time and level, if the level is shown.
    pub fn stamped(self, level: LogLevel, text: &str) {
        match self.format {
            _ if level == LogLevel::Debug && !self.verbose => {}
            _ if level == LogLevel::Info && self.quiet => {}
            LogFormat::Text => {
                let now = Timestamp::now();
                self.line(level, &format!("{now:.3} {level:<5} {text}"));
            }
            LogFormat::Json => self.line(level, text),
        }
    }

    /// Writes a JSON line about the state of a job.
    pub fn job(message: &str, job: &Progress) {
        let fields = [
            ("jobs", json!([job.job_id])),
            ("collection", json!(job.collection)),
            ("state", json!(job.state.to_string())),
            ("percent", json!(job.percent)),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value));
        Self::json(LogLevel::Info, message, fields.into_iter().collect());
    }

    /// Writes a JSON line with additional fields.
    pub fn json(level: LogLevel, message: &str, fields: Map<String, Value>) {
        let mut line = Map::new();
        line.insert("time".to_owned(), json!(format!("{:.3}", Timestamp::now())));
        line.insert("level".to_owned(), json!(level.to_string()));
        line.insert("message".to_owned(), json!(message));
        line.extend(fields);
        Self::painted(&words::safe_json(&Value::Object(line).to_string()));
    }
}
