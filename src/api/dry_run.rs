//! `--dry-run`: prints requests that would change something as curl commands instead of sending them. Together the
//! commands are a shell script: a later command can use values, such as a job's id, from an earlier command's answer.
//!
//! The run continues as if the requests had succeeded. A create returns a placeholder job (`dry-run-1`), which counts
//! as completed or as waiting for its commit. Created collections exist and are empty, dropped collections are gone,
//! and loaded collections are loaded. Reads are sent as usual.

mod jobs;
mod script;

use super::error::{ApiError, unusable};
use super::model::{Effect, JobState, Progress, State};
use super::request::Outgoing;
use super::settings::{
    COLLECTIONS, DryRun, DryRunState, PlaceholderJobs, Pretended, PretendedName, Settings,
};
use super::transport::HttpAnswer;
use crate::interrupt::Stop;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::io;
use std::sync::Arc;

fn place(settings: &Settings, database: Option<&str>, kind: &str, name: &str) -> PretendedName {
    let base = settings.collection_base.as_ref();
    let base = base.unwrap_or(&settings.import_base).to_string();
    let database = database.or(settings.database.as_deref());
    let within = (base, database.map(str::to_owned), kind.to_owned());
    (within, name.to_owned())
}

impl DryRun {
    /// Returns a dry run that passes each command, with its comment and line end, to `write`, on the thread of the
    /// call.
    pub fn new(write: impl Fn(&str) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(DryRunState {
            write: Box::new(write),
            pretended: Mutex::new(Pretended {
                headers: (script::BEGIN, script::BEGIN_WAITS),
                ..Pretended::default()
            }),
        }))
    }

    /// Prints a request and returns the answer that the service would give.
    pub(super) fn answer(
        &self,
        settings: &Settings,
        outgoing: &Outgoing,
    ) -> Result<HttpAnswer, ApiError> {
        let mut pretended = self.0.pretended.lock();
        let (text, data) = if outgoing.call.effect == Effect::Create {
            let jobs = &pretended.jobs;
            let command = script::create(settings, outgoing, jobs.next(), &|it| jobs.variable(it));
            let id = pretended.jobs.add(settings)?;
            (command, json!({"jobId": id}))
        } else {
            let mut waits = String::new();
            if is_about(outgoing, &pretended.jobs) {
                waits = pretended.jobs.waits();
            }
            if !waits.is_empty() {
                waits.insert_str(0, std::mem::take(&mut pretended.headers.1));
            }
            let jobs = &pretended.jobs;
            let command = script::change(settings, outgoing, &|it| jobs.variable(it));
            (format!("{waits}{command}"), json!({}))
        };
        let text = format!("{}{text}", std::mem::take(&mut pretended.headers.0));
        (self.0.write)(&text).map_err(|error| cannot_show(&error, outgoing))?;
        Ok(HttpAnswer {
            status: 200,
            text: json!({"code": 0, "data": data}).to_string(),
            retry_after: None,
            location: None,
            is_local: false,
        })
    }

    /// Sets the state of a placeholder job.
    pub(super) fn set(&self, job_id: &str, state: JobState) {
        self.0.pretended.lock().jobs.set(job_id, state);
    }

    /// Returns the progress of a placeholder job, which is completed or waits for its commit. Its sizes are 0, so a script
    /// can add them up.
    pub(super) fn progress(&self, job_id: &str) -> Option<Progress> {
        let state = self.0.pretended.lock().jobs.ask(job_id)?;
        Some(Progress {
            percent: 100.0,
            rows: Some(0),
            total_rows: Some(0),
            file_size: Some(0),
            ..Progress::of_state(job_id, "", State::derived(state))
        })
    }

    /// Records that a name was created, with the collection that an alias points to (`made`), or dropped.
    pub(super) fn keep(
        &self,
        settings: &Settings,
        database: Option<&str>,
        kind: &str,
        name: &str,
        made: Option<&str>,
    ) {
        let place = place(settings, database, kind, name);
        let made = made.map(str::to_owned);
        self.0.pretended.lock().names.insert(place, made);
    }

    /// Returns the detail of a name that this run has created.
    pub(super) fn made(&self, settings: &Settings, kind: &str, name: &str) -> Option<String> {
        let place = place(settings, None, kind, name);
        self.0.pretended.lock().names.get(&place).cloned().flatten()
    }

    /// Returns whether the connection's database would have the collection, if this run has created or dropped it.
    pub(super) fn has(&self, settings: &Settings, name: &str) -> Option<bool> {
        let place = place(settings, None, COLLECTIONS, name);
        let pretended = self.0.pretended.lock();
        pretended.names.get(&place).map(Option::is_some)
    }

    /// Returns the names of this kind that the service lists, with the created ones and without the dropped ones.
    pub(super) fn names(
        &self,
        settings: &Settings,
        kind: &str,
        mut names: Vec<String>,
    ) -> Vec<String> {
        let (wanted, _) = place(settings, None, kind, "");
        for ((within, name), made) in &self.0.pretended.lock().names {
            if *within == wanted {
                names.retain(|it| it != name);
                if made.is_some() {
                    names.push(name.clone());
                }
            }
        }
        names
    }

    /// Records that a collection was loaded.
    pub(super) fn load(&self, collection: &str) {
        self.0.pretended.lock().loaded.insert(collection.to_owned());
    }

    /// Returns true for a collection that this run has loaded.
    pub(super) fn is_loaded(&self, collection: &str) -> bool {
        self.0.pretended.lock().loaded.contains(collection)
    }
}

/// Returns true for a commit or abort of a placeholder job.
fn is_about(outgoing: &Outgoing, jobs: &PlaceholderJobs) -> bool {
    let body = outgoing.body.as_deref();
    let body: Option<Value> = body.and_then(|body| serde_json::from_slice(body).ok());
    let job = body.as_ref().and_then(|body| body.get("jobId")?.as_str());
    job.and_then(|job| jobs.variable(job)).is_some()
}

fn cannot_show(error: &io::Error, outgoing: &Outgoing) -> ApiError {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return outgoing.stopped(Stop::ClosedPipe, false);
    }
    unusable("standard output", error).into()
}
