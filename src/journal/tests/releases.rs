//! Tests of journals that other releases have written.

use super::*;

#[test]
fn a_journal_of_a_later_form_is_refused() {
    let folder = folder();
    fs::create_dir_all(folder.path().join("journal")).unwrap();
    fs::write(
        path(&folder),
        "{\"journal\":{\"version\":2,\"generation\":\"x\"}}\n",
    )
    .unwrap();
    let journal = opened(folder.path());
    let error = journal.append(vec![intent("a", None)]).unwrap_err();
    assert!(
        matches!(error, JournalError::Version { found: 2, .. }),
        "{error}"
    );
}

#[test]
fn a_journal_of_an_earlier_release_is_read() {
    let key = format!("nightly-{}", hash("files"));
    let identity = hash("a");
    let lines = [
        r#"{"journal":{"version":1,"generation":"g"}}"#.to_owned(),
        // Without `moment`, `attempt`, `honoured`, `baseline`, `partition`, `stamps` and `contents`.
        format!(
            r#"{{"intent":{{"id":"a","at":"2026-01-02T03:04:05.000Z","target":"http://h","collection":"books","connection":"c","identity":"{identity}","key":"k","header":"h","files":[["s3://bucket/a.parquet"]]}}}}"#
        ),
        r#"{"made":{"id":"a","at":"2026-01-02T03:04:06.000Z","job":"job-1","how":"answer"}}"#.to_owned(),
        r#"{"ended":{"target":"http://h","job":"job-1","at":"2026-01-02T03:05:00.000Z","state":"Completed"}}"#.to_owned(),
        // A batch's job, without `contents`.
        format!(
            r#"{{"intent":{{"id":"b","at":"2026-01-02T03:06:00.000Z","target":"http://h","collection":"books","connection":"c","identity":"{identity}","key":"{key}","header":"h","files":[["b.parquet"]],"stamps":["1 2"]}}}}"#
        ),
        r#"{"made":{"id":"b","at":"2026-01-02T03:06:01.000Z","job":"job-2","how":"scan"}}"#.to_owned(),
        r#"{"unknown":{"id":"b","at":"2026-01-02T03:06:02.000Z","jobs":[]}}"#.to_owned(),
    ];
    let folder = folder();
    fs::create_dir(folder.path().join("journal")).unwrap();
    fs::write(path(&folder), format!("{}\n", lines.join("\n"))).unwrap();
    let journal = opened(folder.path());
    journal.check_whole().unwrap();
    let (first, by_key) = journal
        .read(|fold| {
            let first = fold.submission("a").unwrap().clone();
            (first, fold.under_key("http://h", "k").unwrap().job.clone())
        })
        .unwrap();
    assert_eq!(first.standing, Standing::Ended(JobState::Completed));
    assert_eq!((first.intent.attempt, first.superseded), (1, false));
    assert_eq!(by_key.as_deref(), Some("job-1"));
    let batch = journal.batch("nightly").unwrap();
    let jobs: Vec<_> = batch.iter().map(|it| it.job.as_deref()).collect();
    assert_eq!(jobs, [Some("job-2")]);
    assert_eq!(batch[0].intent.files, [["b.parquet"]]);
    assert_eq!(journal.contents(&scope("books")).unwrap(), HashMap::new());
    assert_eq!(journal.history("a").unwrap().len(), 3);
    // This release continues the file: the created collection replaces the earlier jobs' rows.
    let created = Entry::Created {
        at: now(),
        scope: scope("books"),
    };
    let mut with_contents = intent("c", Some("k2"));
    if let Entry::Intent(intent) = &mut with_contents {
        intent.contents = vec!["print".to_owned()];
    }
    journal
        .append(vec![created, with_contents, made("c", "job-3")])
        .unwrap();
    for journal in [journal, opened(folder.path())] {
        assert!(journal.batch("nightly").unwrap().is_empty());
        let contents = journal.contents(&scope("books")).unwrap();
        let file = "s3://bucket/folder/file.parquet".to_owned();
        assert_eq!(contents, HashMap::from([("print".to_owned(), file)]));
    }
}
