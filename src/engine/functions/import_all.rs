//! `import_all`: many files through a bounded queue of jobs, exactly once, also when the run is cut off and started again.
//!
//! [`plan`] puts files together into jobs with keys of their own, [`queue`] submits and watches them, [`ending`] commits
//! or aborts a batch that is to be visible as a whole.

mod ending;
mod entry;
mod plan;
mod queue;
mod view;

use super::request::{self, shared};
use crate::api::model::{ImportRequest, Source};
use crate::connection::Connection;
use crate::engine::call::Call;
use crate::engine::options::Options;
use crate::engine::registry::{Family, Function, Gives, Opt, Takes, opt};
use crate::engine::values::{BatchValue, found};
use crate::error::{Failure, Kind};
use crate::render::{explain_failure, words};
use entry::Entry;
use plan::{Most, Task, Unit};
use queue::Queue;
use rhai::{Array, Dynamic, Map};
use serde_json::{Value, json};
use std::rc::Rc;
use std::time::Instant;
use view::View;

/// How many failed jobs an error explains; it names all of them.
const EXPLAINED: usize = 20;
/// Keys are at most 256 characters long; the rest of one is a hash.
const LONGEST_PREFIX: usize = 200;
/// The prefix of keys where none is chosen.
const PREFIX: &str = "import_all";

const OPTIONS: &[Opt] = &[
    opt("files_per_job", "the most files, or sets of files, of one job").or("256"),
    opt("bytes_per_job", "the most bytes of one job, where files' sizes are known"),
    opt("max_running", "the most jobs at a time").or("8"),
    opt(
        "atomic",
        "true: nothing is visible until all jobs are ready; if one fails, none is",
    )
    .or("false")
    .of(Takes::Flag),
    opt(
        "on_error",
        "\"stop\" submits nothing more after a failure, \"continue\" does; the run ends with exit code 4 either way",
    )
    .or("\"stop\"")
    .of(Takes::Words(&["stop", "continue"])),
    opt(
        "key_prefix",
        "how the jobs' keys begin: the same files under the same prefix are imported once",
    )
    .or("\"import_all\""),
    shared::PARTITION,
    shared::DB,
    shared::ACCESS_KEY,
    shared::SECRET_KEY,
    shared::SESSION_TOKEN,
    shared::STORAGE_KEYS,
    shared::API,
];

/// This family's table.
pub const FUNCTIONS: &[Function] = &[Function::new(
    Family::Jobs,
    "import_all",
    &[
        "import_all(collection, [path, …])",
        "import_all(collection, [path, …], #{files_per_job, max_running, atomic, …})",
        "import_all([#{collection, url, …}, …], #{max_running, …})",
    ],
    "imports many files through a queue of jobs; run again, it goes on where it was",
    "import_all(\"books\", glob(\"books/*.parquet\"), #{files_per_job: 100})",
    import_all,
)
.arity(1, 3)
.takes(&[Takes::Collection, Takes::Data, Takes::Options])
.options(OPTIONS)
.gives(Gives::Batch)
.related(&["import", "glob", "submissions", "wait"])
.method()];

/// What the options say about the queue.
struct How {
    most: Most,
    max_running: usize,
    atomic: bool,
    goes_on: bool,
    prefix: String,
}

impl How {
    fn read(options: &Options) -> Result<Self, Failure> {
        let count = |name: &str, default: u64| match options.number(name)? {
            Some(0) => Err(Failure::usage(format!(
                "import_all: the option {name} is at least 1"
            ))),
            number => Ok(usize::try_from(number.unwrap_or(default)).unwrap_or(usize::MAX)),
        };
        let goes_on = match options.text("on_error")?.as_deref() {
            None | Some("stop") => false,
            Some("continue") => true,
            Some(other) => {
                return Err(Failure::usage(format!(
                    "import_all: on_error is \"stop\" or \"continue\", got {other:?}"
                )));
            }
        };
        let prefix = options.text("key_prefix")?;
        let prefix = prefix.unwrap_or_else(|| PREFIX.to_owned());
        let sound = prefix.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !sound || prefix.is_empty() || prefix.len() > LONGEST_PREFIX {
            return Err(Failure::usage(format!(
                "import_all: key_prefix is 1 to {LONGEST_PREFIX} printable ASCII characters"
            )));
        }
        Ok(Self {
            most: Most {
                files: count("files_per_job", 256)?,
                bytes: options.number("bytes_per_job")?,
            },
            max_running: count("max_running", 8)?,
            atomic: options.flag("atomic")?.unwrap_or(false),
            goes_on,
            prefix,
        })
    }
}

fn import_all(call: &Call) -> Result<Dynamic, Failure> {
    let connection = call.connection()?;
    let maps = maps(call.arg(0, "the collection")?);
    let options = call.options(if maps.is_some() { 1 } else { 2 })?;
    let how = How::read(&options)?;
    let tasks = match maps {
        Some(maps) => of_maps(call, &connection, &how, maps)?,
        None => of_files(call, &connection, &how, &options)?,
    };
    run(call, &connection, &how, &tasks)
}

/// The maps of a list of imports.
fn maps(value: &Dynamic) -> Option<Vec<Map>> {
    let list = value.clone().try_cast::<Array>()?;
    list.into_iter().map(Dynamic::try_cast::<Map>).collect()
}

/// One job for each map.
fn of_maps(
    call: &Call,
    connection: &Connection,
    how: &How,
    maps: Vec<Map>,
) -> Result<Vec<Task>, Failure> {
    let mut tasks: Vec<Task> = Vec::with_capacity(maps.len());
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
        if let Some(other) = tasks.iter().find(|task| task.key == key) {
            let same = other.request.collection == request.collection;
            return Err(call.misused(&format!(
                "two imports have the key {key:?}{}",
                if same { ": the same files twice?" } else { "" }
            )));
        }
        tasks.push(Task {
            request,
            key,
            files,
        });
    }
    Ok(tasks)
}

/// The files, cut into jobs.
fn of_files(
    call: &Call,
    connection: &Connection,
    how: &How,
    options: &Options,
) -> Result<Vec<Task>, Failure> {
    let collection = call.text(0, "the collection")?;
    if collection.trim().is_empty() {
        return Err(call.misused("the collection's name is empty"));
    }
    let paths = call.arg(1, "the list of files")?;
    if paths.is_map() {
        return Err(call.misused(&format!("files are a list of texts, got {}", found(paths))));
    }
    let (sets, warnings) = request::located(call, connection, paths)?;
    for warning in &warnings {
        call.session.warn(warning);
    }
    let mut template = request::around(options, connection, collection, Source::Files(Vec::new()))?;
    two_phase(&mut template, how);
    let units: Vec<Unit> = sets.iter().map(|set| Unit::of(set)).collect();
    let settings = connection.client.settings();
    let mut most = how.most;
    if settings.dialect == crate::api::model::Dialect::V1 {
        // Its create call takes one file.
        most.files = 1;
    }
    let earlier = call
        .session
        .desk
        .journal
        .intents(&format!("{}-", how.prefix))?;
    Ok(plan::tasks(
        &units,
        &template,
        &how.prefix,
        most,
        settings,
        &earlier,
    ))
}

/// An atomic batch commits by itself.
fn two_phase(request: &mut ImportRequest, how: &How) {
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
    how: &How,
    tasks: &[Task],
) -> Result<Dynamic, Failure> {
    let session = call.session;
    let began = Instant::now();
    let view = View::new(session);
    // The line about each known key is the batch's to tell, once.
    let tell = |text: &str| {
        if !text.starts_with("the key ") {
            view.say(text);
        }
    };
    let submitter = session.submitter(connection, &tell);
    let mut queue = Queue::new(
        session,
        connection,
        submitter,
        &view,
        tasks,
        how.max_running,
        how.goes_on && !how.atomic,
    );
    let mut result = queue.run();
    if how.atomic && result.is_ok() {
        result = ending::end(&mut queue);
    }
    view.finish();
    let known = queue.known_before();
    if known > 0 {
        session.notice(&format!(
            "{} of {} submitted by an earlier run under these keys",
            words::number(known),
            words::count(tasks.len() as u64, "job")
        ));
    }
    result.map_err(|failure| cut_off(&queue, failure))?;
    let failed: Vec<&Entry> = queue.entries.iter().filter(|it| it.has_failed()).collect();
    if !failed.is_empty() {
        let failure = failure_of(&failed, &queue, how);
        if !how.goes_on || how.atomic {
            return Err(failure);
        }
        session.notice(&format!("warning: {}", failure.message));
        session.note_failed(failure.kind);
    }
    Ok(Dynamic::from(batch(&queue, began)))
}

/// What a run that was cut off says: how far it came, and that it can go on.
fn cut_off(queue: &Queue<'_>, failure: Failure) -> Failure {
    let count = queue.count();
    let open = queue.open_jobs();
    let known = queue.entries.iter().filter(|it| it.job.is_some()).count() as u64;
    let message = format!(
        "{}; {} of {} ended, {} under way, {} not submitted",
        failure.message,
        words::number(count.done),
        words::count(count.jobs, "job"),
        words::number(open.len() as u64),
        words::number(count.jobs.saturating_sub(known)),
    );
    Failure { message, ..failure }
        .with_hint(
            "run the same again: it goes on where it was, and submits nothing twice".to_owned(),
        )
        .with_jobs(open)
}

/// Which jobs failed, and why.
fn failure_of(failed: &[&Entry], queue: &Queue<'_>, how: &How) -> Failure {
    let count = queue.count();
    let mut texts = vec![format!(
        "{} of {} failed{}",
        words::number(failed.len() as u64),
        words::count(count.jobs, "job"),
        if how.atomic {
            ", so none was committed"
        } else {
            ""
        },
    )];
    let mut hint = None;
    for entry in failed.iter().take(EXPLAINED) {
        if let Some(failure) = &entry.failure {
            texts.push(failure.message.clone());
            hint = hint.or_else(|| failure.hint.clone());
        } else if let Some(why) = entry.progress.as_ref().and_then(|it| explain_failure(it)) {
            texts.push(why.message());
            hint = hint.or_else(|| Some(why.advice()));
        }
    }
    if failed.len() > EXPLAINED {
        let more = (failed.len() - EXPLAINED) as u64;
        texts.push(format!("and {}", words::count(more, "more failed job")));
    }
    let doubtful = |entry: &&&Entry| {
        let failure = entry.failure.as_ref();
        failure.is_some_and(|it| it.kind == Kind::Unknown)
    };
    let refused = |entry: &&Entry| entry.progress.is_none();
    let kind = match () {
        () if failed.iter().any(|entry| doubtful(&entry)) => Kind::Unknown,
        () if failed.iter().all(refused) => failed
            .iter()
            .find_map(|it| it.failure.as_ref())
            .map_or(Kind::Refused, |it| it.kind),
        () => Kind::JobFailed,
    };
    let ids = failed.iter().filter_map(|it| it.job.clone()).collect();
    let again = "what has failed is submitted again by the next run, what is done is not";
    Failure::new(kind, texts.join("\n"))
        .with_hint(hint.map_or_else(|| again.to_owned(), |hint| format!("{hint}; {again}")))
        .with_jobs(ids)
}

/// What the script gets.
fn batch(queue: &Queue<'_>, began: Instant) -> BatchValue {
    let job = |(task, entry): (&Task, &Entry)| -> Value {
        let reason = entry.failure.as_ref().map(|it| it.message.clone());
        let reason = reason.or_else(|| entry.progress.as_ref().and_then(|it| it.reason.clone()));
        json!({
            "job": entry.job,
            "key": task.key,
            "state": entry.progress.as_ref().map(|it| it.state.to_string()),
            "files": task.files,
            "rows": entry.progress.as_ref().and_then(|it| it.rows),
            "reason": reason,
        })
    };
    let count = queue.count();
    let jobs: Vec<Value> = queue.tasks.iter().zip(&queue.entries).map(job).collect();
    let submitted = queue.entries.iter().filter(|it| it.progress.is_some());
    let ok = submitted.filter(|it| !it.has_failed()).count();
    BatchValue::new(json!({
        "ok": ok,
        "failed": count.failed,
        "jobs": jobs,
        "files": count.files,
        "rows": count.rows,
        "elapsed": (began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
    }))
}
