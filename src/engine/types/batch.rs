//! The result of `import_all`.

use super::{Gives, List, Property, Record, ScriptType, dynamic_of, json_of};
use rhai::Dynamic;
use serde_json::Value;

/// The result of `import_all`.
#[derive(Clone)]
pub(crate) struct BatchValue(Record);

/// The totals and jobs of a batch.
pub(crate) struct BatchTotals {
    /// Number of jobs that succeeded.
    pub ok: u64,
    /// Number of jobs that failed.
    pub failed: u64,
    /// A record per job: `job`, `key`, `state`, `files`, `rows`, `reason`.
    pub jobs: List,
    /// Number of files, or sets of files.
    pub files: u64,
    /// Imported rows.
    pub rows: u64,
    /// Seconds of this run.
    pub elapsed: f64,
    /// A record per step of the batch: `step`, `state`, `detail`. Empty if only files were imported.
    pub steps: List,
}

/// The keys of an item of a batch's `steps`, in order.
const BATCH_STEP_KEYS: [&str; 3] = ["step", "state", "detail"];

/// The keys of an item of a batch's `jobs`, in order.
const BATCH_JOB_KEYS: [&str; 6] = ["job", "key", "state", "files", "rows", "reason"];

impl BatchValue {
    /// Returns the value of a batch.
    pub(crate) fn new(batch: BatchTotals) -> Self {
        let number = |number: u64| dynamic_of(number.into());
        Self(Record::new(vec![
            ("ok".into(), number(batch.ok)),
            ("failed".into(), number(batch.failed)),
            ("jobs".into(), Dynamic::from(batch.jobs)),
            ("files".into(), number(batch.files)),
            ("rows".into(), number(batch.rows)),
            ("elapsed".into(), batch.elapsed.into()),
            ("steps".into(), Dynamic::from(batch.steps)),
        ]))
    }
}

impl ScriptType for BatchValue {
    const NAME: &'static str = "Batch";
    const WORDS: &'static str = "a Batch";
    const HELP: &'static str = "the result of import_all()";
    const PROPERTIES: &'static [Property] = &[
        Property::number("ok", "number of jobs that completed"),
        Property::number("failed", "number of jobs that failed"),
        Property::new(
            "jobs",
            Gives::Maps(&BATCH_JOB_KEYS),
            "an array of maps, one a job: job, key, state, files, rows, reason",
        ),
        Property::number("files", "number of files, or sets of files"),
        Property::number("rows", "rows imported, by earlier runs too"),
        Property::number("elapsed", "seconds of this run"),
        Property::new(
            "steps",
            Gives::Maps(&BATCH_STEP_KEYS),
            "an array of maps, one a step (create, check, import, verify): step, state, detail",
        ),
    ];

    fn json(&self) -> Value {
        json_of(&Dynamic::from(self.0.clone()))
    }

    fn get(&self, name: &str) -> Dynamic {
        self.0.get(name)
    }
}
