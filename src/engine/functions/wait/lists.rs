//! Many jobs read from the job list: a page tells of a hundred jobs, a progress call of one.
//!
//! The list tells states only (reference: List). So a job that it shows as ended is still read once in full, and so is one
//! whose state it tells in no word that is known. Those that run are read in full in turn, a tenth of them a round, so that
//! their rows move.

use super::ask::until;
use crate::api::model::{Dialect, JobState, JobSummary, State};
use crate::api::{Client, JobFilter};
use crate::engine::values::Job;
use crate::error::Failure;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::Instant;

/// From so many jobs of a connection on the list is asked first.
pub(super) const MANY: usize = 16;
/// A walk reads at most one page for each so many jobs that it looks for.
const JOBS_A_PAGE: usize = 4;
/// For so many rounds a job that the list did not show is read by itself: the list may lag, or the job be in another database.
const ROUNDS: u32 = 8;
/// The part of the running jobs that is read in full each round, and at least how many.
const FRESHENED: (usize, usize) = (10, 8);

/// What the rounds so far have taught about the lists.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// The rounds so far.
    round: u32,
    /// Until which round a job at a place is read by itself.
    apart: HashMap<usize, u32>,
    /// The place after which the next running jobs are read in full.
    turn: usize,
}

/// The question where many jobs of one connection stand.
pub(super) struct ListQuestion {
    client: Client,
    filter: JobFilter,
    /// The places of the jobs by their ids; a job may be watched twice.
    wanted: HashMap<String, Vec<usize>>,
    pages: u64,
}

/// What the list said.
pub(super) struct Listed {
    /// The places of the jobs it was asked for.
    pub(super) asked: Vec<usize>,
    /// The places of those that it shows, with what it says.
    pub(super) found: Vec<(usize, JobSummary)>,
    /// How many requests that took.
    pub(super) requests: u64,
    /// Why it could not be read to its end.
    pub(super) failure: Option<Failure>,
}

impl Lists {
    /// Begins a round: one question for each connection with many of these jobs.
    pub(super) fn questions(
        &mut self,
        open: &[(usize, &Job)],
        deadline: Option<Instant>,
    ) -> Vec<ListQuestion> {
        self.round += 1;
        let round = self.round;
        self.apart.retain(|_, until| *until > round);
        let mut groups: HashMap<_, Vec<(usize, &Job)>> = HashMap::new();
        for (place, job) in open {
            // What a dry run pretends is on no list.
            let pretended = job.connection.client.settings().dry_run.is_some();
            if !pretended && !self.apart.contains_key(place) {
                let group = groups.entry(Rc::as_ptr(&job.connection)).or_default();
                group.push((*place, job));
            }
        }
        let many = groups.into_values().filter(|group| group.len() >= MANY);
        many.filter_map(|group| ListQuestion::new(&group, deadline))
            .collect()
    }

    /// Learns from an answer: what the list did not show, or not cheaply, is read by itself for a while.
    pub(super) fn learn(&mut self, listed: &Listed) {
        let until = self.round.saturating_add(ROUNDS);
        let found: HashSet<usize> = listed.found.iter().map(|(place, _)| *place).collect();
        let dear = listed.requests >= found.len() as u64;
        let asked = listed.asked.iter();
        let apart = asked.filter(|place| dear || !found.contains(place));
        self.apart.extend(apart.map(|place| (*place, until)));
    }

    /// Those of the running jobs, in the order of their places, whose turn it is to be read in full.
    pub(super) fn freshen(&mut self, running: &[usize]) -> Vec<usize> {
        let (part, least) = FRESHENED;
        let count = (running.len() / part).max(least).min(running.len());
        let first = running.partition_point(|place| *place < self.turn);
        let turn = running.iter().cycle().skip(first).take(count);
        let turn: Vec<usize> = turn.copied().collect();
        self.turn = turn.last().map_or(0, |place| place + 1);
        turn
    }
}

impl ListQuestion {
    /// `None` for a group of none.
    fn new(group: &[(usize, &Job)], deadline: Option<Instant>) -> Option<Self> {
        let (_, first) = group.first()?;
        let client = until(&first.connection.client, deadline);
        // v1 cannot filter, and a filter of ours would hide how many pages are read.
        let filters = client.settings().dialect != Dialect::V1;
        let same = group
            .iter()
            .all(|(_, job)| job.collection == first.collection);
        let named = filters && same && !first.collection.is_empty();
        let mut wanted: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, job) in group {
            wanted.entry(job.id.clone()).or_default().push(*place);
        }
        Some(Self {
            client,
            filter: JobFilter {
                collection: named.then(|| first.collection.clone()),
                database: None,
            },
            pages: (wanted.len() / JOBS_A_PAGE) as u64,
            wanted,
        })
    }

    /// Reads the list until it has shown every job, is at its end, or has cost too much.
    pub(super) fn put(&self) -> Listed {
        let mut listed = Listed {
            asked: self.wanted.values().flatten().copied().collect(),
            found: Vec::new(),
            requests: 0,
            failure: None,
        };
        let mut missing = self.wanted.len();
        let mut walk = self.client.jobs(self.filter.clone());
        while missing > 0 && walk.may_read(self.pages) {
            match walk.next() {
                None => break,
                Some(Err(error)) => {
                    listed.failure = Some(error.into());
                    break;
                }
                Some(Ok(job)) => {
                    let Some(places) = self.wanted.get(&job.job_id) else {
                        continue;
                    };
                    missing -= 1;
                    let found = places.iter().map(|place| (*place, job.clone()));
                    listed.found.extend(found);
                }
            }
        }
        listed.requests = walk.pages();
        listed
    }
}

/// True where the list tells as much as there is to know of a job's state while it goes on: it waits, or it runs.
pub(super) fn tells(state: &State) -> bool {
    let known = !state.sent.is_empty() && state.to_string() == state.kind.word();
    known && matches!(state.kind, JobState::Pending | JobState::Importing)
}

#[cfg(test)]
mod tests {
    use super::{Lists, tells};
    use crate::api::model::State;

    #[test]
    fn running_jobs_take_turns() {
        let mut lists = Lists::default();
        let running: Vec<usize> = (0..100).collect();
        assert_eq!(lists.freshen(&running), (0..10).collect::<Vec<_>>());
        assert_eq!(lists.freshen(&running), (10..20).collect::<Vec<_>>());
        // Some have ended meanwhile; the last ones are followed by the first ones.
        let left = [3, 5, 30, 99];
        assert_eq!(lists.freshen(&left), [30, 99, 3, 5]);
        assert_eq!(lists.freshen(&[]), [0; 0]);
    }

    #[test]
    fn a_word_that_is_not_known_is_looked_into() {
        for word in ["Pending", "Importing", "InProgress", "importrunning"] {
            assert!(tells(&State::parse(word)), "{word}");
        }
        for word in [
            "",
            "Brewing",
            "Completed",
            "Failed",
            "Uncommitted",
            "Canceled",
        ] {
            assert!(!tells(&State::parse(word)), "{word}");
        }
    }
}
