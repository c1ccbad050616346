//! One reading of a job.

use super::{Getter, Gives, Job, List, ScriptType, number_or_unit, ordered, text_or_unit};
use crate::api::model::Progress;
use crate::connection::Connection;
use crate::render::{self, FILE_KEYS};
use rhai::{Array, Dynamic};
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
    /// The value of `details`, made when it's first read.
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

    fn details(&self) -> List {
        let details = self.details.get_or_init(|| {
            let files = self.progress.details.iter();
            List::of(
                "file",
                files.map(|file| ordered(render::file_json(file))).collect(),
            )
        });
        details.clone()
    }
}

impl ScriptType for ProgressValue {
    const NAME: &'static str = "Progress";
    const WORDS: &'static str = "a Progress";
    const HELP: &'static str =
        "the result of progress() and wait(): the state of a job at one time";
    const IS_JOB: bool = true;
    const GETTERS: &'static [Getter<Self>] = &[
        Getter::new("id", Gives::Text, "the job's id", |it| {
            (&it.progress.job_id).into()
        }),
        Getter::new("job", Gives::Text, "the job's id, as `id`", |it| {
            (&it.progress.job_id).into()
        }),
        Getter::new(
            "collection",
            Gives::Text,
            "the collection it imports into",
            |it| text_or_unit(Some(&it.progress.collection)),
        ),
        Getter::new(
            "state",
            Gives::Text,
            "Pending, Importing, Uncommitted, Completed, Failed or Aborted",
            |it| it.progress.state.kind.word().into(),
        ),
        Getter::new("percent", Gives::Number, "how far it is, 0 to 100", |it| {
            it.progress.percent.into()
        }),
        Getter::new("rows", Gives::Number, "rows imported so far", |it| {
            number_or_unit(it.progress.rows)
        }),
        Getter::new("total_rows", Gives::Number, "rows in all, if known", |it| {
            number_or_unit(it.progress.total_rows)
        }),
        Getter::new(
            "file",
            Gives::Text,
            "the file, if the service names one",
            |it| text_or_unit(Some(&it.progress.file_name)),
        ),
        Getter::new("size", Gives::Number, "bytes in all", |it| {
            number_or_unit(it.progress.file_size)
        }),
        Getter::new(
            "created",
            Gives::Text,
            "creation time, RFC 3339, if the service sends it",
            |it| text_or_unit(it.progress.create_time.as_deref()),
        ),
        Getter::new("completed", Gives::Text, "when it ended, RFC 3339", |it| {
            text_or_unit(it.progress.complete_time.as_deref())
        }),
        Getter::new("reason", Gives::Text, "why it failed", |it| {
            it.progress
                .reason
                .clone()
                .map_or(Dynamic::UNIT, Dynamic::from)
        }),
        Getter::new(
            "details",
            Gives::Maps(&FILE_KEYS),
            "an array of maps, one a file: file, state, percent, rows, total_rows, size, completed, reason",
            |it| Dynamic::from(it.details()),
        ),
        Getter::new(
            "warnings",
            Gives::Texts,
            "an array of texts: data that Milvus drops without an error (local service)",
            |it| {
                let warnings = it.progress.warnings.iter();
                warnings
                    .cloned()
                    .map(Dynamic::from)
                    .collect::<Array>()
                    .into()
            },
        ),
    ];

    fn json(&self) -> Value {
        render::progress_json(&self.progress)
    }

    fn job(&self) -> Option<Job> {
        Some(Job {
            id: self.progress.job_id.clone(),
            collection: self.progress.collection.clone(),
            connection: Rc::clone(&self.connection),
        })
    }

    fn state(&self) -> &'static str {
        self.progress.state.kind.word()
    }
}
