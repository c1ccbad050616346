//! Baselines: which jobs were there before a submission was sent, and so cannot be its own.

use super::{SubmitError, Submitter};
use crate::api::{ApiError, JobFilter};
use crate::journal::{Entry, Fold, Scope, Seen, now};
use std::collections::HashSet;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use ulid::Ulid;

/// How long a baseline serves: what others submit after it looks like ours if it has our files.
const FRESH: Duration = Duration::from_mins(5);
/// How often a list that changes while it is read is read again. A baseline of all that was met is sound in any case:
/// nothing in it can be the job of a submission that was not sent yet.
const TRIES: usize = 3;

/// A complete scan of a scope's job ids.
#[derive(Debug)]
pub(super) struct Baseline {
    pub(super) id: String,
    /// When its scan began, RFC 3339.
    at: String,
    taken: Instant,
    jobs: Vec<String>,
}

impl Baseline {
    /// The entry that this baseline needs in the journal: all of its jobs that do not stand there, and none once it is
    /// written down. Pruning may have taken out what stood there before.
    pub(super) fn entry(&self, scope: &Scope, fold: &Fold) -> Option<Entry> {
        let jobs = fold.unseen(scope, &self.jobs);
        (!jobs.is_empty() || fold.baseline(&self.id).is_none()).then(|| {
            Entry::Seen(Seen {
                baseline: self.id.clone(),
                at: self.at.clone(),
                scope: scope.clone(),
                jobs,
            })
        })
    }
}

impl Submitter<'_> {
    /// The scope's baseline: one that is fresh, unless a new one is asked for, else by a scan.
    pub(super) fn baseline(&self, scope: &Scope, anew: bool) -> Result<Arc<Baseline>, SubmitError> {
        let mut known = self
            .desk
            .baselines
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(baseline) = known.get(scope)
            && !anew
            && baseline.taken.elapsed() < FRESH
        {
            return Ok(Arc::clone(baseline));
        }
        let baseline = Arc::new(self.scan_all(scope)?);
        known.insert(scope.clone(), Arc::clone(&baseline));
        Ok(baseline)
    }

    fn scan_all(&self, scope: &Scope) -> Result<Baseline, ApiError> {
        let (at, taken) = (now(), Instant::now());
        let mut jobs = HashSet::new();
        for _ in 0..TRIES {
            let scan = self.client.scan(&filter(scope))?;
            jobs.extend(scan.jobs);
            if scan.whole {
                break;
            }
        }
        Ok(Baseline {
            id: Ulid::generate().to_string(),
            at,
            taken,
            jobs: jobs.into_iter().collect(),
        })
    }
}

/// The list call for a scope.
pub(super) fn filter(scope: &Scope) -> JobFilter {
    JobFilter {
        collection: Some(scope.collection.clone()),
        database: scope.database.clone(),
    }
}
