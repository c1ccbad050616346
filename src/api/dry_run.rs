//! `--dry-run`: requests that would change something are shown as curl commands instead of being sent.
//!
//! What they would have made is pretended: a create answers a placeholder job (`dry-run-1`), which counts as
//! completed, and a collection that was to be loaded is loaded. Reads are sent as always.

use super::curl;
use super::error::{ApiError, Effect};
use super::model::{JobState, Progress, State};
use super::request::Outgoing;
use super::settings::Settings;
use super::transport::Answer;
use crate::interrupt::Stop;
use serde_json::json;
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A dry run: the same for all connections of one run; clones are the same.
#[derive(Clone)]
pub struct DryRun(Arc<Inner>);

type Write = dyn Fn(&str) -> io::Result<()> + Send + Sync;

struct Inner {
    write: Box<Write>,
    pretended: Mutex<Pretended>,
}

/// What was shown so far.
#[derive(Default)]
struct Pretended {
    jobs: BTreeSet<String>,
    loaded: BTreeSet<String>,
}

impl DryRun {
    /// A dry run that hands each command to `write`, with its comment and line end, from whichever thread makes the call.
    pub fn new(write: impl Fn(&str) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner {
            write: Box::new(write),
            pretended: Mutex::default(),
        }))
    }

    /// Shows a request, and answers as the service would.
    pub(super) fn answer(
        &self,
        settings: &Settings,
        outgoing: &Outgoing,
    ) -> Result<Answer, ApiError> {
        let command = curl::command(settings, outgoing);
        (self.0.write)(&command).map_err(|error| cannot_show(&error, outgoing))?;
        let data = if outgoing.call.effect == Effect::Create {
            let jobs = &mut self.pretended().jobs;
            let id = format!("dry-run-{}", jobs.len() + 1);
            jobs.insert(id.clone());
            json!({"jobId": id})
        } else {
            json!({})
        };
        Ok(Answer {
            status: 200,
            text: json!({"code": 0, "data": data}).to_string(),
            retry_after: None,
            location: None,
        })
    }

    /// The progress of a placeholder job: it is done.
    pub(super) fn progress(&self, job_id: &str) -> Option<Progress> {
        self.pretended().jobs.contains(job_id).then(|| Progress {
            job_id: job_id.to_owned(),
            collection: String::new(),
            state: State::derived(JobState::Completed),
            percent: 100.0,
            rows: None,
            total_rows: None,
            file_name: String::new(),
            file_size: None,
            complete_time: None,
            reason: None,
            details: Vec::new(),
        })
    }

    /// A collection was to be loaded.
    pub(super) fn load(&self, collection: &str) {
        self.pretended().loaded.insert(collection.to_owned());
    }

    /// True for a collection that was to be loaded.
    pub(super) fn is_loaded(&self, collection: &str) -> bool {
        self.pretended().loaded.contains(collection)
    }

    fn pretended(&self) -> MutexGuard<'_, Pretended> {
        self.0
            .pretended
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn cannot_show(error: &io::Error, outgoing: &Outgoing) -> ApiError {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return ApiError::Stopped {
            call: Box::new(outgoing.call.clone()),
            stop: Stop::ClosedPipe,
            sent: false,
        };
    }
    ApiError::Setting {
        what: "standard output",
        problem: error.to_string(),
        hint: None,
    }
}

impl fmt::Debug for DryRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DryRun")
    }
}
