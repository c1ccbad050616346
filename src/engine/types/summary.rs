//! An item of `jobs()`.

use super::{Gives, Job, Key, ScriptType};
use crate::api::model::JobSummary;
use crate::connection::Connection;
use crate::render;
use serde_json::Value;
use std::rc::Rc;

/// An item of `jobs()`.
#[derive(Clone)]
pub(crate) struct SummaryValue {
    /// The service's answer.
    pub summary: Rc<JobSummary>,
    /// The connection on which the job runs.
    pub connection: Rc<Connection>,
}

impl ScriptType for SummaryValue {
    const NAME: &'static str = "JobSummary";
    const WORDS: &'static str = "a JobSummary";
    const HELP: &'static str = "an item of the result of jobs()";
    const IS_JOB: bool = true;
    const KEYS: &'static [Key] = &[
        Key::new("id", Gives::Text, "the job's id"),
        Key::new("job", Gives::Text, "the job's id, as `id`"),
        Key::new("collection", Gives::Text, "the collection it imports into"),
        Key::new(
            "state",
            Gives::Text,
            "Pending, Importing, Uncommitted, Completed, Failed or Aborted",
        ),
        Key::new(
            "percent",
            Gives::Number,
            "percentage, 0 to 100, if the service sends it",
        ),
        Key::new("reason", Gives::Text, "why it failed"),
        Key::new(
            "created",
            Gives::Text,
            "creation time, RFC 3339, if the service sends it or the job was submitted from this machine",
        ),
        Key::new(
            "file",
            Gives::Text,
            "the file, or the number of files, if the job was submitted from this machine",
        ),
    ];

    fn json(&self) -> Value {
        render::job_json(&self.summary)
    }

    fn job(&self) -> Option<(Job, &'static str)> {
        let job = Job {
            id: self.summary.job_id.clone(),
            collection: self.summary.collection.clone(),
            connection: Rc::clone(&self.connection),
        };
        Some((job, self.summary.state.kind.word()))
    }
}
