//! Baselines: the jobs that existed before a submission was sent, which therefore can't be its own.

use super::{Notice, SubmitError, Submitter};
use crate::api::{ApiError, JobFilter};
use crate::error::Kind;
use crate::journal::{Entry, JournalState, Moment, Scope, Seen, now};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use ulid::Ulid;

/// Longest age at which a baseline is reused. Jobs that others submit after the scan look like ours if they have our
/// files.
const FRESH: Duration = Duration::from_mins(5);
/// Maximum number of scans for one baseline, if the job list changes during the scan. Even the union of incomplete
/// scans is sound: no job in it can belong to a submission that hasn't been sent yet.
const TRIES: usize = 3;

/// Job ids of a scope, as found by a scan.
#[derive(Debug)]
pub(super) struct Baseline {
    pub(super) id: String,
    /// Time when the scan began, RFC 3339.
    at: String,
    /// Time when the scan began, by a clock that doesn't jump.
    moment: Option<Moment>,
    taken: Instant,
    jobs: Vec<String>,
}

impl Baseline {
    /// Returns the journal entry that this baseline needs, with all jobs that the journal doesn't have, or `None` if
    /// the baseline and all of its jobs are journalled. Pruning may have removed jobs that were journalled before, so
    /// this is checked for each submission.
    pub(super) fn entry(&self, scope: &Scope, fold: &JournalState) -> Option<Entry> {
        let jobs = fold.unseen(scope, &self.jobs);
        (!jobs.is_empty() || fold.baseline(&self.id).is_none()).then(|| {
            Entry::Seen(Seen {
                baseline: self.id.clone(),
                at: self.at.clone(),
                scope: scope.clone(),
                jobs,
                moment: self.moment.clone(),
            })
        })
    }
}

impl Submitter<'_> {
    /// Returns the scope's baseline: the last one if it's fresh and `rescan` is false, otherwise a new scan.
    /// Returns `None`, after one warning, if the service doesn't let this API key list jobs.
    pub(super) fn baseline(
        &self,
        scope: &Scope,
        rescan: bool,
    ) -> Result<Option<Arc<Baseline>>, SubmitError> {
        let mut known = self.desk.baselines.lock();
        let fresh = |baseline: &Option<Arc<Baseline>>| {
            let taken = baseline.as_ref().map(|baseline| baseline.taken.elapsed());
            taken.is_none_or(|age| !rescan && age < FRESH)
        };
        if let Some(baseline) = known.get(scope).filter(|baseline| fresh(baseline)) {
            return Ok(baseline.clone());
        }
        let baseline = match self.scan_all(scope) {
            Ok(baseline) => Some(Arc::new(baseline)),
            Err(error) if lacks_rights(&error) => {
                (self.notify)(Notice::Warning(format!(
                    "{error}; the import continues, but if its answer is lost, zshell can't determine whether a job exists"
                )));
                None
            }
            Err(error) => return Err(error.into()),
        };
        known.insert(scope.clone(), baseline.clone());
        Ok(baseline)
    }

    fn scan_all(&self, scope: &Scope) -> Result<Baseline, ApiError> {
        let (at, moment, taken) = (now(), Moment::now(), Instant::now());
        let mut jobs = HashSet::new();
        for _ in 0..TRIES {
            let scan = self.client.scan(&filter(scope))?;
            jobs.extend(scan.all);
            if scan.whole {
                break;
            }
        }
        Ok(Baseline {
            id: Ulid::generate().to_string(),
            at,
            moment,
            taken,
            jobs: jobs.into_iter().collect(),
        })
    }
}

/// Returns true if the service refuses the call for lack of rights (code 40022: no access to the cluster).
fn lacks_rights(error: &ApiError) -> bool {
    error.kind() == Kind::Auth || error.code() == Some(40022)
}

/// Returns the filter that lists a scope's jobs.
pub(super) fn filter(scope: &Scope) -> JobFilter {
    JobFilter {
        collection: Some(scope.collection.clone()),
        database: scope.database.clone(),
    }
}
