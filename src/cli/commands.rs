//! Plain commands for common calls: `zshell import`, `jobs`, `progress`, `wait`, `journal list`. Each calls a script
//! function.

use super::Outcome;
use super::args::{ImportArgs, Jobs, JournalList, Wait};
use crate::engine::{ScriptError, registry};
use crate::error::Kind;
use crate::session::Session;
use rhai::{Array, Dynamic, Map};
use std::rc::Rc;
use std::time::Duration;

/// `zshell import COLLECTION PATH…`
pub(super) fn import(session: &Rc<Session>, import: ImportArgs) -> Outcome {
    if import.create || import.check || import.verify {
        return import_in_steps(session, import);
    }
    let options = map([
        ("collection", Some(import.collection.into())),
        ("urls", Some(texts(import.paths))),
        ("partition", import.partition.map(Dynamic::from)),
        ("db", import.db.map(Dynamic::from)),
        ("key", import.key.map(Dynamic::from)),
    ]);
    let job = call(session, "import", vec![options])?;
    if import.wait {
        call(session, "wait", vec![job])
    } else {
        Ok(job)
    }
}

/// `zshell import` with further steps, which is a batch.
fn import_in_steps(session: &Rc<Session>, import: ImportArgs) -> Outcome {
    let options = map([
        ("create", Some(import.create.into())),
        ("check", Some(import.check.into())),
        ("verify", Some(import.verify.into())),
        ("partition", import.partition.map(Dynamic::from)),
        ("db", import.db.map(Dynamic::from)),
        ("key_prefix", import.key.map(Dynamic::from)),
    ]);
    let files = texts(import.paths);
    call(
        session,
        "import_all",
        vec![import.collection.into(), files, options],
    )
}

/// `zshell jobs`
pub(super) fn jobs(session: &Rc<Session>, jobs: Jobs) -> Outcome {
    let options = map([
        ("state", (!jobs.state.is_empty()).then(|| texts(jobs.state))),
        ("collection", jobs.collection.map(Dynamic::from)),
        ("limit", jobs.limit.map(Dynamic::from)),
    ]);
    call(session, "jobs", vec![options])
}

/// `zshell progress ID`
pub(super) fn progress(session: &Rc<Session>, job: String) -> Outcome {
    call(session, "progress", vec![job.into()])
}

/// `zshell wait ID…`
pub(super) fn wait(session: &Rc<Session>, wait: Wait) -> Outcome {
    let options = map([("interval", wait.interval.map(seconds))]);
    let jobs = match <[String; 1]>::try_from(wait.jobs) {
        Ok([only]) => only.into(),
        Err(many) => texts(many),
    };
    call(session, "wait", vec![jobs, options])
}

/// `zshell journal list`
pub(super) fn submissions(session: &Rc<Session>, list: JournalList) -> Outcome {
    let options = map([
        ("state", (!list.state.is_empty()).then(|| texts(list.state))),
        ("collection", list.collection.map(Dynamic::from)),
        ("key_prefix", list.key_prefix.map(Dynamic::from)),
        ("limit", list.limit.map(Dynamic::from)),
    ]);
    call(session, "submissions", vec![options])
}

/// A usage error of the function is one of the command line.
pub(super) fn call(session: &Rc<Session>, name: &'static str, args: Vec<Dynamic>) -> Outcome {
    registry::call(session, name, args).map_err(|failure| {
        Box::<ScriptError>::from(match failure.kind {
            Kind::Usage => failure.of_the_command_line(),
            _ => failure,
        })
    })
}

fn seconds(time: Duration) -> Dynamic {
    time.as_secs_f64().into()
}

pub(super) fn texts(list: Vec<String>) -> Dynamic {
    list.into_iter()
        .map(Dynamic::from)
        .collect::<Array>()
        .into()
}

pub(super) fn map<const N: usize>(pairs: [(&str, Option<Dynamic>); N]) -> Dynamic {
    let given = pairs
        .into_iter()
        .filter_map(|(key, value)| Some((key.into(), value?)));
    given.collect::<Map>().into()
}
