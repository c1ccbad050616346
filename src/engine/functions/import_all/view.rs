//! The display of a running batch: a status line on a terminal, one line per job elsewhere.

use crate::api::model::Progress;
use crate::render::BatchBar;
use crate::session::Session;
use crate::session::log::{Log, LogFormat, LogLevel};
use crate::submission::Notice;
use crate::text::words;
use jiff::Timestamp;
use std::cell::RefCell;
use std::time::Duration;

pub(super) use crate::render::BatchCount as Count;

/// The display of one batch, on standard error; silent with `-q`.
pub(super) struct BatchView<'a> {
    session: &'a Session,
    bar: RefCell<Option<BatchBar>>,
}

impl<'a> BatchView<'a> {
    /// Returns a display, with a bar if the terminal supports one.
    pub(super) fn new(session: &'a Session) -> Self {
        let bar = session.bar_screen();
        let bar = RefCell::new(bar.as_ref().map(BatchBar::stderr));
        Self { session, bar }
    }

    /// Updates the progress. `silence` is the time for which the service hasn't answered.
    pub(super) fn update(&self, count: &Count, silence: Option<Duration>) {
        if let Some(bar) = &mut *self.bar.borrow_mut() {
            bar.update(count, silence);
        }
    }

    /// Writes a line for the user, above the bar.
    pub(super) fn say(&self, line: &str) {
        match &*self.bar.borrow() {
            Some(bar) => bar.say(line),
            None => self.session.notice(line),
        }
    }

    /// Shows a notice of a submission. Known keys are counted once at the end of the batch, so the line about each key
    /// is skipped.
    pub(super) fn notice(&self, notice: &Notice) {
        if !matches!(notice, Notice::KnownKey(_)) {
            self.say(&notice.to_string());
        }
    }

    /// Reports the end of a job with `files` files, the `done`th of `jobs`.
    pub(super) fn ended(&self, job: &Progress, files: u64, done: u64, jobs: u64) {
        if self.bar.borrow().is_some() || self.session.choices().quiet {
            return;
        }
        let line = format!(
            "{}  {}  {}  {} of {}",
            words::safe_line(&job.job_id),
            job.state,
            words::count(files, "file"),
            words::number(done),
            words::count(jobs, "job"),
        );
        let log = self.session.log();
        if log.format == LogFormat::Text {
            let time = if self.session.err().tty {
                String::new()
            } else {
                format!("{:.3} ", Timestamp::now())
            };
            log.line(LogLevel::Info, &format!("{time}{line}"));
        } else {
            Log::job(&line, job);
        }
    }

    /// Removes the bar.
    pub(super) fn finish(&self) {
        if let Some(bar) = self.bar.borrow_mut().take() {
            bar.finish();
        }
    }
}
