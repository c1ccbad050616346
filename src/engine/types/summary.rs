//! An item of `jobs()`.

use super::{Getter, Gives, Job, ScriptType, text_or_unit};
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
    const GETTERS: &'static [Getter<Self>] = &[
        Getter::new("id", Gives::Text, "the job's id", |it| {
            (&it.summary.job_id).into()
        }),
        Getter::new("job", Gives::Text, "the job's id, as `id`", |it| {
            (&it.summary.job_id).into()
        }),
        Getter::new(
            "collection",
            Gives::Text,
            "the collection it imports into",
            |it| text_or_unit(Some(&it.summary.collection)),
        ),
        Getter::new(
            "state",
            Gives::Text,
            "Pending, Importing, Uncommitted, Completed, Failed or Aborted",
            |it| it.summary.state.kind.word().into(),
        ),
        Getter::new(
            "percent",
            Gives::Number,
            "percentage, 0 to 100, if the service sends it",
            |it| it.summary.percent.map_or(Dynamic::UNIT, Dynamic::from),
        ),
        Getter::new("reason", Gives::Text, "why it failed", |it| {
            it.summary
                .reason
                .clone()
                .map_or(Dynamic::UNIT, Dynamic::from)
        }),
        Getter::new(
            "created",
            Gives::Text,
            "creation time, RFC 3339, if the service sends it or the job was submitted from this machine",
            |it| text_or_unit(it.summary.create_time.as_deref()),
        ),
        Getter::new(
            "file",
            Gives::Text,
            "the file, or the number of files, if the job was submitted from this machine",
            |it| text_or_unit(Some(&it.summary.file)),
        ),
    ];

    fn json(&self) -> Value {
        render::job_json(&self.summary)
    }

    fn job(&self) -> Option<Job> {
        Some(Job {
            id: self.summary.job_id.clone(),
            collection: self.summary.collection.clone(),
            connection: Rc::clone(&self.connection),
        })
    }

    fn state(&self) -> &'static str {
        self.summary.state.kind.word()
    }
}
