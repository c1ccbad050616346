//! `--dry-run`: requests that would change something are shown as curl commands instead of being sent. All of them
//! together are a shell script: what is made by one, such as a job's id, is known to the next.
//!
//! What they would have made is pretended: a create answers a placeholder job (`dry-run-1`), which counts as
//! completed, or as waiting for its commit; a collection that was to be created is there and empty, one that was to be
//! dropped is gone, one that was to be loaded is loaded. Reads are sent as always.

mod jobs;
mod script;

use super::curl;
use super::error::{ApiError, Effect};
use super::model::{JobState, Progress, State};
use super::request::Outgoing;
use super::settings::Settings;
use super::transport::Answer;
use crate::interrupt::Stop;
use jobs::Jobs;
use serde_json::{Value, json};
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
    jobs: Jobs,
    /// True once what stands above the first command was shown; the second for the first wait.
    begun: (bool, bool),
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
        let mut pretended = self.pretended();
        let creates = outgoing.call.effect == Effect::Create;
        let names = pretended.jobs.names();
        let (text, data) = if creates {
            let command = script::create(settings, outgoing, pretended.jobs.next(), &names);
            let id = pretended.jobs.add(settings)?;
            (command, json!({"jobId": id}))
        } else {
            let waits = if is_about(outgoing, &names) {
                pretended.waits()
            } else {
                String::new()
            };
            let command = script::change(settings, outgoing, &names);
            (format!("{waits}{command}"), json!({}))
        };
        let text = pretended.begin(text);
        (self.0.write)(&text).map_err(|error| cannot_show(&error, outgoing))?;
        Ok(Answer {
            status: 200,
            text: json!({"code": 0, "data": data}).to_string(),
            retry_after: None,
            location: None,
        })
    }

    /// A placeholder job is in this state from now on.
    pub(super) fn set(&self, job_id: &str, state: JobState) {
        self.pretended().jobs.set(job_id, state);
    }

    /// The progress of a placeholder job: it is done, or waits for its commit.
    pub(super) fn progress(&self, job_id: &str) -> Option<Progress> {
        let state = self.pretended().jobs.ask(job_id)?;
        Some(Progress {
            job_id: job_id.to_owned(),
            collection: String::new(),
            state: State::derived(state),
            percent: 100.0,
            rows: None,
            total_rows: None,
            file_name: String::new(),
            file_size: None,
            create_time: None,
            complete_time: None,
            reason: None,
            details: Vec::new(),
            warnings: Vec::new(),
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

impl Pretended {
    /// The text with what has to stand above the first command.
    fn begin(&mut self, text: String) -> String {
        if std::mem::replace(&mut self.begun.0, true) {
            return text;
        }
        format!("{}{text}", script::BEGIN)
    }

    /// The waits that are due, with what has to stand above the first one.
    fn waits(&mut self) -> String {
        let waits = self.jobs.waits();
        if waits.is_empty() || std::mem::replace(&mut self.begun.1, true) {
            return waits;
        }
        format!("{}{waits}", script::BEGIN_WAITS)
    }
}

/// True for a request that names a placeholder job: its commit or abort.
fn is_about(outgoing: &Outgoing, names: &[curl::Name]) -> bool {
    let body = outgoing.body.as_deref().map(Vec::as_slice);
    let body: Option<Value> = body.and_then(|body| serde_json::from_slice(body).ok());
    let job = body.as_ref().and_then(|body| body.get("jobId")?.as_str());
    job.is_some_and(|job| names.iter().any(|name| name.value == job))
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
