//! Output for people and programs: layouts at several widths and off a terminal, JSON, CSV, colours, closed pipes.

mod formats;
mod forms;
mod hostile;
mod layouts;
mod narrow;
mod screens;

use crate::api::model::{FileProgress, JobState, JobSummary, Progress, State};
use crate::render::{self, OutputFormat, Screen, Shown};
use serde_json::{Value, json};

const FORMATS: [OutputFormat; 7] = [
    OutputFormat::Table,
    OutputFormat::Vertical,
    OutputFormat::Json,
    OutputFormat::Ndjson,
    OutputFormat::Csv,
    OutputFormat::Markdown,
    OutputFormat::Yaml,
];

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
        file: String::new(),
        create_time: None,
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
        create_time: None,
        complete_time: Some("2026-01-02T11:57:00Z".to_owned()),
        reason: reason.map(str::to_owned),
        details,
        warnings: Vec::new(),
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
        "collectionName": "books", "autoId": true, "enableDynamicField": true, "load": "LoadStateLoaded", "shardsNum": 1, "partitionsNum": 2,
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

/// Returns the text without its first newline, with which raw strings begin here.
fn text(expected: &str) -> &str {
    expected.strip_prefix('\n').unwrap_or(expected)
}
