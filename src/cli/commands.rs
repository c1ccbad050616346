//! The common calls without quoting: `zshell import`, `jobs`, `progress`, `wait`. Each is a call of the language.

use super::Outcome;
use super::args::{Import, Jobs, Wait};
use crate::engine::{Interpreter, ScriptError};
use rhai::{Array, Dynamic, Map};

/// `zshell import COLLECTION PATH…`
pub(super) fn import(interpreter: &Interpreter, import: Import) -> Outcome {
    let options = map([
        ("collection", Some(import.collection.into())),
        ("urls", Some(texts(import.paths))),
        ("partition", import.partition.map(Dynamic::from)),
        ("db", import.db.map(Dynamic::from)),
        ("key", import.key.map(Dynamic::from)),
    ]);
    let job = call(interpreter, "import", vec![options])?;
    if import.wait {
        call(interpreter, "wait", vec![job])
    } else {
        Ok(job)
    }
}

/// `zshell jobs`
pub(super) fn jobs(interpreter: &Interpreter, jobs: Jobs) -> Outcome {
    let options = map([
        ("state", (!jobs.state.is_empty()).then(|| texts(jobs.state))),
        ("collection", jobs.collection.map(Dynamic::from)),
        ("limit", jobs.limit.map(Dynamic::from)),
    ]);
    call(interpreter, "jobs", vec![options])
}

/// `zshell progress ID`
pub(super) fn progress(interpreter: &Interpreter, job: String) -> Outcome {
    call(interpreter, "progress", vec![job.into()])
}

/// `zshell wait ID…`
pub(super) fn wait(interpreter: &Interpreter, wait: Wait) -> Outcome {
    let options = map([("interval", wait.interval.map(Dynamic::from))]);
    let jobs = match <[String; 1]>::try_from(wait.jobs) {
        Ok([only]) => only.into(),
        Err(many) => texts(many),
    };
    call(interpreter, "wait", vec![jobs, options])
}

fn call(interpreter: &Interpreter, name: &'static str, args: Vec<Dynamic>) -> Outcome {
    interpreter
        .call(name, args)
        .map_err(Box::<ScriptError>::from)
}

fn texts(list: Vec<String>) -> Dynamic {
    list.into_iter()
        .map(Dynamic::from)
        .collect::<Array>()
        .into()
}

fn map<const N: usize>(pairs: [(&str, Option<Dynamic>); N]) -> Dynamic {
    let given = pairs
        .into_iter()
        .filter_map(|(key, value)| Some((key.into(), value?)));
    given.collect::<Map>().into()
}
