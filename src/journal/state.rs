//! State of all submissions, computed from the journal's entries: how far each one is, and which jobs were seen when.

use super::entry::{Ended, Entry, Intent, KnownBy, Made, Seen, Settled};
use super::identity::Scope;
use super::moment::Moment;
use super::record::{Standing, Submission};
use crate::api::model::{JobState, State};
use std::collections::{BTreeSet, HashMap};

/// The state that results from all entries read so far.
#[derive(Debug, Default)]
pub struct JournalState {
    submissions: Vec<Submission>,
    by_id: HashMap<String, usize>,
    /// Index of the latest submission under each import key, by target.
    by_key: HashMap<String, HashMap<String, usize>>,
    /// Index of the submission that has each job, by target.
    by_job: HashMap<String, HashMap<String, usize>>,
    unresolved: BTreeSet<usize>,
    /// Number of the entry that first showed each job in a scan, by scope.
    seen: HashMap<Scope, HashMap<String, u64>>,
    /// Position of each baseline among the entries, and the time of its scan.
    baselines: HashMap<String, (u64, Option<Moment>)>,
    /// Number of rows of checked files, by the identity of the check.
    checked: HashMap<String, u64>,
    entries: u64,
}

impl JournalState {
    /// Applies the next entry. Entries about unknown submissions change nothing.
    pub(super) fn apply(&mut self, entry: Entry) {
        self.entries += 1;
        match entry {
            Entry::Journal { .. } => {}
            Entry::Seen(seen) => self.see(seen),
            Entry::Intent(intent) => self.intend(intent),
            Entry::Made(it) => self.make(it),
            Entry::Refused { id, at, code, .. } => {
                if let Some(submission) = self.settle(&id, at, Standing::Refused) {
                    submission.code = code;
                }
            }
            Entry::Unsent { id, at } => _ = self.settle(&id, at, Standing::Unsent),
            Entry::Absent {
                id,
                at,
                sends_again: true,
                moment,
            } => {
                if let Some(submission) = self.settle(&id, at, Standing::Open) {
                    submission.sent = moment;
                }
            }
            Entry::Absent { id, at, .. } => _ = self.settle(&id, at, Standing::Absent),
            Entry::Unknown {
                id,
                at,
                jobs,
                stopped,
            } => {
                if let Some(submission) = self.settle(&id, at, Standing::Unknown) {
                    submission.candidates = jobs;
                    submission.stopped = stopped;
                }
            }
            Entry::Ended(it) => self.end(it),
            Entry::Settled(it) => self.settle_by_hand(it),
            Entry::Created { scope, .. } => {
                let earlier = self.submissions.iter_mut();
                for submission in earlier.filter(|earlier| earlier.intent.scope == scope) {
                    submission.superseded = true;
                }
            }
            Entry::Checked { identity, rows, .. } => drop(self.checked.insert(identity, rows)),
        }
    }

    fn make(&mut self, made: Made) {
        let by_hand = made.how == KnownBy::User;
        if !by_hand {
            // The service's answer overrides a manual `journal settle`.
            self.take_back(&made.id);
        }
        let settled = self.settle(&made.id, made.at, Standing::Submitted);
        if settled.is_some() {
            self.claim(&made.id, made.job, by_hand);
        }
    }

    /// Applies a manual `journal settle`. It replaces an earlier one. A job that the service reported stays, but its
    /// end may be set.
    fn settle_by_hand(&mut self, settled: Settled) {
        self.take_back(&settled.id);
        let state = settled.state.as_deref().map(|word| State::parse(word).kind);
        let standing = match (&settled.job, state) {
            (None, _) => Standing::Absent,
            (Some(_), Some(state)) if state.is_final() => Standing::Ended(state),
            (Some(_), _) => Standing::Submitted,
        };
        if let Some(submission) = self.settle(&settled.id, settled.at.clone(), standing) {
            submission.by_hand = true;
            if let Some(job) = settled.job.clone() {
                self.claim(&settled.id, job, true);
            }
        }
        let submission = self.submission_mut(&settled.id);
        if let Some(submission) = submission.filter(|it| it.job == settled.job)
            && let Standing::Ended(_) = standing
        {
            submission.standing = standing;
            submission.end_by_hand = true;
            submission.updated = settled.at;
        }
    }

    /// Removes a state that's known from `journal settle` only.
    fn take_back(&mut self, id: &str) {
        let submission = self.submission_mut(id);
        let Some(submission) = submission.filter(|it| it.by_hand) else {
            return;
        };
        submission.by_hand = false;
        submission.end_by_hand = false;
        submission.rows = None;
        let target = submission.intent.scope.target.clone();
        if let Some(job) = submission.job.take()
            && let Some(jobs) = self.by_job.get_mut(&target)
        {
            jobs.remove(&job);
        }
    }

    fn submission_mut(&mut self, id: &str) -> Option<&mut Submission> {
        self.submissions.get_mut(*self.by_id.get(id)?)
    }

    fn see(&mut self, seen: Seen) {
        let order = self.entries;
        let known = self.seen.entry(seen.scope).or_default();
        for job in seen.jobs {
            known.entry(job).or_insert(order);
        }
        let baseline = self.baselines.entry(seen.baseline);
        baseline.or_insert((order, seen.moment));
    }

    fn intend(&mut self, intent: Intent) {
        let index = self.submissions.len();
        self.by_id.insert(intent.id.clone(), index);
        if let Some(key) = &intent.key {
            let keys = self.by_key.entry(intent.scope.target.clone()).or_default();
            keys.insert(key.clone(), index);
        }
        self.unresolved.insert(index);
        self.submissions.push(Submission::new(intent, self.entries));
    }

    /// Sets a submission's standing. A submission that has a job keeps it, since an entry of another process may be
    /// late.
    fn settle(&mut self, id: &str, at: String, standing: Standing) -> Option<&mut Submission> {
        let index = *self.by_id.get(id)?;
        let submission = self.submissions.get_mut(index)?;
        if submission.job.is_some() {
            return None;
        }
        submission.standing = standing;
        submission.updated = at;
        submission.candidates.clear();
        if standing.is_unresolved() {
            self.unresolved.insert(index);
        } else {
            self.unresolved.remove(&index);
            // Only unresolved submissions are compared by their files.
            submission.intent.files = Vec::new();
            submission.intent.stamps = Vec::new();
            submission.intent.contents = Vec::new();
        }
        Some(submission)
    }

    fn claim(&mut self, id: &str, job: String, by_hand: bool) {
        if let Some(&index) = self.by_id.get(id)
            && let Some(submission) = self.submissions.get_mut(index)
        {
            let target = submission.intent.scope.target.clone();
            submission.job = Some(job.clone());
            submission.by_hand = by_hand;
            self.by_job.entry(target).or_default().insert(job, index);
        }
    }

    fn end(&mut self, ended: Ended) {
        let jobs = self.by_job.get(&ended.target);
        let index = jobs.and_then(|jobs| jobs.get(&ended.job));
        let Some(submission) = index.and_then(|index| self.submissions.get_mut(*index)) else {
            return;
        };
        let state = State::parse(&ended.state).kind;
        if state.is_final() {
            submission.standing = Standing::Ended(state);
            submission.end_by_hand = false;
            submission.rows = ended.rows;
            submission.updated = ended.at;
        }
    }

    /// Returns the number of rows of files that were checked before.
    pub fn checked(&self, identity: &str) -> Option<u64> {
        self.checked.get(identity).copied()
    }

    /// Returns all submissions, the oldest first.
    pub fn submissions(&self) -> &[Submission] {
        &self.submissions
    }

    /// Returns the submission with this id.
    pub fn submission(&self, id: &str) -> Option<&Submission> {
        self.submissions.get(*self.by_id.get(id)?)
    }

    /// Returns the latest submission under an import key.
    pub fn under_key(&self, target: &str, key: &str) -> Option<&Submission> {
        self.submissions.get(*self.by_key.get(target)?.get(key)?)
    }

    /// Returns the submission that a job belongs to.
    pub fn of_job(&self, target: &str, job: &str) -> Option<&Submission> {
        self.submissions.get(*self.by_job.get(target)?.get(job)?)
    }

    /// Returns the open and unknown submissions, the oldest first.
    pub fn unresolved(&self) -> impl Iterator<Item = &Submission> {
        self.unresolved
            .iter()
            .filter_map(|index| self.submissions.get(*index))
    }

    /// Returns the unresolved submissions of this scope, and those of `collection` on the same service: an alias and
    /// the collection that it names are two scopes.
    pub fn unresolved_of<'a>(
        &'a self,
        scope: &'a Scope,
        collection: &'a str,
    ) -> impl Iterator<Item = &'a Submission> {
        self.unresolved().filter(move |it| {
            let other = &it.intent.scope;
            *other == *scope || (other.target == scope.target && other.collection == collection)
        })
    }

    /// Returns true if a job can't be this submission's: a scan saw it before the intent, or another submission has it.
    pub fn excludes(&self, submission: &Submission, job: &str) -> bool {
        self.precedes(submission, job) || self.is_anothers(submission, job)
    }

    /// Returns true if a scan saw the job before this submission's intent.
    pub fn precedes(&self, submission: &Submission, job: &str) -> bool {
        let seen = self.seen.get(&submission.intent.scope);
        let seen = seen.and_then(|jobs| jobs.get(job));
        seen.is_some_and(|order| *order < submission.order)
    }

    /// Returns true if the job belongs to another submission.
    pub fn is_anothers(&self, submission: &Submission, job: &str) -> bool {
        let owner = self.of_job(&submission.intent.scope.target, job);
        owner.is_some_and(|owner| owner.intent.id != submission.intent.id)
    }

    /// Returns those of `jobs` that no scan of this scope has seen and no submission has claimed.
    pub fn unseen<'a>(
        &self,
        scope: &Scope,
        jobs: impl IntoIterator<Item = &'a String>,
    ) -> Vec<String> {
        let seen = self.seen.get(scope);
        let claimed = self.by_job.get(&scope.target);
        let is_new = |job: &&String| {
            !seen.is_some_and(|seen| seen.contains_key(*job))
                && !claimed.is_some_and(|claimed| claimed.contains_key(*job))
        };
        jobs.into_iter().filter(is_new).cloned().collect()
    }

    /// Returns a baseline's position among the entries, and the time when its scan began.
    pub fn baseline(&self, id: &str) -> Option<(u64, Option<&Moment>)> {
        let (order, moment) = self.baselines.get(id)?;
        Some((*order, moment.as_ref()))
    }

    /// Returns true if a job's end should be journalled: the journal has the job, but not its end. An end that the user
    /// has set stays until the user corrects it, because the state shown for a forgotten job comes from this journal
    /// and so proves nothing.
    pub fn awaits_end(&self, target: &str, job: &str) -> bool {
        self.of_job(target, job)
            .is_some_and(|it| it.standing == Standing::Submitted)
    }

    /// Returns the submission and the final state of a job whose end was journalled.
    pub fn end_of(&self, target: &str, job: &str) -> Option<(&Submission, JobState)> {
        let submission = self.of_job(target, job)?;
        match submission.standing {
            Standing::Ended(state) => Some((submission, state)),
            _ => None,
        }
    }
}
