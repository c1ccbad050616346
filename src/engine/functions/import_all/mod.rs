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
use crate::api::model::{Dialect, ImportRequest, Source};
use crate::connection::Connection;
use crate::engine::call::{Call, Function};
use crate::engine::describe::{ExamplePlace, Family, Takes};
use crate::engine::functions::jobs::known_reading;
use crate::engine::functions::watch::requests::{Pace, read_jobs};
use crate::engine::options::Options;
use crate::engine::types::{
    BatchTotals, BatchValue, Gives, Job, List, ScriptType, list_of, map_of,
};
use crate::error::{Failure, Kind};
use crate::interrupt::TICK;
use crate::journal::{IdentityLock, Standing, Submission, target};
use crate::session::Session;
use crate::submission::{Notice, Submitter};
use crate::text::hash::hash;
use crate::text::words;
use entry::BatchEntry;
use options::{OPTIONS, QueueOptions};
use plan::{BatchTask, Before, JobGrouping, Unit};
use queue::Queue;
use rhai::{Dynamic, Map};
use serde_json::json;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};
use steps::{BatchFiles, BatchSteps};
use view::BatchView;

/// The time that another run is waited for before a notice is shown.
const SILENCE: Duration = Duration::from_secs(1);
/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Jobs.table([Function::new(
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
)]);

/// A call of `import_all` with its connection and the options of its queue.
struct BatchCall<'a> {
    call: &'a Call<'a>,
    session: &'a Session,
    connection: Rc<Connection>,
    how: QueueOptions,
}

fn import_all(call: &Call) -> Result<Dynamic, Failure> {
    let maps: Option<Vec<Map>> =
        list_of(call.arg(0, "the collection")?).and_then(|list| list.iter().map(map_of).collect());
    let options = call.options(if maps.is_some() { 1 } else { 2 })?;
    let batch = BatchCall {
        call,
        session: call.session,
        connection: call.connection()?,
        how: QueueOptions::read(&options)?,
    };
    let totals = match maps {
        Some(_) if batch.how.steps.any() => Err(call
            .misused("create, check, upload_to and verify are for one collection and its files")),
        Some(maps) => batch.run(&batch.of_maps(maps)?).map(|(totals, _)| totals),
        None => batch.in_steps(&options),
    };
    Ok(Dynamic::from(BatchValue::new(totals?)))
}

impl BatchCall<'_> {
    /// Runs the steps before the jobs, the jobs, and the step after them.
    fn in_steps(&self, options: &Options) -> Result<BatchTotals, Failure> {
        let (call, connection) = (self.call, &*self.connection);
        let collection = call.text(0, "the collection")?;
        if collection.trim().is_empty() {
            return Err(call.misused("the collection's name is empty"));
        }
        let mut template =
            request::around(options, connection, collection, Source::Files(Vec::new()))?;
        self.make_two_phase(&mut template);
        let target = steps::upload_target(call, connection, options, &mut template)?;
        let _turn = self.turn()?;
        let mut steps = BatchSteps::new(self.session, connection, &template, &self.how.steps)?;
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
                self.session.warn(warning);
            }
            BatchFiles::given(&sets)
        };
        let mut tasks = self.of_files(&template, &files.units)?;
        steps.compare_contents(&files.local, &mut tasks)?;
        steps.count_before(&tasks)?;
        let (mut totals, entries) = self.run(&tasks)?;
        let done = |task: &&BatchTask| matches!(task.before, Before::Job(_));
        steps.imported(&totals, tasks.iter().filter(done).count() as u64);
        steps.verify(&tasks, &entries)?;
        totals.steps = List::of("step", steps.ended);
        Ok(totals)
    }

    /// Waits until no other run imports into the collection under this prefix. Otherwise files that the other run submits
    /// while this run plans would be submitted twice.
    fn turn(&self) -> Result<Option<IdentityLock>, Failure> {
        let session = self.session;
        if session.dry_run().is_some() {
            return Ok(None);
        }
        let collection = self.call.text(0, "the collection")?;
        let target = target(self.connection.client.settings());
        let name = hash(&json!(["batch", target, collection, self.how.prefix]).to_string());
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

    /// Returns one job for each map.
    fn of_maps(&self, maps: Vec<Map>) -> Result<Vec<BatchTask>, Failure> {
        let mut tasks: Vec<BatchTask> = Vec::with_capacity(maps.len());
        // The collection of each key.
        let mut collections: HashMap<String, String> = HashMap::with_capacity(maps.len());
        for map in maps {
            let submission = request::from_map(self.call, &self.connection, map)?;
            for warning in &submission.warnings {
                self.session.warn(warning);
            }
            let mut request = submission.request;
            self.make_two_phase(&mut request);
            let settings = self.connection.client.settings();
            let key = || plan::key_of(&self.how.prefix, settings, &request);
            let key = submission.key.unwrap_or_else(key);
            if let Some(other) = collections.insert(key.clone(), request.collection.clone()) {
                let same = other == request.collection;
                return Err(self.call.misused(&format!(
                    "two imports have the key {key:?}{}",
                    if same { ": the same files twice?" } else { "" }
                )));
            }
            let files = request.source.sets().len() as u64;
            tasks.push(BatchTask::new(request, key, files, Vec::new()));
        }
        Ok(tasks)
    }

    /// Returns the files, grouped into jobs.
    fn of_files(
        &self,
        template: &ImportRequest,
        units: &[Unit],
    ) -> Result<Vec<BatchTask>, Failure> {
        let settings = self.connection.client.settings();
        let mut limits = self.how.limits;
        if settings.dialect == Dialect::V1 {
            // The create call of v1 accepts one file.
            limits.files = 1;
        }
        let grouping = JobGrouping {
            template,
            prefix: &self.how.prefix,
            settings,
            limits,
        };
        let mut earlier = self.session.desk.journal.batch(grouping.prefix)?;
        self.bring_up_to_date(grouping.open(units, &mut earlier))?;
        Ok(grouping.tasks(units, &earlier))
    }

    /// Reads the current state of earlier runs' jobs, several at a time. Jobs that can't be read are watched like the
    /// others.
    fn bring_up_to_date(&self, mut open: Vec<&mut Submission>) -> Result<(), Failure> {
        let job = |(at, before): (usize, &&mut Submission)| {
            let job = Job {
                id: before.job.clone()?,
                collection: before.intent.scope.collection.clone(),
                connection: Rc::clone(&self.connection),
            };
            Some((at, job))
        };
        // Each job has the index of its submission.
        let jobs: Vec<(usize, Job)> = open.iter().enumerate().filter_map(job).collect();
        let mut failed = None;
        read_jobs(&jobs, &Pace::default(), |answer| {
            let Some((at, answer)) = answer else {
                return failed.is_none();
            };
            let reading = known_reading(self.session, &jobs[at].1, answer);
            match reading.map(|reading| reading.progress.state.kind) {
                Ok(state) if state.is_final() => open[at].standing = Standing::Ended(state),
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
    fn make_two_phase(&self, request: &mut ImportRequest) {
        if self.how.atomic {
            let options = &mut request.options;
            options.retain(|(name, _)| name != "auto_commit");
            options.push(("auto_commit".to_owned(), "false".to_owned()));
        }
    }

    fn run(&self, tasks: &[BatchTask]) -> Result<(BatchTotals, Vec<BatchEntry>), Failure> {
        let (session, connection, how) = (self.session, &self.connection, &self.how);
        if !how.continue_on_error {
            let new = |task: &&BatchTask| matches!(task.before, Before::Nothing);
            let new = tasks.iter().filter(new).map(|task| &task.request);
            request::check_local_files(self.call, connection, new)?;
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
        let result = queue.run().and_then(|()| {
            if how.atomic {
                ending::end(&mut queue)
            } else {
                ending::commit_left(&mut queue)
            }
        });
        view.finish();
        if queue.known > 0 {
            session.notice(&format!(
                "{} of {} submitted by an earlier run under these keys",
                words::number(queue.known),
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
}
