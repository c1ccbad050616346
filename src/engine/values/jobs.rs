//! Jobs in scripts. Each job keeps the connection it belongs to.

use crate::api::model::{JobSummary, Progress};
use crate::connection::Connection;
use crate::render;
use serde_json::{Value, json};
use std::rc::Rc;

/// A submitted job: its id and its connection.
#[derive(Clone)]
pub struct Job {
    /// The id from the service.
    pub id: String,
    /// The target collection; empty if only the id is known.
    pub collection: String,
    /// The connection it was submitted to.
    pub connection: Rc<Connection>,
}

impl Job {
    pub(super) const KEYS: &'static [&'static str] = &["job", "collection", "connection"];

    /// Returns the plain form.
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
    /// The service's answer.
    pub summary: Rc<JobSummary>,
    /// The connection on which the job runs.
    pub connection: Rc<Connection>,
}

impl SummaryValue {
    /// Returns the job of this row.
    pub fn job(&self) -> Job {
        Job {
            id: self.summary.job_id.clone(),
            collection: self.summary.collection.clone(),
            connection: Rc::clone(&self.connection),
        }
    }

    /// Returns the plain form.
    pub fn json(&self) -> Value {
        render::job_json(&self.summary)
    }
}

/// One reading of a job's progress.
#[derive(Clone)]
pub struct ProgressValue {
    /// The service's answer.
    pub progress: Rc<Progress>,
    /// The connection on which the job runs.
    pub connection: Rc<Connection>,
}

impl ProgressValue {
    /// Returns the job of this reading.
    pub fn job(&self) -> Job {
        Job {
            id: self.progress.job_id.clone(),
            collection: self.progress.collection.clone(),
            connection: Rc::clone(&self.connection),
        }
    }

    /// Returns the plain form.
    pub fn json(&self) -> Value {
        render::progress_json(&self.progress)
    }
}
