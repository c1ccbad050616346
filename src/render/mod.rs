//! What zshell shows: tables, other forms of results, and progress bars, written to a given stream.
//!
//! Everything that can be shown is a [`Shown`]; [`write()`] puts it on a stream in an [`OutputFormat`] as the stream's
//! [`Screen`] allows. A pipe that was closed comes back as [`std::io::Error`]. The JSON forms ([`job_json`],
//! [`progress_json`]) are the stable ones: every form but the table, and what scripts hold, are all made of them.

pub mod bars;
pub mod style;
pub mod words;

mod batch;
mod cell;
mod collections;
mod column;
mod connection;
mod error;
mod failure;
mod format;
mod forms;
mod grid;
mod job_details;
mod job_list;
mod jobs;
mod limit;
mod output;
mod pairs;
mod submissions;
mod value;
mod wrap;

use serde_json::Value;

use crate::api::model::{JobSummary, Progress};

pub use bars::{BatchBar, BatchCount, WaitView};
pub use batch::BATCH_KEYS;
pub use failure::{Explanation, explain_failure, files_done};
pub use format::OutputFormat;
pub use jobs::{JOB_KEYS, PROGRESS_KEYS, job_json, progress_json};
pub use limit::Limit;
pub use output::{pick_columns, write};
pub use style::{ColorChoice, Screen, Tone};
pub use value::columns;

/// Something that can be shown.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    /// Nothing, as for unit: no output at all.
    Nothing,
    /// zshell's own words, written as they are with a newline; in JSON a text.
    Text(&'a str),
    /// A number that JSON cannot write, as people write it: `inf`, `NaN`; in JSON null.
    NoNumber(&'a str),
    /// A list of jobs.
    Jobs {
        /// The jobs, in the service's order.
        jobs: &'a [JobSummary],
        /// How many there are in all, where the service said; more than `jobs` makes a footer.
        total: Option<u64>,
    },
    /// One job with its files; in JSON one object.
    Progress(&'a Progress),
    /// Several jobs, a row each; in JSON a list.
    Waited(&'a [Progress]),
    /// Names of collections.
    Collections(&'a [String]),
    /// A collection as the describe call gave it (the answer's `data`).
    Description(&'a Value),
    /// Clusters as the control plane lists them (the answer's `clusters`).
    Clusters(&'a [Value]),
    /// What the journal knows of submissions (`Submission::json`).
    Submissions {
        /// A map each.
        items: &'a [Value],
        /// How many there are in all; more than `items` makes a footer.
        total: Option<u64>,
    },
    /// A connection's plain form: `name`, `api`, `endpoint`, `collections`, `cluster`, `region`, `database`, `key` (where it
    /// came from).
    Connection(&'a Value),
    /// What came of many imports, with the keys [`BATCH_KEYS`].
    Batch(&'a Value),
    /// A caught error's plain form: `kind`, `code`, `message`, `hint`, `jobs`, `exit`.
    Error(&'a Value),
    /// Any other value: a map, a list of maps, a list of scalars, a scalar; null is nothing.
    Value(&'a Value),
}
