//! An item of `jobs()`.

use super::{Gives, Job, Property, ScriptType, property, text_property};
use crate::api::model::JobSummary;
use crate::connection::Connection;
use crate::render;
use rhai::Dynamic;
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
    const PROPERTIES: &'static [Property] = &[
        Property::new("id", Gives::Text, "the job's id"),
        Property::new("job", Gives::Text, "the job's id, as `id`"),
        Property::new("collection", Gives::Text, "the collection it imports into"),
        Property::new(
            "state",
            Gives::Text,
            "Pending, Importing, Uncommitted, Completed, Failed or Aborted",
        ),
        Property::new(
            "percent",
            Gives::Number,
            "percentage, 0 to 100, if the service sends it",
        ),
        Property::new("reason", Gives::Text, "why it failed"),
        Property::new(
            "created",
            Gives::Text,
            "creation time, RFC 3339, if the service sends it or the job was submitted from this machine",
        ),
        Property::new(
            "file",
            Gives::Text,
            "the file, or the number of files, if the job was submitted from this machine",
        ),
    ];

    fn json(&self) -> Value {
        render::job_json(&self.summary)
    }

    fn get(&self, name: &str) -> Dynamic {
        let it = &*self.summary;
        match name {
            "job" => property(&*it.job_id),
            "collection" => text_property(&it.collection),
            "state" => property(it.state.kind.word()),
            "percent" => property(it.percent),
            "reason" => property(it.reason.as_deref()),
            "created" => property(it.create_time.as_deref()),
            "file" => text_property(&it.file),
            _ => Dynamic::UNIT,
        }
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
