//! Settling by hand what could not be found out.

use super::entry::{Absent, Entry, How, Made};
use super::{Journal, JournalError, now};

impl Journal {
    /// Says what became of a submission that is open or unknown: this job, or none. Refused while a process is at work on
    /// it.
    pub fn settle(&self, id: &str, job: Option<String>) -> Result<(), JournalError> {
        let missing = || JournalError::NoSubmission { id: id.to_owned() };
        let identity = self.read(|fold| Some(fold.submission(id)?.intent.identity.clone()))?;
        let busy = || JournalError::AtWork { id: id.to_owned() };
        let _lock = self
            .lock_identity(&identity.ok_or_else(missing)?)?
            .ok_or_else(busy)?;
        self.transact(|fold| {
            let submission = fold.submission(id).ok_or_else(missing)?;
            if !submission.standing.is_unresolved() {
                return Err(JournalError::Settled {
                    id: id.to_owned(),
                    state: submission.standing.word(),
                });
            }
            let (id, at) = (id.to_owned(), now());
            let entry = match job {
                Some(job) => Entry::Made(Made {
                    id,
                    at,
                    job,
                    how: How::User,
                }),
                None => Entry::Absent(Absent {
                    id,
                    at,
                    sends_again: false,
                }),
            };
            Ok((vec![entry], ()))
        })
    }
}
