//! Classifies a service's error answer once, when it's read. No other place decides anything by a service's words.
//!
//! A code decides if the service has one for the case (Milvus' `pkg/util/merr/errors.go`, the cloud's published error
//! codes). Words decide only if it has none: Milvus answers all errors of imports with 2100 and 2101, and some
//! errors of other calls with 65535.

use super::model::{Dialect, Effect, JobState, State};

/// The reason of an error answer, for the cases that zshell handles or explains in a way of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceReason {
    /// There is no such collection: Milvus' 100, the cloud's 47005.
    NoCollection,
    /// There is no such partition: Milvus' 200, which is the success code everywhere else.
    NoPartition,
    /// There is no such import job: the cloud's 90144, and words in Milvus.
    NoJob,
    /// The collection or partition isn't loaded, or not fully: Milvus' 101, 103, 201 and 202. Rows are read from the
    /// cluster's own endpoint in each dialect, so the code is always Milvus'.
    NotLoaded,
    /// The partition can't be dropped while it's loaded. Milvus has no code for this error (`internal/proxy/task.go`,
    /// `dropPartitionTask.PreExecute`): 2.3 to 2.6 answer with 65535, "unexpected error", later versions with 1100,
    /// "invalid parameter".
    PartitionLoaded,
    /// No further import job is accepted now (Milvus' `ValidateMaxImportJobExceed`).
    JobLimit,
    /// A check of the request refused the import, before a job was made.
    InvalidImport,
    /// The collection's schema has no fields, so no job was made.
    EmptySchema,
    /// A TLS server got plain HTTP. Go's and nginx' servers answer with 400 and a text.
    NeedsTls,
}

/// Words of Milvus' checks of an import request, all of which come before a job is made
/// (`internal/proxy/task_import.go`, `internal/util/importutilv2`).
const VALIDATION: [&str; 16] = [
    "at most",
    "does not exist",
    "duplicate",
    "expected",
    "illegal",
    "invalid",
    "is disabled",
    "is empty",
    "max number of",
    "must be",
    "no such",
    "not found",
    "one file, or one set",
    "parse timeout failed",
    "set partition name",
    "unexpected file type",
];

/// Words of failures inside Milvus, after which a job may exist anyway (2.5 `datacoord/services.go`: `AddJob` is the
/// write to etcd).
const INTERNAL: [&str; 8] = [
    "add import job",
    "broadcast",
    "context canceled",
    "context deadline",
    "etcd",
    "rpc error",
    "timed out",
    "unavailable",
];

/// Words of [`VALIDATION`] that mean that a name in the request isn't known.
const MISSING: [&str; 3] = ["does not exist", "no such", "not found"];

/// Words about a job that the server doesn't know. Messages get wrapped in others, so they're searched for.
const NO_JOB: [&str; 5] = [
    "not exist",
    "cannot find",
    "can't find",
    "cannot be found",
    "not found",
];

impl ServiceReason {
    /// Classifies an error answer.
    pub(super) fn of(
        dialect: Dialect,
        effect: Effect,
        status: u16,
        code: Option<i64>,
        message: &str,
    ) -> Option<Self> {
        let text = message.to_ascii_lowercase();
        match code {
            Some(100) if dialect == Dialect::Milvus || text.contains("collection") => {
                Some(Self::NoCollection)
            }
            Some(47005) => Some(Self::NoCollection),
            Some(101 | 103 | 201 | 202) => Some(Self::NotLoaded),
            // Elsewhere, and in Milvus before 2.4.5, 200 is the success code.
            Some(200) => {
                let is_success = ["", "success", "ok"].contains(&text.trim());
                (dialect == Dialect::Milvus && !is_success).then_some(Self::NoPartition)
            }
            Some(1100 | 65535) => {
                says(&text, &["partition is loaded"]).then_some(Self::PartitionLoaded)
            }
            Some(90144) => Some(Self::NoJob),
            Some(code @ (2100 | 2101)) => Self::of_import(effect, code, &text),
            None if status == 400 => {
                says(&text, &["https server", "https port"]).then_some(Self::NeedsTls)
            }
            _ => None,
        }
    }

    /// Classifies the error of an import call by its words in lower case.
    fn of_import(effect: Effect, code: i64, text: &str) -> Option<Self> {
        if says(text, &["number of jobs has reached the limit"])
            || (text.contains("queue") && text.contains("full"))
        {
            return Some(Self::JobLimit);
        }
        if effect != Effect::Create {
            return (text.contains("job") && says(text, &NO_JOB)).then_some(Self::NoJob);
        }
        let is_missing = says(text, &MISSING);
        if code == 2101 && text.contains("schema has no fields") {
            Some(Self::EmptySchema)
        } else if says(text, &INTERNAL) {
            None
        } else if is_missing && text.contains("partition") {
            Some(Self::NoPartition)
        } else if is_missing && text.contains("collection") {
            Some(Self::NoCollection)
        } else {
            (code == 2100 && says(text, &VALIDATION)).then_some(Self::InvalidImport)
        }
    }
}

impl State {
    /// Returns the state for a word and a reason, by which aborted jobs are known: Milvus has no state for them
    /// (`pkg/proto/internal.proto`, `ImportJobState`).
    pub fn with_reason(sent: &str, reason: Option<&str>) -> Self {
        let mut state = Self::parse(sent);
        let aborted = reason.is_some_and(|reason| says(reason, &["aborted by user"]));
        if aborted && state.kind == JobState::Failed {
            state.kind = JobState::Aborted;
        }
        state
    }
}

fn says(text: &str, words: &[&str]) -> bool {
    words.iter().any(|words| text.contains(words))
}

#[cfg(test)]
mod tests {
    use super::ServiceReason::{self, *};
    use super::{JobState, MISSING, State, VALIDATION};
    use crate::api::model::Dialect::{self, Milvus, V1, V2};
    use crate::api::model::Effect::{self, Change, Create, Read};

    type Answer = (i64, &'static str);

    /// Answers of Milvus 2.3 to 3.0 and of the cloud, with their reasons.
    const ANSWERS: [(&[Dialect], Effect, Answer, Option<ServiceReason>); 27] = [
        (
            &[V1, V2, Milvus],
            Read,
            (101, "failed to query: collection not loaded[collection=1]"),
            Some(NotLoaded),
        ),
        (
            &[V1, V2, Milvus],
            Read,
            (103, "collection not fully loaded[collection=1]"),
            Some(NotLoaded),
        ),
        (
            &[V1, V2, Milvus],
            Read,
            (201, "partition not loaded[partition=1]"),
            Some(NotLoaded),
        ),
        (
            &[V1, V2, Milvus],
            Read,
            (202, "partition not fully loaded"),
            Some(NotLoaded),
        ),
        (
            &[V1, V2, Milvus],
            Change,
            (104, "collection already loaded"),
            None,
        ),
        (
            &[V1, V2, Milvus],
            Read,
            (65535, "load the data first: not loaded"),
            None,
        ),
        (
            &[V1, V2, Milvus],
            Change,
            (
                65535,
                "partition cannot be dropped, partition is loaded, please release it first",
            ),
            Some(PartitionLoaded),
        ),
        (
            &[V1, V2, Milvus],
            Change,
            (
                1100,
                "invalid parameter: partition cannot be dropped, partition is loaded, please release it first",
            ),
            Some(PartitionLoaded),
        ),
        (
            &[V1, V2, Milvus],
            Change,
            (1100, "default partition cannot be deleted"),
            None,
        ),
        (
            &[V1, V2, Milvus],
            Read,
            (100, "can't find collection[database=default][collection=b]"),
            Some(NoCollection),
        ),
        (&[Milvus], Read, (100, "no"), Some(NoCollection)),
        (&[V1, V2], Read, (100, "no"), None),
        (&[V1, V2, Milvus], Create, (47005, "no"), Some(NoCollection)),
        (
            &[Milvus],
            Create,
            (200, "partition not found[partition=p]"),
            Some(NoPartition),
        ),
        (&[Milvus], Create, (200, "Success"), None),
        (&[V1, V2], Create, (200, "partition not found"), None),
        (&[V1, V2, Milvus], Read, (90144, "no"), Some(NoJob)),
        (
            &[V2, Milvus],
            Read,
            (
                2101,
                "import job does not exist, jobID=1: importing data failed on server side",
            ),
            Some(NoJob),
        ),
        (
            &[V2, Milvus],
            Change,
            (2100, "Job 1 not found: importing data failed"),
            Some(NoJob),
        ),
        (
            &[V2, Milvus],
            Change,
            (2100, "job 1 is in state Failed, expected Uncommitted"),
            None,
        ),
        (
            &[V2, Milvus],
            Create,
            (2101, "The number of jobs has reached the limit"),
            Some(JobLimit),
        ),
        (
            &[V2, Milvus],
            Create,
            (2100, "import queue is full"),
            Some(JobLimit),
        ),
        (
            &[V2, Milvus],
            Create,
            (2100, "partition p not found: importing data failed"),
            Some(NoPartition),
        ),
        (
            &[V2, Milvus],
            Create,
            (2100, "unexpected file type, files=[a.txt]"),
            Some(InvalidImport),
        ),
        (
            &[V2, Milvus],
            Create,
            (2100, "add import job failed: key not found in etcd"),
            None,
        ),
        (
            &[V2, Milvus],
            Create,
            (2101, "collection schema has no fields"),
            Some(EmptySchema),
        ),
        (&[V2, Milvus], Create, (2101, "unexpected file type"), None),
    ];

    #[test]
    fn words_for_missing_names_are_words_of_validation() {
        // `NoCollection` and `NoPartition` count as refusals, so their words must come from checks before a job is made.
        assert!(MISSING.iter().all(|it| VALIDATION.contains(it)));
    }

    #[test]
    fn each_answer_has_its_reason() {
        for (dialects, effect, (code, message), reason) in ANSWERS {
            for dialect in dialects {
                let found = ServiceReason::of(*dialect, effect, 200, Some(code), message);
                assert_eq!(found, reason, "{dialect} {effect:?} {code} {message}");
            }
        }
        let tls = "Client sent an HTTP request to an HTTPS server.";
        let tls = |status| ServiceReason::of(Milvus, Read, status, None, tls);
        assert_eq!((tls(400), tls(404)), (Some(NeedsTls), None));
        let state = |reason| State::with_reason("Failed", Some(reason)).kind;
        assert_eq!(
            state("importing data failed: aborted by user"),
            JobState::Aborted
        );
        assert_eq!(state("aborted"), JobState::Failed);
    }
}
