//! Seeded mutations of the journal's file: it's read, repaired and written to, or refused as the form of a later release.

use super::{count, folder, intent, made, opened, path, seen};
use crate::journal::entry::Ended;
use crate::journal::{Entry, Journal, JournalError, now};
use crate::tests::fuzz;
use jiff::Timestamp;
use std::fs;

/// Number of mutations in an ordinary test run.
const MUTATIONS: u64 = 200;

/// Writes a journal with entries of each common kind, and returns the file's content.
fn seed(journal: &Journal) -> Vec<u8> {
    let unknown = Entry::unknown("c", vec!["job-3".to_owned()], false);
    let ended = Entry::Ended(Ended {
        target: "http://h".to_owned(),
        at: now(),
        job: "job-1".to_owned(),
        state: "Failed".to_owned(),
        rows: Some(7),
    });
    for entries in [
        vec![
            seen("baseline", &["job-0"]),
            intent("a", Some("key")),
            intent("b", None),
        ],
        vec![made("a", "job-1"), made("b", "job-2"), ended],
        vec![intent("c", Some("other")), unknown],
    ] {
        journal.append(entries).unwrap();
    }
    fs::read(journal.place.journal()).unwrap()
}

/// Reads, writes and prunes a damaged journal. Returns whether the journal was undamaged.
fn work(journal: &Journal, random: &mut fastrand::Rng) -> Result<bool, JournalError> {
    let whole = journal.check_whole().is_ok();
    journal.read(|state| {
        for submission in state.submissions() {
            assert!(submission.json().is_object());
        }
        state.under_key("http://h", "key").is_some()
    })?;
    journal
        .history("a")
        .map(drop)
        .or_else(|error| match error {
            JournalError::NoSubmission { .. } => Ok(()),
            other => Err(other),
        })?;
    // Syncing takes longer than everything else.
    if random.u8(0..4) > 0 {
        return Ok(whole);
    }
    journal.append(vec![intent("new", Some("new"))])?;
    let fresh = || opened(journal.place.folder.parent().unwrap());
    assert!(fresh().read(|state| state.under_key("http://h", "new").is_some())?);
    let before = count(&fresh());
    // A mutated time may be any.
    journal.prune(Timestamp::MIN)?;
    fresh().check_whole()?;
    assert_eq!(count(&fresh()), before);
    Ok(whole)
}

/// Runs in the child process.
#[test]
#[ignore = "run by a_mutated_journal_is_read_and_repaired"]
fn mutations() {
    let Some(kind) = fuzz::kind() else {
        return;
    };
    let folder = folder();
    let seed = seed(&opened(folder.path()));
    fuzz::try_mutations(&kind, |_, random| {
        let mut bytes = seed.clone();
        fuzz::mutate(&mut bytes, fuzz::TEXT, random);
        fs::write(path(&folder), bytes).unwrap();
        match work(&opened(folder.path()), random) {
            Ok(whole) => whole,
            Err(JournalError::Version { .. }) => false,
            Err(error) => panic!("{error}"),
        }
    });
}

#[test]
fn a_mutated_journal_is_read_and_repaired() {
    fuzz::run_children(
        concat!(module_path!(), "::mutations"),
        &["journal"],
        MUTATIONS,
    );
}
