//! Screens at 80 and 120 columns with colours: reasons in order, whole words and numbers, dim borders.

use crate::api::model::JobState;
use crate::render::{self, Screen, Shown};
use serde_json::{Value, json};

use super::{failed, file, jobs, listed, progress, table, terminal};

const OTHERS: &str = "not imported, because the job failed";

fn colored(width: usize) -> Screen {
    Screen {
        color: true,
        ..terminal(width)
    }
}

/// Rows with a long vector, a short one, JSON and text.
fn rows() -> Value {
    let vector: Vec<f64> = (0..768).map(|i| f64::from(i) / 7.0 - 0.596_083_7).collect();
    let row = json!({
        "id": 1, "vector": vector, "short": [0.956_034_24, 0.947_827_46, 0.5, 12.0],
        "meta": {"url": "https://example.com/a/long/path", "score": 0.25}, "title": "a title of several words",
    });
    json!([row, row])
}

#[test]
fn the_failed_file_precedes_sixty_others() {
    let reason = "row 8, field \"vector\": expected FloatVector(4), found 3 values";
    // The local service gives the reason to one file, Milvus gives the job's reason to all.
    for others in [OTHERS.to_owned(), format!("s-x.jsonl: {reason}")] {
        let names = (0..60).map(|number| format!("s-{number}.jsonl"));
        let mut files: Vec<_> = names
            .map(|name| file(&name, JobState::Failed, Some(&others)))
            .collect();
        let bad = format!("s-x.jsonl: {reason}");
        files.push(file("s-x.jsonl", JobState::Failed, Some(&bad)));
        let job = progress(JobState::Failed, files, Some(&bad));
        let explained = render::explain_failure(&job).expect("it failed");
        assert_eq!(
            explained.message(),
            format!(
                "{} failed: 1 of 61 files is at fault\n  s-x.jsonl: {reason}\n  60 other files: {OTHERS}",
                job.job_id
            )
        );
        let advice = explained.advice();
        assert!(
            advice.contains(&format!("progress(\"{}\") shows each file", job.job_id)),
            "{advice}"
        );
    }
}

#[test]
fn a_reason_without_a_file_is_shown_once() {
    let files = ["a", "b", "c"].map(|name| file(name, JobState::Failed, Some("import timeout")));
    let job = progress(JobState::Failed, files.into(), Some("import timeout"));
    let explained = render::explain_failure(&job).expect("it failed");
    assert_eq!(
        explained.message(),
        format!("{} failed, 3 files: import timeout", job.job_id)
    );
    let alone = progress(
        JobState::Failed,
        vec![file("a", JobState::Failed, None)],
        Some("import timeout"),
    );
    let explained = render::explain_failure(&alone).expect("it failed");
    assert_eq!(
        explained.message(),
        format!("{} failed: a: import timeout", job.job_id)
    );
    let reason = "not imported, because the job was aborted";
    let files = ["a", "b"].map(|name| file(name, JobState::Aborted, Some(reason)));
    let aborted = progress(JobState::Aborted, files.into(), Some("aborted"));
    let explained = render::explain_failure(&aborted).expect("it was aborted");
    assert_eq!(explained.reasons, [format!("a, b: {reason}")]);
}

#[test]
fn jobs_with_equal_reasons_share_an_entry() {
    let failure = |cause: &str, job: u32| render::FailedJob {
        id: Some(format!("job-{job}")),
        cause: cause.to_owned(),
        message: format!("job-{job} failed: {cause}"),
    };
    let all = [
        failure("denied", 1),
        failure("denied", 2),
        failure("row 8", 3),
        failure("denied", 4),
    ];
    assert_eq!(
        render::merged(&all),
        "job-3 failed: row 8\njob-1 failed: denied\n  for the same reason: job-2, job-4"
    );
    let many: Vec<_> = (1..=13).map(|job| failure("denied", job)).collect();
    let ids: Vec<String> = (2..=11).map(|job| format!("job-{job}")).collect();
    assert_eq!(
        render::merged(&many),
        format!(
            "job-1 failed: denied\n  for the same reason: {} and 2 more\njobs(#{{state: \"failed\", limit: \"all\"}}) lists all failed jobs",
            ids.join(", ")
        )
    );
    let refused = ["a", "b"].map(|_| render::FailedJob {
        id: None,
        ..failure("denied", 0)
    });
    assert_eq!(
        render::merged(&refused),
        "job-0 failed: denied\n  for the same reason: 1 other job"
    );
}

#[test]
fn one_file_needs_no_table_and_several_share_their_folder() {
    let mut job = progress(
        JobState::Completed,
        vec![file("s3://b/x/books.jsonl", JobState::Completed, None)],
        None,
    );
    for width in [80, 120] {
        let shown = table(&Shown::Progress(&job), &terminal(width));
        assert!(!shown.contains('╭'), "{shown}");
        assert_eq!(shown.matches("books.jsonl").count(), 1, "{shown}");
        assert_eq!(shown.matches("Completed").count(), 1, "{shown}");
    }
    job.details
        .push(file("s3://b/x/more.jsonl", JobState::Completed, None));
    let shown = table(&Shown::Progress(&job), &terminal(80));
    assert!(
        shown.contains("files       2 files in s3://b/x/\n"),
        "{shown}"
    );
    assert!(
        shown.contains("│ more.jsonl  │ Completed │    100% │"),
        "{shown}"
    );
}

#[test]
fn vectors_and_json_take_one_line_and_are_never_cut_in_a_number() {
    let rows = rows();
    let shown = table(&Shown::Value(&rows), &terminal(80));
    let row = r#"│  1 │ [… 768] │ [0.956, … 4] │ {"url": "https://e… │ a title of several words │"#;
    assert!(shown.contains(row), "{shown}");
    assert_eq!(shown.lines().count(), 6, "{shown}");
    let wide = table(&Shown::Value(&rows), &terminal(160));
    assert!(
        wide.contains("│ [-0.596, -0.453, -0.31, … 768] │ [0.956, 0.948, 0.5, 12] │"),
        "{wide}"
    );
    assert!(
        wide.contains(r#"│ {"url": "https://example.com/a/long/path", "score": 0.25} │"#),
        "{wide}"
    );
    // Other formats show everything.
    let plain = table(&Shown::Value(&rows), &Screen::plain());
    assert!(plain.contains("0.95603424"), "{plain}");
}

#[test]
fn rows_that_wrap_are_separated() {
    let value = json!([{"a": "word ".repeat(30), "b": 1}, {"a": "x", "b": 2}]);
    let shown = table(&Shown::Value(&value), &terminal(80));
    assert_eq!(shown.matches('╌').count(), 77, "{shown}");
    assert!(shown.contains("├╌"), "{shown}");
}

#[test]
fn borders_are_dim_and_colours_are_from_the_theme() {
    let jobs = jobs();
    let failed = failed();
    let rows = rows();
    for width in [80, 120] {
        for shown in [listed(&jobs), Shown::Progress(&failed), Shown::Value(&rows)] {
            let text = table(&shown, &colored(width));
            // Without the dim parts, no border remains.
            let mut rest = text.as_str();
            let mut bright = String::new();
            while let Some((before, after)) = rest.split_once("\x1b[2m") {
                bright.push_str(before);
                rest = after.split_once("\x1b[0m").map_or("", |(_, after)| after);
            }
            bright.push_str(rest);
            assert!(!bright.contains(['│', '╭', '├', '╰']), "{text}");
            for code in text
                .split("\x1b[")
                .skip(1)
                .filter_map(|it| it.split('m').next())
            {
                let known = ["0", "1", "2", "31", "32", "33", "36", "39", "22"].contains(&code);
                let basic = code
                    .strip_prefix("38;5;")
                    .and_then(|it| it.parse::<u8>().ok());
                assert!(known || basic.is_some_and(|it| it < 8), "{code:?}");
            }
        }
    }
}

#[test]
fn json_and_yaml_have_colours_on_a_screen_with_colours() {
    let value = json!({"a\\\"b": [1.5, true, null], "c": "x: y"});
    let screen = colored(80);
    let in_form = |format| {
        let text = super::written(&Shown::Value(&value), format, &screen);
        text.replace("\x1b[0m", ">").replace("\x1b[", "<")
    };
    let json = in_form(render::OutputFormat::Ndjson);
    assert_eq!(
        json,
        "{<1m\"a\\\\\\\"b\">:[<36m1.5>,<36mtrue>,<2mnull>],<1m\"c\">:<32m\"x: y\">}\n"
    );
    let yaml = in_form(render::OutputFormat::Yaml);
    assert!(yaml.contains("<1mc>: "), "{yaml}");
}

#[test]
fn the_files_of_a_job_as_a_value_have_columns() {
    // A script's maps are sorted by key.
    let value = json!([{"completed": null, "file": "x/a.json", "percent": 100.0, "reason": null, "rows": 3, "size": 2048, "state": "Completed", "total_rows": 3}]);
    let shown = table(&Shown::Value(&value), &terminal(80));
    assert!(
        shown.contains("│ file     │ state     │ percent │ rows │    size │"),
        "{shown}"
    );
    assert!(
        shown.contains("│ x/a.json │ Completed │    100% │  3/3 │ 2.0 KiB │"),
        "{shown}"
    );
}
