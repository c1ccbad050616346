//! Journalled ends of jobs, which are kept because services forget jobs after hours.

use super::SubmissionContext;
use crate::api::Settings;
use crate::api::model::{JobState, JobSummary, Progress, State};
use crate::journal::{Entry, JournalError, Standing, target};
use crate::text::words;

/// A job as a call has shown it: id, state, and number of rows if the service reported one.
pub(crate) type Shown<'a> = (&'a str, JobState, Option<u64>);

impl SubmissionContext {
    /// Journals the ends of jobs that are in the journal without an end.
    pub fn note_ends<'a>(
        &self,
        settings: &Settings,
        jobs: impl IntoIterator<Item = Shown<'a>>,
    ) -> Result<(), JournalError> {
        let mut ended = jobs
            .into_iter()
            .filter(|(_, state, _)| state.is_final())
            .peekable();
        if ended.peek().is_none() {
            return Ok(());
        }
        let target = target(settings);
        let entries: Vec<Entry> = self.journal.read(|fold| {
            let known = ended.filter(|(job, ..)| fold.awaits_end(&target, job));
            known
                .map(|(job, state, rows)| Entry::ended(&target, job, state, rows))
                .collect()
        })?;
        if entries.is_empty() {
            return Ok(());
        }
        // If another process journals the same end at this moment, the journal holds it twice, which is harmless.
        self.journal.note(entries)
    }

    /// Adds the files and the submission time of jobs that were submitted from this machine, because job lists have
    /// neither.
    pub fn complete(&self, settings: &Settings, jobs: &mut [JobSummary]) {
        let target = target(settings);
        // Without a readable journal the jobs stay as the service listed them.
        let _ = self.journal.read(|fold| {
            for job in jobs {
                let Some(submission) = fold.of_job(&target, &job.job_id) else {
                    continue;
                };
                job.file = words::files(submission.file_count, &submission.first_file);
                let at = &submission.intent.at;
                job.create_time.get_or_insert_with(|| at.clone());
            }
        });
    }

    /// Returns the id and time of the submission that made a job, if the job's end isn't journalled.
    pub fn submitted(&self, settings: &Settings, job: &str) -> Option<(String, String)> {
        let target = target(settings);
        let found = self.journal.read(|fold| {
            let submission = fold.of_job(&target, job)?;
            let open = submission.standing == Standing::Submitted;
            open.then(|| (submission.intent.id.clone(), submission.intent.at.clone()))
        });
        found.ok().flatten()
    }

    /// Returns a job's progress from the journal, for a service that has forgotten the job; `None` if the job's end
    /// wasn't journalled.
    pub fn remembered(&self, settings: &Settings, job: &str) -> Option<Progress> {
        let target = target(settings);
        let found = self.journal.read(|fold| {
            let (submission, state) = fold.end_of(&target, job)?;
            let percent = if state == JobState::Completed {
                100.0
            } else {
                0.0
            };
            let collection = &submission.intent.scope.collection;
            Some(Progress {
                percent,
                rows: submission.rows,
                ..Progress::of_state(job, collection, State::derived(state))
            })
        });
        found.ok().flatten()
    }
}
