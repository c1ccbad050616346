//! `jobs()`: the service's list of jobs, by state and age.

use super::{DEFAULT_LIMIT, note_ends};
use crate::api::model::{JobState, JobSummary};
use crate::api::{JobFilter, JobWalk};
use crate::connection::Connection;
use crate::engine::call::Call;
use crate::engine::functions::watch::requests::{Pace, read_jobs};
use crate::engine::options::Options;
use crate::engine::types::{Job, List, ListKind, SummaryValue};
use crate::error::Failure;
use crate::text::words;
use jiff::Timestamp;
use rhai::Dynamic;
use std::collections::HashMap;
use std::rc::Rc;

pub(super) fn jobs(call: &Call) -> Result<Dynamic, Failure> {
    let options = call.options(0)?;
    let all = JobState::ALL.iter();
    let open = all.clone().filter(|state| !state.is_final());
    let open: Vec<&str> = open.map(|state| state.word()).collect();
    let all: Vec<&str> = all.map(|state| state.word()).collect();
    let states = states(call, &options, &all, ("active", &open))?;
    let limit = options.count("limit")?.unwrap_or(DEFAULT_LIMIT);
    let since = options.moment("since")?;
    let connection = call.connection()?;
    let mut walk = connection.client.jobs(JobFilter {
        collection: options.text("collection")?,
        database: options.text("db")?,
    });
    let mut found: Vec<JobSummary> = Vec::new();
    // The time of a job may be unknown until the whole list is read.
    let is_wanted = |job: &JobSummary| {
        let states = states.as_ref();
        states.is_none_or(|states| states.contains(&job.state.kind.word()))
    };
    while (since.is_some() || found.len() < limit)
        && let Some(job) = walk.next().transpose()?
    {
        found.extend(Some(job).filter(is_wanted));
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
        found.truncate(limit);
    }
    // With a client-side filter, the service's total doesn't fit the list.
    let total = walk.total();
    let kind = ListKind::Jobs(total.filter(|_| states.is_none() && since.is_none()));
    let row = |summary| {
        Dynamic::from(SummaryValue {
            summary: Rc::new(summary),
            connection: Rc::clone(&connection),
        })
    };
    let rows = found.into_iter().map(row).collect();
    Ok(Dynamic::from(List::new(kind, rows)))
}

/// Maximum number of jobs whose creation times are read one by one, because the list doesn't have them.
const MAX_DATED: usize = 500;

/// Returns the jobs without a creation time, with their indexes, and how many more there are than can be asked about.
fn undated(jobs: &[JobSummary]) -> (Vec<(usize, &JobSummary)>, u64) {
    let undated = jobs.iter().enumerate();
    let undated = undated.filter(|(_, job)| job.create_time.is_none());
    let mut undated: Vec<_> = undated.collect();
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
    let undated = undated.into_iter().map(|(place, summary)| {
        let job = Job {
            id: summary.job_id.clone(),
            collection: summary.collection.clone(),
            connection: Rc::clone(connection),
        };
        (place, job)
    });
    let undated: Vec<(usize, Job)> = undated.collect();
    let mut completed = HashMap::new();
    read_jobs(&undated, &Pace::default(), |answer| {
        if let Some((place, Ok(progress))) = answer {
            let job = &mut jobs[place];
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

/// Returns the states in the option `state`: one word or a list. The word `group` selects all of `members`.
pub(crate) fn states(
    call: &Call,
    options: &Options,
    known: &[&'static str],
    (group, members): (&'static str, &[&'static str]),
) -> Result<Option<Vec<&'static str>>, Failure> {
    let Some(given) = options.texts("state")? else {
        return Ok(None);
    };
    let mut states = Vec::new();
    for word in &given {
        if word.eq_ignore_ascii_case(group) {
            states.extend(members);
        } else if let Some(state) = known.iter().find(|it| it.eq_ignore_ascii_case(word)) {
            states.push(*state);
        } else {
            let names: Vec<&str> = known.iter().copied().chain([group]).collect();
            let hint = words::did_you_mean(word, names.iter().copied())
                .unwrap_or_else(|| format!("one of {}", words::list(&names, "and")));
            let name = call.function.name;
            return Err(Failure::usage(format!("{name}: no state {word:?}")).with_hint(hint));
        }
    }
    Ok(Some(states))
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
