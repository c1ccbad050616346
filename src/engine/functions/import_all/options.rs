//! The options of `import_all`.

use super::plan::JobLimits;
use super::steps::StepChoices;
use crate::api::model::MOST_FILES;
use crate::engine::describe::{Opt, Takes, flag, opt};
use crate::engine::functions::request;
use crate::engine::options::{EXTRA, Options};
use crate::error::Failure;
use std::time::Duration;

/// Maximum length of the prefix. A key has at most 256 characters, and a hash needs the rest.
const LONGEST_PREFIX: usize = 200;
/// The default prefix of idempotency keys.
const PREFIX: &str = "import_all";

pub(super) const OPTIONS: &[Opt] = &[
    flag(
        "create",
        "true: create the collection if it's missing, with the schema that infer() proposes",
    ),
    flag("check", "true: check the files first, and import nothing if the service would refuse one"),
    opt(
        "upload_to",
        "upload the local files first, to a bucket (s3://bucket/folder/) or a volume (volume://name/folder/)",
    ),
    flag("verify", "true: compare the collection's count before and after with the imported rows"),
    opt("files_per_job", "maximum number of files, or sets of NumPy files, in one job")
        .or("256")
        .of(Takes::Number),
    opt("bytes_per_job", "maximum size of one job in bytes, if the files' sizes are known")
        .of(Takes::Number),
    opt("max_running", "maximum number of jobs at a time")
        .or("8")
        .of(Takes::Number),
    flag(
        "atomic",
        "true: no row is visible until all jobs are ready; if one fails, all are aborted",
    ),
    opt(
        "on_error",
        "after a failure, \"stop\" throws and submits nothing more, \"continue\" submits the rest; exit code 4",
    )
    .or("\"stop\"")
    .of(Takes::Words(&["stop", "continue"])),
    opt(
        "key_prefix",
        "start of the jobs' import keys: the same files under the same prefix are imported once",
    )
    .or("\"import_all\""),
    request::PARTITION,
    request::DB,
    request::ACCESS_KEY,
    request::SECRET_KEY,
    request::SESSION_TOKEN,
    request::STORAGE_KEYS,
    request::BUSY_WAIT,
    request::API,
    EXTRA,
];

/// The options of the queue.
pub(super) struct QueueOptions {
    pub(super) limits: JobLimits,
    pub(super) max_running: usize,
    pub(super) atomic: bool,
    pub(super) continue_on_error: bool,
    pub(super) prefix: String,
    pub(super) busy_wait: Option<Duration>,
    pub(super) steps: StepChoices,
}

impl QueueOptions {
    pub(super) fn read(options: &Options) -> Result<Self, Failure> {
        let wrong = |problem: String| Failure::usage(format!("import_all: {problem}"));
        let count = |name: &str, default: u64| match options.number(name)? {
            Some(0) => Err(wrong(format!("the option {name} is at least 1"))),
            number => Ok(usize::try_from(number.unwrap_or(default)).unwrap_or(usize::MAX)),
        };
        let continue_on_error = match options.text("on_error")?.as_deref() {
            None | Some("stop") => Ok(false),
            Some("continue") => Ok(true),
            Some(other) => {
                let problem = format!("on_error is \"stop\" or \"continue\", got {other:?}");
                Err(wrong(problem))
            }
        };
        let prefix = options.text("key_prefix")?;
        let prefix = prefix.unwrap_or_else(|| PREFIX.to_owned());
        let sound = prefix.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !sound || prefix.is_empty() || prefix.len() > LONGEST_PREFIX {
            return Err(wrong(format!(
                "key_prefix is 1 to {LONGEST_PREFIX} printable ASCII characters"
            )));
        }
        let files = count("files_per_job", 256)?;
        if files > MOST_FILES {
            return Err(wrong(format!(
                "files_per_job is at most {MOST_FILES}, as many as one request takes"
            )));
        }
        Ok(Self {
            limits: JobLimits {
                files,
                bytes: options.number("bytes_per_job")?,
            },
            max_running: count("max_running", 8)?,
            atomic: options.flag("atomic")?.unwrap_or(false),
            continue_on_error: continue_on_error?,
            prefix,
            busy_wait: options.duration("busy_wait")?,
            steps: StepChoices::read(options)?,
        })
    }
}
