//! Verdicts of scans on submissions.

use super::files::{Likeness, compare};
use crate::api::Scan;
use crate::api::model::Progress;
use crate::journal::{JournalState, Submission};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Longest time between a submission's intent and its send: calls that never left and busy answers delay the send.
const SENDING: Duration = Duration::from_mins(5);

/// One scan, with the progress of jobs that were read for it.
pub(super) struct ScanResult {
    /// Time when the scan began.
    pub(super) begun: Instant,
    pub(super) scan: Scan,
    /// Progress of new jobs; `None` for jobs whose progress couldn't be read.
    pub(super) read: HashMap<String, Option<Progress>>,
}

/// A scan's verdict on one submission.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
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

/// Returns true if a job with this submission's files may just as well be `other`'s: `other` is unresolved, has the
/// same files as far as the job names them, and was sent so late that its job needn't be in our baseline.
pub(super) fn is_rival(
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
