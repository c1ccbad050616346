//! An item of `jobs()`.

use super::{Job, JobOf, Property, ScriptType, property, text_property};
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
    const JOB: Option<JobOf<Self>> = Some(|it| {
        let summary = &*it.summary;
        let job = Job {
            id: summary.job_id.clone(),
            collection: summary.collection.clone(),
            connection: Rc::clone(&it.connection),
        };
        (job, summary.state.kind.word())
    });
    const PROPERTIES: &'static [Property] = &[
        Property::text("id", "the job's id"),
        Property::text("job", "the job's id, as `id`"),
        Property::text("collection", "the collection it imports into"),
        Property::text(
            "state",
            "Pending, Importing, Uncommitted, Completed, Failed or Aborted",
        ),
        Property::number("percent", "percentage, 0 to 100, if the service sends it"),
        Property::text("reason", "why it failed"),
        Property::text(
            "created",
            "creation time, RFC 3339, if the service sends it or the job was submitted from this machine",
        ),
        Property::text(
            "file",
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
}
