//! The import answers in a Milvus server's own form (Milvus: `internal/distributed/proxy/httpserver/handler_v2.go` and
//! `internal/datacoord/import_util.go`).

use super::{Result, ServiceError, Value, jobs, json};
use crate::api::model::{Dialect, JobState};
use crate::local::storage::jobs::{JobFile, StoredJob, StoredProgress, Whole};

/// The reason that Milvus gives for an aborted job (`internal/datacoord/import_job.go`).
const ABORTED: &str = "aborted by user";

/// Percentages at which reading begins and ends. Milvus has two phases here, `PreImporting` and `Importing`; this
/// service has one.
const READ: (u64, u64) = (10, 70);

/// Percentage of a job that waits for its commit.
const WAITS: u64 = 99;

/// Returns the paths of a create call: each inner list is a file or a set of `.npy` files. In a plain list, each text
/// is a file of its own.
pub(crate) fn paths(dialect: Dialect, name: &str, value: &Value) -> Result<Vec<Vec<String>>> {
    let example = "[[\"a.json\"], [\"b.json\"]]";
    let message = || format!("{name} must be a list of lists of paths, e.g. {example}");
    let wrong = || ServiceError::parameter(dialect, message());
    let text = |path: &Value| path.as_str().map(str::to_owned).ok_or_else(wrong);
    let mut lists = Vec::new();
    for entry in value.as_array().ok_or_else(wrong)? {
        let list = match entry {
            Value::String(path) => vec![path.clone()],
            Value::Array(set) => set.iter().map(text).collect::<Result<_, _>>()?,
            // Go reads a null list as an empty one.
            Value::Null => Vec::new(),
            _ => return Err(wrong()),
        };
        if list.len() > 1 && !list.iter().all(|path| is_numpy(path)) {
            return Err(ServiceError::import(format!(
                "an inner list of {name} is one file, or one set of NumPy files; found {} paths in one",
                list.len()
            )));
        }
        if !list.is_empty() {
            lists.push(list);
        }
    }
    Ok(lists)
}

fn is_numpy(path: &str) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("npy"))
}

/// Returns the data of a progress answer.
pub(crate) fn progress(whole: &Whole) -> Value {
    let Whole { job, files, .. } = whole;
    let standing = &job.standing;
    let details: Vec<_> = listed(whole, files).map(detail).collect();
    let sizes = details.iter().map(|detail| detail["fileSize"].as_u64());
    let size: u64 = sizes.flatten().sum();
    jobs::merged([
        json!({
            "jobId": job.id,
            "collectionName": job.collection,
            "createTime": whole.create_time.as_deref().unwrap_or_default(),
            "completeTime": complete_time(standing),
            "fileSize": size,
            "importedRows": imported(standing),
            "totalRows": total(standing),
        }),
        state(standing),
        json!({ "details": details }),
        jobs::warnings(whole),
    ])
}

/// Returns a job's entry in the list.
pub(crate) fn record(job: &StoredJob) -> Value {
    let begin = json!({ "jobId": job.id, "collectionName": job.collection });
    jobs::merged([begin, state(&job.standing)])
}

/// Returns the state's name, the percentage, and the reason if there is one.
fn state(standing: &StoredProgress) -> Value {
    let mut fields = json!({
        "state": word(standing.state),
        "progress": percent(standing),
    });
    let reason = match standing.state {
        JobState::Aborted => ABORTED,
        _ => standing.reason.as_deref().unwrap_or_default(),
    };
    if !reason.is_empty() {
        fields["reason"] = json!(reason);
    }
    fields
}

/// Returns the state's name. Milvus has no state for aborted jobs.
pub(crate) fn word(state: JobState) -> &'static str {
    match state {
        JobState::Aborted => JobState::Failed.word(),
        state => state.word(),
    }
}

fn percent(standing: &StoredProgress) -> u64 {
    match standing.state {
        JobState::Pending | JobState::Failed | JobState::Aborted => 0,
        JobState::Importing => {
            let (begin, end) = READ;
            let read = standing.bytes.saturating_mul(end - begin);
            let read = read.checked_div(standing.size).unwrap_or(0);
            begin + read.min(end - begin)
        }
        JobState::Uncommitted => WAITS,
        JobState::Completed => 100,
    }
}

/// Returns the rows that a job or file has imported so far; 0 if the job failed.
pub(crate) const fn imported(standing: &StoredProgress) -> u64 {
    match standing.state {
        JobState::Failed | JobState::Aborted => 0,
        _ => standing.rows,
    }
}

/// Returns the total number of rows; 0 until it's known.
const fn total(standing: &StoredProgress) -> u64 {
    match standing.state {
        JobState::Uncommitted | JobState::Completed => standing.rows,
        _ => 0,
    }
}

/// Returns the completion time, which a failed job doesn't have.
fn complete_time(standing: &StoredProgress) -> &str {
    match standing.state {
        JobState::Completed => standing.complete_time.as_deref().unwrap_or_default(),
        _ => "",
    }
}

/// Returns the files that the details list. Files without rows are left out. A failed job lists no files, and an
/// aborted job only if all its files were read.
fn listed<'a>(whole: &Whole, files: &'a [JobFile]) -> impl Iterator<Item = &'a JobFile> {
    let standing = &whole.job.standing;
    let any = match standing.state {
        JobState::Failed => false,
        JobState::Aborted => standing.bytes >= standing.size,
        _ => true,
    };
    files.iter().filter(move |file| {
        any && (file.standing.rows > 0 || file.standing.state != JobState::Completed)
    })
}

fn detail(file: &JobFile) -> Value {
    let standing = &file.standing;
    let (word, percent) = match standing.state {
        JobState::Pending => ("Pending", 0),
        JobState::Importing => ("InProgress", jobs::percent(standing)),
        JobState::Uncommitted | JobState::Completed => ("Completed", 100),
        JobState::Failed | JobState::Aborted => ("Failed", 0),
    };
    let mut detail = json!({
        "fileName": Dialect::Milvus.detail_name(&file.name),
        "fileSize": standing.size,
        "state": word,
        "progress": percent,
        "completeTime": complete_time(standing),
        "importedRows": imported(standing),
        "totalRows": total(standing),
    });
    if let Some(reason) = &standing.reason {
        detail["reason"] = json!(reason);
    }
    detail
}
