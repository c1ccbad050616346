//! Tests of the journal's guarantees: torn lines, simultaneous writers, pruning during writes, size.

#[cfg(unix)]
mod fuzz;
mod releases;
mod settle;

use super::entry::{Ended, Made};
use super::*;
use crate::api::model::JobState;
use crate::text::hash::hash;
use jiff::Timestamp;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn opened(folder: &Path) -> Journal {
    Journal::new(folder, |_| {}, Interrupt::new())
}

fn path(folder: &TempDir) -> PathBuf {
    folder.path().join("journal/journal.jsonl")
}

fn scope(collection: &str) -> Scope {
    Scope {
        target: "http://h".to_owned(),
        database: None,
        collection: collection.to_owned(),
    }
}

fn intent(id: &str, key: Option<&str>) -> Entry {
    intent_at(id, key, now())
}

fn intent_at(id: &str, key: Option<&str>, at: String) -> Entry {
    Entry::Intent(Intent {
        moment: None,
        id: id.to_owned(),
        at,
        scope: scope("books"),
        connection: "c".to_owned(),
        identity: hash(id),
        key: key.map(str::to_owned),
        attempt: 1,
        header: id.to_owned(),
        honoured: false,
        baseline: None,
        partition: None,
        files: vec![vec!["s3://bucket/folder/file.parquet".to_owned()]],
        stamps: Vec::new(),
        contents: Vec::new(),
    })
}

fn made(id: &str, job: &str) -> Entry {
    Entry::Made(Made {
        id: id.to_owned(),
        at: now(),
        job: job.to_owned(),
        how: KnownBy::Answer,
    })
}

fn seen(baseline: &str, jobs: &[&str]) -> Entry {
    Entry::Seen(Seen {
        moment: None,
        baseline: baseline.to_owned(),
        at: now(),
        scope: scope("books"),
        jobs: jobs.iter().map(|job| (*job).to_owned()).collect(),
    })
}

fn count(journal: &Journal) -> usize {
    journal.read(|fold| fold.submissions().len()).unwrap()
}

#[test]
fn one_process_reads_what_another_appends() {
    let folder = folder();
    let (one, other) = (opened(folder.path()), opened(folder.path()));
    assert_eq!(count(&other), 0);
    one.append(vec![intent("a", Some("k"))]).unwrap();
    assert_eq!(count(&other), 1);
    other.append(vec![made("a", "job-1")]).unwrap();
    let (standing, by_key) = one
        .read(|fold| {
            let by_key = fold.under_key("http://h", "k").unwrap();
            (fold.submission("a").unwrap().standing, by_key.job.clone())
        })
        .unwrap();
    assert_eq!(standing, Standing::Submitted);
    assert_eq!(by_key.as_deref(), Some("job-1"));
}

#[test]
fn only_the_torn_line_is_cut() {
    let folder = folder();
    let journal = opened(folder.path());
    journal
        .append(vec![intent("a", None), intent("b", None)])
        .unwrap();
    let whole = fs::read(path(&folder)).unwrap();
    let last = whole[..whole.len() - 1]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .unwrap()
        + 1;
    for cut in last..whole.len() {
        fs::write(path(&folder), &whole[..cut]).unwrap();
        let reader = opened(folder.path());
        // Reading repairs nothing, and returns the complete lines.
        assert_eq!(count(&reader), 1, "{cut}");
        opened(folder.path())
            .append(vec![intent("c", None)])
            .unwrap();
        let expected = if cut == whole.len() - 1 { 3 } else { 2 };
        assert_eq!(count(&reader), expected, "{cut}");
        assert_eq!(count(&opened(folder.path())), expected, "{cut}");
    }
    // Blocks that never reached the disk are zeros. Lines that aren't entries are skipped.
    for junk in [
        &b"\0\0\0\0"[..],
        b"{\"later\":{}}\n",
        b"\xff\xfe\n",
        b"null\n",
    ] {
        fs::write(path(&folder), [&whole, junk].concat()).unwrap();
        opened(folder.path())
            .append(vec![intent("c", None)])
            .unwrap();
        assert_eq!(count(&opened(folder.path())), 3, "{junk:?}");
    }
}

#[test]
fn concurrent_writers_and_prunings_lose_no_entry() {
    let folder = folder();
    let cutoff = Timestamp::UNIX_EPOCH;
    std::thread::scope(|threads| {
        for writer in 0..4 {
            let folder = folder.path();
            threads.spawn(move || {
                let journal = opened(folder);
                for no in 0..50 {
                    let id = format!("{writer}-{no}");
                    journal.append(vec![intent(&id, None)]).unwrap();
                    journal
                        .append(vec![made(&id, &format!("job-{id}"))])
                        .unwrap();
                }
            });
        }
        let folder = folder.path();
        threads.spawn(move || {
            for _ in 0..20 {
                opened(folder).prune(cutoff).unwrap();
            }
        });
    });
    let journal = opened(folder.path());
    let made = journal
        .read(|fold| {
            fold.submissions()
                .iter()
                .filter(|it| it.job.is_some())
                .count()
        })
        .unwrap();
    assert_eq!(made, 200);
    assert_eq!(journal.history("3-49").unwrap().len(), 2);
}

#[test]
fn pruning_keeps_open_submissions_and_their_jobs() {
    let folder = folder();
    let journal = opened(folder.path());
    let old = || "2020-01-01T00:00:00.000Z".to_owned();
    let old_seen = |baseline: &str, job: &str| match seen(baseline, &[job]) {
        Entry::Seen(seen) => Entry::Seen(Seen { at: old(), ..seen }),
        other => other,
    };
    let old_made = Entry::Made(Made {
        id: "done".to_owned(),
        at: old(),
        job: "job-2".to_owned(),
        how: KnownBy::Answer,
    });
    journal
        .append(vec![
            old_seen("b1", "job-1"),
            intent_at("done", Some("k"), old()),
            old_made,
            Entry::Ended(Ended {
                target: "http://h".to_owned(),
                job: "job-2".to_owned(),
                at: old(),
                state: "Completed".to_owned(),
                rows: None,
            }),
            intent_at("running", Some("r"), old()),
            Entry::Made(Made {
                id: "running".to_owned(),
                at: old(),
                job: "job-3".to_owned(),
                how: KnownBy::Answer,
            }),
            intent_at("open", Some("o"), old()),
            seen("b2", &["job-9"]),
        ])
        .unwrap();
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(path(&folder))
        .unwrap();
    file.write_all(b"{\"of_a_later_release\":{\"x\":1}}\n")
        .unwrap();
    let pruned = journal.prune(Timestamp::now()).unwrap();
    assert_eq!((pruned.removed, pruned.kept), (1, 2));
    assert!(pruned.bytes_now < pruned.bytes_before);
    let (left, excluded) = journal
        .read(|fold| {
            let open = fold.submission("open").unwrap();
            assert!(fold.under_key("http://h", "r").is_some());
            let excluded = ["job-1", "job-9", "job-2"].map(|job| fold.excludes(open, job));
            (fold.submissions().len(), excluded)
        })
        .unwrap();
    assert_eq!(left, 2);
    // job-2 was made by a removed submission: the import key is free, and no submission has the job.
    assert_eq!(excluded, [true, false, false]);
    assert!(
        fs::read_to_string(path(&folder))
            .unwrap()
            .contains("of_a_later_release")
    );
    assert!(
        journal
            .read(|fold| fold.under_key("http://h", "k").is_none())
            .unwrap()
    );
}

#[test]
fn a_job_that_was_seen_or_claimed_is_rejected() {
    let folder = folder();
    let journal = opened(folder.path());
    journal
        .append(vec![
            seen("b1", &["before"]),
            intent("a", None),
            intent("b", None),
            made("b", "claimed"),
            // Another process has scanned after `a` was sent, so the jobs that it saw may be `a`'s.
            seen("b2", &["after"]),
        ])
        .unwrap();
    journal
        .read(|fold| {
            let own = fold.submission("a").unwrap();
            let excluded = ["before", "claimed", "after", "new"].map(|job| fold.excludes(own, job));
            assert_eq!(excluded, [true, true, false, false]);
            let jobs = ["before", "claimed", "after", "new"].map(str::to_owned);
            assert_eq!(fold.unseen(&scope("books"), &jobs), ["new"]);
        })
        .unwrap();
}

#[test]
fn a_late_entry_does_not_undo_a_known_job() {
    let folder = folder();
    let journal = opened(folder.path());
    let unknown = Entry::unknown("a", vec!["x".to_owned()], false);
    journal
        .append(vec![intent("a", None), made("a", "job-1"), unknown])
        .unwrap();
    journal
        .read(|fold| {
            let own = fold.submission("a").unwrap();
            assert_eq!(
                (own.standing, own.job.as_deref()),
                (Standing::Submitted, Some("job-1"))
            );
            assert_eq!(fold.unresolved().count(), 0);
        })
        .unwrap();
}

/// Prints how long it takes to read a large journal: `cargo test --release -- --ignored --nocapture a_large_journal`.
#[test]
#[ignore = "a measurement"]
fn a_large_journal_is_read_quickly() {
    let folder = folder();
    let journal = opened(folder.path());
    let mut entries = Vec::new();
    for no in 0..34_000 {
        let (id, job) = (format!("zshell-{no:026}"), format!("job-{no:026}"));
        entries.push(intent(&id, Some(&format!("key {no}"))));
        entries.push(made(&id, &job));
        entries.push(Entry::Ended(Ended {
            target: "http://h".to_owned(),
            job,
            at: now(),
            state: "Completed".to_owned(),
            rows: Some(1),
        }));
    }
    journal.append(entries).unwrap();
    let begun = std::time::Instant::now();
    let fresh = opened(folder.path());
    let done = |it: &&Submission| it.standing.word() == "Completed";
    let completed = fresh
        .read(|fold| fold.submissions().iter().filter(done).count())
        .unwrap();
    let took = begun.elapsed();
    let bytes = fs::metadata(path(&folder)).unwrap().len();
    println!("{completed} submissions, {bytes} bytes: {took:?}");
    assert_eq!(completed, 34_000);
}
