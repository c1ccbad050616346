//! Jobs as scripts hold them: each remembers the connection it belongs to.

use crate::api::model::{JobSummary, Progress};
use crate::connection::Connection;
use crate::render;
use serde_json::{Value, json};
use std::rc::Rc;

/// A submitted job: its id and where it runs.
#[derive(Clone)]
pub struct Job {
    /// The id the service gave it.
    pub id: String,
    /// The collection it imports into; empty where only the id is known.
    pub collection: String,
    /// The connection it was submitted to.
    pub connection: Rc<Connection>,
}

impl Job {
    pub(super) const KEYS: &'static [&'static str] = &["job", "collection", "connection"];

    /// Its plain form.
    pub fn json(&self) -> Value {
        let collection = (!self.collection.is_empty()).then_some(&self.collection);
        json!({
            "job": self.id,
            "collection": collection,
            "connection": self.connection.name,
        })
    }
}

/// A row of `jobs()`.
#[derive(Clone)]
pub struct SummaryValue {
    /// What the service said.
    pub summary: Rc<JobSummary>,
    /// Where the job runs.
    pub connection: Rc<Connection>,
}

impl SummaryValue {
    /// The job it is about.
    pub fn job(&self) -> Job {
        Job {
            id: self.summary.job_id.clone(),
            collection: self.summary.collection.clone(),
            connection: Rc::clone(&self.connection),
        }
    }

    /// Its plain form.
    pub fn json(&self) -> Value {
        render::job_json(&self.summary)
    }
}

/// One reading of a job's progress.
#[derive(Clone)]
pub struct ProgressValue {
    /// What the service said.
    pub progress: Rc<Progress>,
    /// Where the job runs.
    pub connection: Rc<Connection>,
}

impl ProgressValue {
    /// The job it is about.
    pub fn job(&self) -> Job {
        Job {
            id: self.progress.job_id.clone(),
            collection: self.progress.collection.clone(),
            connection: Rc::clone(&self.connection),
        }
    }

    /// Its plain form.
    pub fn json(&self) -> Value {
        render::progress_json(&self.progress)
    }
}
