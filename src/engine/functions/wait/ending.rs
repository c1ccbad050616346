//! The errors at the end of a wait, or when it's interrupted.

use super::Watch;
use crate::error::{Failure, Kind};
use crate::render::{Explanation, FailedJob, explain_failure, merged};
use crate::text::words;
use std::time::Duration;

impl Watch<'_> {
    fn open_jobs(&self) -> Vec<String> {
        self.open().map(|(_, job)| job.id.clone()).collect()
    }

    /// Adds to a failure the jobs that continue at the service, and a hint for waiting again.
    pub(super) fn detached(&self, failure: Failure) -> Failure {
        let open = self.open_jobs();
        match (failure.kind, self.limit) {
            (Kind::Timeout, Some(limit)) if self.began.elapsed() >= limit => self.timed_out(limit),
            (Kind::Interrupted | Kind::Terminated | Kind::HungUp | Kind::Timeout, _) => {
                failure.with_hint(come_back(&open)).with_jobs(open)
            }
            _ => failure.or_hint(&come_back(&open)).with_jobs(open),
        }
    }

    pub(super) fn timed_out(&self, limit: Duration) -> Failure {
        let open = self.open_jobs();
        let jobs = words::count(open.len() as u64, "job");
        let message = format!("{jobs} not ended after {}", words::duration(limit));
        let failure = Failure::new(Kind::Timeout, message);
        failure.with_hint(come_back(&open)).with_jobs(open)
    }

    /// Returns an error that explains the jobs that failed or were aborted.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        let known = self.readings.iter().flatten().map(|it| &it.progress);
        let failed = known.filter_map(|it| Some((it.job_id.clone(), explain_failure(it)?)));
        let failed: Vec<(String, Explanation)> = failed.collect();
        let Some((_, first)) = failed.first() else {
            return Ok(());
        };
        let hint = first.advice();
        let jobs = failed.iter().map(|(id, why)| FailedJob::new(id, why));
        let message = merged(&jobs.collect::<Vec<_>>());
        let ids = failed.into_iter().map(|(id, _)| id).collect();
        Err(Failure::new(Kind::JobFailed, message)
            .with_hint(hint)
            .with_jobs(ids))
    }
}

/// Returns a hint for waiting again. More than a few jobs are selected by state.
pub(crate) fn come_back(jobs: &[String]) -> String {
    const NAMED: usize = 8;
    let quoted: Vec<String> = jobs.iter().map(|id| words::quote(id)).collect();
    match quoted.as_slice() {
        [only] => format!("the job continues; come back with wait({only})"),
        few if few.len() <= NAMED => {
            format!(
                "the jobs continue; come back with wait([{}])",
                few.join(", ")
            )
        }
        many => format!(
            "the {} continue; come back with wait(jobs(#{{state: \"active\", limit: \"all\"}}))",
            words::count(many.len() as u64, "job")
        ),
    }
}
