//! Reads the answers about import jobs, as far as the dialects have them in common.

use super::envelope::AnswerData;
use super::error::ApiError;
use super::fields::{self, Fields};
use super::model::{FileProgress, JobPage, JobState, JobSummary, Progress, State};

/// The spellings of a job's id.
const JOB_ID: [&str; 3] = ["jobId", "jobID", "job_id"];
/// Keys under which a page's jobs are sent: v1's published example has `tasks`, all other answers `records`.
const RECORDS: [&str; 3] = ["records", "tasks", "jobs"];

/// Returns the job id from the answer to a create.
pub(super) fn read_job_id(data: &AnswerData<'_>) -> Result<String, ApiError> {
    data.object()?
        .id(&JOB_ID)
        .ok_or_else(|| data.unreadable("it has no job id"))
}

/// Reads a progress answer of any dialect: an object that has a job's id or one of `signs`. `read_file` reads the fields
/// that a job and each of its files share. An answer about another job is unreadable.
pub(super) fn progress(
    data: &AnswerData<'_>,
    job_id: &str,
    signs: &[&str],
    read_file: fn(&Fields<'_>) -> FileProgress,
) -> Result<Progress, ApiError> {
    let object = data.object()?;
    match object.id(&JOB_ID) {
        Some(id) if id != job_id.trim() => {
            return Err(data.about_another(id));
        }
        None if !object.has(signs) => {
            return Err(data.unreadable("it tells nothing of a job"));
        }
        _ => {}
    }
    let job = read_file(&object);
    Ok(Progress {
        job_id: job_id.to_owned(),
        collection: object.text_or_empty(&["collectionName"]),
        state: job.state,
        percent: job.percent,
        rows: job.rows,
        total_rows: job.total_rows,
        file_name: job.file_name,
        file_size: job.file_size,
        create_time: object.text(&["createTime"]),
        complete_time: job.complete_time,
        reason: job.reason,
        details: object.objects(&["details"]).iter().map(read_file).collect(),
        warnings: object.texts(&["warnings"]),
    })
}

/// Returns 100 for a completed job, even if the service's percentage got stuck at 80 or 99.
pub(super) const fn whole(state: &State, percent: f64) -> f64 {
    match state.kind {
        JobState::Completed => 100.0,
        _ => percent,
    }
}

/// Reads a page of the job list; all three dialects send it in this shape.
///
/// Some servers send a bare list in place of the records, and null or `{}` if there are no jobs. Other calls can get
/// such an answer too, so a page without records isn't whole. Any other page is whole if each of its records has an id.
pub(super) fn read_page(data: &AnswerData<'_>) -> Result<JobPage, ApiError> {
    let object = data.raw.and_then(Fields::of);
    let count = object.as_ref().and_then(|it| it.count(&["count", "total"]));
    let records = match &object {
        Some(object) => match object.raw(&RECORDS) {
            Some(raw) => Some(
                fields::list(raw).ok_or_else(|| data.unreadable("its records are not a list"))?,
            ),
            None if count.is_some_and(|count| count > 0) => {
                return Err(data.unreadable("it counts jobs and lists none"));
            }
            None if count.is_some() || object.knows(&RECORDS) => Some(Vec::new()),
            None => None,
        },
        None if data.raw.is_some() => Some(data.list()?),
        None => None,
    };
    let records_sent = records.as_ref().map(Vec::len);
    let jobs: Vec<JobSummary> = records
        .into_iter()
        .flatten()
        .filter_map(|record| read_summary(&Fields::of(record)?))
        .collect();
    if jobs.is_empty() && records_sent.is_some_and(|sent| sent > 0) {
        return Err(data.unreadable("its records are not jobs"));
    }
    Ok(JobPage {
        whole: records_sent == Some(jobs.len()),
        jobs,
        count,
    })
}

/// Reads one record. Returns `None` if it has no id, since nothing can be done with such a job.
fn read_summary(record: &Fields<'_>) -> Option<JobSummary> {
    let reason = record.text(&["reason", "errorMessage"]);
    let state = State::with_reason(&record.text_or_empty(&["state"]), reason.as_deref());
    Some(JobSummary {
        job_id: record.id(&JOB_ID)?,
        collection: record.text_or_empty(&["collectionName"]),
        percent: record
            .number(&["progress"])
            .map(|sent| whole(&state, fields::percent(sent))),
        create_time: record.text(&["createTime"]),
        file: String::new(),
        reason,
        state,
    })
}

/// Reads the fields that a job and each of its files share, in `v2` and `milvus`.
pub(super) fn read_file(object: &Fields<'_>) -> FileProgress {
    let reason = object.text(&["reason", "errorMessage"]);
    let state = State::with_reason(&object.text_or_empty(&["state"]), reason.as_deref());
    let percent = fields::percent(object.number(&["progress"]).unwrap_or(0.0));
    FileProgress {
        file_name: file_name(object),
        file_size: object.count(&["fileSize"]),
        percent: whole(&state, percent),
        // Milvus sends 0 until the rows are counted.
        total_rows: object
            .count(&["totalRows"])
            .filter(|total| *total > 0 || state.kind.ends_wait()),
        state,
        rows: object.count(&["importedRows"]),
        complete_time: object.text(&["completeTime"]),
        reason,
    }
}

/// Returns a file's name. Self-hosted servers write it as the list in which it was sent: `[5.parquet]`.
fn file_name(object: &Fields<'_>) -> String {
    let sent = object.text_or_empty(&["fileName"]);
    sent.strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
        .map_or_else(|| sent.clone(), str::to_owned)
}
