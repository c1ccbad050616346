//! What the answers of all dialects have in common.

use super::envelope::Data;
use super::error::ApiError;
use super::fields::{self, Fields};
use super::model::{FileProgress, JobPage, JobState, JobSummary, Progress, State};

/// The spellings of a job's id.
const JOB_ID: [&str; 3] = ["jobId", "jobID", "job_id"];

/// Reads the answer to a create: the job's id.
pub(super) fn read_job_id(data: &Data<'_>) -> Result<String, ApiError> {
    data.object()?
        .text(&JOB_ID)
        .ok_or_else(|| data.unreadable("it has no job id"))
}

/// Reads a progress answer of any dialect: an object that has a job's id or one of `signs`; `read_file` reads what a job
/// and each of its files have in common.
pub(super) fn progress(
    data: &Data<'_>,
    job_id: &str,
    signs: &[&str],
    read_file: fn(&Fields<'_>) -> FileProgress,
) -> Result<Progress, ApiError> {
    let object = data.object()?;
    let id = object.text(&JOB_ID);
    if id.is_none() && !object.has(signs) {
        return Err(data.unreadable("it tells nothing of a job"));
    }
    let job = read_file(&object);
    Ok(Progress {
        job_id: id.unwrap_or_else(|| job_id.to_owned()),
        collection: object.text_or_empty(&["collectionName"]),
        state: job.state,
        percent: job.percent,
        rows: job.rows,
        total_rows: job.total_rows,
        file_name: job.file_name,
        file_size: job.file_size,
        complete_time: job.complete_time,
        reason: job.reason,
        details: object.objects(&["details"]).iter().map(read_file).collect(),
    })
}

/// Completed means all of it, whatever number got stuck at 80 or 99.
pub(super) const fn whole(state: &State, percent: f64) -> f64 {
    match state.kind {
        JobState::Completed => 100.0,
        _ => percent,
    }
}

/// Reads a page of the list; all three dialects send it in this shape.
pub(super) fn read_page(data: &Data<'_>) -> Result<JobPage, ApiError> {
    // Servers with nothing to list have sent null, an empty object, and a list instead of records.
    let object = data.raw().and_then(Fields::of);
    let records = match &object {
        Some(object) => object.objects(&["records", "jobs"]),
        None => data.list()?.into_iter().filter_map(Fields::of).collect(),
    };
    Ok(JobPage {
        jobs: records.iter().filter_map(read_summary).collect(),
        count: object.and_then(|object| object.count(&["count", "total"])),
    })
}

/// One record; `None` where it has no id, since nothing can be done with such a job.
fn read_summary(record: &Fields<'_>) -> Option<JobSummary> {
    let state = State::parse(&record.text_or_empty(&["state"]));
    Some(JobSummary {
        job_id: record.text(&JOB_ID)?,
        collection: record.text_or_empty(&["collectionName"]),
        percent: record
            .number(&["progress"])
            .map(|sent| whole(&state, fields::percent(sent))),
        reason: record.text(&["reason", "errorMessage"]),
        state,
    })
}
