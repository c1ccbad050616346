//! Third step: finding the outcome of submissions whose answers were lost.

use super::admit::not_known;
use super::baseline::filter;
use super::files::{Likeness, compare};
use super::{Doubt, SubmitError, Submitter};
use crate::api::model::{JobState, Progress};
use crate::api::{ApiError, Outcome, Scan};
use crate::journal::{Entry, JournalState, KnownBy, Moment, Scope, Submission, now};
use crate::submission::unresolved::{SubmissionStep, Unresolved, Way};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Maximum number of times one run sends a submission whose answers are lost and whose job is absent.
const SENDS: u32 = 8;

/// Longest time between a submission's intent and its send: calls that never left and busy answers delay the send.
const SENDING: Duration = Duration::from_mins(5);

/// One scan, with the progress of jobs that were read for it.
pub(super) struct ScanResult {
    /// Time when the scan began.
    begun: Instant,
    scan: Scan,
    /// Progress of new jobs; `None` for jobs whose progress couldn't be read.
    read: HashMap<String, Option<Progress>>,
}

/// A scan's verdict on one submission.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// This is the submission's job, and it's journalled.
    Made(String),
    /// These jobs all have its files.
    Several(Vec<String>),
    /// This job has its files, but may be another submission's.
    Rival(String),
    /// These jobs don't name their files yet.
    Undecided(Vec<String>),
    /// There's no new job, or none with its files.
    Nothing,
}

impl Submitter<'_> {
    /// Looks for the outcomes of submissions, and returns them in the same order. If the server honours a submission's
    /// header, its create call is repeated; all others of a collection share one scan.
    pub fn look(&self, parked: Vec<Unresolved>) -> Vec<Result<SubmissionStep, SubmitError>> {
        let mut scans = HashMap::new();
        let looked = parked.into_iter();
        looked
            .map(|parked| self.look_at(parked, &mut scans))
            .collect()
    }

    /// Looks for the outcome of one submission.
    pub(super) fn look_at(
        &self,
        parked: Unresolved,
        scans: &mut HashMap<Scope, Result<ScanResult, ApiError>>,
    ) -> Result<SubmissionStep, SubmitError> {
        match parked.way {
            Way::Ask => self.ask_again(parked),
            Way::Scan if parked.open.intent.baseline.is_none() => {
                Err(give_up(self, parked, Doubt::NoList, Vec::new()))
            }
            Way::Scan => {
                let scope = parked.open.intent.scope.clone();
                let sight = scans
                    .entry(scope)
                    .or_insert_with_key(|scope| self.see(scope));
                self.judge(parked, sight)
            }
        }
    }

    fn see(&self, scope: &Scope) -> Result<ScanResult, ApiError> {
        let begun = Instant::now();
        Ok(ScanResult {
            begun,
            scan: self.client.scan(&filter(scope))?,
            read: HashMap::new(),
        })
    }

    /// Repeats the create call under the same header: the server answers with the job that it made before, or makes the
    /// job now.
    fn ask_again(&self, mut parked: Unresolved) -> Result<SubmissionStep, SubmitError> {
        let error = match self.create(&mut parked.open, false) {
            Ok(job) => return self.admit(parked.open, job, KnownBy::SameKey),
            Err(error) => error,
        };
        // Servers check limits and rights before they look up the idempotency key, so a refusal proves nothing about
        // the first send.
        let pointless = match (error.outcome(), &error) {
            (_, ApiError::Stopped { stop, .. }) => return Err(self.stopped(&parked.open, *stop)),
            (Outcome::Refused, _) => parked.put_off_refused(error.retry_after(), false),
            (Outcome::Busy, _) => parked.put_off_refused(error.retry_after(), true),
            _ => {
                parked.put_off();
                false
            }
        };
        parked.cause = Some(Box::new(error));
        if !pointless && !parked.is_hopeless() {
            return Ok(SubmissionStep::Unresolved(parked));
        }
        if parked.open.intent.baseline.is_none() {
            return Err(give_up(self, parked, Doubt::NoAnswer, Vec::new()));
        }
        parked.scan_instead();
        Ok(SubmissionStep::Unresolved(parked))
    }

    /// Decides on one submission by a scan.
    fn judge(
        &self,
        mut parked: Unresolved,
        sight: &mut Result<ScanResult, ApiError>,
    ) -> Result<SubmissionStep, SubmitError> {
        let sight = match sight {
            Ok(sight) => sight,
            Err(ApiError::Stopped { stop, .. }) => return Err(self.stopped(&parked.open, *stop)),
            Err(_) => return self.later(parked, Doubt::NoScan, Vec::new()),
        };
        match self.verdict(&mut parked, sight)? {
            Verdict::Made(job) => Ok(SubmissionStep::Made(job)),
            Verdict::Several(jobs) => Err(give_up(self, parked, Doubt::Several, jobs)),
            Verdict::Rival(job) => self.later(parked, Doubt::Rival, vec![job]),
            Verdict::Undecided(jobs) => self.later(parked, Doubt::Undecided, jobs),
            Verdict::Nothing => {
                if sight.scan.whole && sight.begun >= parked.settled() {
                    parked.empty += 1;
                }
                if parked.empty >= 2 && self.may_be_forgotten(&parked) {
                    Err(give_up(self, parked, Doubt::Old, Vec::new()))
                } else if parked.empty >= 2 {
                    self.absent(parked)
                } else {
                    self.later(parked, Doubt::NoScan, Vec::new())
                }
            }
        }
    }

    fn later(
        &self,
        mut parked: Unresolved,
        why: Doubt,
        jobs: Vec<String>,
    ) -> Result<SubmissionStep, SubmitError> {
        parked.put_off();
        if parked.is_hopeless() {
            Err(give_up(self, parked, why, jobs))
        } else {
            Ok(SubmissionStep::Unresolved(parked))
        }
    }

    /// Returns a scan's verdict on one submission. If exactly one job matches, it's claimed in the journal.
    fn verdict(
        &self,
        parked: &mut Unresolved,
        sight: &mut ScanResult,
    ) -> Result<Verdict, SubmitError> {
        let id = parked.id().to_owned();
        let candidates = self.desk.journal.read(|fold| {
            let submission = fold.submission(&id)?;
            let jobs = sight
                .scan
                .jobs
                .iter()
                .filter(|job| !fold.excludes(submission, job));
            Some((submission.job.clone(), jobs.cloned().collect::<Vec<_>>()))
        })?;
        let Some((job, candidates)) = candidates else {
            return Ok(Verdict::Nothing);
        };
        if let Some(job) = job {
            // The late answer to an earlier send has been journalled already.
            return Ok(Verdict::Made(job));
        }
        let (mut same, mut unclear) = (Vec::new(), Vec::new());
        let settled = sight.begun >= parked.settled();
        for job in candidates {
            // A scan that must prove absence reads all new jobs again, since a file name seen before may have been a
            // placeholder.
            if !(settled && sight.scan.whole) && parked.others.contains(&job) {
                continue;
            }
            let progress = self
                .progress_of(&job, sight)
                .map_err(|stop| self.stopped(&parked.open, stop))?;
            let likeness = progress.map_or(Likeness::Unclear, |progress| {
                compare(&parked.open.intent.files, progress)
            });
            let pending = progress.is_none_or(|it| it.state.kind == JobState::Pending);
            match likeness {
                Likeness::Same => same.push(job),
                Likeness::Other if settled || !pending => drop(parked.others.insert(job)),
                Likeness::Unclear | Likeness::Other => unclear.push(job),
            }
        }
        match same.as_slice() {
            [job] => self.claim(parked, job, sight),
            [] if unclear.is_empty() => Ok(Verdict::Nothing),
            [] => Ok(Verdict::Undecided(unclear)),
            _ => Ok(Verdict::Several(same)),
        }
    }

    /// Returns a job's progress, read at most once per scan; `None` if it can't be read.
    fn progress_of<'s>(
        &self,
        job: &str,
        sight: &'s mut ScanResult,
    ) -> Result<Option<&'s Progress>, crate::interrupt::Stop> {
        if !sight.read.contains_key(job) {
            let progress = match self.client.progress(job) {
                Ok(progress) => Some(progress),
                Err(ApiError::Stopped { stop, .. }) => return Err(stop),
                Err(_) => None,
            };
            sight.read.insert(job.to_owned(), progress);
        }
        Ok(sight.read.get(job).and_then(Option::as_ref))
    }

    /// Claims a job in the journal, unless it was claimed in the meantime or may also be another submission's.
    fn claim(
        &self,
        parked: &Unresolved,
        job: &str,
        sight: &ScanResult,
    ) -> Result<Verdict, SubmitError> {
        let settle = parked.settle;
        self.desk.journal.transact(|fold| {
            let intent = &parked.open.intent;
            let Some(own) = fold.submission(&intent.id) else {
                return Ok((Vec::new(), Verdict::Nothing));
            };
            if fold.excludes(own, job) {
                return Ok((Vec::new(), Verdict::Undecided(vec![job.to_owned()])));
            }
            let shown = sight.read.get(job).and_then(Option::as_ref);
            let collection = shown.map_or("", |progress| progress.collection.as_str());
            let rival = fold
                .unresolved_of(&intent.scope, collection)
                .any(|it| is_rival(fold, own, it, job, settle, sight));
            if rival {
                return Ok((Vec::new(), Verdict::Rival(job.to_owned())));
            }
            let entry = Entry::made(&intent.id, job, KnownBy::Scan);
            Ok((vec![entry], Verdict::Made(job.to_owned())))
        })
    }

    /// Looks once for the job of a submission that an earlier run left open; returns its id if exactly one job matches.
    pub(super) fn claim_if_found(
        &self,
        mut parked: Unresolved,
    ) -> Result<Option<String>, SubmitError> {
        let scope = parked.open.intent.scope.clone();
        let mut sight = match self.see(&scope) {
            Ok(sight) => sight,
            Err(ApiError::Stopped { stop, .. }) => return Err(SubmitError::Waiting(stop)),
            Err(_) => return Ok(None),
        };
        match self.verdict(&mut parked, &mut sight)? {
            Verdict::Made(job) => Ok(Some(job)),
            _ => Ok(None),
        }
    }

    /// Returns true if the service may have forgotten the submission's job, so that the job's absence proves nothing.
    fn may_be_forgotten(&self, parked: &Unresolved) -> bool {
        let remembers = self.client.settings().remembers;
        !self.client.is_local_service()
            && remembers.is_some_and(|limit| parked.age().is_none_or(|age| age >= limit))
    }

    /// Journals that two scans have shown that there's no job.
    fn absent(&self, parked: Unresolved) -> Result<SubmissionStep, SubmitError> {
        let sends_again = parked.open.sends < SENDS;
        // This entry must be on the disk before the submission is sent again.
        self.desk.journal.append(vec![Entry::Absent {
            id: parked.id().to_owned(),
            at: now(),
            sends_again,
            moment: Moment::now(),
        }])?;
        match parked.cause {
            Some(last) if !sends_again => Err(SubmitError::GaveUp {
                sends: parked.open.sends,
                last,
            }),
            _ => Ok(SubmissionStep::Open(parked.open)),
        }
    }
}

/// Journals that the outcome of a parked submission couldn't be found out.
fn give_up(it: &Submitter<'_>, parked: Unresolved, why: Doubt, jobs: Vec<String>) -> SubmitError {
    not_known(it, parked.open, why, jobs, parked.cause)
}

/// Returns true if a job with this submission's files may just as well be `other`'s: `other` is unresolved, has the
/// same files as far as the job names them, and was sent so late that its job needn't be in our baseline.
fn is_rival(
    fold: &JournalState,
    own: &Submission,
    other: &Submission,
    job: &str,
    settle: Duration,
    sight: &ScanResult,
) -> bool {
    if other.intent.id == own.intent.id || fold.excludes(other, job) {
        return false;
    }
    let progress = sight.read.get(job).and_then(Option::as_ref);
    let likeness = progress.map(|progress| compare(&other.intent.files, progress));
    likeness == Some(Likeness::Same) && may_be_missing(fold, own, other, settle)
}

/// Returns true if `other`'s job may have been made after our baseline, or may have been missing from it.
fn may_be_missing(
    fold: &JournalState,
    own: &Submission,
    other: &Submission,
    settle: Duration,
) -> bool {
    let baseline = own
        .intent
        .baseline
        .as_ref()
        .and_then(|id| fold.baseline(id));
    let Some((order, scanned)) = baseline else {
        return true;
    };
    if other.order > order {
        return true;
    }
    let between = scanned
        .zip(other.sent.as_ref())
        .and_then(|(scanned, sent)| scanned.since(sent));
    between.is_none_or(|time| time < settle.saturating_add(SENDING))
}
