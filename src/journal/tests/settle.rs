//! Tests of `journal settle`: outcomes and ends that the user reports.

use super::*;

#[test]
fn only_unknown_submissions_can_be_settled() {
    let folder = folder();
    let journal = opened(folder.path());
    journal
        .append(vec![intent("a", None), intent("b", None)])
        .unwrap();
    let lock = journal.lock_identity(&hash("a")).unwrap();
    let job = |id: &str| Word::Job(id.to_owned());
    let busy = journal.settle("a", &Word::NoJob).unwrap_err();
    assert!(matches!(busy, JournalError::AtWork { .. }), "{busy}");
    drop(lock);
    journal.settle("a", &job("job-1")).unwrap();
    journal.settle("b", &Word::NoJob).unwrap();
    let taken = journal.settle("b", &job("job-1")).unwrap_err();
    assert!(matches!(taken, JournalError::JobTaken { .. }), "{taken}");
    let none = journal.settle("c", &Word::NoJob).unwrap_err();
    assert!(matches!(none, JournalError::NoSubmission { .. }), "{none}");
    // An outcome that only the user has reported can be corrected.
    journal.settle("a", &job("job-2")).unwrap();
    journal.settle("b", &job("job-1")).unwrap();
    journal.settle("a", &Word::NoJob).unwrap();
    let standings = |journal: &Journal| {
        let of = |it: &Submission| (it.standing, it.job.clone());
        journal
            .read(|fold| fold.submissions().iter().map(of).collect::<Vec<_>>())
            .unwrap()
    };
    let expected = [
        (Standing::Absent, None),
        (Standing::Submitted, Some("job-1".to_owned())),
    ];
    assert_eq!(standings(&journal), expected);
    assert_eq!(standings(&opened(folder.path())), expected);
    // The service's own answer overrides it.
    journal.append(vec![made("a", "job-3")]).unwrap();
    let again = journal.settle("a", &Word::NoJob).unwrap_err();
    assert!(matches!(again, JournalError::Settled { .. }), "{again}");
}

#[test]
fn the_end_of_a_job_can_be_settled_and_corrected() {
    let folder = folder();
    let journal = opened(folder.path());
    journal
        .append(vec![
            intent("a", None),
            made("a", "job-1"),
            intent("b", None),
        ])
        .unwrap();
    let ended = |state, job: Option<&str>| Word::Ended(state, job.map(str::to_owned));
    let standing = |id: &str| {
        let look = |journal: &Journal| journal.read(|fold| fold.submission(id).unwrap().standing);
        let standing = look(&journal).unwrap();
        assert_eq!(look(&opened(folder.path())).unwrap(), standing);
        standing
    };
    let other = journal.settle("a", &ended(JobState::Failed, Some("job-9")));
    assert!(matches!(other, Err(JournalError::Settled { .. })));
    let which = journal.settle("b", &ended(JobState::Failed, None));
    assert!(matches!(which, Err(JournalError::NoJob { .. })));
    for state in [JobState::Failed, JobState::Completed] {
        journal.settle("a", &ended(state, None)).unwrap();
        assert_eq!(standing("a"), Standing::Ended(state));
    }
    journal
        .settle("b", &ended(JobState::Completed, Some("job-2")))
        .unwrap();
    assert_eq!(standing("b"), Standing::Ended(JobState::Completed));
    let end = Entry::Ended(Ended {
        target: "http://h".to_owned(),
        job: "job-1".to_owned(),
        at: now(),
        state: "Failed".to_owned(),
        rows: None,
    });
    let awaits = journal.read(|fold| fold.awaits_end("http://h", "job-1"));
    assert!(!awaits.unwrap());
    journal.append(vec![end]).unwrap();
    assert_eq!(standing("a"), Standing::Ended(JobState::Failed));
    let late = journal.settle("a", &ended(JobState::Completed, None));
    assert!(matches!(late, Err(JournalError::Settled { .. })));
}
