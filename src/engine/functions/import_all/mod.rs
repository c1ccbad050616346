//! `import_all`: many files through a bounded queue of jobs, each imported exactly once, even if the run is cut off and
//! restarted.
//!
//! [`plan`] groups files into jobs with idempotency keys, [`queue`] submits and watches the jobs, and [`ending`]
//! commits or aborts an atomic batch. [`steps`] checks the files, creates the collection and uploads the files before the
//! jobs, and verifies the count after them.

mod ending;
mod entry;
mod options;
mod outcome;
mod plan;
mod queue;
mod steps;
mod view;

use super::request;
use crate::api::model::{ImportRequest, Source};
use crate::connection::Connection;
use crate::engine::call::{Call, Function};
use crate::engine::describe::{ExamplePlace, Family, Takes};
use crate::engine::functions::jobs::known_reading;
use crate::engine::functions::upload::UploadTarget;
use crate::engine::functions::watch::requests::{Pace, ProgressRequest, run_requests};
use crate::engine::types::{BatchTotals, BatchValue, Gives, Job, ScriptType, list_of, map_of};
use crate::error::{Failure, Kind};
use crate::interrupt::TICK;
use crate::journal::{IdentityLock, Standing, Submission, hash, target};
use crate::submission::{Notice, Submitter};
use crate::text::words;
use entry::BatchEntry;
use options::{OPTIONS, QueueOptions};
use plan::{BatchTask, Before, Unit};
use queue::Queue;
use rhai::{Dynamic, Map};
use serde_json::json;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};
use steps::{BatchFiles, BatchSteps, StepChoices};
use view::BatchView;

/// The time that another run is waited for before a notice is shown.
const SILENCE: Duration = Duration::from_secs(1);
/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &[Function::new(
    Family::Jobs,
    "import_all",
    &[
        "import_all(collection, [path, …])",
        "import_all(collection, pattern, #{create, check, upload_to, verify, files_per_job, max_running, atomic, …})",
        "import_all([#{collection, url, …}, …])",
        "import_all([#{collection, url, …}, …], #{max_running, …})",
    ],
    "imports many files as a batch of jobs; another run continues the batch",
    "write_text(\"part-1.jsonl\", `{\"id\": 11, \"vector\": [0.1, 0.2, 0.3, 0.4]}`);\nwrite_text(\"part-2.jsonl\", `{\"id\": 12, \"vector\": [0,1,0,0]}`);\nimport_all(\"books\", glob(\"part-*.jsonl\"), #{files_per_job: 1})",
    import_all,
)
.takes(&[Takes::Collection, Takes::Data, Takes::Options])
.options(OPTIONS)
.gives(Gives::One(BatchValue::TYPE))
.related(&["import", "check", "upload", "glob", "submissions"])
.also_in(
    ExamplePlace::Bucket,
    "import_all(\"books\", glob(\"s3://my-bucket/books/*.parquet\"), #{storage_keys: \"aws\"})",
)];

fn import_all(call: &Call) -> Result<Dynamic, Failure> {
    let connection = call.connection()?;
    let maps = maps(call.arg(0, "the collection")?);
    let options = call.options(if maps.is_some() { 1 } else { 2 })?;
    let how = QueueOptions::read(&options)?;
    if let Some(maps) = maps {
        if StepChoices::read(&options)?.any() {
            return Err(call.misused(
                "create, check, upload_to and verify are for one collection and its files",
            ));
        }
        let tasks = of_maps(call, &connection, &how, maps)?;
        return run(call, &connection, &how, &tasks)
            .map(|(batch, _)| Dynamic::from(BatchValue::new(batch)));
    }
    let collection = call.text(0, "the collection")?;
    if collection.trim().is_empty() {
        return Err(call.misused("the collection's name is empty"));
    }
    let mut template =
        request::around(&options, &connection, collection, Source::Files(Vec::new()))?;
    two_phase(&mut template, &how);
    let target = steps::upload_target(call, &connection, &options, &mut template)?;
    let turn = turn(call, &connection, &how)?;
    let choices = StepChoices::read(&options)?;
    let mut steps = BatchSteps::new(call, &connection, &template, choices)?;
    let batch = in_steps(call, &connection, &how, &mut steps, target);
    drop(turn);
    Ok(Dynamic::from(BatchValue::new(batch?)))
}

/// Runs the steps before the jobs, the jobs, and the step after them.
fn in_steps(
    call: &Call,
    connection: &Rc<Connection>,
    how: &QueueOptions,
    steps: &mut BatchSteps<'_>,
    target: Option<UploadTarget>,
) -> Result<BatchTotals, Failure> {
    let mut paths = call.arg(1, "the list of files")?.clone();
    if map_of(&paths).is_some() {
        return Err(call.wrong_type("files are a list of texts", &paths));
    }
    let files = if let Some(target) = target {
        let files = steps::given_files(&paths);
        steps.prepare(&steps::importable(&files)?)?;
        steps.upload(target, files)?
    } else {
        paths = steps::expanded(connection, &paths)?;
        let (sets, warnings) = request::located(call, connection, &paths)?;
        steps.prepare(&steps::given_files(&paths))?;
        for warning in &warnings {
            call.session.warn(warning);
        }
        BatchFiles::given(&sets)
    };
    let mut tasks = of_files(call, connection, how, steps.template, &files.units)?;
    steps.compare_contents(&files.local, &mut tasks)?;
    steps.count_before(&tasks)?;
    let (mut batch, entries) = run(call, connection, how, &tasks)?;
    let done = |task: &&BatchTask| matches!(task.before, Before::Job(_));
    steps.imported(&batch, tasks.iter().filter(done).count() as u64);
    steps.verify(&tasks, &entries)?;
    batch.steps = steps.list();
    Ok(batch)
}

/// Waits until no other run imports into the collection under this prefix. Otherwise files that the other run submits
/// while this run plans would be submitted twice.
fn turn(
    call: &Call,
    connection: &Connection,
    how: &QueueOptions,
) -> Result<Option<IdentityLock>, Failure> {
    let session = call.session;
    if session.dry_run().is_some() {
        return Ok(None);
    }
    let collection = call.text(0, "the collection")?;
    let target = target(connection.client.settings());
    let name = hash(&json!(["batch", target, collection, how.prefix]).to_string());
    let began = Instant::now();
    let mut told = false;
    loop {
        if let Some(lock) = session.desk.journal.lock_identity(&name)? {
            return Ok(Some(lock));
        }
        if !told && began.elapsed() > SILENCE {
            told = true;
            session.notice("another run of this batch is under way: waiting for its end");
        }
        session.interrupt.sleep(TICK)?;
    }
}

/// Returns the maps of a list of imports; `None` if an item isn't a map.
fn maps(value: &Dynamic) -> Option<Vec<Map>> {
    list_of(value)?.iter().map(map_of).collect()
}

/// Returns one job for each map.
fn of_maps(
    call: &Call,
    connection: &Connection,
    how: &QueueOptions,
    maps: Vec<Map>,
) -> Result<Vec<BatchTask>, Failure> {
    let mut tasks: Vec<BatchTask> = Vec::with_capacity(maps.len());
    // The collection of each key.
    let mut collections: HashMap<String, String> = HashMap::with_capacity(maps.len());
    for map in maps {
        let submission = request::from_map(call, connection, map)?;
        for warning in &submission.warnings {
            call.session.warn(warning);
        }
        let mut request = submission.request;
        two_phase(&mut request, how);
        let (Source::Files(sets) | Source::Volume { paths: sets, .. }) = &request.source;
        let files = sets.len() as u64;
        let own = submission.key;
        let settings = connection.client.settings();
        let key = own.unwrap_or_else(|| plan::key_of(&how.prefix, settings, &request));
        if let Some(other) = collections.insert(key.clone(), request.collection.clone()) {
            let same = other == request.collection;
            return Err(call.misused(&format!(
                "two imports have the key {key:?}{}",
                if same { ": the same files twice?" } else { "" }
            )));
        }
        tasks.push(BatchTask {
            request,
            key,
            files,
            stamps: Vec::new(),
            contents: Vec::new(),
            before: Before::Nothing,
        });
    }
    Ok(tasks)
}

/// Returns the files, grouped into jobs.
fn of_files(
    call: &Call,
    connection: &Rc<Connection>,
    how: &QueueOptions,
    template: &ImportRequest,
    units: &[Unit],
) -> Result<Vec<BatchTask>, Failure> {
    let settings = connection.client.settings();
    let mut limits = how.limits;
    if settings.dialect == crate::api::model::Dialect::V1 {
        // The create call of v1 accepts one file.
        limits.files = 1;
    }
    let journal = &call.session.desk.journal;
    let prefix = &how.prefix;
    let mut earlier = journal.batch(prefix)?;
    bring_up_to_date(
        call,
        connection,
        plan::open(units, template, settings, &mut earlier),
    )?;
    Ok(plan::tasks(
        units, template, prefix, limits, settings, &earlier,
    ))
}

/// Reads the current state of earlier runs' jobs, several at a time. Jobs that can't be read are watched like the
/// others.
fn bring_up_to_date(
    call: &Call,
    connection: &Rc<Connection>,
    mut open: Vec<&mut Submission>,
) -> Result<(), Failure> {
    let job = |before: &Submission| {
        Some(Job {
            id: before.job.clone()?,
            collection: before.intent.scope.collection.clone(),
            connection: Rc::clone(connection),
        })
    };
    let jobs: Vec<Job> = open.iter().filter_map(|before| job(before)).collect();
    let requests = jobs.iter().enumerate();
    let requests = requests.map(|(at, job)| ProgressRequest::new(at, job, None));
    let requests: Vec<ProgressRequest> = requests.collect();
    let (pace, mut failed) = (Pace::default(), None);
    let send = |request: &ProgressRequest| request.send(&pace);
    run_requests(&requests, send, |answer| {
        let Some((at, answer)) = answer else {
            return failed.is_none();
        };
        let Some((job, before)) = jobs.get(at).zip(open.get_mut(at)) else {
            return true;
        };
        match known_reading(call.session, job, answer).map(|reading| reading.progress.state.kind) {
            Ok(state) if state.is_final() => before.standing = Standing::Ended(state),
            Ok(_) => {}
            Err(failure) if failure.kind == Kind::Unknown => {}
            // If the service is unavailable, the queue reads the job again.
            Err(failure) if failure.is_transient() => return failure.kind != Kind::Connect,
            Err(failure) => failed = Some(failure),
        }
        failed.is_none()
    });
    failed.map_or(Ok(()), Err)
}

/// Makes the jobs of an atomic batch two-phase, because the batch commits them itself.
fn two_phase(request: &mut ImportRequest, how: &QueueOptions) {
    if how.atomic {
        request.options.retain(|(name, _)| name != "auto_commit");
        request
            .options
            .push(("auto_commit".to_owned(), "false".to_owned()));
    }
}

fn run(
    call: &Call,
    connection: &Rc<Connection>,
    how: &QueueOptions,
    tasks: &[BatchTask],
) -> Result<(BatchTotals, Vec<BatchEntry>), Failure> {
    let session = call.session;
    if !how.continue_on_error {
        let new = tasks
            .iter()
            .filter(|it| matches!(it.before, Before::Nothing));
        request::check_local_files(call, connection, new.map(|task| &task.request))?;
    }
    let began = Instant::now();
    let view = BatchView::new(session);
    let notify = |notice: Notice| view.notice(&notice);
    // While the service is busy, the queue waits. A submission must not hold a place of the queue.
    let submitter = Submitter {
        busy_wait: Duration::ZERO,
        ..session.submitter(connection, &notify)
    };
    let mut queue = Queue::new(session, connection, submitter, &view, tasks, how);
    let ended = |queue: &mut Queue<'_>| {
        queue.run()?;
        if how.atomic {
            ending::end(queue)
        } else {
            ending::commit_left(queue)
        }
    };
    let result = ended(&mut queue);
    view.finish();
    let known = queue.known;
    if known > 0 {
        session.notice(&format!(
            "{} of {} submitted by an earlier run under these keys",
            words::number(known),
            words::count(tasks.len() as u64, "job")
        ));
    }
    result.map_err(|failure| outcome::cut_off(&queue, failure))?;
    let failed: Vec<&BatchEntry> = queue.entries.iter().filter(|it| it.has_failed()).collect();
    if !failed.is_empty() {
        let failure = outcome::failure_of(&failed, &queue, how.atomic);
        if !how.continue_on_error || how.atomic {
            return Err(failure);
        }
        session.notice(&format!("warning: {}", failure.message));
        session.note_failed(failure.kind);
    }
    Ok((outcome::batch(&queue, began), queue.entries))
}
