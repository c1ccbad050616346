//! Narrow screens, long lists, and text that is wider than it looks.

use crate::api::model::JobState;
use crate::render::{Screen, Shown};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::{failed, file, job, jobs, progress, table, terminal, text};

#[test]
fn a_list_of_jobs_at_40_columns_has_records() {
    let jobs = jobs();
    let shown = table(
        &Shown::Jobs {
            jobs: &jobs[1..],
            total: None,
        },
        &terminal(40),
    );
    let expected = r#"
job-01k2x7d5n0e8q9a0b1c2d3e4f6
  書籍と映画  Importing (Sorting)  42.5%
job-01k2x7d5n0e8q9a0b1c2d3e4f7
  packages  Failed  0%
job-01k2x7d5n0e8q9a0b1c2d3e4f7
  row 1234, field "vector": expected 384
  floats, found 383
"#;
    assert_eq!(shown, text(expected));
}

#[test]
fn one_job_fits_40_columns() {
    let expected = r#"
job
  job-01k2x7d5n0e8q9a0b1c2d3e4f7
collection  packages
state       Failed
percent     ━━━━━━━━──────────── 40%
rows        1,600/4,000
files       2 files
size        2.4 MiB
completed   3m ago

╭────────┬───────────┬─────────╮
│ file   │ state     │ percent │
├────────┼───────────┼─────────┤
│ b.json │ Failed    │     40% │
│ a.json │ Completed │    100% │
╰────────┴───────────┴─────────╯
2 columns hidden: rows, size; -o
vertical shows all

job-01k2x7d5n0e8q9a0b1c2d3e4f7 failed: 1 of 2 files is at fault
  b.json: row 1234: expected 384
    floats, found 383
  import failed
next: describe("packages") shows the
      fields that the files have to
      match
"#;
    assert_eq!(
        table(&Shown::Progress(&failed()), &terminal(40)),
        text(expected)
    );
}

#[test]
fn a_long_list_of_jobs_is_counted_by_state() {
    let states = [
        JobState::Completed,
        JobState::Completed,
        JobState::Importing,
        JobState::Failed,
        JobState::Completed,
    ];
    let jobs: Vec<_> = states
        .into_iter()
        .map(|state| job("445566778899001122", "books", state, "", 10.0, None))
        .collect();
    let shown = Shown::Jobs {
        jobs: &jobs,
        total: None,
    };
    let text = table(&shown, &terminal(80));
    assert!(
        text.ends_with("\n5 jobs: 1 Importing, 3 Completed, 1 Failed\n"),
        "{text}"
    );
    assert!(!table(&shown, &Screen::plain()).contains("5 jobs"));
}

#[test]
fn names_of_collections_are_in_columns() {
    let names: Vec<String> = (1..=10)
        .map(|number| format!("collection_{number}"))
        .collect();
    let expected = r"
collection_1   collection_5   collection_9
collection_2   collection_6   collection_10
collection_3   collection_7
collection_4   collection_8
10 collections
";
    let shown = Shown::Collections(&names);
    assert_eq!(table(&shown, &terminal(50)), text(expected));
    assert_eq!(table(&shown, &Screen::plain()).lines().count(), 10);
    assert_eq!(
        table(&Shown::Collections(&names[..3]), &terminal(80))
            .lines()
            .count(),
        3
    );
}

#[test]
fn a_connection_is_shown_as_its_settings() {
    let connection = json!({
        "name": "prod", "api": "v2", "endpoint": "https://api.cloud.zilliz.com",
        "collections": "https://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com", "cluster": "in03-3bf3c31f4248e22",
        "region": "aws-us-east1", "database": null, "key": "ZILLIZ_API_KEY",
    });
    let expected = r"
name         prod
api          v2
endpoint     https://api.cloud.zilliz.com
collections  https://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com
cluster      in03-3bf3c31f4248e22
region       aws-us-east1
database     default
key          ZILLIZ_API_KEY
";
    let shown = Shown::Connection(&connection);
    for screen in [terminal(80), terminal(200), Screen::plain()] {
        assert_eq!(table(&shown, &screen), text(expected));
    }
    let narrow = table(&shown, &terminal(40));
    assert!(narrow.contains("collections\n  https://in03-"), "{narrow}");
}

#[test]
fn a_caught_error_is_shown_as_a_value() {
    let error = json!({
        "kind": "job_failed", "code": null, "message": "job-7 failed: 1 of 2 files: b.json: bad row",
        "hint": "describe(\"books\") shows the fields that the files have to match", "jobs": ["job-7"], "exit": 4,
    });
    let expected = r#"
error    job_failed
message  job-7 failed: 1 of 2 files: b.json: bad row
hint     describe("books") shows the fields that the files have to match
jobs     job-7
exit     4
"#;
    assert_eq!(table(&Shown::Error(&error), &terminal(80)), text(expected));
}

#[test]
fn large_numbers_are_grouped_for_people_unless_they_are_ids() {
    let value = json!([{"rows": 1_234_567, "collectionID": 445_566_778, "year": 2026}]);
    let shown = Shown::Value(&value);
    let people = table(&shown, &terminal(80));
    for part in ["1,234,567 │", "445566778 │", "2026 │"] {
        assert!(people.contains(part), "{people}");
    }
    assert!(table(&shown, &Screen::plain()).contains("1234567"));
}

#[test]
fn boxes_are_straight_with_any_content() {
    let texts = [
        "👩‍👩‍👧‍👦",
        "🇩🇪",
        "e\u{301}",
        "書籍",
        "❤️",
        "a\u{200b}b",
        "\t",
        "x",
        "ﷺ",
        "👍🏽",
    ];
    let value: Value = texts
        .iter()
        .map(|text| json!({"a": text, "b": text.repeat(30)}))
        .collect();
    for width in [30, 60, 120] {
        let shown = table(&Shown::Value(&value), &terminal(width));
        let widths: Vec<usize> = shown
            .lines()
            .filter(|line| line.starts_with(['│', '╭', '├', '╰']))
            .map(UnicodeWidthStr::width)
            .collect();
        assert!(widths.len() > texts.len(), "{shown}");
        assert!(
            widths
                .iter()
                .all(|columns| columns == &widths[0] && *columns <= width),
            "{width}: {widths:?}\n{shown}"
        );
    }
}

#[test]
fn the_files_of_a_job_with_many_failures_are_counted() {
    let files = (0..50)
        .map(|number| file(&format!("{number}.json"), JobState::Failed, Some("bad row")))
        .collect();
    let shown = table(
        &Shown::Progress(&progress(JobState::Failed, files, None)),
        &terminal(80),
    );
    assert!(
        shown.contains("failed: 50 of 50 files are at fault\n  0.json, 1.json, 2.json and 47 more: bad row\nnext: "),
        "{shown}"
    );
}

#[test]
fn a_known_reason_has_a_hint() {
    let files = vec![file(
        "a.json",
        JobState::Failed,
        Some("s3: AccessDenied (403)"),
    )];
    let shown = table(
        &Shown::Progress(&progress(JobState::Failed, files, None)),
        &terminal(200),
    );
    assert!(
        shown.contains("\nhint: the storage keys need GetObject"),
        "{shown}"
    );
}

#[test]
fn the_first_rows_are_shown_like_the_whole_list() {
    let jobs = jobs();
    let list = Shown::Jobs {
        jobs: &jobs,
        total: Some(99),
    };
    let first = list.first(2, |shown, more| {
        (shown.rows(), more, table(&shown, &Screen::plain()))
    });
    assert_eq!((first.0, first.1), (2, 1));
    assert_eq!(first.2.lines().count(), 3, "{}", first.2);
    let value = json!([1, 2, 3]);
    let kept = Shown::Value(&value).first(2, |shown, more| (shown.to_json(), more));
    assert_eq!(kept, (json!([1, 2]), 1));
    let whole = Shown::Value(&value).first(3, |shown, more| (shown.rows(), more));
    assert_eq!(whole, (3, 0));
}
