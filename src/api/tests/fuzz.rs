//! Seeded mutations of published answers: each is parsed, or is an error with a readable text.

use serde_json::{Value, json};
use url::Url;

use super::import;
use crate::api::envelope::{self, AnswerData, read_rows};
use crate::api::error::ApiError;
use crate::api::model::{Dialect, JobPage, Progress};
use crate::api::settings::Settings;
use crate::api::transport::HttpAnswer;
use crate::api::{answers, description, dialect};
use crate::error::Failure;
use crate::render::{self, OutputFormat, Screen, Shown};
use crate::tests::fuzz;

/// Number of mutations in an ordinary test run.
const MUTATIONS: u64 = 2000;

/// Job of the published answers about progress.
const JOBS: [&str; 2] = ["job-xxxxxxxxxxxxxxxxxxxxxx", "448761313698322011"];

fn show(shown: Shown<'_>) {
    for screen in [Screen::plain(), Screen::terminal(60, 20)] {
        for format in [
            OutputFormat::Table,
            OutputFormat::Vertical,
            OutputFormat::Json,
        ] {
            render::write(&mut std::io::sink(), &shown, format, &screen).unwrap();
        }
    }
}

/// Parses an answer as each call would, and formats the result.
fn read(dialect: Dialect, answer: &HttpAnswer) -> Result<(), ApiError> {
    let settings = Settings::new(dialect, Url::parse("http://127.0.0.1:1").unwrap());
    let outgoing = dialect::create(&settings, &import(&[&["a.json"]]))?;
    let data: AnswerData<'_> = envelope::read(&settings, &outgoing, answer)?;
    let mut first = answers::read_job_id(&data).map(drop);
    for job in JOBS {
        let progress: Result<Progress, ApiError> = dialect::read_progress(&data, job);
        first = first.or(progress.map(|progress| show(Shown::Progress(&progress))));
    }
    let page: Result<JobPage, ApiError> = answers::read_page(&data);
    first = first.or(page.map(|page| {
        show(Shown::Jobs {
            jobs: &page.jobs,
            total: page.count,
        });
    }));
    first = first.or(description::read(&data, "books").map(drop));
    let rows = read_rows(&data).map(|rows| show(Shown::Value(&Value::Array(rows))));
    first.or(rows)
}

/// Replaces one value inside a value.
fn replace(value: &mut Value, random: &mut fastrand::Rng) {
    let inside: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(fields) => fields.values_mut().collect(),
        _ => Vec::new(),
    };
    if !inside.is_empty() && random.u8(0..8) > 0 {
        let at = random.usize(0..inside.len());
        return replace(inside.into_iter().nth(at).unwrap(), random);
    }
    *value = match random.u8(0..12) {
        0 => Value::Null,
        1 => json!(random.bool()),
        2 => json!(
            *random
                .choice(&[0, -1, 1, 200, 2100, i64::MAX, i64::MIN])
                .unwrap()
        ),
        3 => json!(*random.choice(&[1e300, -1e300, 0.5, 100.1, 1e19]).unwrap()),
        4 => json!(u64::MAX),
        5 => json!([value.clone(), value]),
        6 => json!({ "jobId": value, "progress": value }),
        7 => json!([]),
        8 => json!({}),
        9 => json!("x".repeat(random.usize(0..5000))),
        10 => json!(value.to_string()),
        _ => json!(
            *random
                .choice(&[
                    "",
                    "NaN%",
                    "1e999",
                    "-5%",
                    "Failed",
                    "\u{1b}[2J",
                    "2026-13-99T99:99:99Z"
                ])
                .unwrap()
        ),
    };
}

/// Runs in the child process.
#[test]
#[ignore = "run by mutated_answers_are_read_or_refused"]
fn mutations() {
    let Some(kind) = fuzz::kind() else {
        return;
    };
    let published: Vec<(String, Value, String)> =
        serde_json::from_str(include_str!("published.json")).unwrap();
    fuzz::try_mutations(&kind, |_, random| {
        let (_, seed, _) = random.choice(&published).unwrap();
        let mut seed = seed.clone();
        let replaced = random.u8(0..4);
        for _ in 0..replaced {
            replace(&mut seed, random);
        }
        let text = seed.to_string();
        let answer = HttpAnswer {
            status: *random.choice(&[200, 200, 200, 204, 400, 404, 500]).unwrap(),
            text: if replaced > 0 {
                text
            } else {
                fuzz::mutated_text(&text, random)
            },
            retry_after: None,
            location: None,
            is_local: false,
        };
        let dialect = *random
            .choice(&[Dialect::V1, Dialect::V2, Dialect::Milvus])
            .unwrap();
        let read = read(dialect, &answer);
        let accepted = read.is_ok();
        if let Err(error) = read {
            let failure = Failure::from(error);
            assert!(failure.message.len() < 8192, "{failure}");
        }
        accepted
    });
}

#[test]
fn mutated_answers_are_read_or_refused() {
    fuzz::run_children(
        concat!(module_path!(), "::mutations"),
        &["answers"],
        MUTATIONS,
    );
}
