//! Submissions between two steps: journalled but not sent, or sent without a certain answer.

use crate::api::model::ImportRequest;
use crate::api::{ApiError, backoff};
use crate::journal::{IdentityLock, Intent, Moment, Submission};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time after which an unresolved outcome counts as not known, in multiples of `settle`.
const PATIENCE: u32 = 10;
/// Lower bound of that time.
const LEAST_PATIENCE: Duration = Duration::from_millis(250);
/// Divisor of `settle` for the first pause between two scans. Each further pause is twice as long, up to half of
/// `settle`.
const FIRST_PAUSE: u32 = 16;
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Maximum number of attempts of one run that may find a job which has ended already and wasn't in the baseline.
const REPEATS: u32 = 3;
/// Number of refused repeats after which the job list is scanned instead.
const REFUSALS: u32 = 3;

/// A submission's next step.
#[derive(Debug)]
pub enum SubmissionStep {
    /// The import key is known, and the job with this id runs or is completed.
    Known(String),
    /// The submission's job has this id.
    Made(String),
    /// The intent is journalled and there's no job: send.
    Open(Open),
    /// The outcome isn't known yet: look for it when the submission is due.
    Unresolved(Unresolved),
    /// An earlier attempt under the import key has failed: begin again, for the next attempt.
    Next,
    /// Another thread or process is making an identical submission: begin again later.
    Busy,
}

/// A submission that's journalled, with its identity locked, and about to be sent.
#[derive(Debug)]
pub struct Open {
    pub(super) intent: Box<Intent>,
    pub(super) request: Box<ImportRequest>,
    pub(super) lock: Arc<IdentityLock>,
    /// Number of times that this process has sent the submission.
    pub(super) sends: u32,
    /// Start of the last send that may have made a job; `None` if this system has no moments.
    pub(super) sent: Option<Moment>,
    /// Start of the last send by this process's clock, if this process sent it.
    pub(super) begun: Option<Instant>,
    /// Job of another submission that the service answered with.
    pub(super) foreign: Option<String>,
    /// True if a job that has ended when it's first read counts as an earlier attempt's.
    pub(super) may_repeat: bool,
}

impl Open {
    /// Returns a submission that wasn't sent yet.
    pub(super) fn new(intent: Intent, request: &ImportRequest, lock: Arc<IdentityLock>) -> Self {
        Self {
            intent: Box::new(intent),
            request: Box::new(request.clone()),
            lock,
            sends: 0,
            sent: None,
            begun: None,
            foreign: None,
            may_repeat: true,
        }
    }

    /// Returns the submission's id.
    pub fn id(&self) -> &str {
        &self.intent.id
    }

    /// Sets the number of attempts that this run made before this one. Without a bound, a job that fails at once would
    /// be mistaken for an earlier attempt's for ever.
    #[must_use]
    pub fn after(mut self, attempts: u32) -> Self {
        self.may_repeat = attempts < REPEATS;
        self
    }
}

/// The method by which an outcome is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Repeat the call under the same `Idempotency-Key`.
    Ask,
    /// Scan the job list.
    Scan,
}

/// A submission whose outcome isn't known yet.
#[derive(Debug)]
pub struct Unresolved {
    pub(super) open: Open,
    /// The error through which the answer was lost; `None` if a crash left the submission open.
    pub(super) cause: Option<Box<ApiError>>,
    pub(super) way: Way,
    pub(super) settle: Duration,
    /// Latest possible time of the last send.
    pub(super) since: Instant,
    due: Instant,
    looks: u32,
    /// Number of complete scans, begun after `settle`, that showed no matching job.
    pub(super) empty: u32,
    /// Number of refused repeats.
    refusals: u32,
    /// New jobs that are known to belong to other submissions.
    pub(super) others: HashSet<String>,
}

impl Unresolved {
    pub(super) fn new(open: Open, cause: Option<Box<ApiError>>, settle: Duration) -> Self {
        let now = Instant::now();
        let way = if open.intent.honoured {
            Way::Ask
        } else {
            Way::Scan
        };
        let mut parked = Self {
            open,
            cause,
            way,
            settle,
            since: now,
            due: now,
            looks: 0,
            empty: 0,
            refusals: 0,
            others: HashSet::new(),
        };
        // A submission that a crash left open is looked at immediately.
        if parked.cause.is_some() {
            parked.put_off();
        }
        parked
    }

    /// Returns the submission's id.
    pub fn id(&self) -> &str {
        self.open.id()
    }

    /// Returns the time of the next look.
    pub const fn due(&self) -> Instant {
        self.due
    }

    /// Returns the time from which a job's absence proves something.
    pub(super) fn settled(&self) -> Instant {
        self.since.checked_add(self.settle).unwrap_or(self.since)
    }

    /// Schedules the next look: soon at first, then with growing pauses, but not later than the end of `settle` if
    /// that's still ahead.
    pub(super) fn put_off(&mut self) {
        let now = Instant::now();
        let pause = match self.way {
            // After a broken connection, a new one usually works immediately.
            Way::Ask if self.looks == 0 => SHORTEST_PAUSE,
            Way::Ask => backoff(self.looks),
            Way::Scan => (self.settle / FIRST_PAUSE)
                .saturating_mul(1 << self.looks.min(8))
                .min(self.settle / 2)
                .clamp(SHORTEST_PAUSE, LONGEST_PAUSE),
        };
        self.looks = self.looks.saturating_add(1);
        self.due = now + pause;
        let settled = self.settled();
        if self.way == Way::Scan && now < settled {
            self.due = self.due.min(settled);
        }
    }

    /// Schedules the next repeat after a refusal; returns true if repeating is pointless.
    pub(super) fn put_off_refused(&mut self, retry_after: Option<Duration>, busy: bool) -> bool {
        self.put_off();
        self.refusals += u32::from(!busy);
        let Some(due) = Instant::now().checked_add(retry_after.unwrap_or_default()) else {
            return true;
        };
        self.due = self.due.max(due);
        let end = self.since.checked_add(self.patience());
        self.refusals >= REFUSALS || end.is_some_and(|end| self.due > end)
    }

    fn patience(&self) -> Duration {
        self.settle.saturating_mul(PATIENCE).max(LEAST_PATIENCE)
    }

    /// Returns the time since the last send that may have made a job, or `None` if it can't be computed.
    pub(super) fn age(&self) -> Option<Duration> {
        let counted = self.open.sent.as_ref().and_then(Moment::elapsed);
        // On systems without moments this process's own clock serves instead.
        counted.or_else(|| self.open.begun.map(|begun| begun.elapsed()))
    }

    /// Returns true if the outcome has been looked for long enough.
    pub(super) fn is_hopeless(&self) -> bool {
        self.since.elapsed() >= self.patience()
    }

    /// Switches from repeats to scans, and restarts the time limit for them.
    pub(super) fn scan_instead(&mut self) {
        self.way = Way::Scan;
        self.since = Instant::now();
        self.looks = 0;
        self.put_off();
    }
}

/// Returns the parked form of a submission that a crash left open.
pub(super) fn take_up(
    left: &Submission,
    request: &ImportRequest,
    lock: &Arc<IdentityLock>,
    settle: Duration,
) -> Unresolved {
    let open = Open {
        sends: 1,
        sent: left.intent.moment.clone(),
        ..Open::new(left.intent.clone(), request, Arc::clone(lock))
    };
    Unresolved::new(open, None, settle)
}
