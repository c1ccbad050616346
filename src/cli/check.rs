//! `zshell check PATH…` and `zshell infer PATH…`

use super::Outcome;
use super::args::{Check, Infer};
use super::commands::{call, map, texts};
use crate::check::merge;
use crate::engine::types::ReportValue;
use crate::error::{Failure, Kind};
use crate::render::OutputFormat;
use crate::session::Session;
use rhai::Dynamic;
use std::path::Path;
use std::rc::Rc;

/// Checks files. The exit code says whether the import would succeed.
pub(super) fn check(session: &Rc<Session>, check: Check) -> Outcome {
    if !check.merge.is_empty() {
        let report = merge(check.merge, check.strict, &session.interrupt).map_err(Failure::from)?;
        return Ok(judged(session, Dynamic::from(ReportValue::new(report))));
    }
    // A path without a dot or slash would be taken for a collection.
    let schema = check.schema.map(|path| Path::new(".").join(path));
    let schema = schema.map(|path| path.to_string_lossy().into_owned());
    let target = schema.or(check.collection);
    let target = target.map_or(Dynamic::UNIT, Dynamic::from);
    let options = map([
        ("strict", Some(check.strict.into())),
        ("sample", check.sample.map(number)),
        ("shard", check.shard.map(Dynamic::from)),
        ("keys_out", check.keys_out.map(Dynamic::from)),
        ("sep", check.sep.map(Dynamic::from)),
        ("nullkey", check.nullkey.map(Dynamic::from)),
        ("storage_keys", check.storage_keys.map(Dynamic::from)),
    ]);
    let report = call(session, "check", vec![texts(check.paths), target, options])?;
    Ok(judged(session, report))
}

/// Sets the exit code by a report.
fn judged(session: &Session, report: Dynamic) -> Dynamic {
    if let Some(report) = report.read_lock::<ReportValue>() {
        let report = report.report();
        if report.unreadable {
            session.note_failed(Kind::Script);
        } else if !report.is_ok() {
            session.note_failed(Kind::Refused);
        }
    }
    report
}

/// Proposes a schema. It's JSON also in the table format, so it can be kept in a file for `--schema`.
pub(super) fn infer(session: &Rc<Session>, infer: Infer) -> Outcome {
    let options = map([
        ("sep", infer.sep.map(Dynamic::from)),
        ("nullkey", infer.nullkey.map(Dynamic::from)),
        ("storage_keys", infer.storage_keys.map(Dynamic::from)),
    ]);
    let schema = call(session, "infer", vec![texts(infer.paths), options])?;
    if session.choices().output == OutputFormat::Table {
        session.choose(|choices| choices.output = OutputFormat::Json);
    }
    Ok(schema)
}

fn number(value: u64) -> Dynamic {
    i64::try_from(value).unwrap_or(i64::MAX).into()
}
