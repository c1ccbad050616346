//! `zshell check PATH…`

use super::Outcome;
use super::args::Check;
use super::commands::{call, map, texts};
use crate::engine::types::ReportValue;
use crate::error::{Failure, Kind};
use crate::session::Session;
use rhai::Dynamic;
use std::rc::Rc;

/// Checks files. The exit code says whether the import would succeed.
pub(super) fn check(session: &Rc<Session>, check: Check) -> Outcome {
    let target = check.schema.or(check.collection);
    let Some(target) = target else {
        return Err(
            Failure::usage("give the schema: --schema FILE or --collection NAME")
                .of_the_command_line()
                .into(),
        );
    };
    let options = map([
        ("strict", Some(check.strict.into())),
        ("sample", check.sample.map(number)),
        ("shard", check.shard.map(Dynamic::from)),
        ("keys_out", check.keys_out.map(Dynamic::from)),
        ("sep", check.sep.map(Dynamic::from)),
        ("nullkey", check.nullkey.map(Dynamic::from)),
        ("storage_keys", check.storage_keys.map(Dynamic::from)),
    ]);
    let report = call(
        session,
        "check",
        vec![texts(check.paths), target.into(), options],
    )?;
    if let Some(report) = report.read_lock::<ReportValue>() {
        let report = report.report();
        if report.unreadable {
            session.note_failed(Kind::Script);
        } else if !report.is_ok() {
            session.note_failed(Kind::Refused);
        }
    }
    Ok(report)
}

fn number(value: u64) -> Dynamic {
    i64::try_from(value).unwrap_or(i64::MAX).into()
}
