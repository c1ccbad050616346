//! Dry runs: nothing is sent, and nothing is journalled.

use super::begin::{check_key, header, new_id, taken};
use super::{SubmitError, Submitter};
use crate::api::model::{ImportRequest, JobState};
use crate::journal::{Scope, Standing, identity};

impl Submitter<'_> {
    /// Shows the create call that a submission would begin with, and returns its placeholder job id. If the import key
    /// already has a job, that job's id is returned instead. For a job that the journal records as running, the service
    /// isn't asked whether the job has failed since.
    pub(super) fn rehearse(
        &self,
        request: &ImportRequest,
        key: Option<&str>,
    ) -> Result<String, SubmitError> {
        if let Some(key) = key {
            check_key(key)?;
            self.desk.journal.check_whole()?;
        }
        let scope = Scope::of(self.client.settings(), request);
        let identity = identity(&scope, request);
        let last = key.map_or(Ok(None), |key| {
            let journal = &self.desk.journal;
            journal.read(|fold| fold.under_key(&scope.target, key).cloned())
        })?;
        let mut attempt = 1;
        if let (Some(key), Some(last)) = (key, last) {
            if last.intent.identity != identity {
                return Err(taken(key, &last));
            }
            attempt = last.intent.attempt;
            match (last.standing, last.job) {
                (Standing::Ended(JobState::Failed | JobState::Aborted), _) => {
                    attempt = attempt.saturating_add(1);
                }
                (_, Some(job)) => return Ok(job),
                _ => {}
            }
        }
        let header = header(key, &new_id(), attempt, &identity);
        Ok(self.client.create(request, &header)?)
    }
}
