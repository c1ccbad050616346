//! Tables at several widths and off a terminal.

use crate::api::model::JobState;
use crate::render::{self, Screen, Shown};
use serde_json::json;

use super::{description, failed, file, jobs, listed, progress, table, terminal, text};

#[test]
fn a_list_of_jobs_at_80_columns_has_the_reasons_below() {
    let expected = r#"
╭────────────────────────────────┬────────────┬─────────────────────┬─────────╮
│ job                            │ collection │ state               │ percent │
├────────────────────────────────┼────────────┼─────────────────────┼─────────┤
│ job-01k2x7d5n0e8q9a0b1c2d3e4f5 │ books      │ Completed           │    100% │
│ job-01k2x7d5n0e8q9a0b1c2d3e4f6 │ 書籍と映画 │ Importing (Sorting) │   42.5% │
│ job-01k2x7d5n0e8q9a0b1c2d3e4f7 │ packages   │ Failed              │      0% │
╰────────────────────────────────┴────────────┴─────────────────────┴─────────╯
job-01k2x7d5n0e8q9a0b1c2d3e4f7
  row 1234, field "vector": expected 384 floats, found 383
3 of 12,345 jobs; jobs(#{limit: "all"}) shows all
"#;
    assert_eq!(table(&listed(&jobs()), &terminal(80)), text(expected));
}

#[test]
fn a_list_of_jobs_at_200_columns_is_complete() {
    let shown = table(&listed(&jobs()), &terminal(200));
    assert!(shown.contains("│ Failed              │      0% │ row 1234, field \"vector\": expected 384 floats, found 383 │"), "{shown}");
    assert!(!shown.contains("hidden"), "{shown}");
}

#[test]
fn off_a_terminal_a_list_of_jobs_is_plain_and_complete() {
    let expected = r#"
job                             collection  state                percent  reason
job-01k2x7d5n0e8q9a0b1c2d3e4f5  books       Completed               100%  -
job-01k2x7d5n0e8q9a0b1c2d3e4f6  書籍と映画  Importing (Sorting)    42.5%  -
job-01k2x7d5n0e8q9a0b1c2d3e4f7  packages    Failed                    0%  row 1234, field "vector": expected 384 floats, found 383
3 of 12345 jobs; jobs(#{limit: "all"}) shows all
"#;
    assert_eq!(table(&listed(&jobs()), &Screen::plain()), text(expected));
}

#[test]
fn one_job_shows_its_files_and_why_it_failed() {
    let expected = r#"
job         job-01k2x7d5n0e8q9a0b1c2d3e4f7
collection  packages
state       Failed
percent     ━━━━━━━━──────────── 40%
rows        1,600/4,000
files       2 files
size        2.4 MiB
completed   3m ago

╭────────┬───────────┬─────────┬───────────┬─────────╮
│ file   │ state     │ percent │      rows │    size │
├────────┼───────────┼─────────┼───────────┼─────────┤
│ b.json │ Failed    │     40% │ 800/2,000 │ 1.2 MiB │
│ a.json │ Completed │    100% │ 800/2,000 │ 1.2 MiB │
╰────────┴───────────┴─────────┴───────────┴─────────╯

job-01k2x7d5n0e8q9a0b1c2d3e4f7 failed: 1 of 2 files is at fault
  b.json: row 1234: expected 384 floats, found 383
  import failed
next: describe("packages") shows the fields that the files have to match
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
    assert!(plain.contains("b.json  Failed         40%  800/2000  1.2 MiB  -          row 1234: expected 384 floats, found 383\n"), "{plain}");
}

#[test]
fn a_failure_without_a_reason_has_a_hint() {
    let files = vec![file("a.json", JobState::Failed, None)];
    let explained =
        render::explain_failure(&progress(JobState::Failed, files, Some(" "))).expect("it failed");
    assert_eq!(explained.reasons, ["a.json: the service gave no reason"]);
    assert!(
        explained.next.starts_with("describe(\"packages\")"),
        "{}",
        explained.next
    );
    assert_eq!(
        render::explain_failure(&progress(JobState::Completed, vec![], None)),
        None
    );
}

#[test]
fn finished_files_of_a_running_job_are_explained() {
    let files = vec![file("a.json", JobState::Completed, None)];
    let finishing = progress(JobState::Importing, files, None);
    assert!(
        table(&Shown::Progress(&finishing), &Screen::plain())
            .ends_with("\nfiles done, server finishing\n")
    );
    assert!(!render::failure::files_done(&progress(
        JobState::Importing,
        vec![],
        None
    )));
}

#[test]
fn a_description_names_types_and_flags() {
    let expected = r"
collection      books
description     -
load state      Loaded
dynamic fields  yes
partitions      2
shards          1

field   type                flags             default  description
id      Int64               primary, auto id  -        -
title   VarChar(512)        nullable          -        -
tags    Array<VarChar>(10)  -                 -        -
vector  FloatVector(384)    -                 -        -

index  on field  type  metric
vec    vector    -     COSINE
";
    assert_eq!(
        table(&Shown::Description(&description()), &Screen::plain()),
        text(expected)
    );
    let odd = json!({"fields": "none"});
    assert_eq!(
        table(&Shown::Description(&odd), &Screen::plain()),
        "fields  none\n"
    );
}

#[test]
fn no_output_is_wider_than_the_terminal() {
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
                    .filter(|line| line.starts_with(['│', '╭', '|', '+']))
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
