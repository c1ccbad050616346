//! The result of `import_all`.

use super::{Getter, Gives, List, ScriptType, number_or_unit};
use rhai::Dynamic;
use std::rc::Rc;

/// The result of `import_all`.
#[derive(Clone)]
pub(crate) struct BatchValue(Rc<BatchTotals>);

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
        Self(Rc::new(batch))
    }
}

impl ScriptType for BatchValue {
    const NAME: &'static str = "Batch";
    const WORDS: &'static str = "a Batch";
    const HELP: &'static str = "the result of import_all()";
    const GETTERS: &'static [Getter<Self>] = &[
        Getter::new("ok", Gives::Number, "number of jobs that completed", |it| {
            number_or_unit(Some(it.0.ok))
        }),
        Getter::new(
            "failed",
            Gives::Number,
            "number of jobs that failed",
            |it| number_or_unit(Some(it.0.failed)),
        ),
        Getter::new(
            "jobs",
            Gives::Maps(&BATCH_JOB_KEYS),
            "an array of maps, one a job: job, key, state, files, rows, reason",
            |it| Dynamic::from(it.0.jobs.clone()),
        ),
        Getter::new(
            "files",
            Gives::Number,
            "number of files, or sets of files",
            |it| number_or_unit(Some(it.0.files)),
        ),
        Getter::new(
            "rows",
            Gives::Number,
            "rows imported, by earlier runs too",
            |it| number_or_unit(Some(it.0.rows)),
        ),
        Getter::new("elapsed", Gives::Number, "seconds of this run", |it| {
            it.0.elapsed.into()
        }),
        Getter::new(
            "steps",
            Gives::Maps(&BATCH_STEP_KEYS),
            "an array of maps, one a step (create, check, import, verify): step, state, detail",
            |it| Dynamic::from(it.0.steps.clone()),
        ),
    ];
}
