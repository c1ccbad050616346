//! Any JSON in an answer leads to a value or an error, never a panic.

use super::server::{Reply, Server};
use super::{client, cloud, import};
use crate::api::JobFilter;
use crate::api::model::{Dialect, JobState, State};
use proptest::prelude::*;
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex};

/// Names that the parsers read, and one that they ignore.
const NAMES: [&str; 22] = [
    "code",
    "data",
    "message",
    "jobId",
    "state",
    "progress",
    "readyPercentage",
    "details",
    "records",
    "count",
    "fileSize",
    "fileName",
    "completeTime",
    "errorMessage",
    "reason",
    "importedRows",
    "fields",
    "params",
    "has",
    "clusters",
    "clusterId",
    "other",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(Value::from(0)),
        "[0-9.eE+%-]{0,8}|Pending|Importing|Failed|[ -~]{0,12}|\\PC{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let name = prop::sample::select(NAMES.to_vec());
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6).prop_map(|fields| {
                let fields = fields
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value));
                Value::Object(fields.collect::<Map<_, _>>())
            }),
        ]
    })
}

#[test]
fn any_answer_is_a_value_or_an_error() {
    let body = Arc::new(Mutex::new(String::new()));
    let shown = Arc::clone(&body);
    let server = Server::start(move |_| Reply::json(shown.lock().unwrap().clone()));
    let clients =
        [Dialect::V1, Dialect::V2, Dialect::Milvus].map(|dialect| client(cloud(dialect, &server)));
    let envelope = (any_json(), any::<bool>()).prop_map(|(value, wrap)| {
        if wrap {
            serde_json::json!({"code": 0, "data": value})
        } else {
            value
        }
    });
    let config = ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(value in envelope)| {
        *body.lock().unwrap() = value.to_string();
        for api in &clients {
            if let Ok(progress) = api.progress("1") {
                prop_assert!((0.0..=100.0).contains(&progress.percent));
                prop_assert!(progress.details.iter().all(|file| (0.0..=100.0).contains(&file.percent)));
            }
            if let Ok(page) = api.list_page(&JobFilter::default(), 1, 10) {
                prop_assert!(page.jobs.iter().all(|job| !job.job_id.is_empty()));
            }
            if let Ok(id) = api.create(&import(&[&["a"]]), "k") {
                prop_assert!(!id.is_empty());
            }
            let _ = (api.describe("c"), api.collections(), api.has_collection("c"), api.count("c"));
            let _ = (api.clusters(), api.load_state("c"));
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_word_is_a_state(word in "\\PC{0,20}") {
        let state = State::parse(&word);
        prop_assert_eq!(&state.sent, word.trim());
        prop_assert_eq!(State::parse(&state.to_string()).kind, state.kind);
    }
}

#[test]
fn states_are_parsed_as_in_the_table() {
    for (state, words) in [
        (JobState::Pending, "Pending ImportPending PreImporting None"),
        (
            JobState::Importing,
            "Importing InProgress ImportRunning Running IndexBuilding Sorting Committing",
        ),
        (JobState::Uncommitted, "Uncommitted"),
        (JobState::Completed, "Completed ImportCompleted"),
        (JobState::Failed, "Failed ImportFailed"),
        (JobState::Aborted, "Aborted Canceled"),
    ] {
        for word in words.split(' ') {
            let parsed = State::parse(word);
            assert_eq!(
                (parsed.kind, parsed.to_string()),
                (state, state.word().to_owned()),
                "{word}"
            );
        }
    }
    assert_eq!(State::parse("").kind, JobState::Pending);
    assert_eq!(State::parse("Brooding").to_string(), "Brooding");
}
