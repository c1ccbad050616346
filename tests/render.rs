//! What people and programs see: layouts at several widths and off a terminal, JSON, CSV, colours, closed pipes.

use std::io::{self, Write};

use serde_json::{Value, json};
use zshell::api::model::{FileProgress, JobState, JobSummary, Progress, State};
use zshell::render::{self, OutputFormat, Screen, Shown};

fn state(kind: JobState, sent: &str) -> State {
    State {
        kind,
        sent: sent.to_owned(),
    }
}

fn job(
    id: &str,
    collection: &str,
    kind: JobState,
    sent: &str,
    percent: f64,
    reason: Option<&str>,
) -> JobSummary {
    JobSummary {
        job_id: id.to_owned(),
        collection: collection.to_owned(),
        state: state(kind, sent),
        percent: Some(percent),
        reason: reason.map(str::to_owned),
    }
}

fn jobs() -> Vec<JobSummary> {
    vec![
        job(
            "job-01k2x7d5n0e8q9a0b1c2d3e4f5",
            "books",
            JobState::Completed,
            "Completed",
            100.0,
            None,
        ),
        job(
            "job-01k2x7d5n0e8q9a0b1c2d3e4f6",
            "書籍と映画",
            JobState::Importing,
            "Sorting",
            42.5,
            None,
        ),
        job(
            "job-01k2x7d5n0e8q9a0b1c2d3e4f7",
            "packages",
            JobState::Failed,
            "Failed",
            0.0,
            Some("row 1234, field \"vector\": expected 384 floats, found 383"),
        ),
    ]
}

fn file(name: &str, kind: JobState, reason: Option<&str>) -> FileProgress {
    FileProgress {
        file_name: name.to_owned(),
        file_size: Some(1_258_291),
        state: state(kind, ""),
        percent: if kind == JobState::Completed {
            100.0
        } else {
            40.0
        },
        rows: Some(800),
        total_rows: Some(2000),
        complete_time: None,
        reason: reason.map(str::to_owned),
    }
}

fn progress(kind: JobState, details: Vec<FileProgress>, reason: Option<&str>) -> Progress {
    Progress {
        job_id: "job-01k2x7d5n0e8q9a0b1c2d3e4f7".to_owned(),
        collection: "packages".to_owned(),
        state: state(kind, ""),
        percent: 40.0,
        rows: Some(1600),
        total_rows: Some(4000),
        file_name: "a.json,b.json".to_owned(),
        file_size: Some(2_516_582),
        complete_time: Some("2026-01-02T11:57:00Z".to_owned()),
        reason: reason.map(str::to_owned),
        details,
    }
}

fn failed() -> Progress {
    let files = vec![
        file("a.json", JobState::Completed, None),
        file(
            "b.json",
            JobState::Failed,
            Some("row 1234: expected 384 floats, found 383"),
        ),
    ];
    progress(JobState::Failed, files, Some("import failed"))
}

fn terminal(width: usize) -> Screen {
    let clock = "2026-01-02T12:00:00Z".parse().expect("a time");
    Screen {
        clock: Some(clock),
        ..Screen::terminal(width, 24)
    }
}

fn written(shown: &Shown<'_>, format: OutputFormat, screen: &Screen) -> String {
    let mut out = Vec::new();
    render::write(&mut out, shown, format, screen).expect("a vector takes everything");
    String::from_utf8(out).expect("text")
}

fn table(shown: &Shown<'_>, screen: &Screen) -> String {
    written(shown, OutputFormat::Table, screen)
}

fn description() -> Value {
    json!({
        "collectionName": "books", "autoId": true, "enableDynamicField": true, "load": "LoadStateLoaded", "shardsNum": 1,
        "fields": [
            {"name": "id", "type": "Int64", "primaryKey": true, "nullable": false},
            {"name": "title", "type": "VarChar", "nullable": true, "params": [{"key": "max_length", "value": "512"}]},
            {"name": "tags", "type": "Array", "params": [{"key": "max_capacity", "value": 10}, {"key": "elementType", "value": "VarChar"}]},
            {"name": "vector", "type": "FloatVector", "params": [{"key": "dim", "value": "384"}]},
        ],
        "indexes": [{"fieldName": "vector", "indexName": "vec", "metricType": "COSINE"}],
    })
}

fn listed(jobs: &[JobSummary]) -> Shown<'_> {
    Shown::Jobs {
        jobs,
        total: Some(12_345),
    }
}

/// The text without the newline that raw strings begin with here.
fn text(expected: &str) -> &str {
    expected.strip_prefix('\n').unwrap_or(expected)
}

#[test]
fn a_list_of_jobs_at_80_columns_hides_the_reason_and_says_so() {
    let expected = r#"
┌────────────────────────────────┬────────────┬─────────────────────┬─────────┐
│ job                            ┆ collection ┆ state               ┆ percent │
╞════════════════════════════════╪════════════╪═════════════════════╪═════════╡
│ job-01k2x7d5n0e8q9a0b1c2d3e4f5 ┆ books      ┆ Completed           ┆    100% │
│ job-01k2x7d5n0e8q9a0b1c2d3e4f6 ┆ 書籍と映画 ┆ Importing (Sorting) ┆   42.5% │
│ job-01k2x7d5n0e8q9a0b1c2d3e4f7 ┆ packages   ┆ Failed              ┆      0% │
└────────────────────────────────┴────────────┴─────────────────────┴─────────┘
1 column hidden: reason; -o json shows all
3 of 12,345 jobs; jobs(#{limit: "all"}) shows all
"#;
    assert_eq!(table(&listed(&jobs()), &terminal(80)), text(expected));
}

#[test]
fn a_list_of_jobs_at_200_columns_is_whole() {
    let shown = table(&listed(&jobs()), &terminal(200));
    assert!(shown.contains("┆ Failed              ┆      0% ┆ row 1234, field \"vector\": expected 384 floats, found 383 │"), "{shown}");
    assert!(!shown.contains("hidden"), "{shown}");
}

#[test]
fn a_list_of_jobs_at_40_columns_is_a_record_a_job() {
    let jobs = jobs();
    let shown = table(
        &Shown::Jobs {
            jobs: &jobs[1..],
            total: None,
        },
        &terminal(40),
    );
    let expected = r#"
job         job-01k2x7d5n0e8q9a0b1c2d3e4f6
collection  書籍と映画
state       Importing (Sorting)
percent     42.5%

job         job-01k2x7d5n0e8q9a0b1c2d3e4f7
collection  packages
state       Failed
percent     0%
reason      row 1234, field "vector": expected 384 floats, found 383
"#;
    assert_eq!(shown, text(expected));
}

#[test]
fn off_a_terminal_a_list_of_jobs_is_plain_aligned_and_untruncated() {
    let expected = r#"
job                             collection  state                percent  reason
job-01k2x7d5n0e8q9a0b1c2d3e4f5  books       Completed               100%  -
job-01k2x7d5n0e8q9a0b1c2d3e4f6  書籍と映画  Importing (Sorting)    42.5%  -
job-01k2x7d5n0e8q9a0b1c2d3e4f7  packages    Failed                    0%  row 1234, field "vector": expected 384 floats, found 383
3 of 12,345 jobs; jobs(#{limit: "all"}) shows all
"#;
    assert_eq!(table(&listed(&jobs()), &Screen::plain()), text(expected));
}

#[test]
fn one_job_shows_its_files_and_why_it_failed() {
    let expected = r#"
┌────────────┬────────────────────────────────┐
│ field      ┆ value                          │
╞════════════╪════════════════════════════════╡
│ job        ┆ job-01k2x7d5n0e8q9a0b1c2d3e4f7 │
│ collection ┆ packages                       │
│ state      ┆ Failed                         │
│ percent    ┆ 40%                            │
│ rows       ┆ 1,600/4,000                    │
│ file       ┆ a.json,b.json                  │
│ size       ┆ 2.4 MiB                        │
│ completed  ┆ 3m ago                         │
│ reason     ┆ import failed                  │
└────────────┴────────────────────────────────┘

┌────────┬───────────┬─────────┬───────────┬─────────┬─────────────────────────┐
│ file   ┆ state     ┆ percent ┆      rows ┆    size ┆ reason                  │
╞════════╪═══════════╪═════════╪═══════════╪═════════╪═════════════════════════╡
│ a.json ┆ Completed ┆    100% ┆ 800/2,000 ┆ 1.2 MiB ┆ -                       │
│ b.json ┆ Failed    ┆     40% ┆ 800/2,000 ┆ 1.2 MiB ┆ row 1234: expected 384  │
│        ┆           ┆         ┆           ┆         ┆ floats, found 383       │
└────────┴───────────┴─────────┴───────────┴─────────┴─────────────────────────┘

job-01k2x7d5n0e8q9a0b1c2d3e4f7 failed: 1 of 2 files
  b.json: row 1234: expected 384 floats, found 383
  import failed
next: progress("job-01k2x7d5n0e8q9a0b1c2d3e4f7").details shows each file
"#;
    assert_eq!(
        table(&Shown::Progress(&failed()), &terminal(80)),
        text(expected)
    );
    let plain = table(&Shown::Progress(&failed()), &Screen::plain());
    assert!(
        plain.contains("completed   2026-01-02T11:57:00Z\n"),
        "{plain}"
    );
    assert!(plain.contains("b.json  Failed         40%  800/2,000  1.2 MiB  -          row 1234: expected 384 floats, found 383\n"), "{plain}");
}

#[test]
fn a_failure_without_a_reason_says_so_and_names_the_next_line() {
    let files = vec![file("a.json", JobState::Failed, None)];
    let explained =
        render::explain_failure(&progress(JobState::Failed, files, Some(" "))).expect("it failed");
    assert_eq!(
        explained.reasons,
        [
            "a.json: the service gave no reason",
            "the service gave no reason"
        ]
    );
    assert!(
        explained
            .next
            .starts_with("progress(\"job-01k2x7d5n0e8q9a0b1c2d3e4f7\")"),
        "{}",
        explained.next
    );
    assert_eq!(
        render::explain_failure(&progress(JobState::Completed, vec![], None)),
        None
    );
}

#[test]
fn files_done_before_the_job_is_are_explained() {
    let files = vec![file("a.json", JobState::Completed, None)];
    let finishing = progress(JobState::Importing, files, None);
    assert!(
        table(&Shown::Progress(&finishing), &Screen::plain())
            .ends_with("\nfiles done, server finishing\n")
    );
    assert!(!render::files_done(&progress(
        JobState::Importing,
        vec![],
        None
    )));
}

#[test]
fn a_description_names_types_and_flags() {
    let expected = r#"
field           value
collection      books
description     -
load state      Loaded
dynamic fields  yes
shards          1

field   type                flags             default  description
id      Int64               primary, auto id  -        -
title   VarChar(512)        nullable          -        -
tags    Array<VarChar>(10)  -                 -        -
vector  FloatVector(384)    -                 -        -

index  on field  metric
vec    vector    COSINE
"#;
    assert_eq!(
        table(&Shown::Description(&description()), &Screen::plain()),
        text(expected)
    );
    let odd = json!({"fields": "none"});
    assert_eq!(
        table(&Shown::Description(&odd), &Screen::plain()),
        "field   value\nfields  none\n"
    );
}

#[test]
fn nothing_shown_is_wider_than_the_terminal() {
    let jobs = jobs();
    let failed = failed();
    let described = description();
    let values =
        json!([{"a": 1, "b": "x".repeat(300), "c": [1, 2], "d": "書籍 ".repeat(40), "e": null}]);
    let clusters = [
        json!({"clusterId": "in03-3bf3c31f4248e22", "clusterName": "prod", "regionId": "aws-us-east-1", "plan": "Serverless",
        "status": "RUNNING", "connectAddress": "https://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com"}),
    ];
    let all = [
        listed(&jobs),
        Shown::Progress(&failed),
        Shown::Waited(std::slice::from_ref(&failed)),
        Shown::Description(&described),
        Shown::Clusters(&clusters),
        Shown::Value(&values),
    ];
    for width in [40, 60, 80, 120, 200] {
        for unicode in [true, false] {
            let screen = Screen {
                unicode,
                ..terminal(width)
            };
            for shown in &all {
                for line in table(shown, &screen)
                    .lines()
                    .filter(|line| line.starts_with(['│', '┌', '|', '+']))
                {
                    let columns = unicode_width::UnicodeWidthStr::width(line);
                    assert!(columns <= width, "{columns} of {width}: {line}");
                }
            }
        }
    }
    for width in 0..40 {
        for shown in &all {
            assert!(!table(shown, &terminal(width)).is_empty());
        }
    }
}

#[test]
fn boxes_are_ascii_where_the_locale_is() {
    let screen = Screen {
        unicode: false,
        ..terminal(80)
    };
    let values = json!([{"a": 1, "b": "x"}]);
    assert_eq!(
        table(&Shown::Value(&values), &screen),
        "+---+---+\n| a | b |\n+=======+\n| 1 | x |\n+---+---+\n"
    );
}

#[test]
fn values_of_each_shape() {
    let shown = |value: Value| table(&Shown::Value(&value), &Screen::plain());
    assert_eq!(
        shown(json!({"a": 1, "b": {"c": [1, null]}})),
        "field  value\na      1\nb      {\"c\":[1,null]}\n"
    );
    assert_eq!(
        shown(json!([{"b": 1}, {"a": "x", "b": null}])),
        "b  a\n1  -\n-  x\n"
    );
    assert_eq!(shown(json!([1, "two", [3]])), "1\ntwo\n[3]\n");
    assert_eq!(shown(json!("plain \"text\"")), "plain \"text\"\n");
    assert_eq!(
        shown(json!(9_007_199_254_740_993_u64)),
        "9007199254740993\n"
    );
    assert_eq!(shown(Value::Null), "");
    assert_eq!(table(&Shown::Nothing, &Screen::plain()), "");
}

#[test]
fn empty_results_say_so() {
    let cases: [(Shown<'_>, &str, &str); 6] = [
        (
            Shown::Jobs {
                jobs: &[],
                total: None,
            },
            "no jobs\n",
            "job,collection,state,percent,reason\n",
        ),
        (
            Shown::Waited(&[]),
            "no jobs\n",
            "job,collection,state,percent,rows,total_rows,file,size,completed,reason,details\n",
        ),
        (Shown::Collections(&[]), "no collections\n", "value\n"),
        (
            Shown::Clusters(&[]),
            "no clusters\n",
            "clusterId,clusterName,regionId,plan,status,connectAddress\n",
        ),
        (Shown::Value(&json!([])), "empty list\n", "value\n"),
        (Shown::Value(&json!({})), "empty map\n", "value\n"),
    ];
    for (shown, in_table, in_csv) in &cases {
        assert_eq!(table(shown, &terminal(80)), *in_table);
        if !matches!(shown, Shown::Value(Value::Object(_))) {
            assert_eq!(written(shown, OutputFormat::Csv, &Screen::plain()), *in_csv);
            assert_eq!(written(shown, OutputFormat::Json, &Screen::plain()), "[]\n");
        }
    }
}

#[test]
fn json_keeps_its_keys_and_types() {
    let jobs = jobs();
    let read: Value =
        serde_json::from_str(&written(&listed(&jobs), OutputFormat::Json, &terminal(40)))
            .expect("JSON");
    assert_eq!(
        read[1],
        json!({"job": "job-01k2x7d5n0e8q9a0b1c2d3e4f6", "collection": "書籍と映画", "state": "Importing", "percent": 42.5, "reason": null})
    );
    let mut job = failed();
    job.complete_time = None;
    job.details.truncate(1);
    let read: Value = serde_json::from_str(&written(
        &Shown::Progress(&job),
        OutputFormat::Json,
        &Screen::plain(),
    ))
    .expect("JSON");
    let expected = json!({
        "job": "job-01k2x7d5n0e8q9a0b1c2d3e4f7", "collection": "packages", "state": "Failed", "percent": 40.0, "rows": 1600,
        "total_rows": 4000, "file": "a.json,b.json", "size": 2_516_582, "completed": null, "reason": "import failed",
        "details": [{"file": "a.json", "state": "Completed", "percent": 100.0, "rows": 800, "total_rows": 2000, "size": 1_258_291,
            "completed": null, "reason": null}],
    });
    assert_eq!(read, expected);
    assert_eq!(
        render::columns(&read),
        [
            "job",
            "collection",
            "state",
            "percent",
            "rows",
            "total_rows",
            "file",
            "size",
            "completed",
            "reason",
            "details"
        ]
    );
}

#[test]
fn csv_reads_back() {
    let value = json!([{"name": "a,\"b\"\nc", "n": 1}, {"n": null, "more": {"x": [1]}}]);
    let text = written(&Shown::Value(&value), OutputFormat::Csv, &Screen::plain());
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(
        reader.headers().expect("a header"),
        vec!["name", "n", "more"]
    );
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("rows");
    assert_eq!(rows[0], vec!["a,\"b\"\nc", "1", ""]);
    assert_eq!(rows[1], vec!["", "", "{\"x\":[1]}"]);
    let names = ["a".to_owned(), "b".to_owned()];
    assert_eq!(
        written(
            &Shown::Collections(&names),
            OutputFormat::Csv,
            &Screen::plain()
        ),
        "value\na\nb\n"
    );
}

#[test]
fn chosen_columns_come_in_the_order_chosen() {
    let jobs = jobs();
    let columns = ["state".to_owned(), "job".to_owned()];
    let mut out = Vec::new();
    render::write_columns(
        &mut out,
        &listed(&jobs[..1]),
        &columns,
        OutputFormat::Csv,
        &Screen::plain(),
    )
    .expect("written");
    assert_eq!(
        String::from_utf8(out).expect("text"),
        "state,job\nCompleted,job-01k2x7d5n0e8q9a0b1c2d3e4f5\n"
    );
}

#[test]
fn colours_only_where_the_screen_has_them() {
    let failed = failed();
    let jobs = jobs();
    let described = description();
    for shown in [
        listed(&jobs),
        Shown::Progress(&failed),
        Shown::Description(&described),
    ] {
        for screen in [terminal(200), terminal(40), Screen::plain()] {
            assert!(!table(&shown, &screen).contains('\x1b'));
            let coloured = table(
                &shown,
                &Screen {
                    color: true,
                    ..screen.clone()
                },
            );
            assert!(coloured.contains('\x1b'), "{coloured}");
        }
    }
    let coloured = table(
        &listed(&jobs),
        &Screen {
            color: true,
            ..Screen::plain()
        },
    );
    assert!(coloured.contains("\x1b[31mFailed\x1b[0m"), "{coloured}");
}

#[test]
fn a_service_cannot_drive_the_terminal() {
    let evil = "x\x1b]0;owned\x07\x1b[2J\u{9b}31m\u{202e}y";
    let mut job = failed();
    job.reason = Some(evil.to_owned());
    job.collection = evil.to_owned();
    job.details[0].file_name = evil.to_owned();
    job.state.sent = evil.to_owned();
    let value = json!([{evil: evil}]);
    let flat = json!(evil);
    let names = [evil.to_owned()];
    for screen in [terminal(200), terminal(40)] {
        for shown in [
            Shown::Progress(&job),
            Shown::Value(&value),
            Shown::Value(&flat),
            Shown::Collections(&names),
        ] {
            for format in [OutputFormat::Table, OutputFormat::Json, OutputFormat::Csv] {
                let text = written(&shown, format, &screen);
                assert!(
                    !text.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'),
                    "{text:?}"
                );
            }
        }
    }
    let json = written(&Shown::Value(&flat), OutputFormat::Json, &terminal(80));
    assert_eq!(serde_json::from_str::<Value>(&json).expect("JSON"), flat);
}

#[test]
fn a_closed_pipe_is_an_error_and_no_panic() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
    for format in [OutputFormat::Table, OutputFormat::Json, OutputFormat::Csv] {
        let error = render::write(&mut Closed, &listed(&jobs()), format, &terminal(80))
            .expect_err("closed");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
    for screen in [Screen::plain(), terminal(80)] {
        let mut view = render::WaitView::new(screen, Closed);
        view.update(&[failed()]);
        view.tick();
        view.finish();
    }
}
