//! Explanation of a failed job: the reason, and the statement to type next.

use super::reasons::{self, ReasonGroup};
use super::style::{Screen, Tone};
use super::wrap::hanging;
use crate::api::model::{FileProgress, JobState, Progress};
use crate::text::words;

/// Maximum number of reasons of files at fault that are shown. A job has up to 1,024 files. Further reasons are counted.
const REASONS: usize = 20;
/// Maximum number of ids after a reason that several jobs share. Further jobs are counted.
const NAMED_JOBS: usize = 10;

/// Explanation of a failed job: the files at fault with each reason in full, the other files, and the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Explanation {
    /// The event in one line.
    pub headline: String,
    /// The reasons, those of files at fault first. Never empty.
    pub reasons: Vec<String>,
    /// The reasons without the files' names. Equal for jobs that failed alike.
    cause: String,
    /// Advice for a known reason.
    pub hint: Option<&'static str>,
    /// The call that shows each file, if the job has files.
    pub look: Option<String>,
    /// The next step. If it's a call, it can be typed as written.
    pub next: String,
}

impl Explanation {
    /// Returns the headline and reasons as plain text for an error's message: `headline: reason`, or several reasons in
    /// lines of their own.
    pub(crate) fn message(&self) -> String {
        match &*self.reasons {
            [only] => format!("{}: {only}", self.headline),
            several => format!("{}\n  {}", self.headline, several.join("\n  ")),
        }
    }

    /// Returns the advice for an error's hint in one line: the hint, the call that shows the files if they haven't been
    /// shown, and the next step.
    pub(crate) fn advice(&self) -> String {
        let parts = [self.hint, self.look.as_deref(), Some(&self.next)];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    /// Lays out the explanation, each line ended by a newline, wrapped on a terminal.
    pub(crate) fn lay_out(&self, screen: &Screen) -> String {
        let mut text = screen.paint(Tone::Bad, &words::safe_line(&self.headline));
        text.push('\n');
        for reason in &self.reasons {
            text.push_str(&hanging("  ", 4, &words::safe(reason), screen));
        }
        if let Some(hint) = self.hint {
            text.push_str(&hanging("hint: ", 6, hint, screen));
        }
        text.push_str(&hanging("next: ", 6, &words::safe_line(&self.next), screen));
        text
    }
}

/// One of several failures of jobs.
pub(crate) struct FailedJob {
    /// The job's id, if the job was submitted.
    pub id: Option<String>,
    /// A text that's equal for jobs that failed alike.
    pub cause: String,
    /// The reason in full.
    pub message: String,
}

impl FailedJob {
    /// Returns the failure of an explained job.
    pub(crate) fn new(id: &str, explanation: &Explanation) -> Self {
        Self {
            id: Some(id.to_owned()),
            cause: explanation.cause.clone(),
            message: explanation.message(),
        }
    }
}

/// Joins the messages of failed jobs: jobs with a cause of their own first. Of jobs with equal causes, the first is shown
/// in full, and the others by their ids.
pub(crate) fn merged(failed: &[FailedJob]) -> String {
    let groups = reasons::grouped(failed.iter().map(|it| (it, &*it.cause)));
    let mut lines: Vec<String> = Vec::new();
    let mut cut = groups.len() > REASONS;
    for group in groups.iter().take(REASONS) {
        let Some((first, others)) = group.names.split_first() else {
            continue;
        };
        lines.push(first.message.clone());
        let ids: Vec<&str> = others.iter().filter_map(|it| it.id.as_deref()).collect();
        if !ids.is_empty() {
            let ids = reasons::listed(&ids, NAMED_JOBS);
            lines.push(format!("  for the same reason: {ids}"));
        }
        cut |= ids.len() > NAMED_JOBS + 1;
        let unnamed = (others.len() - ids.len()) as u64;
        if unnamed > 0 {
            let jobs = words::count(unnamed, "other job");
            lines.push(format!("  for the same reason: {jobs}"));
        }
    }
    if groups.len() > REASONS {
        let more = (groups.len() - REASONS) as u64;
        lines.push(format!("and {}", words::count(more, "more reason")));
    }
    if cut {
        lines.push("jobs(#{state: \"failed\", limit: \"all\"}) lists all failed jobs".to_owned());
    }
    lines.join("\n")
}

/// Explains a failed or aborted job. Returns `None` for a job in another state.
pub(crate) fn explain_failure(progress: &Progress) -> Option<Explanation> {
    let id = &progress.job_id;
    let event = match progress.state.kind {
        JobState::Failed => format!("{id} failed"),
        JobState::Aborted => format!("{id} was aborted"),
        _ => return None,
    };
    let word = progress.state.kind.word();
    // "Aborted" explains nothing about an aborted job.
    let own = given(progress.reason.as_deref()).filter(|own| !own.eq_ignore_ascii_case(word));
    let reasons = JobReasons::of(&progress.details, own);
    let known = || own.into_iter().chain(reasons.known.iter().copied());
    let files = progress.details.len() as u64;
    let all = words::count(files, "file");
    Some(Explanation {
        headline: match reasons.at_fault as u64 {
            _ if files < 2 => event,
            0 => format!("{event}, {all}"),
            1 => format!("{event}: 1 of {all} is at fault"),
            many => format!("{event}: {} of {all} are at fault", words::number(many)),
        },
        cause: known().collect::<Vec<_>>().join("\n"),
        hint: known().find_map(hint),
        look: (files > 0).then(|| format!("progress({}) shows each file", words::quote(id))),
        next: next(progress, known().next().is_none()),
        reasons: reasons.lines,
    })
}

/// The reasons of a job and its files, in the order they're shown.
struct JobReasons<'a> {
    /// One line per reason. Never empty.
    lines: Vec<String>,
    /// The reasons that the service gave for files.
    known: Vec<&'a str>,
    /// The number of files that have a reason of their own.
    at_fault: usize,
}

impl<'a> JobReasons<'a> {
    /// Collects the reasons: those of the files at fault, then the job's, then those of files that failed with the job.
    fn of(files: &'a [FileProgress], own: Option<&'a str>) -> Self {
        let failed = files.iter().filter_map(|file| {
            let name = match &*file.file_name {
                "" => "a file",
                name => name,
            };
            let reason = given(file.reason.as_deref());
            match reason.or(own) {
                Some(reason) => Some((name, reasons::bare(name, reason))),
                None => Some((name, "the service gave no reason")),
            }
            .filter(|_| reason.is_some() || file.state.kind == JobState::Failed)
        });
        let groups = reasons::grouped(failed);
        let known = groups.iter().map(|group| group.reason);
        let known: Vec<&str> = known
            .filter(|it| *it != "the service gave no reason")
            .collect();
        let (mut lines, mut innocent) = (Vec::new(), Vec::new());
        let mut at_fault = 0;
        let alone = groups.len() == 1;
        for mut group in groups {
            let is_own = own.is_some_and(|own| own.contains(group.reason));
            let is_shared = is_own && group.names.len() > 1;
            // Milvus gives the job's reason to all of its files (`import_checker.go`). If the reason names one of them,
            // the others are innocent; if not, it's unknown which file is at fault.
            let named = named_file(&group).filter(|_| is_shared);
            if let Some(named) = named {
                lines.push(format!("{named}: {}", group.reason));
                at_fault += 1;
                group.names.retain(|name| *name != named);
            }
            let is_innocent = named.is_some() || (is_shared && !alone);
            if named.is_none() && is_not_imported(group.reason) {
                innocent.push(group);
            } else if is_innocent {
                group.reason = NOT_IMPORTED;
                innocent.push(group);
            } else if is_shared {
                lines.push(group.reason.to_owned());
            } else {
                at_fault += group.names.len();
                lines.push(group.line());
            }
        }
        let more = lines.len().saturating_sub(REASONS);
        if more > 0 {
            lines.truncate(REASONS);
            lines.push(format!("and {}", words::count(more as u64, "more reason")));
        }
        match own {
            // A service may repeat a file's reason as the job's.
            Some(own) if !known.iter().any(|known| own.contains(known)) => {
                lines.push(own.to_owned());
            }
            None if known.is_empty() && lines.is_empty() => {
                lines.push("the service gave no reason".to_owned());
            }
            _ => {}
        }
        let has_reason = !lines.is_empty();
        lines.extend(
            innocent
                .iter()
                .map(|group| match (&*group.names, has_reason) {
                    ([_], _) | (_, false) => group.line(),
                    (names, true) => {
                        let files = words::number(names.len() as u64);
                        format!("{files} other files: {}", group.reason)
                    }
                }),
        );
        Self {
            lines,
            known,
            at_fault,
        }
    }
}

/// The reason of files that failed only because their job did.
const NOT_IMPORTED: &str = "not imported, because the job failed";

fn is_not_imported(reason: &str) -> bool {
    reason.starts_with("not imported")
}

/// Returns the only file of the group that the reason names.
fn named_file<'a>(group: &ReasonGroup<'a>) -> Option<&'a str> {
    let mut named = group
        .names
        .iter()
        .filter(|name| group.reason.contains(**name));
    named.next().copied().filter(|_| named.next().is_none())
}

/// Returns the line to type next. It shows the collection's fields, or reads the job again if the job was aborted or its
/// collection isn't known.
fn next(progress: &Progress, unexplained: bool) -> String {
    let call = format!("progress({})", words::quote(&progress.job_id));
    let describe = format!("describe({})", words::quote(&progress.collection));
    if progress.state.kind == JobState::Aborted || progress.collection.is_empty() {
        format!("{call} reads it again")
    } else if unexplained {
        format!("{describe} shows the fields to look at the files against")
    } else {
        format!("{describe} shows the fields that the files have to match")
    }
}

/// Returns advice for a reason, matched by the words that services use.
fn hint(reason: &str) -> Option<&'static str> {
    const HINTS: [(&[&str], &str); 5] = [
        (
            &[
                "access denied",
                "accessdenied",
                "forbidden",
                "invalidaccesskeyid",
                "signaturedoesnotmatch",
                "permission",
                "403",
            ],
            "the storage keys need GetObject, ListBucket and GetBucketLocation on the bucket: import(#{…, access_key, secret_key})",
        ),
        (
            &[
                "nosuchkey",
                "nosuchbucket",
                "no such file",
                "no such bucket",
                "no such object",
                "does not exist",
                "not found",
            ],
            "the service does not find a file: check bucket and path",
        ),
        (
            &["could not be reached"],
            "the service doesn't reach the files: check its network, and the bucket's URL",
        ),
        (
            &["timeout", "timed out", "deadline exceeded"],
            "it took too long: import fewer files a job, or give it more time with import(#{…, options: #{timeout: \"4h\"}})",
        ),
        (
            &[
                "out of memory",
                "memory limit",
                "too large",
                "exceeds the maximum size",
            ],
            "a file is too large for the cluster: split it",
        ),
    ];
    let reason = reason.to_lowercase();
    let known = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    HINTS
        .iter()
        .find(|(words, _)| known(words))
        .map(|(_, hint)| *hint)
}

/// Returns true if every file is done but the job isn't: the server is still finishing (indexing, committing).
pub(crate) fn files_done(progress: &Progress) -> bool {
    matches!(progress.state.kind, JobState::Pending | JobState::Importing)
        && !progress.details.is_empty()
        && progress
            .details
            .iter()
            .all(|file| file.state.kind == JobState::Completed)
}

/// Returns the trimmed reason, unless it's blank.
fn given(reason: Option<&str>) -> Option<&str> {
    reason.map(str::trim).filter(|reason| !reason.is_empty())
}
