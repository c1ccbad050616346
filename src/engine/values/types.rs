//! The types in scripts, with a description of each getter for `help("Progress")` and completion.

use super::errors;
use super::jobs::Job;
use crate::connection::Connection;
use crate::render;

/// A type of the language that isn't Rhai's.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    /// The name, as `type_of` returns it.
    pub name: &'static str,
    /// A description of the type.
    pub help: &'static str,
    /// The getters, each with a description. If the type has a plain form, they're also its keys.
    pub getters: &'static [(&'static str, &'static str)],
}

/// Every type, in the order of `help()`.
pub const TYPES: &[Type] = &[
    Type {
        name: "Connection",
        help: "what connect() gives; functions that need a connection are its methods too",
        getters: &[
            ("name", "\"local\", a profile, a cluster id or a host"),
            ("api", "the dialect: \"v1\", \"v2\" or \"milvus\""),
            ("endpoint", "where import calls go"),
            ("collections", "where collection calls go"),
            ("cluster", "the cluster's id, on the cloud"),
            ("region", "the cloud region"),
            ("database", "the database; () is the default one"),
            ("key", "where the key came from, never the key itself"),
        ],
    },
    Type {
        name: "Job",
        help: "what import() gives: a submitted job",
        getters: &[
            ("id", "the id that the service gave it"),
            ("job", "the same"),
            ("collection", "the collection it imports into"),
            ("connection", "the name of its connection"),
        ],
    },
    Type {
        name: "JobSummary",
        help: "an item of what jobs() gives",
        getters: &[
            ("id", "the job's id"),
            ("job", "the same"),
            ("collection", "the collection it imports into"),
            (
                "state",
                "Pending, Importing, Uncommitted, Completed, Failed or Aborted",
            ),
            ("percent", "how far it is, 0 to 100, where the service says"),
            ("reason", "why it failed"),
            ("created", "when it was made, RFC 3339, if the service says"),
        ],
    },
    Type {
        name: "Progress",
        help: "what progress() and wait() give: one reading of a job",
        getters: &[
            ("id", "the job's id"),
            ("job", "the same"),
            ("collection", "the collection it imports into"),
            (
                "state",
                "Pending, Importing, Uncommitted, Completed, Failed or Aborted",
            ),
            ("percent", "how far it is, 0 to 100"),
            ("rows", "rows imported so far"),
            ("total_rows", "rows in all, where known"),
            ("file", "the file, where there is one"),
            ("size", "bytes in all"),
            ("created", "when it was made, RFC 3339, if the service says"),
            ("completed", "when it ended, RFC 3339"),
            ("reason", "why it failed"),
            (
                "details",
                "an array of maps, one a file: file, state, percent, rows, total_rows, size, completed, reason",
            ),
            (
                "warnings",
                "an array of texts: what Milvus drops of the files without an error (local service)",
            ),
        ],
    },
    Type {
        name: "Batch",
        help: "what import_all() gives",
        getters: &[
            ("ok", "how many jobs ended well"),
            ("failed", "how many did not"),
            (
                "jobs",
                "an array of maps, one a job: job, key, state, files, rows, reason",
            ),
            ("files", "how many files, or sets of files"),
            ("rows", "rows imported, by earlier runs too"),
            ("elapsed", "seconds of this run"),
        ],
    },
    Type {
        name: "Error",
        help: "what catch (e) gives; thrown on, it keeps its exit code",
        getters: &[
            (
                "kind",
                "usage, connect, auth, refused, busy, job_failed, timeout, unknown or script",
            ),
            ("code", "the service's own error code, where it gave one"),
            ("message", "what was tried and what happened"),
            ("hint", "what to do next, or ()"),
            ("jobs", "the ids of the jobs concerned"),
            ("exit", "the exit code of a script that it ends"),
        ],
    },
    Type {
        name: "Secret",
        help: "what secret() gives: masked wherever it is shown, also when joined with text",
        getters: &[],
    },
];

/// The keys of an item of a reading's `details`.
pub const FILE_KEYS: &[&str] = &[
    "file",
    "state",
    "percent",
    "rows",
    "total_rows",
    "size",
    "completed",
    "reason",
];

/// Returns the type with this name, in any case.
pub fn find(name: &str) -> Option<&'static Type> {
    TYPES.iter().find(|it| it.name.eq_ignore_ascii_case(name))
}

/// Returns the keys of a type's plain form, by its name in scripts; empty for any other type.
pub fn keys_of(type_name: &str) -> &'static [&'static str] {
    match type_name {
        "Job" => Job::KEYS,
        "JobSummary" => &render::JOB_KEYS,
        "Progress" => &render::PROGRESS_KEYS,
        "Batch" => &render::BATCH_KEYS,
        "Connection" => Connection::KEYS,
        "Error" => errors::KEYS,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_getter_is_explained() {
        for it in TYPES {
            let mut expected: BTreeSet<&str> = keys_of(it.name).iter().copied().collect();
            if expected.contains("job") {
                expected.insert("id");
            }
            let told: BTreeSet<&str> = it.getters.iter().map(|(name, _)| *name).collect();
            assert_eq!(told, expected, "{}", it.name);
        }
    }
}
