//! `import`, `progress`, `jobs`.

use super::request::{self, ImportSubmission};
use super::watch::ask::{Answer, Pace, Question, ask};
use crate::api::model::{JobState, JobSummary, Progress};
use crate::api::{JobFilter, JobWalk, is_no_job};
use crate::connection::Connection;
use crate::engine::call::{Call, Function};
use crate::engine::describe::{ExamplePlace, Family, Opt, Takes, opt, opt_as};
use crate::engine::options::Options;
use crate::engine::types::{Gives, Job, List, ListKind, ProgressValue, ScriptType, SummaryValue};
use crate::error::{Failure, Kind};
use crate::journal::target;
use crate::session::Session;
use crate::submission::{Notice, Shown};
use crate::text::words;
use jiff::Timestamp;
use rhai::Dynamic;
use std::collections::HashMap;
use std::rc::Rc;

/// The default limit of `jobs()`.
pub(super) const DEFAULT_LIMIT: usize = 100;

const JOBS_OPTIONS: &[Opt] = &[
    opt("state", "a state, a list of states, or \"active\"")
        .of(Takes::State)
        .list(),
    opt_as(
        "collection",
        &["collection_name"],
        "only this collection's jobs",
    )
    .of(Takes::Collection),
    opt_as("db", &["db_name", "database"], "database"),
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
pub(crate) const FUNCTIONS: &[Function] = &[
    Function::new(
        Family::Jobs,
        "import",
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
        Family::Jobs,
        "progress",
        &["progress(job)"],
        "reads a job's progress once",
        "progress(jobs()[0])",
        progress,
    )
    .takes(&[Takes::Job])
    .gives(Gives::One(ProgressValue::TYPE))
    .related(&["wait", "jobs"]),
    Function::new(
        Family::Jobs,
        "jobs",
        &["jobs()", "jobs(#{state, collection, since, limit})"],
        "lists import jobs in the service's order, 100 by default",
        "jobs(#{state: \"active\"})",
        jobs,
    )
    .takes(&[Takes::Options])
    .options(JOBS_OPTIONS)
    .gives(Gives::Many(SummaryValue::TYPE))
    .related(&["progress", "wait", "show"]),
];

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
    known_reading(session, job, answer.map_err(Failure::from))
}

/// Returns the reading of an answer about a job, completed from the journal. The journal keeps the ends of jobs, also
/// after the service has forgotten them.
pub(super) fn known_reading(
    session: &Session,
    job: &Job,
    answer: Result<Progress, Failure>,
) -> Result<ProgressValue, Failure> {
    let settings = job.connection.client.settings();
    let progress = match answer {
        Ok(progress) => progress,
        // A job that has ended can't change, whatever the service responds now.
        Err(failure) if failure.kind == Kind::Refused || failure.is_transient() => {
            let remembered = session.desk.remembered(settings, &job.id);
            remembered.ok_or_else(|| forgotten(session, job, failure))?
        }
        Err(failure) => return Err(failure),
    };
    let shown = (job.id.as_str(), progress.state.kind, progress.rows);
    note_ends(session, &job.connection, [shown]);
    Ok(reading(job, progress))
}

/// Returns the error for a job that was submitted here and that the service has forgotten. Other failures are returned
/// unchanged.
fn forgotten(session: &Session, job: &Job, failure: Failure) -> Failure {
    let settings = job.connection.client.settings();
    let submitted = is_no_job(failure.code, said(&failure))
        .then(|| session.desk.submitted(settings, &job.id))
        .flatten();
    let Some((id, at)) = submitted else {
        return failure;
    };
    let text = format!(
        "the service does not know the job {} any more ({}), which was submitted at {at}: how it ended is not known",
        job.id,
        said(&failure)
    );
    let doubt = Failure {
        code: failure.code,
        ..Failure::new(Kind::Unknown, text)
    };
    doubt
        .with_hint(format!(
            "count the rows, then say it: zshell journal settle {id} --ended completed, or --ended failed to have it submitted again"
        ))
        .with_jobs(vec![job.id.clone()])
}

/// Returns the service's own words.
fn said(failure: &Failure) -> &str {
    let message = failure.message.split_once(": ");
    message.map_or(&failure.message, |(_, words)| words)
}

/// Returns the reading of a service's answer, with missing values filled in from the job.
fn reading(job: &Job, mut progress: Progress) -> ProgressValue {
    if progress.collection.is_empty() {
        progress.collection.clone_from(&job.collection);
    }
    // The requested id is shown, because it must lead back to the job.
    progress.job_id.clone_from(&job.id);
    ProgressValue::new(progress, &job.connection)
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

fn jobs(call: &Call) -> Result<Dynamic, Failure> {
    let options = call.options(0)?;
    let states = states(&options)?;
    let limit = limit(&options, DEFAULT_LIMIT)?;
    let since = options.moment("since")?;
    let connection = call.connection()?;
    let mut walk = connection.client.jobs(JobFilter {
        collection: options.text("collection")?,
        database: options.text("db")?,
    });
    let mut found: Vec<JobSummary> = Vec::new();
    // The time of a job may be unknown until the whole list is read.
    let enough = limit.filter(|_| since.is_none());
    while enough.is_none_or(|limit| found.len() < limit) {
        match walk.next() {
            None => break,
            Some(job) => {
                let job = job?;
                if states
                    .as_ref()
                    .is_none_or(|states| states.contains(&job.state.kind))
                {
                    found.push(job);
                }
            }
        }
    }
    if !walk.is_whole() {
        call.session.warn(&partly_read(&walk));
    }
    let ends = found
        .iter()
        .map(|job| (job.job_id.as_str(), job.state.kind, None));
    note_ends(call.session, &connection, ends);
    let settings = connection.client.settings();
    call.session.desk.complete(settings, &mut found);
    if let Some(since) = since {
        found = created_since(call, &connection, found, since)?;
        found.truncate(limit.unwrap_or(usize::MAX));
    }
    // With a client-side filter, the service's total doesn't fit the list.
    let total = walk.total();
    let kind = ListKind::Jobs(total.filter(|_| states.is_none() && since.is_none()));
    let rows = found
        .into_iter()
        .map(|summary| {
            Dynamic::from(SummaryValue {
                summary: Rc::new(summary),
                connection: Rc::clone(&connection),
            })
        })
        .collect();
    Ok(Dynamic::from(List::new(kind, rows)))
}

/// Maximum number of jobs whose creation times are read one by one, because the list doesn't have them.
const MAX_DATED: usize = 500;

/// Returns the jobs without a creation time, with their indexes, and how many more there are than can be asked about.
fn undated(jobs: &[JobSummary]) -> (Vec<(usize, &JobSummary)>, u64) {
    let undated = jobs.iter().enumerate();
    let mut undated: Vec<_> = undated
        .filter(|(_, job)| job.create_time.is_none())
        .collect();
    let beyond = undated.len().saturating_sub(MAX_DATED);
    undated.truncate(MAX_DATED);
    (undated, beyond as u64)
}

/// Returns the jobs that were created since then. A job whose creation time can't be found out is left out, with a
/// warning.
fn created_since(
    call: &Call,
    connection: &Rc<Connection>,
    mut jobs: Vec<JobSummary>,
    since: Timestamp,
) -> Result<Vec<JobSummary>, Failure> {
    let (undated, beyond) = undated(&jobs);
    let questions: Vec<Question> = undated
        .into_iter()
        .map(|(place, summary)| {
            let job = Job {
                id: summary.job_id.clone(),
                collection: summary.collection.clone(),
                connection: Rc::clone(connection),
            };
            Question::job(place, &job, None)
        })
        .collect();
    let mut completed = HashMap::new();
    ask(&questions, &Pace::default(), |answer| {
        if let Some(Answer::Job(place, Ok(progress))) = answer
            && let Some(job) = jobs.get_mut(place)
        {
            job.create_time = progress.create_time;
            completed.insert(job.job_id.clone(), progress.complete_time);
        }
        call.session.interrupt.check().is_ok()
    });
    call.session.interrupt.check()?;
    let is_since = |time: &str| Some(time.parse::<Timestamp>().ok()? >= since);
    let mut unknown = 0;
    jobs.retain(|job| {
        let created = job.create_time.as_deref().and_then(is_since);
        // A job that ended before was created before.
        let ended = completed.get(&job.job_id).and_then(Option::as_deref);
        let ended = ended.and_then(is_since).filter(|since| !since);
        let known = created.or(ended);
        unknown += u64::from(known.is_none());
        known == Some(true)
    });
    if beyond > 0 {
        call.session.warn(&format!(
            "jobs: {} left out, because the times of at most {} jobs are read one by one; the options collection and state shorten the list",
            words::count(beyond, "job"),
            words::number(MAX_DATED as u64),
        ));
    }
    unknown -= beyond.min(unknown);
    if unknown > 0 {
        call.session.warn(&format!(
            "jobs: {} left out, because the service doesn't say when they were created",
            words::count(unknown, "job")
        ));
    }
    Ok(jobs)
}

/// Returns the warning about a list that couldn't be read completely.
fn partly_read(walk: &JobWalk) -> String {
    let (read, counted) = walk.read_and_counted();
    match counted.filter(|count| *count > read) {
        Some(count) => format!(
            "jobs: read {read} of the {count} jobs that the service counts: the list changed meanwhile, or the service doesn't give all of it"
        ),
        None => "jobs: some of the list could not be read, so jobs may be missing".to_owned(),
    }
}

/// Returns the option `limit`; `None` for all.
pub(super) fn limit(options: &Options, default: usize) -> Result<Option<usize>, Failure> {
    match options.get("limit").and_then(crate::engine::types::as_text) {
        Some(word) if word == "all" => Ok(None),
        _ => {
            let limit = options
                .number("limit")
                .map_err(|failure| failure.with_hint("limit is a whole number, or \"all\""))?;
            Ok(Some(limit.map_or(default, |limit| {
                usize::try_from(limit).unwrap_or(usize::MAX)
            })))
        }
    }
}

/// Returns the states of `state: …`. `"active"` is every state that a job can still leave.
fn states(options: &Options) -> Result<Option<Vec<JobState>>, Failure> {
    let Some(words) = options.texts("state")? else {
        return Ok(None);
    };
    let mut states = Vec::new();
    for word in &words {
        if word.eq_ignore_ascii_case("active") {
            states.extend(
                JobState::ALL
                    .iter()
                    .copied()
                    .filter(|state| !state.is_final()),
            );
            continue;
        }
        let named = JobState::ALL
            .iter()
            .copied()
            .find(|state| state.word().eq_ignore_ascii_case(word));
        states.push(named.ok_or_else(|| no_state(word))?);
    }
    Ok(Some(states))
}

fn no_state(word: &str) -> Failure {
    let names: Vec<&str> = JobState::ALL
        .iter()
        .copied()
        .map(JobState::word)
        .chain(["active"])
        .collect();
    let hint = words::did_you_mean(word, names.iter().copied())
        .unwrap_or_else(|| format!("one of {}", words::list(&names, "and")));
    Failure::usage(format!("jobs: no state {word:?}")).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::model::State;

    #[test]
    fn the_jobs_whose_times_are_read_one_by_one_are_limited() {
        let job = |create_time: Option<&str>| JobSummary {
            job_id: "job".to_owned(),
            collection: String::new(),
            state: State::derived(JobState::Completed),
            percent: None,
            reason: None,
            file: String::new(),
            create_time: create_time.map(str::to_owned),
        };
        let mut jobs = vec![job(None); MAX_DATED];
        jobs.insert(1, job(Some("2026-01-01T10:00:00Z")));
        assert_eq!(undated(&jobs).1, 0);
        jobs.extend(vec![job(None); 3]);
        let (asked, beyond) = undated(&jobs);
        assert_eq!((asked.len(), asked[1].0, beyond), (MAX_DATED, 2, 3));
    }
}
