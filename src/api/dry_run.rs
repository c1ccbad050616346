//! `--dry-run`: requests that would change something are shown as curl commands instead of being sent.
//!
//! What they would have made is pretended: a create answers a placeholder job (`dry-run-1`), which counts as
//! completed, or as waiting for its commit; a collection that was to be created is there and empty, one that was to be
//! dropped is gone, one that was to be loaded is loaded. Reads are sent as always.

use super::curl;
use super::error::{ApiError, Effect};
use super::model::{JobState, Progress, State};
use super::request::Outgoing;
use super::settings::Settings;
use super::transport::Answer;
use crate::interrupt::Stop;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
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
    jobs: BTreeMap<String, JobState>,
    loaded: BTreeSet<String>,
    /// Collections by where they are: true for those to be created, false for those to be dropped.
    collections: BTreeMap<Place, bool>,
}

/// Where a collection is: the service's address, the database, the collection's name.
type Place = (String, Option<String>, String);

fn place(settings: &Settings, database: Option<&str>, name: &str) -> Place {
    let base = settings.collection_base.as_ref();
    let base = base.unwrap_or(&settings.import_base).to_string();
    let database = database.or(settings.database.as_deref());
    (base, database.map(str::to_owned), name.to_owned())
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
            jobs.insert(id.clone(), JobState::Completed);
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

    /// A placeholder job is in this state from now on.
    pub(super) fn set(&self, job_id: &str, state: JobState) {
        if let Some(job) = self.pretended().jobs.get_mut(job_id) {
            *job = state;
        }
    }

    /// The progress of a placeholder job: it is done, or waits for its commit.
    pub(super) fn progress(&self, job_id: &str) -> Option<Progress> {
        let state = *self.pretended().jobs.get(job_id)?;
        Some(Progress {
            job_id: job_id.to_owned(),
            collection: String::new(),
            state: State::derived(state),
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

    /// A collection was to be created, or dropped.
    pub(super) fn keep(&self, settings: &Settings, database: Option<&str>, name: &str, made: bool) {
        let place = place(settings, database, name);
        self.pretended().collections.insert(place, made);
    }

    /// Whether the connection's database has the collection, where this run was to create or drop it.
    pub(super) fn has(&self, settings: &Settings, name: &str) -> Option<bool> {
        let place = place(settings, None, name);
        self.pretended().collections.get(&place).copied()
    }

    /// The names of a database's collections, with what was to be created and without what was to be dropped.
    pub(super) fn collections(&self, settings: &Settings, mut names: Vec<String>) -> Vec<String> {
        let (base, database, _) = place(settings, None, "");
        for ((at, of, name), made) in &self.pretended().collections {
            if *at == base && *of == database {
                names.retain(|it| it != name);
                if *made {
                    names.push(name.clone());
                }
            }
        }
        names
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
