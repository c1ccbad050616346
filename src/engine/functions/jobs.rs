//! `import`, `progress`, and the table with `jobs`.

mod list;

use super::request::{self, ImportSubmission};
use crate::api::model::Progress;
use crate::api::{ApiError, ServiceReason};
use crate::connection::Connection;
use crate::engine::call::{Call, Function};
use crate::engine::describe::{ExamplePlace, Family, Opt, Takes, opt};
use crate::engine::types::{Gives, Job, ProgressValue, ScriptType, SummaryValue};
use crate::error::{Failure, Kind};
use crate::journal::target;
use crate::session::Session;
use crate::submission::{Notice, Shown};
use rhai::Dynamic;

pub(super) use list::states;

/// The default limit of `jobs()`.
pub(super) const DEFAULT_LIMIT: usize = 100;

const JOBS_OPTIONS: &[Opt] = &[
    opt("state", "a state, a list of states, or \"active\"")
        .of(Takes::State)
        .list(),
    opt("collection", "only this collection's jobs")
        .alias(&["collection_name"])
        .of(Takes::Collection),
    opt("db", "database").alias(&["db_name", "database"]),
    opt(
        "since",
        "only jobs created since then: an age such as \"1h\" or \"7d\", or a time",
    )
    .of(Takes::Text("an age such as 1h or 7d, or a time")),
    opt("limit", "maximum number of jobs, or \"all\"")
        .or("100")
        .of(Takes::Count),
];

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Jobs.table([
    Function::new(
        &[
            "import(collection, path)",
            "import(collection, [path, …])",
            "import(collection, path, #{…})",
            "import(#{collection, url, …})",
        ],
        "submits one import job",
        "write_text(\"more.jsonl\", `{\"id\": 2, \"vector\": [0,1,0,0], \"title\": \"Emma\"}`);\nimport(\"books\", \"more.jsonl\")",
        import,
    )
    .takes(&[Takes::Collection, Takes::Data, Takes::Options])
    .options(request::OPTIONS)
    .gives(Gives::One(Job::TYPE))
    .related(&["wait", "progress", "jobs", "create_collection"])
    .also_in(
        ExamplePlace::Bucket,
        "import(\"books\", \"s3://my-bucket/books/1.parquet\", #{storage_keys: \"aws\"})",
    ),
    Function::new(
        &["progress(job)"],
        "reads a job's progress once",
        "progress(jobs()[0])",
        progress,
    )
    .takes(&[Takes::Job])
    .gives(Gives::One(ProgressValue::TYPE))
    .related(&["wait", "jobs"]),
    Function::new(
        &["jobs()", "jobs(#{state, collection, since, limit})"],
        "lists import jobs in the service's order, 100 by default",
        "jobs(#{state: \"active\"})",
        list::jobs,
    )
    .takes(&[Takes::Options])
    .options(JOBS_OPTIONS)
    .gives(Gives::Many(SummaryValue::TYPE))
    .related(&["progress", "wait", "show"]),
]);

fn import(call: &Call) -> Result<Dynamic, Failure> {
    let connection = call.connection()?;
    let submission = request::read(call, &connection)?;
    for warning in &submission.warnings {
        call.session.warn(warning);
    }
    if !is_known_key(call, &connection, &submission)? {
        request::check_local_files(call, &connection, [&submission.request])?;
    }
    let notify = |notice: Notice| call.session.notice(&notice.to_string());
    let mut submitter = call.session.submitter(&connection, &notify);
    submitter.busy_wait = submission.busy_wait.unwrap_or(submitter.busy_wait);
    let id = submitter.submit(&submission.request, submission.key.as_deref())?;
    Ok(Dynamic::from(Job {
        id,
        collection: submission.request.collection,
        connection,
    }))
}

/// Returns true if the import key has a submission already, whose files may be gone.
fn is_known_key(
    call: &Call,
    connection: &Connection,
    submission: &ImportSubmission,
) -> Result<bool, Failure> {
    let Some(key) = &submission.key else {
        return Ok(false);
    };
    let target = target(connection.client.settings());
    let journal = &call.session.desk.journal;
    Ok(journal.read(|fold| fold.under_key(&target, key).is_some())?)
}

fn progress(call: &Call) -> Result<Dynamic, Failure> {
    let job = call.job(call.arg(0, "the job")?)?;
    read_progress(call.session, &job).map(Dynamic::from)
}

/// Reads a job's progress once. Values missing from the answer are filled in from the job.
pub(super) fn read_progress(session: &Session, job: &Job) -> Result<ProgressValue, Failure> {
    let answer = job.connection.client.progress(&job.id);
    known_reading(session, job, answer)
}

/// Returns the reading of an answer about a job, completed from the journal. The journal keeps the ends of jobs, also
/// after the service has forgotten them.
pub(super) fn known_reading(
    session: &Session,
    job: &Job,
    answer: Result<Progress, ApiError>,
) -> Result<ProgressValue, Failure> {
    let settings = job.connection.client.settings();
    let mut progress = match answer {
        Ok(progress) => progress,
        // A job that has ended can't change, whatever the service responds now.
        Err(error) => {
            let failure = Failure::from(error.clone());
            if failure.kind != Kind::Refused && !failure.is_transient() {
                return Err(failure);
            }
            let remembered = session.desk.remembered(settings, &job.id);
            remembered.ok_or_else(|| forgotten(session, job, &error))?
        }
    };
    let shown = (job.id.as_str(), progress.state.kind, progress.rows);
    note_ends(session, &job.connection, [shown]);
    if progress.collection.is_empty() {
        progress.collection.clone_from(&job.collection);
    }
    // The requested id is shown, because it must lead back to the job.
    progress.job_id.clone_from(&job.id);
    Ok(ProgressValue::new(progress, &job.connection))
}

/// Returns the failure for a job that was submitted here and that the service has forgotten. Other errors are returned
/// unchanged.
fn forgotten(session: &Session, job: &Job, error: &ApiError) -> Failure {
    let settings = job.connection.client.settings();
    let ApiError::Service { message, .. } = error else {
        return error.clone().into();
    };
    if error.reason() != Some(ServiceReason::NoJob) {
        return error.clone().into();
    }
    let Some((id, at)) = session.desk.submitted(settings, &job.id) else {
        return error.clone().into();
    };
    let text = format!(
        "the service does not know the job {} any more ({message}), which was submitted at {at}: how it ended is not known",
        job.id
    );
    let mut doubt = Failure::new(Kind::Unknown, text);
    doubt.code = error.code();
    doubt
        .with_hint(format!(
            "count the rows, then say it: zshell journal settle {id} --ended completed, or --ended failed to have it submitted again"
        ))
        .with_jobs(vec![job.id.clone()])
}

/// Records the ends of known jobs in the journal. If the journal can't be written, a warning is
/// shown and the jobs are still listed.
fn note_ends<'a>(
    session: &Session,
    connection: &Connection,
    jobs: impl IntoIterator<Item = Shown<'a>>,
) {
    let settings = connection.client.settings();
    if let Err(error) = session.desk.note_ends(settings, jobs) {
        session.notice(&format!("warning: {error}"));
    }
}
