//! `upload` with faults: lost answers, stops, `kill -9`, files that change.

use crate::shell::uploads::{bucket, test, upload};
use crate::support::harness::{ACCESS, Folder};
use crate::support::s3::{Asked, S3, Trouble};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Content of a file that's sent in three parts. Each MiB differs from the others.
fn large() -> Vec<u8> {
    let blocks = (1..=20).map(|number| vec![number; 1 << 20]);
    blocks.collect::<Vec<_>>().concat()
}

fn is_part(asked: &Asked) -> bool {
    asked.method == "PUT" && asked.target.contains("partNumber=")
}

/// Returns a server whose first `count` requests of one kind meet this trouble.
fn troubled(trouble: Trouble, count: usize, of: fn(&Asked) -> bool) -> S3 {
    let seen = AtomicUsize::new(0);
    S3::with_troubles(ACCESS, BTreeMap::new(), 0, move |asked| {
        if of(asked) && seen.fetch_add(1, Ordering::SeqCst) < count {
            trouble
        } else {
            Trouble::None
        }
    })
}

fn count(s3: &S3, of: fn(&Asked) -> bool) -> usize {
    s3.asked().iter().filter(|asked| of(asked)).count()
}

/// Waits until the server has received a request.
fn await_request(s3: &S3, of: fn(&Asked) -> bool, times: usize) {
    let end = Instant::now() + Duration::from_secs(30);
    while count(s3, of) < times {
        assert!(Instant::now() < end, "{:?}", s3.asked());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn an_object_is_not_sent_again_after_a_lost_answer() {
    let is_put = |asked: &Asked| asked.method == "PUT";
    for policy in ["same-size", "overwrite"] {
        let s3 = troubled(Trouble::LostAnswer, 1, is_put);
        let folder = Folder::new();
        folder.work("a.json", "[1]");
        let more = format!(", policy: {policy:?}");
        let result = test(&folder, &s3, &upload("\"a.json\"", &more))
            .run()
            .json();
        assert_eq!(result["sent"], json!(1));
        assert_eq!(count(&s3, is_put), 1, "{policy}");
        assert_eq!(s3.objects()["in/a.json"], b"[1]");
    }
}

#[test]
fn transient_errors_are_retried() {
    for (trouble, of) in [
        (
            Trouble::Refused("503 Slow Down", "SlowDown"),
            is_part as fn(&Asked) -> bool,
        ),
        (
            Trouble::Refused("500 Internal Server Error", "InternalError"),
            |asked| asked.method == "POST",
        ),
        (
            Trouble::Refused("429 Too Many Requests", "TooMany"),
            |asked| asked.method == "GET",
        ),
        (Trouble::LostAnswer, is_part),
        (Trouble::LostAnswer, |asked| {
            asked.target.contains("uploadId=") && asked.method == "POST"
        }),
        (Trouble::Spoilt, is_part),
    ] {
        let s3 = troubled(trouble, 2, of);
        let folder = Folder::new();
        folder.work("a.parquet", large());
        test(&folder, &s3, &upload("\"a.parquet\"", "")).run();
        assert!(s3.objects()["in/a.parquet"] == large(), "{trouble:?}");
        assert_eq!(s3.unfinished(), 0, "{trouble:?}");
    }
}

#[test]
fn a_killed_upload_continues_after_its_finished_parts() {
    // The third request for a part gets no answer.
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let s3 = S3::with_troubles(ACCESS, BTreeMap::new(), 0, move |asked| {
        if is_part(asked) && counter.fetch_add(1, Ordering::SeqCst) == 2 {
            Trouble::Silence
        } else {
            Trouble::None
        }
    });
    let folder = Folder::new();
    folder.work("a.parquet", large());
    folder.work("b.json", "[]");
    let call = upload("[\"b.json\", \"a.parquet\"]", ", parallel: 1");
    let running = test(&folder, &s3, &call).status(-9).spawn();
    await_request(&s3, is_part, 3);
    running.signal("KILL");
    drop(running);
    assert!(!s3.objects().contains_key("in/a.parquet"));
    let result = test(&folder, &s3, &call).run().json();
    assert_eq!(
        (&result["sent"], &result["skipped"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        count(&s3, is_part),
        4,
        "the two finished parts aren't sent again"
    );
    assert!(s3.objects()["in/a.parquet"] == large());
    let notes = std::fs::read_dir(folder.path("data/uploads")).unwrap();
    assert_eq!(notes.count(), 0);
}

#[test]
fn a_forgotten_or_different_upload_starts_over() {
    for is_changed in [false, true] {
        let s3 = troubled(Trouble::Silence, 3, is_part);
        let folder = Folder::new();
        folder.work("a.parquet", large());
        let call = upload("\"a.parquet\"", "");
        let running = test(&folder, &s3, &call).status(130).spawn();
        await_request(&s3, is_part, 3);
        running.signal("INT");
        running.end();
        let mut content = large();
        if is_changed {
            content[0] = 77;
            folder.work("a.parquet", &content);
        } else {
            s3.forget_uploads();
        }
        test(&folder, &s3, &call).run();
        assert!(s3.objects()["in/a.parquet"] == content);
        assert_eq!(s3.unfinished(), 0, "parts of no use are removed");
    }
}

#[test]
fn notes_of_uploads_are_removed_after_30_days() {
    let (folder, s3) = (Folder::new(), bucket());
    folder.work("a.json", "[]");
    for (name, days) in [("old", 31), ("new", 29)] {
        let path = folder.write(&format!("data/uploads/{name}.json"), "{}");
        let file = std::fs::File::options().append(true).open(path).unwrap();
        let age = Duration::from_secs(days * 24 * 3600);
        file.set_modified(std::time::SystemTime::now() - age)
            .unwrap();
    }
    test(&folder, &s3, &upload("\"a.json\"", "")).run();
    assert!(!folder.path("data/uploads/old.json").exists());
    assert!(folder.path("data/uploads/new.json").exists());
}

#[test]
fn a_stop_ends_every_wait_at_once() {
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        for of in [
            (|asked| asked.method == "GET") as fn(&Asked) -> bool,
            |asked| asked.method == "PUT",
        ] {
            let s3 = troubled(Trouble::Silence, 9, of);
            let folder = Folder::new();
            folder.work("a.json", "[]");
            let running = test(&folder, &s3, &upload("\"a.json\"", ""))
                .status(status)
                .spawn();
            await_request(&s3, of, 1);
            let begin = Instant::now();
            running.signal(signal);
            running.end();
            assert!(begin.elapsed() < Duration::from_secs(2));
        }
    }
}

#[test]
fn a_file_that_changes_while_it_is_sent_fails_and_is_sent_again() {
    let folder = Folder::new();
    let path = folder.work("d/a.json", "[1]");
    folder.work("d/b.json", "[2]");
    let first = AtomicUsize::new(0);
    let s3 = S3::with_troubles(ACCESS, BTreeMap::new(), 0, move |asked| {
        if asked.method == "PUT"
            && asked.target.contains("a.json")
            && first.fetch_add(1, Ordering::SeqCst) == 0
        {
            // The size stays the same, so only the time differs.
            std::fs::write(&path, "[7]").unwrap();
        }
        Trouble::None
    });
    let call = upload("\"d\"", "");
    let ran = test(&folder, &s3, &call).status(7).run();
    ran.complains("1 not uploaded of 2 files: d/a.json: the file changed while it was sent");
    assert_eq!(s3.objects()["in/b.json"], b"[2]");
    let result = test(&folder, &s3, &call).run().json();
    assert_eq!(result["sent"], json!(1));
    assert_eq!(s3.objects()["in/a.json"], b"[7]");
}

#[test]
fn thousands_of_small_files_are_sent_once() {
    let (folder, s3) = (Folder::new(), bucket());
    for number in 0..1100 {
        folder.work(&format!("d/{number}.json"), number.to_string());
    }
    let call = upload("\"d\"", ", parallel: 16");
    let result = test(&folder, &s3, &call).run().json();
    assert_eq!(result["sent"], json!(1100));
    let before = s3.asked().len();
    let result = test(&folder, &s3, &call).run().json();
    assert_eq!(result["skipped"], json!(1100));
    assert_eq!(s3.asked().len() - before, 2, "two pages of one list");
}
