//! From files to jobs: the files that earlier runs have handled, the groups of files, and their idempotency keys.
//!
//! The state of a batch is known per file. The journal keeps the files of each submission and each file's state then
//! (size and time if they're known). So an imported file is never imported again under its prefix, whatever happens to
//! the files submitted with it, and whatever options the next run has. Other files are sorted by path and cut into
//! groups. A key depends on a job's request and the state of its files, never on a position in a list.

use crate::api::Settings;
use crate::api::model::{ImportRequest, JobState};
use crate::error::{Failure, Kind};
use crate::journal::{Scope, Standing, Submission, identity, plain_files};
use crate::location::{Location, Store};
use crate::text::hash::hash;
use std::collections::{BTreeMap, BTreeSet};
use std::time::UNIX_EPOCH;

/// One file, or one set of `NumPy` files, which belong in one job.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Unit {
    /// The paths.
    pub(super) paths: Vec<String>,
    /// Size in bytes, if it's known without a request.
    size: Option<u64>,
    /// A text that changes when the files change.
    pub(super) stamp: String,
}

impl Unit {
    /// Reads size and time of files on this machine's disk. Of other files, only the paths are known.
    pub(super) fn of(set: &[Location]) -> Self {
        let mut size = Some(0_u64);
        let mut stamps = Vec::new();
        // The order of a set doesn't matter, so paths are sorted.
        let mut set: Vec<&Location> = set.iter().collect();
        set.sort_by_key(|location| location.text());
        for location in &set {
            let found = (location.store() == Store::Disk)
                .then(|| std::fs::metadata(location.key()).ok())
                .flatten()
                .filter(std::fs::Metadata::is_file);
            size = size.zip(found.as_ref()).map(|(sum, it)| sum + it.len());
            let changed = found.as_ref().and_then(|it| it.modified().ok());
            let changed = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            stamps.push(match (found, changed) {
                (Some(it), Some(time)) => format!("{} {}", it.len(), time.as_nanos()),
                _ => String::new(),
            });
        }
        let paths = set.iter().map(|it| it.text().to_owned()).collect();
        Self {
            paths,
            size,
            stamp: stamps.join(","),
        }
    }

    /// Sets the state of files that aren't on this machine's disk.
    pub(super) fn with_state(self, size: u64, stamp: String) -> Self {
        Self {
            size: Some(size),
            stamp,
            ..self
        }
    }
}

/// The limits of one job.
#[derive(Clone, Copy, Debug)]
pub(super) struct JobLimits {
    /// Maximum number of files, or of sets of files.
    pub(super) files: usize,
    /// Maximum number of bytes, if there's a limit. A larger file gets a job of its own.
    pub(super) bytes: Option<u64>,
}

impl JobLimits {
    /// Returns true if one job can have these files.
    fn takes(&self, group: &[&Unit]) -> bool {
        let sizes = group.iter().filter_map(|unit| unit.size);
        let bytes = sizes.fold(0, u64::saturating_add);
        group.len() <= self.files && self.bytes.is_none_or(|max| bytes <= max)
    }
}

/// A job of the plan.
#[derive(Clone, Debug)]
pub(super) struct BatchTask {
    /// The request to send.
    pub(super) request: ImportRequest,
    /// The idempotency key.
    pub(super) key: String,
    /// The number of the batch's files, or sets, in the job.
    pub(super) files: u64,
    /// The state of each file, for the journal. Empty if the caller grouped the files.
    pub(super) stamps: Vec<String>,
    /// A fingerprint of each file, for the journal; empty texts for files without one. Empty if nothing was checked.
    pub(super) contents: Vec<String>,
    /// The result of earlier runs.
    pub(super) before: Before,
}

impl BatchTask {
    /// Returns a job to submit.
    pub(super) fn new(
        request: ImportRequest,
        key: String,
        files: u64,
        stamps: Vec<String>,
    ) -> Self {
        Self {
            request,
            key,
            files,
            stamps,
            contents: Vec::new(),
            before: Before::Nothing,
        }
    }
}

/// The result of an earlier run for a job.
#[derive(Clone, Debug)]
pub(super) enum Before {
    /// No result that counts. The job is submitted.
    Nothing,
    /// The job exists and has this id.
    Job(String),
    /// The result is unknown, and the request can't be repeated.
    Doubt(Failure),
}

/// The remaining files by their paths as in the journal.
type Left<'a> = BTreeMap<Vec<String>, &'a Unit>;

/// Returns the key of a job whose files were grouped by the caller.
pub(super) fn key_of(prefix: &str, settings: &Settings, request: &ImportRequest) -> String {
    let scope = Scope::of(settings, request);
    format!("{prefix}-{}", hash(&identity(&scope, request)))
}

/// The grouping of files into jobs.
pub(super) struct JobGrouping<'a> {
    /// The request without files.
    pub(super) template: &'a ImportRequest,
    /// The prefix of the jobs' keys.
    pub(super) prefix: &'a str,
    pub(super) settings: &'a Settings,
    pub(super) limits: JobLimits,
}

impl JobGrouping<'_> {
    /// Returns the earlier submissions that contain files of this batch and whose job isn't known to have ended.
    pub(super) fn open<'e>(
        &self,
        units: &[Unit],
        earlier: &'e mut [Submission],
    ) -> Vec<&'e mut Submission> {
        let wanted: BTreeSet<Vec<String>> = units.iter().map(|unit| self.plain(unit)).collect();
        let scope = Scope::of(self.settings, self.template);
        let is_open = |before: &&mut Submission| {
            before.standing == Standing::Submitted
                && before.job.is_some()
                && before.intent.scope == scope
                && before.intent.files.iter().any(|set| wanted.contains(set))
        };
        earlier.iter_mut().filter(is_open).collect()
    }

    /// Groups the files into jobs. `earlier` has the journal's submissions under the prefix.
    pub(super) fn tasks(&self, units: &[Unit], earlier: &[Submission]) -> Vec<BatchTask> {
        let units: BTreeSet<&Unit> = units.iter().collect();
        let units = units.into_iter().map(|unit| (self.plain(unit), unit));
        let mut left: Left<'_> = units.collect();
        // Latest first, because files that changed were submitted again.
        let earlier = earlier.iter().rev();
        let again = earlier.filter_map(|before| self.again(before, &mut left));
        let mut tasks: Vec<BatchTask> = again.collect();
        let mut group: Vec<&Unit> = Vec::new();
        for unit in left.into_values() {
            group.push(unit);
            if group.len() > 1 && !self.limits.takes(&group) {
                group.pop();
                tasks.push(self.task(&group));
                group = vec![unit];
            }
        }
        if !group.is_empty() {
            tasks.push(self.task(&group));
        }
        tasks
    }

    /// Returns a unit's paths as in the journal.
    fn plain(&self, unit: &Unit) -> Vec<String> {
        let alone = self.template.with_files(vec![unit.paths.clone()]);
        plain_files(&alone).into_iter().flatten().collect()
    }

    fn task(&self, group: &[&Unit]) -> BatchTask {
        let files = group.iter().map(|unit| unit.paths.clone());
        let request = self.template.with_files(files.collect());
        let mut whole = identity(&Scope::of(self.settings, &request), &request);
        let stamps: Vec<String> = group.iter().map(|unit| unit.stamp.clone()).collect();
        for stamp in &stamps {
            whole.push(' ');
            whole.push_str(stamp);
        }
        let key = format!("{}-{}", self.prefix, hash(&whole));
        BatchTask::new(request, key, group.len() as u64, stamps)
    }

    /// Returns the job for files of an earlier submission, and removes them from `left`. `None` if the files must be
    /// submitted and can be regrouped.
    fn again(&self, before: &Submission, left: &mut Left<'_>) -> Option<BatchTask> {
        let intent = &before.intent;
        let scope = Scope::of(self.settings, self.template);
        if intent.scope != scope || intent.partition != self.template.partition {
            return None;
        }
        let same = |(set, stamp): (&Vec<String>, &String)| {
            let unit = left.get(set).copied();
            // Only an upload knows the state of an object. Without it, the path is the object's identity.
            unit.filter(|unit| unit.stamp == *stamp || unit.stamp.is_empty() || stamp.is_empty())
        };
        let files = intent.files.iter().zip(&intent.stamps);
        let found: Vec<&Unit> = files.filter_map(same).collect();
        if found.is_empty() {
            return None;
        }
        // The original request can be repeated only with all of its files, unchanged, and the same options.
        let mut group = found.clone();
        group.sort_unstable();
        let whole = Some(self.task(&group)).filter(|task| {
            found.len() == intent.files.len() && Some(&task.key) == intent.key.as_ref()
        });
        let task = match (before.standing, &before.job) {
            (Standing::Submitted | Standing::Ended(JobState::Completed), Some(job)) => {
                Some(self.done(before, &found, Before::Job(job.clone())))
            }
            (Standing::Open | Standing::Unknown, _) => {
                let doubt = || self.done(before, &found, Before::Doubt(in_doubt(before)));
                Some(whole.unwrap_or_else(doubt))
            }
            // A group that exceeds the limits is split.
            _ => whole.filter(|_| group.len() == 1 || self.limits.takes(&group)),
        };
        if task.is_some() {
            for unit in found {
                left.remove(&self.plain(unit));
            }
        }
        task
    }

    /// Returns a job that isn't submitted again.
    fn done(&self, before: &Submission, found: &[&Unit], made: Before) -> BatchTask {
        let intent = &before.intent;
        let request = self.template.with_files(intent.files.clone());
        let key = intent.key.clone().unwrap_or_default();
        BatchTask {
            before: made,
            ..BatchTask::new(request, key, found.len() as u64, intent.stamps.clone())
        }
    }
}

/// Returns the error for an unresolved submission whose request can't be repeated under its key.
fn in_doubt(before: &Submission) -> Failure {
    let id = &before.intent.id;
    let text = format!(
        "whether the submission {id} of {} has made a job is not known, and some of its files, or the options, are others now",
        before.intent.at
    );
    Failure::new(Kind::Unknown, text).with_hint(format!(
        "look with jobs(); then zshell journal settle {id} --job JOB, or --absent if there is none"
    ))
}

#[cfg(test)]
mod tests;
