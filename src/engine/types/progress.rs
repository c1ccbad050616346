//! One reading of a job.

use super::{Gives, Job, JobOf, List, Property, ScriptType, ordered, property, text_property};
use crate::api::model::Progress;
use crate::connection::Connection;
use crate::render::{self, FILE_KEYS};
use rhai::Dynamic;
use serde_json::Value;
use std::cell::OnceCell;
use std::rc::Rc;

/// One reading of a job's progress.
#[derive(Clone)]
pub(crate) struct ProgressValue {
    /// The service's answer.
    pub progress: Rc<Progress>,
    /// The connection on which the job runs.
    pub connection: Rc<Connection>,
    /// The property `details`, which has a map per file. It's built when a script first reads it, so the other
    /// properties cost the same for any number of files.
    details: Rc<OnceCell<List>>,
}

impl ProgressValue {
    /// Returns a reading.
    pub(crate) fn new(progress: Progress, connection: &Rc<Connection>) -> Self {
        Self {
            progress: Rc::new(progress),
            connection: Rc::clone(connection),
            details: Rc::default(),
        }
    }

    fn details(&self) -> &List {
        self.details.get_or_init(|| {
            let files = self.progress.details.iter();
            let files = files.map(|file| ordered(render::file_json(file)));
            List::of("file", files.collect())
        })
    }
}

impl ScriptType for ProgressValue {
    const NAME: &'static str = "Progress";
    const WORDS: &'static str = "a Progress";
    const HELP: &'static str =
        "the result of progress() and wait(): the state of a job at one time";
    const JOB: Option<JobOf<Self>> = Some(|it| {
        let progress = &*it.progress;
        let job = Job {
            id: progress.job_id.clone(),
            collection: progress.collection.clone(),
            connection: Rc::clone(&it.connection),
        };
        (job, progress.state.kind.word())
    });
    const PROPERTIES: &'static [Property] = &[
        Property::text("id", "the job's id"),
        Property::text("job", "the job's id, as `id`"),
        Property::text("collection", "the collection it imports into"),
        Property::text(
            "state",
            "Pending, Importing, Uncommitted, Completed, Failed or Aborted",
        ),
        Property::number("percent", "how far it is, 0 to 100"),
        Property::number("rows", "rows imported so far"),
        Property::number("total_rows", "rows in all, if known"),
        Property::text("file", "the file, if the service names one"),
        Property::number("size", "bytes in all"),
        Property::text(
            "created",
            "creation time, RFC 3339, if the service sends it",
        ),
        Property::text("completed", "when it ended, RFC 3339"),
        Property::text("reason", "why it failed"),
        Property::new(
            "details",
            Gives::Maps(&FILE_KEYS),
            "an array of maps, one a file: file, state, percent, rows, total_rows, size, completed, reason",
        ),
        Property::new(
            "warnings",
            Gives::Texts,
            "an array of texts: data that Milvus drops without an error (local service)",
        ),
    ];

    fn json(&self) -> Value {
        render::progress_json(&self.progress)
    }

    fn get(&self, name: &str) -> Dynamic {
        let it = &*self.progress;
        match name {
            "job" => property(&*it.job_id),
            "collection" => text_property(&it.collection),
            "state" => property(it.state.kind.word()),
            "percent" => property(it.percent),
            "rows" => property(it.rows),
            "total_rows" => property(it.total_rows),
            "file" => text_property(&it.file_name),
            "size" => property(it.file_size),
            "created" => property(it.create_time.as_deref()),
            "completed" => property(it.complete_time.as_deref()),
            "reason" => property(it.reason.as_deref()),
            "details" => Dynamic::from(self.details().clone()),
            "warnings" => property(&*it.warnings),
            _ => Dynamic::UNIT,
        }
    }
}
