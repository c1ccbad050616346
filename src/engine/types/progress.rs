//! One reading of a job.

use super::{Gives, Job, Key, List, Record, ScriptType, list_of, ordered};
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
    /// The plain form, made when it's first read.
    form: Rc<OnceCell<Record>>,
}

impl ProgressValue {
    /// Returns a reading.
    pub(crate) fn new(progress: Progress, connection: &Rc<Connection>) -> Self {
        Self {
            progress: Rc::new(progress),
            connection: Rc::clone(connection),
            form: Rc::default(),
        }
    }

    fn form(&self) -> &Record {
        self.form.get_or_init(|| {
            let form = ordered(render::progress_json(&self.progress));
            let mut form = form.try_cast::<Record>().unwrap_or_default();
            let files = list_of(&form.get("details")).unwrap_or_default();
            let files = Dynamic::from(List::of("file", files));
            form.map_mut().insert("details".into(), files);
            form
        })
    }
}

impl ScriptType for ProgressValue {
    const NAME: &'static str = "Progress";
    const WORDS: &'static str = "a Progress";
    const HELP: &'static str =
        "the result of progress() and wait(): the state of a job at one time";
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
        Key::new("percent", Gives::Number, "how far it is, 0 to 100"),
        Key::new("rows", Gives::Number, "rows imported so far"),
        Key::new("total_rows", Gives::Number, "rows in all, if known"),
        Key::new("file", Gives::Text, "the file, if the service names one"),
        Key::new("size", Gives::Number, "bytes in all"),
        Key::new(
            "created",
            Gives::Text,
            "creation time, RFC 3339, if the service sends it",
        ),
        Key::new("completed", Gives::Text, "when it ended, RFC 3339"),
        Key::new("reason", Gives::Text, "why it failed"),
        Key::new(
            "details",
            Gives::Maps(&FILE_KEYS),
            "an array of maps, one a file: file, state, percent, rows, total_rows, size, completed, reason",
        ),
        Key::new(
            "warnings",
            Gives::Texts,
            "an array of texts: data that Milvus drops without an error (local service)",
        ),
    ];

    fn json(&self) -> Value {
        render::progress_json(&self.progress)
    }

    fn get(&self, name: &str) -> Dynamic {
        self.form().get(name)
    }

    fn job(&self) -> Option<(Job, &'static str)> {
        let job = Job {
            id: self.progress.job_id.clone(),
            collection: self.progress.collection.clone(),
            connection: Rc::clone(&self.connection),
        };
        Some((job, self.progress.state.kind.word()))
    }
}
