//! Reading many jobs from the job list: a page has up to a hundred jobs, a progress call only one.
//!
//! The list has only states. So an ended job is still read in full once, and so is a job whose state
//! is an unknown word. Running jobs are read in full in turns, a tenth of them per round, so their rows are updated.

use super::until;
use crate::api::model::{Dialect, JobState, JobSummary, State};
use crate::api::{Client, JobFilter};
use crate::engine::types::Job;
use crate::error::Failure;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::Instant;

/// Minimum number of a connection's jobs for reading the list first.
pub(crate) const MANY: usize = 16;
/// A walk reads at most one page per this many wanted jobs.
const JOBS_A_PAGE: usize = 4;
/// Number of rounds in which a job missing from the list is read on its own. The list may lag, or the job may be in
/// another database.
const ROUNDS: u32 = 8;
/// Running jobs read in full per round: one in 10, and at least 8.
const FRESHENED: (usize, usize) = (10, 8);

/// The findings of earlier rounds about the lists.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    /// Number of rounds so far.
    round: u32,
    /// The round until which the job at an index is read on its own.
    apart: HashMap<usize, u32>,
    /// The index from which the next running jobs are read in full.
    turn: usize,
}

/// A question about many jobs of one connection.
pub(crate) struct ListQuestion {
    client: Client,
    filter: JobFilter,
    /// The indexes of the jobs by id. A job may be watched twice.
    wanted: HashMap<String, Vec<usize>>,
    pages: u64,
}

/// The answer of a job list.
pub(crate) struct Listed {
    /// The indexes of the wanted jobs.
    pub(crate) asked: Vec<usize>,
    /// The indexes of the jobs found, with their summaries.
    pub(crate) found: Vec<(usize, JobSummary)>,
    /// Number of requests.
    pub(crate) requests: u64,
    /// The reason why the list couldn't be read to its end.
    pub(crate) failure: Option<Failure>,
}

impl Lists {
    /// Begins a round. Returns one question for each connection with many of these jobs.
    pub(crate) fn questions(
        &mut self,
        open: &[(usize, Job)],
        deadline: Option<Instant>,
    ) -> Vec<ListQuestion> {
        self.round += 1;
        let round = self.round;
        self.apart.retain(|_, until| *until > round);
        let mut groups: HashMap<_, Vec<(usize, &Job)>> = HashMap::new();
        for (place, job) in open {
            // Pretended jobs of a dry run aren't on any list.
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

    /// Records an answer. Jobs that the list doesn't have, or has only at the cost of too many requests, are read on
    /// their own for a while.
    pub(crate) fn learn(&mut self, listed: &Listed) {
        let until = self.round.saturating_add(ROUNDS);
        let found: HashSet<usize> = listed.found.iter().map(|(place, _)| *place).collect();
        let dear = listed.requests >= found.len() as u64;
        let asked = listed.asked.iter();
        let apart = asked.filter(|place| dear || !found.contains(place));
        self.apart.extend(apart.map(|place| (*place, until)));
    }

    /// Returns the running jobs whose turn it is to be read in full, in the order of their indexes.
    pub(crate) fn freshen(&mut self, running: &[usize]) -> Vec<usize> {
        let (part, min) = FRESHENED;
        let count = (running.len() / part).max(min).min(running.len());
        let first = running.partition_point(|place| *place < self.turn);
        let turn = running.iter().cycle().skip(first).take(count);
        let turn: Vec<usize> = turn.copied().collect();
        self.turn = turn.last().map_or(0, |place| place + 1);
        turn
    }
}

impl ListQuestion {
    /// Returns `None` for an empty group.
    fn new(group: &[(usize, &Job)], deadline: Option<Instant>) -> Option<Self> {
        let (_, first) = group.first()?;
        let client = until(&first.connection.client, deadline);
        // v1 can't filter, and a client-side filter would hide how many pages are read.
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

    /// Reads the list until every job was found, the list ends, or the page limit is reached.
    pub(crate) fn put(&self) -> Listed {
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

/// Returns true if the list's state is all there is to know about an open job: it's pending or running.
pub(crate) fn tells(state: &State) -> bool {
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
        // Some jobs have ended in between. After the last job, the first ones follow.
        let left = [3, 5, 30, 99];
        assert_eq!(lists.freshen(&left), [30, 99, 3, 5]);
        assert_eq!(lists.freshen(&[]), [0; 0]);
    }

    #[test]
    fn only_known_running_states_need_no_further_call() {
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
