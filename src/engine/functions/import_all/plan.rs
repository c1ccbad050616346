//! From files to jobs: which files an earlier run has seen to, which travel together, and under which keys.
//!
//! What a batch has done is known file by file: the journal keeps the files of each submission and the state that each was
//! in (size and time where they are known). So a file that was imported is never imported again under the same prefix,
//! whatever becomes of the files that travelled with it, and whatever options the next run has. The others are sorted by
//! their paths and cut into groups; keys are made of what a job does and of the state of its files, never of a place in
//! a list.

mod unit;

use crate::api::Settings;
use crate::api::model::{ImportRequest, JobState, Source};
use crate::error::{Failure, Kind};
use crate::journal::{Scope, Standing, Submission, hash, identity, plain_files};
use std::collections::{BTreeMap, BTreeSet};
pub(super) use unit::Unit;

/// How much one job takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most {
    /// Files, or sets of files.
    pub(super) files: usize,
    /// Bytes, where they are known; a larger file travels alone.
    pub(super) bytes: Option<u64>,
}

impl Most {
    /// True where one job takes these.
    fn takes(&self, group: &[&Unit]) -> bool {
        let sizes = group.iter().filter_map(|unit| unit.size);
        let bytes = sizes.fold(0, u64::saturating_add);
        group.len() <= self.files && self.bytes.is_none_or(|most| bytes <= most)
    }
}

/// One job to submit.
#[derive(Clone, Debug)]
pub(super) struct Task {
    /// What is sent.
    pub(super) request: ImportRequest,
    /// What makes it repeatable.
    pub(super) key: String,
    /// How many of the batch's files, or sets, it has.
    pub(super) files: u64,
    /// The state of each of its files, for the journal; none where the caller put the job together.
    pub(super) stamps: Vec<String>,
    /// What an earlier run has made of it.
    pub(super) before: Before,
}

/// What an earlier run has made of a job.
#[derive(Clone, Debug)]
pub(super) enum Before {
    /// Nothing that counts: it is submitted.
    Nothing,
    /// It is made: its id.
    Job(String),
    /// Nobody knows, and asking again is not possible.
    Doubt(Failure),
}

/// Files by their paths as the journal writes them.
type Left<'a> = BTreeMap<Vec<String>, &'a Unit>;

/// Those of the earlier submissions that have files of this batch, and a job that is not known to have ended.
pub(super) fn open<'a>(
    units: &[Unit],
    template: &ImportRequest,
    settings: &Settings,
    earlier: &'a mut [Submission],
) -> Vec<&'a mut Submission> {
    let wanted: BTreeSet<Vec<String>> = units.iter().map(|unit| plain(template, unit)).collect();
    let scope = Scope::of(settings, template);
    let is_open = |before: &&mut Submission| {
        before.standing == Standing::Submitted
            && before.job.is_some()
            && before.intent.scope == scope
            && before.intent.files.iter().any(|set| wanted.contains(set))
    };
    earlier.iter_mut().filter(is_open).collect()
}

/// Cuts the files into jobs. `template` is the request around them, `earlier` what the journal has under the prefix.
pub(super) fn tasks(
    units: &[Unit],
    template: &ImportRequest,
    prefix: &str,
    most: Most,
    settings: &Settings,
    earlier: &[Submission],
) -> Vec<Task> {
    let cut = Cut {
        template,
        prefix,
        settings,
        most,
    };
    let units: BTreeSet<&Unit> = units.iter().collect();
    let mut left: Left<'_> = BTreeMap::new();
    for unit in units {
        left.insert(plain(template, unit), unit);
    }
    // The latest first: files that changed since were submitted anew.
    let mut tasks: Vec<Task> = earlier
        .iter()
        .rev()
        .filter_map(|before| cut.again(before, &mut left))
        .collect();
    let mut group: Vec<&Unit> = Vec::new();
    for unit in left.into_values() {
        group.push(unit);
        if group.len() > 1 && !most.takes(&group) {
            group.pop();
            tasks.push(cut.task(&std::mem::take(&mut group)));
            group.push(unit);
        }
    }
    if !group.is_empty() {
        tasks.push(cut.task(&group));
    }
    tasks
}

/// The key of a job that was put together by the caller.
pub(super) fn key_of(prefix: &str, settings: &Settings, request: &ImportRequest) -> String {
    let scope = Scope::of(settings, request);
    format!("{prefix}-{}", hash(&identity(&scope, request)))
}

/// A unit's paths as the journal writes them.
fn plain(template: &ImportRequest, unit: &Unit) -> Vec<String> {
    let alone = ImportRequest {
        source: Source::Files(vec![unit.paths.clone()]),
        ..template.clone()
    };
    plain_files(&alone).into_iter().flatten().collect()
}

struct Cut<'a> {
    template: &'a ImportRequest,
    prefix: &'a str,
    settings: &'a Settings,
    most: Most,
}

impl Cut<'_> {
    fn request(&self, sets: Vec<Vec<String>>) -> ImportRequest {
        ImportRequest {
            source: Source::Files(sets),
            ..self.template.clone()
        }
    }

    fn task(&self, group: &[&Unit]) -> Task {
        let request = self.request(group.iter().map(|unit| unit.paths.clone()).collect());
        let mut whole = identity(&Scope::of(self.settings, &request), &request);
        let stamps: Vec<String> = group.iter().map(|unit| unit.stamp.clone()).collect();
        for stamp in &stamps {
            whole.push(' ');
            whole.push_str(stamp);
        }
        Task {
            key: format!("{}-{}", self.prefix, hash(&whole)),
            files: group.len() as u64,
            request,
            stamps,
            before: Before::Nothing,
        }
    }

    /// What an earlier run has made of some of the files, which are taken out of `left`; `None` where they are to be
    /// submitted, and may be grouped anew.
    fn again(&self, before: &Submission, left: &mut Left<'_>) -> Option<Task> {
        let intent = &before.intent;
        let scope = Scope::of(self.settings, self.template);
        if intent.scope != scope || intent.partition != self.template.partition {
            return None;
        }
        let same = |(set, stamp): (&Vec<String>, &String)| {
            let unit = left.get(set).copied();
            unit.filter(|unit| unit.stamp == *stamp)
        };
        let found: Vec<&Unit> = intent
            .files
            .iter()
            .zip(&intent.stamps)
            .filter_map(same)
            .collect();
        if found.is_empty() {
            return None;
        }
        // As it was sent, where that can be done again: all of the files as they were, and the same options.
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
            // A group that has become too large is cut anew.
            _ => whole.filter(|_| group.len() == 1 || self.most.takes(&group)),
        };
        if task.is_some() {
            for unit in found {
                left.remove(&plain(self.template, unit));
            }
        }
        task
    }

    /// A task of which nothing is sent any more.
    fn done(&self, before: &Submission, found: &[&Unit], made: Before) -> Task {
        Task {
            request: self.request(before.intent.files.clone()),
            key: before.intent.key.clone().unwrap_or_default(),
            files: found.len() as u64,
            stamps: before.intent.stamps.clone(),
            before: made,
        }
    }
}

/// A submission that is not resolved, and can no longer be asked for under its key.
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
