//! First step: check the import key's history, resolve submissions that a crash left open, take the baseline, and write
//! the intent.

use super::{Notice, SubmitError, Submitter};
use crate::api::model::ImportRequest;
use crate::api::{ApiError, ServiceReason};
use crate::error::{Failure, Kind};
use crate::journal::{
    Entry, IdentityLock, Intent, JournalState, Moment, Scope, Standing, Submission, identity, now,
    plain_files,
};
use crate::submission::unresolved::{Open, SubmissionStep, take_up};
use crate::text::hash::hash;
use crate::text::words;
use std::sync::Arc;
use ulid::Ulid;

/// Prefix of the `Idempotency-Key` header of submissions that have an import key.
const HEADER: &str = "zshell-key/";

/// Texts about each file of a batch's job, which later runs compare; empty for other submissions.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileMarks<'a> {
    /// Texts that change when the files change.
    pub stamps: &'a [String],
    /// Fingerprints of the contents.
    pub contents: &'a [String],
}

/// A submission before its intent is written.
struct Draft<'a> {
    request: &'a ImportRequest,
    key: Option<&'a str>,
    marks: FileMarks<'a>,
    scope: Scope,
    identity: String,
    lock: Arc<IdentityLock>,
    attempt: u32,
    /// Id of the import key's latest submission when the journal was last read.
    last: Option<String>,
}

impl Submitter<'_> {
    /// Locks the identity, checks the import key's history, and writes the intent. Calls of the service only read, and
    /// block until they're answered.
    pub fn begin(
        &self,
        request: &ImportRequest,
        key: Option<&str>,
        marks: FileMarks<'_>,
    ) -> Result<SubmissionStep, SubmitError> {
        // Requests that can be refused without the service leave no trace in the journal.
        self.client.check_create(request, key.unwrap_or("key"))?;
        if let Some(key) = key {
            check_key(key)?;
            self.desk.journal.check_whole()?;
        }
        let scope = Scope::of(self.client.settings(), request);
        let identity = identity(&scope, request);
        let Some(lock) = self.desk.journal.lock_identity(&identity)? else {
            return Ok(SubmissionStep::Busy);
        };
        let mut draft = Draft {
            request,
            key,
            marks,
            scope,
            identity,
            lock: Arc::new(lock),
            attempt: 1,
            last: None,
        };
        if let Some(key) = key {
            let target = &draft.scope.target;
            let journal = &self.desk.journal;
            let last = journal.read(|fold| fold.under_key(target, key).cloned())?;
            if let Some(last) = last
                && let Some(begun) = self.go_on(&mut draft, key, &last)?
            {
                return Ok(begun);
            }
        }
        self.write(draft)
    }

    /// Decides how to continue after the import key's latest submission; returns `None` if a new attempt has to be
    /// submitted.
    fn go_on(
        &self,
        draft: &mut Draft<'_>,
        key: &str,
        last: &Submission,
    ) -> Result<Option<SubmissionStep>, SubmitError> {
        if last.intent.identity != draft.identity {
            return Err(taken(key, last));
        }
        draft.last = Some(last.intent.id.clone());
        draft.attempt = last.intent.attempt;
        let read = match (last.standing, &last.job) {
            (Standing::Submitted, Some(job)) => self.standing_of(&draft.scope.target, job)?,
            (standing, _) => Some(standing),
        };
        let standing = read.unwrap_or(last.standing);
        Ok(match standing {
            standing if last.needs_another(standing) => {
                draft.attempt = draft.attempt.saturating_add(1);
                None
            }
            Standing::Open | Standing::Unknown => {
                let mut parked = take_up(last, draft.request, &draft.lock, self.settle());
                if parked.open.intent.honoured && !self.still_honoured(last) {
                    parked.scan_instead();
                }
                Some(SubmissionStep::Unresolved(parked))
            }
            Standing::Unsent | Standing::Refused | Standing::Absent => None,
            Standing::Submitted | Standing::Ended(_) => last
                .job
                .clone()
                .inspect(|job| {
                    let state = match read {
                        Some(Standing::Ended(state)) => state.word(),
                        Some(_) => "not ended yet",
                        None => "and the service does not say how it stands",
                    };
                    (self.notify)(Notice::KnownKey(format!(
                        "the import key {} is known: job {job} of {}, {state}",
                        words::quote(key),
                        last.intent.at
                    )));
                })
                .map(SubmissionStep::Known),
        })
    }

    /// Reads the state of a job whose end isn't journalled; returns `None` if the service can't report it.
    fn standing_of(&self, target: &str, job: &str) -> Result<Option<Standing>, SubmitError> {
        let progress = match self.client.progress(job) {
            Ok(progress) => progress,
            // Services forget jobs, and fail. The job was submitted all the same, and mustn't be submitted again.
            Err(error @ ApiError::Service { .. })
                if is_forgotten(&error) || Failure::from(error.clone()).is_transient() =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let state = progress.state.kind;
        if !state.is_final() {
            return Ok(Some(Standing::Submitted));
        }
        self.note(vec![Entry::ended(target, job, state, progress.rows)]);
        Ok(Some(Standing::Ended(state)))
    }

    /// Journals the intent with the baseline it needs, unless another submission has used the import key in the
    /// meantime.
    fn write(&self, draft: Draft<'_>) -> Result<SubmissionStep, SubmitError> {
        let left = self.report_left(&draft)?;
        // The local service answers a repeated header with the first job for ever. So a baseline is only needed to
        // exclude the jobs of earlier attempts under an import key.
        let baseline = if self.client.is_local_service() && draft.key.is_none() {
            None
        } else {
            self.baseline(&draft.scope, left)?
        };
        let intent = self.intent(&draft, baseline.as_ref().map(|it| it.id.clone()));
        let written = self.desk.journal.transact(|fold| {
            unchanged(&draft, fold)?;
            let seen = baseline.and_then(|baseline| baseline.entry(&draft.scope, fold));
            let entries = seen.into_iter().chain([Entry::Intent(intent.clone())]);
            Ok::<_, SubmitError>((entries.collect(), ()))
        });
        written?;
        Ok(SubmissionStep::Open(Open::new(
            intent,
            draft.request,
            draft.lock,
        )))
    }

    fn intent(&self, draft: &Draft<'_>, baseline: Option<String>) -> Intent {
        let id = new_id();
        Intent {
            header: header(draft.key, &id, draft.attempt, &draft.identity),
            id,
            at: now(),
            moment: Moment::now(),
            scope: draft.scope.clone(),
            connection: self.connection.to_owned(),
            identity: draft.identity.clone(),
            key: draft.key.map(str::to_owned),
            attempt: draft.attempt,
            honoured: self.client.honours_keys(),
            baseline,
            partition: draft.request.partition.clone(),
            files: plain_files(draft.request),
            stamps: draft.marks.stamps.to_vec(),
            contents: draft.marks.contents.to_vec(),
        }
    }

    /// Reports identical submissions that a crash or a stop left open, and returns true if there were any. They're never sent
    /// again, but if the job list shows the job of one, that job is journalled as its own.
    fn report_left(&self, draft: &Draft<'_>) -> Result<bool, SubmitError> {
        let left: Vec<Submission> = self.desk.journal.read(|fold| {
            let same = fold
                .unresolved()
                .filter(|it| it.intent.identity == draft.identity)
                .filter(|it| it.standing == Standing::Open || it.stopped);
            same.cloned().collect()
        })?;
        for it in &left {
            let about = format!(
                "an earlier submission of the same files ({}, {})",
                it.intent.id, it.intent.at
            );
            let mut job = None;
            if it.intent.baseline.is_some() {
                self.let_settle(it)?;
                let parked = take_up(it, draft.request, &draft.lock, self.settle());
                job = self.claim_if_found(parked)?;
            }
            if let Some(job) = job {
                let text = format!("{about} whose answer was lost has made job {job}");
                (self.notify)(Notice::Event(text));
            } else {
                self.note(vec![Entry::unknown(&it.intent.id, Vec::new(), false)]);
                (self.notify)(Notice::Warning(format!(
                    "{about} was left without an answer, and may have made a job: zshell journal show {}",
                    it.intent.id
                )));
            }
        }
        Ok(!left.is_empty())
    }

    /// Waits until the job of a recent send must appear in the list. If the age of the send can't be computed, it
    /// counts as recent.
    fn let_settle(&self, left: &Submission) -> Result<(), SubmitError> {
        let settle = self.settle();
        if left.age().is_none_or(|age| age < settle) {
            let stopped = self.client.interrupt().sleep(settle);
            stopped.map_err(SubmitError::Waiting)?;
        }
        Ok(())
    }

    /// Returns true if the server still remembers the header that an earlier run sent.
    fn still_honoured(&self, last: &Submission) -> bool {
        /// Time for which we rely on the server's memory. Milvus remembers an idempotency key for about 24 hours, and
        /// less under heavy traffic.
        const MEMORY: std::time::Duration = std::time::Duration::from_hours(1);
        self.client.is_local_service()
            || (self.client.honours_keys() && last.age().is_some_and(|age| age < MEMORY))
    }

    /// For a dry run, in which nothing is sent or journalled: shows the create call that a submission would begin with,
    /// and returns its placeholder job id. If the import key already has a job, that job's id is returned instead. For a
    /// job that the journal records as running, the service isn't asked whether the job has failed since.
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
            if last.needs_another(last.standing) {
                attempt = attempt.saturating_add(1);
            } else if let Some(job) = last.job {
                return Ok(job);
            }
        }
        let header = header(key, &new_id(), attempt, &identity);
        Ok(self.client.create(request, &header)?)
    }

    pub(super) fn settle(&self) -> std::time::Duration {
        self.client.settings().settle
    }
}

/// Checks, under the journal's lock, that the import key has no new submission since it was last read.
fn unchanged(draft: &Draft<'_>, fold: &JournalState) -> Result<(), SubmitError> {
    let Some(key) = draft.key else {
        return Ok(());
    };
    // Only a submission with another identity can have been added in between, since we hold the lock of our identity.
    match fold.under_key(&draft.scope.target, key) {
        Some(last) if Some(&last.intent.id) != draft.last.as_ref() => Err(taken(key, last)),
        _ => Ok(()),
    }
}

fn taken(key: &str, last: &Submission) -> SubmitError {
    SubmitError::KeyTaken {
        key: key.to_owned(),
        id: last.intent.id.clone(),
        collection: last.intent.scope.collection.clone(),
        at: last.intent.at.clone(),
    }
}

/// Returns true if the service's answer means that it has forgotten the job, rather than that the caller lacks rights.
fn is_forgotten(error: &ApiError) -> bool {
    error.reason() == Some(ServiceReason::NoJob) || error.kind() == Kind::Refused
}

/// Rejects an import key that could be mistaken for a header that zshell sends.
fn check_key(key: &str) -> Result<(), ApiError> {
    if !key.starts_with(HEADER) {
        return Ok(());
    }
    let refused = Failure::usage(format!(
        "the import key cannot be used: {key:?} begins with {HEADER:?}, as the headers that zshell sends do"
    ));
    Err(refused
        .with_hint("choose a key that begins otherwise")
        .into())
}

/// Returns the id of a new submission.
fn new_id() -> String {
    format!("zshell-{}", Ulid::generate().to_string().to_lowercase())
}

/// Returns the `Idempotency-Key` of a submission. With an import key, the value is made of the import key, the attempt
/// and the identity, since a server answers a repeated value with the first job, whatever the files are and however
/// that job ended. No import key begins with the prefix of these values.
fn header(key: Option<&str>, id: &str, attempt: u32, identity: &str) -> String {
    key.map_or_else(
        || id.to_owned(),
        |key| format!("{HEADER}{}/{attempt}/{identity}", hash(key)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_attempt_and_identity_has_its_own_header() {
        assert_eq!(header(None, "zshell-1", 1, "i"), "zshell-1");
        let long = "k".repeat(256);
        let headers = [
            header(Some("k"), "zshell-1", 1, "i"),
            header(Some("k"), "zshell-1", 2, "i"),
            header(Some("k#2"), "zshell-1", 1, "i"),
            header(Some("k"), "zshell-1", 1, "j"),
            header(Some(&long), "zshell-1", u32::MAX, &hash("x")),
        ];
        for (at, one) in headers.iter().enumerate() {
            assert!(!headers[..at].contains(one), "{one}");
            assert!(one.len() <= 256 && check_key(one).is_err(), "{one}");
        }
        assert_eq!(headers[0], header(Some("k"), "zshell-2", 1, "i"));
        assert!(check_key("zshell-key").is_ok());
    }
}
