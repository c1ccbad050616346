//! The first step: what is known of the key, what a crash left, the baseline, and the intent.

use super::parked::{Open, Parked, take_up};
use super::{SubmitError, Submitter};
use crate::api::model::{ImportRequest, JobState};
use crate::api::{ApiError, Outcome};
use crate::error::Failure;
use crate::journal::{
    Ended, Entry, Fold, IdentityLock, Intent, Scope, Standing, Submission, Unknown, identity, now,
    plain_files,
};
use crate::render::words;
use jiff::Timestamp;
use std::sync::Arc;
use ulid::Ulid;

/// The longest `Idempotency-Key`, in bytes (reference: Dialects at a glance).
const KEY_LIMIT: usize = 256;

/// What a submission begins with.
#[derive(Debug)]
pub enum Begun {
    /// Its key is known, and its job runs or is completed: the job's id.
    Known(String),
    /// It is written down and may be sent.
    Open(Open),
    /// Its key is known and its outcome is not: it has to be looked for.
    Parked(Parked),
    /// Somebody else is submitting the same: try again later.
    Busy,
}

/// A submission before its intent.
struct Draft<'a> {
    request: &'a ImportRequest,
    key: Option<&'a str>,
    stamps: &'a [String],
    scope: Scope,
    identity: String,
    lock: Arc<IdentityLock>,
    attempt: u32,
    /// The key's latest submission, as far as we know.
    last: Option<String>,
}

impl Submitter<'_> {
    /// Takes the identity's lock, looks what is known, and writes the intent. Blocks for reads of the service only.
    /// `stamps` is what a batch wants to know of the files later, one a file; nothing otherwise.
    pub fn begin(
        &self,
        request: &ImportRequest,
        key: Option<&str>,
        stamps: &[String],
    ) -> Result<Begun, SubmitError> {
        // What can be refused without the service leaves no trace.
        self.client.check_create(request, key.unwrap_or("key"))?;
        let scope = Scope::of(self.client.settings(), request);
        let identity = identity(&scope, request);
        let Some(lock) = self.desk.journal.lock_identity(&identity)? else {
            return Ok(Begun::Busy);
        };
        let mut draft = Draft {
            request,
            key,
            stamps,
            scope,
            identity,
            lock: Arc::new(lock),
            attempt: 1,
            last: None,
        };
        if let Some(key) = key {
            let target = &draft.scope.target;
            let last = self
                .desk
                .journal
                .read(|fold| fold.under_key(target, key).cloned())?;
            if let Some(last) = last
                && let Some(begun) = self.go_on(&mut draft, key, &last)?
            {
                return Ok(begun);
            }
        }
        self.write(draft)
    }

    /// What the key's latest submission means for this one; `None` where that is to be submitted.
    fn go_on(
        &self,
        draft: &mut Draft<'_>,
        key: &str,
        last: &Submission,
    ) -> Result<Option<Begun>, SubmitError> {
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
            Standing::Open | Standing::Unknown => {
                let mut parked = take_up(last, draft.request, &draft.lock, self.settle());
                if parked.open.intent.honoured && !self.still_honoured(last) {
                    parked.scan_instead();
                }
                Some(Begun::Parked(parked))
            }
            Standing::Unsent | Standing::Refused | Standing::Absent => None,
            Standing::Ended(JobState::Failed | JobState::Aborted) => {
                draft.attempt = draft.attempt.saturating_add(1);
                None
            }
            Standing::Submitted | Standing::Ended(_) => last
                .job
                .clone()
                .inspect(|job| {
                    let state = match read {
                        Some(Standing::Ended(state)) => state.word(),
                        Some(_) => "not ended yet",
                        None => "and the service does not say how it stands",
                    };
                    (self.tell)(&format!(
                        "the key {} is known: job {job} of {}, {state}",
                        words::quote(key),
                        last.intent.at
                    ));
                })
                .map(Begun::Known),
        })
    }

    /// Asks how a job stands whose end is not journalled; `None` where the service does not say.
    fn standing_of(&self, target: &str, job: &str) -> Result<Option<Standing>, SubmitError> {
        let progress = match self.client.progress(job) {
            Ok(progress) => progress,
            // Services forget jobs, and fail: submitted it was, and must not be again.
            Err(error @ ApiError::Service { .. })
                if is_forgotten(&error) || Failure::from(error.clone()).may_pass() =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let state = progress.state.kind;
        if !state.is_final() {
            return Ok(Some(Standing::Submitted));
        }
        self.note(vec![Entry::Ended(Ended {
            target: target.to_owned(),
            job: job.to_owned(),
            at: now(),
            state: state.word().to_owned(),
            rows: progress.rows,
        })]);
        Ok(Some(Standing::Ended(state)))
    }

    /// Writes the intent down, with the baseline it needs, if nobody else has taken the key meanwhile.
    fn write(&self, draft: Draft<'_>) -> Result<Begun, SubmitError> {
        let left = self.report_left(&draft)?;
        // The local service never forgets a key: it needs no baseline.
        let baseline = if self.client.is_local_service() {
            None
        } else {
            Some(self.baseline(&draft.scope, left)?)
        };
        let intent = self.intent(&draft, baseline.as_ref().map(|it| it.id.clone()));
        let written = self.desk.journal.transact(|fold| {
            unchanged(&draft, fold)?;
            let seen = baseline.and_then(|baseline| baseline.entry(&draft.scope, fold));
            let entries = seen.into_iter().chain([Entry::Intent(intent.clone())]);
            Ok::<_, SubmitError>((entries.collect(), ()))
        });
        written?;
        Ok(Begun::Open(Open {
            intent: Box::new(intent),
            request: Box::new(draft.request.clone()),
            lock: draft.lock,
            sends: 0,
        }))
    }

    fn intent(&self, draft: &Draft<'_>, baseline: Option<String>) -> Intent {
        let id = new_id();
        Intent {
            header: header(draft.key, &id, draft.attempt),
            id,
            at: now(),
            scope: draft.scope.clone(),
            connection: self.connection.to_owned(),
            identity: draft.identity.clone(),
            key: draft.key.map(str::to_owned),
            attempt: draft.attempt,
            honoured: self.client.honours_keys(),
            baseline,
            partition: draft.request.partition.clone(),
            files: plain_files(draft.request),
            stamps: draft.stamps.to_vec(),
        }
    }

    /// Tells of submissions of the same that a crash left open; true if there were any. They are never sent again, but
    /// one that shows its job is given it.
    fn report_left(&self, draft: &Draft<'_>) -> Result<bool, SubmitError> {
        let left: Vec<Submission> = self.desk.journal.read(|fold| {
            let same = fold
                .unresolved_in(&draft.scope)
                .filter(|it| it.intent.identity == draft.identity)
                .filter(|it| it.standing == Standing::Open);
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
                (self.tell)(&format!("{about} whose answer was lost has made job {job}"));
            } else {
                self.note(vec![Entry::Unknown(Unknown {
                    id: it.intent.id.clone(),
                    at: now(),
                    jobs: Vec::new(),
                })]);
                (self.tell)(&format!(
                    "warning: {about} was left without an answer, and may have made a job: zshell journal show {}",
                    it.intent.id
                ));
            }
        }
        Ok(!left.is_empty())
    }

    /// What was sent a moment ago must show in the list before that is read. By the clock, which may have jumped: so a
    /// time that cannot be counts as just now.
    fn let_settle(&self, left: &Submission) -> Result<(), SubmitError> {
        let settle = self.settle();
        let age = age(left);
        if age.is_none_or(|age| age < settle) {
            let stopped = self.client.interrupt().sleep(settle);
            stopped.map_err(|stop| SubmitError::Waiting { stop })?;
        }
        Ok(())
    }

    /// Whether the server still remembers the header that a submission of an earlier run was sent under.
    fn still_honoured(&self, last: &Submission) -> bool {
        /// Milvus remembers a key for about 24 hours, and less under heavy traffic.
        const MEMORY: std::time::Duration = std::time::Duration::from_hours(1);
        self.client.is_local_service()
            || last.intent.baseline.is_none()
            || (self.client.honours_keys() && age(last).is_some_and(|age| age < MEMORY))
    }

    pub(super) fn settle(&self) -> std::time::Duration {
        self.client.settings().settle
    }
}

/// How long ago something was journalled about a submission; `None` where the clock says it is still to come.
fn age(submission: &Submission) -> Option<std::time::Duration> {
    let at: Timestamp = submission.updated.parse().ok()?;
    Timestamp::now().duration_since(at).try_into().ok()
}

/// Under the journal's lock: the key is as it was when we looked.
fn unchanged(draft: &Draft<'_>, fold: &Fold) -> Result<(), SubmitError> {
    let Some(key) = draft.key else {
        return Ok(());
    };
    // Only another identity can have come in between, since we hold the lock of ours.
    match fold.under_key(&draft.scope.target, key) {
        Some(last) if Some(&last.intent.id) != draft.last.as_ref() => Err(taken(key, last)),
        _ => Ok(()),
    }
}

pub(super) fn taken(key: &str, last: &Submission) -> SubmitError {
    SubmitError::KeyTaken {
        key: key.to_owned(),
        id: last.intent.id.clone(),
        collection: last.intent.scope.collection.clone(),
        at: last.intent.at.clone(),
    }
}

/// True where the service has answered, and not about the caller: it does not know the job any more.
fn is_forgotten(error: &ApiError) -> bool {
    use crate::error::Kind;
    error.outcome() == Outcome::Refused && !matches!(error.kind(), Kind::Busy | Kind::Auth)
}

/// The id of a new submission.
pub(super) fn new_id() -> String {
    format!("zshell-{}", Ulid::generate().to_string().to_lowercase())
}

/// The header of a submission. A further attempt needs another one, or the server would answer with the failed job.
pub(super) fn header(key: Option<&str>, id: &str, attempt: u32) -> String {
    let Some(key) = key else {
        return id.to_owned();
    };
    if attempt <= 1 {
        return key.to_owned();
    }
    let header = format!("{key}#{attempt}");
    if header.len() <= KEY_LIMIT {
        header
    } else {
        format!("zshell-{}#{attempt}", crate::journal::hash(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attempt_has_a_header_of_its_own() {
        assert_eq!(header(None, "zshell-1", 1), "zshell-1");
        assert_eq!(header(Some("k"), "zshell-1", 1), "k");
        assert_eq!(header(Some("k"), "zshell-1", 2), "k#2");
        let long = "k".repeat(KEY_LIMIT);
        assert_eq!(header(Some(&long), "i", 1), long);
        let second = header(Some(&long), "i", 2);
        assert!(
            second.len() <= KEY_LIMIT && second.ends_with("#2"),
            "{second}"
        );
    }
}
