//! What a scan says about a submission.

use super::files::{Likeness, compare};
use crate::api::Scan;
use crate::api::model::Progress;
use crate::journal::{Fold, Submission};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long after it was written down a submission may still be sent: tries that never left and busy answers.
const SENDING: Duration = Duration::from_mins(5);

/// One scan, with the progress of jobs as it was read for it.
pub(super) struct Sight {
    /// When the scan began.
    pub(super) begun: Instant,
    pub(super) jobs: Vec<String>,
    /// Whether a job's absence says something.
    pub(super) whole: bool,
    /// The progress of new jobs; `None` where it could not be read.
    pub(super) read: HashMap<String, Option<Progress>>,
}

impl Sight {
    pub(super) fn new(begun: Instant, scan: Scan) -> Self {
        Self {
            begun,
            jobs: scan.jobs,
            whole: scan.whole,
            read: HashMap::new(),
        }
    }
}

/// What a scan says about one submission.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// This is its job, and the journal says so.
    Made(String),
    /// These have its files.
    Several(Vec<String>),
    /// This one has its files, and may be another submission's.
    Rival(String),
    /// These do not tell their files yet.
    Undecided(Vec<String>),
    /// No new job, or none with its files.
    Nothing,
}

/// True if a job with this submission's files may just as well be `other`'s: that is unresolved, has the same files as far
/// as the job tells, and was sent so late that its job need not be in our baseline.
pub(super) fn is_rival(
    fold: &Fold,
    own: &Submission,
    other: &Submission,
    job: &str,
    settle: Duration,
    sight: &Sight,
) -> bool {
    if other.intent.id == own.intent.id || fold.excludes(other, job) {
        return false;
    }
    let progress = sight.read.get(job).and_then(Option::as_ref);
    let likeness = progress.map(|progress| compare(&other.intent.files, progress));
    likeness == Some(Likeness::Same) && may_be_missing(fold, own, other, settle)
}

/// True if `other`'s job may have been made after our baseline, or have been missing in it.
fn may_be_missing(fold: &Fold, own: &Submission, other: &Submission, settle: Duration) -> bool {
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
