//! Submissions between their states.

use super::SubmitError;
use crate::api::model::ImportRequest;
use crate::api::{ApiError, backoff};
use crate::interrupt::Stop;
use crate::journal::{IdentityLock, Intent, Moment, Submission};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many times `settle` an outcome is looked for before it counts as not known.
const PATIENCE: u32 = 10;
/// And at least this long.
const LEAST_PATIENCE: Duration = Duration::from_millis(250);
/// The first pause between two looks, as a part of `settle`; each further one is twice as long, up to half of it.
const FIRST_PAUSE: u32 = 16;
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How many attempts of one run may find a job that has ended already and wasn't in the baseline.
const REPEATS: u32 = 3;
/// How often asking again may be refused before the job list is looked at.
const REFUSALS: u32 = 3;

/// A submission that is written down, its identity locked, and about to be sent.
#[derive(Debug)]
pub struct Open {
    pub(super) intent: Box<Intent>,
    pub(super) request: Box<ImportRequest>,
    pub(super) lock: Arc<IdentityLock>,
    /// How often this process has sent it.
    pub(super) sends: u32,
    /// When the last send that may have made a job was begun; none if that can't be counted.
    pub(super) sent: Option<Moment>,
    /// The same, if this process sent it.
    pub(super) begun: Option<Instant>,
    /// The job of another submission that the service answered with.
    pub(super) foreign: Option<String>,
    /// True if a job that has ended when it is first read counts as that of an earlier attempt.
    pub(super) may_repeat: bool,
}

impl Open {
    /// The submission's id.
    pub fn id(&self) -> &str {
        &self.intent.id
    }

    /// Sets after how many other attempts of this run this one is sent. A job that fails at once would otherwise be
    /// taken for an earlier attempt's for ever.
    #[must_use]
    pub fn after(mut self, attempts: u32) -> Self {
        self.may_repeat = attempts < REPEATS;
        self
    }

    pub(super) fn stopped(&self, stop: Stop) -> SubmitError {
        SubmitError::Stopped {
            stop,
            id: self.intent.id.clone(),
            key: self.intent.key.clone(),
        }
    }
}

/// How an outcome is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By asking again under the same `Idempotency-Key`.
    Ask,
    /// By scans of the job list.
    Scan,
}

/// A submission whose outcome is not known yet.
#[derive(Debug)]
pub struct Parked {
    pub(super) open: Open,
    /// How the answer was lost; none where a crash left it open.
    pub(super) cause: Option<Box<ApiError>>,
    pub(super) way: Way,
    pub(super) settle: Duration,
    /// When it was sent for the last time, at the latest.
    pub(super) since: Instant,
    due: Instant,
    looks: u32,
    /// Whole scans, begun after `settle`, that showed nothing.
    pub(super) empty: u32,
    /// How often asking again was refused.
    refusals: u32,
    /// New jobs that are known to be others'.
    pub(super) others: HashSet<String>,
}

impl Parked {
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
        // What a crash left is looked at at once.
        if parked.cause.is_some() {
            parked.put_off();
        }
        parked
    }

    /// The submission's id.
    pub fn id(&self) -> &str {
        self.open.id()
    }

    /// When to look at it next.
    pub const fn due(&self) -> Instant {
        self.due
    }

    /// The moment from which a job's absence proves something.
    pub(super) fn settled(&self) -> Instant {
        self.since.checked_add(self.settle).unwrap_or(self.since)
    }

    /// Looks again after a while: often at first, and as soon as `settle` is over.
    pub(super) fn put_off(&mut self) {
        let now = Instant::now();
        let pause = match self.way {
            // A connection that broke is likely to be well again at once.
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

    /// Puts off asking again after a refusal; returns true if asking again is pointless.
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

    /// Returns how long ago the last send that may have made a job was, or `None` if that can't be counted.
    pub(super) fn age(&self) -> Option<Duration> {
        let counted = self.open.sent.as_ref().and_then(Moment::elapsed);
        // On systems without moments this process's own clock will do.
        counted.or_else(|| self.open.begun.map(|begun| begun.elapsed()))
    }

    /// True once it has been looked for long enough.
    pub(super) fn is_hopeless(&self) -> bool {
        self.since.elapsed() >= self.patience()
    }

    /// Scans from now on, with all the time that takes.
    pub(super) fn scan_instead(&mut self) {
        self.way = Way::Scan;
        self.since = Instant::now();
        self.looks = 0;
        self.put_off();
    }

    pub(super) fn stopped(&self, stop: Stop) -> SubmitError {
        self.open.stopped(stop)
    }
}

/// A submission that a crash left open, taken up again.
pub(super) fn take_up(
    left: &Submission,
    request: &ImportRequest,
    lock: &Arc<IdentityLock>,
    settle: Duration,
) -> Parked {
    let open = Open {
        intent: Box::new(left.intent.clone()),
        request: Box::new(request.clone()),
        lock: Arc::clone(lock),
        sends: 1,
        sent: left.intent.moment.clone(),
        begun: None,
        foreign: None,
        may_repeat: true,
    };
    Parked::new(open, None, settle)
}
