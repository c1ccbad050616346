//! `zshell journal`: submissions and their outcome.

use super::args::{JournalCommand, Settle};
use super::{Outcome, plain};
use crate::api::model::State;
use crate::error::Failure;
use crate::journal::Word;
use crate::render::{OutputFormat, Shown};
use crate::session::Session;
use crate::text::words;
use jiff::{SignedDuration, Timestamp};
use rhai::Dynamic;
use serde_json::{Value, json};
use std::rc::Rc;
use std::time::Duration;

/// Runs a subcommand.
pub(super) fn journal(session: &Rc<Session>, command: JournalCommand) -> Outcome {
    let done = match command {
        JournalCommand::List(list) => return plain::run(session, &list),
        JournalCommand::Show { id } => show(session, &id),
        JournalCommand::Prune { older_than } => prune(session, older_than),
        JournalCommand::Settle(said) => settle(session, said),
    };
    done.map(|()| Dynamic::UNIT).map_err(Into::into)
}

fn show(session: &Session, id: &str) -> Result<(), Failure> {
    let journal = &session.desk.journal;
    let history: Vec<Value> = journal.history(id)?.iter().map(event).collect();
    let found = journal.read(|fold| {
        let submission = fold.submission(id)?;
        Some((submission.json(), submission.candidates.clone()))
    })?;
    let Some((mut whole, candidates)) = found else {
        let message = format!("the journal has no submission {id:?}");
        return Err(Failure::refused(message));
    };
    let for_people = session.choices().output == OutputFormat::Table;
    if !(for_people && candidates.is_empty()) {
        whole["candidates"] = Value::from(candidates);
    }
    if !for_people {
        whole["history"] = Value::Array(history);
        return session.show(Shown::Value(&whole));
    }
    session.show(Shown::Value(&whole))?;
    session.show(Shown::Value(&Value::Array(history)))
}

/// Returns an entry as a row: time, event, and the remaining fields of the entry.
fn event(entry: &Value) -> Value {
    let event = entry.as_object().and_then(|entry| entry.iter().next());
    let (kind, fields) = event.map_or(("", &Value::Null), |(kind, fields)| (kind, fields));
    let mut fields = fields.as_object().cloned().unwrap_or_default();
    let at = fields.remove("at").unwrap_or_default();
    // These fields are shown above the history.
    for name in [
        "id",
        "identity",
        "target",
        "collection",
        "connection",
        "key",
    ] {
        fields.remove(name);
    }
    json!({"at": at, "event": kind, "details": fields})
}

fn prune(session: &Session, older_than: Duration) -> Result<(), Failure> {
    let age = SignedDuration::try_from(older_than).unwrap_or(SignedDuration::MAX);
    let before = Timestamp::now()
        .saturating_sub(age)
        .unwrap_or(Timestamp::MIN);
    let journal = &session.desk.journal;
    if session.choices().dry_run {
        let (old, kept) = journal.would_prune(before)?;
        let old = words::count(old as u64, "submission");
        let kept = words::number(kept as u64);
        session.would(&format!("forget {old}, and keep {kept}"))?;
        return Ok(());
    }
    let pruned = journal.prune(before)?;
    session.notice(&format!(
        "{} forgotten, {} kept, {} of {} bytes left",
        words::count(pruned.removed as u64, "submission"),
        words::number(pruned.kept as u64),
        words::number(pruned.bytes_now),
        words::number(pruned.bytes_before),
    ));
    Ok(())
}

fn settle(session: &Session, said: Settle) -> Result<(), Failure> {
    let state = said.ended.map(|word| State::parse(&word).kind);
    let word = match (state, said.job) {
        (Some(state), job) => Word::Ended(state, job),
        (None, Some(job)) => Word::Job(job),
        (None, None) => Word::NoJob,
    };
    let (journal, id) = (&session.desk.journal, &said.id);
    let job = if session.choices().dry_run {
        journal.would_settle(id, &word)?
    } else {
        journal.settle(id, &word)?
    };
    let told = match (&job, state) {
        (None, _) => "no job".to_owned(),
        (Some(job), None) => format!("the job {job}"),
        (Some(job), Some(state)) => format!("the job {job}, which is {}", state.word()),
    };
    if session.would(&format!("settle {id}: it has made {told}"))? {
        return Ok(());
    }
    session.notice(&format!(
        "{id} has made {told}; that isn't checked, and settling it again corrects it"
    ));
    Ok(())
}
