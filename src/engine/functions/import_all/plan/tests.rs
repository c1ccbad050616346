//! Tests of plans: files to submit, files already done, and stable keys.

use super::*;
use crate::api::model::{Dialect, Source};
use crate::journal::Intent;
use crate::location::PathScope;
use crate::secret::StorageKeys;
use proptest::prelude::*;
use proptest::sample::Index;
use url::Url;

fn template() -> ImportRequest {
    ImportRequest {
        collection: "c".to_owned(),
        partition: None,
        database: None,
        source: Source::Files(Vec::new()),
        keys: StorageKeys::default(),
        options: Vec::new(),
        extra: serde_json::Map::new(),
    }
}

fn settings() -> Settings {
    Settings::new(Dialect::Milvus, Url::parse("http://h:1/").expect("a URL"))
}

fn unit(name: &str, size: u64) -> Unit {
    Unit {
        paths: vec![name.to_owned()],
        size: Some(size),
        stamp: format!("{size} 0"),
    }
}

fn grouping<'a>(
    template: &'a ImportRequest,
    settings: &'a Settings,
    limits: JobLimits,
) -> JobGrouping<'a> {
    JobGrouping {
        template,
        prefix: "p",
        settings,
        limits,
    }
}

fn grouped(
    units: &[Unit],
    template: &ImportRequest,
    limits: JobLimits,
    earlier: &[Submission],
) -> Vec<BatchTask> {
    grouping(template, &settings(), limits).tasks(units, earlier)
}

fn cut(units: &[Unit], limits: JobLimits, earlier: &[Submission]) -> Vec<BatchTask> {
    grouped(units, &template(), limits, earlier)
}

/// Returns the journal's submission of a task.
fn submission(task: &BatchTask, standing: Standing) -> Submission {
    let scope = Scope::of(&settings(), &task.request);
    let intent = Intent {
        moment: None,
        id: "zshell-1".to_owned(),
        at: String::new(),
        connection: String::new(),
        identity: identity(&scope, &task.request),
        scope,
        key: Some(task.key.clone()),
        attempt: 1,
        header: task.key.clone(),
        honoured: true,
        baseline: None,
        partition: None,
        files: plain_files(&task.request),
        stamps: task.stamps.clone(),
        contents: Vec::new(),
    };
    Submission {
        sent: None,
        first_file: String::new(),
        file_count: intent.files.len(),
        intent,
        standing,
        job: Some("job-1".to_owned()),
        by_hand: false,
        end_by_hand: false,
        rows: None,
        code: None,
        candidates: Vec::new(),
        stopped: false,
        superseded: false,
        updated: String::new(),
        order: 1,
    }
}

const COMPLETED: Standing = Standing::Ended(JobState::Completed);
const FAILED: Standing = Standing::Ended(JobState::Failed);

/// Returns the files of the jobs that are submitted.
fn submitted(tasks: &[BatchTask]) -> Vec<Vec<String>> {
    let new = tasks
        .iter()
        .filter(|it| matches!(it.before, Before::Nothing));
    new.map(paths).collect()
}

fn paths(task: &BatchTask) -> Vec<String> {
    plain_files(&task.request).into_iter().flatten().collect()
}

const ALL: JobLimits = JobLimits {
    files: 1000,
    bytes: None,
};

#[test]
fn groups_keep_to_files_and_bytes() {
    let units: Vec<Unit> = (0..10).map(|n| unit(&format!("f{n}"), 10)).collect();
    let limits = JobLimits {
        files: 4,
        bytes: None,
    };
    let sizes: Vec<u64> = cut(&units, limits, &[]).iter().map(|it| it.files).collect();
    assert_eq!(sizes, [4, 4, 2]);
    let limits = JobLimits {
        files: 4,
        bytes: Some(25),
    };
    let sizes: Vec<u64> = cut(&units, limits, &[]).iter().map(|it| it.files).collect();
    assert_eq!(sizes, [2; 5]);
    // A file larger than the limit gets a job of its own.
    let limits = JobLimits {
        files: 4,
        bytes: Some(5),
    };
    assert_eq!(cut(&units, limits, &[]).len(), 10);
}

#[test]
fn files_already_done_are_not_submitted_again() {
    let units = [unit("a", 1), unit("b", 1), unit("c", 1)];
    let first = cut(&units, ALL, &[]);
    for standing in [COMPLETED, Standing::Submitted] {
        let earlier = [submission(&first[0], standing)];
        // One file has changed, one was removed, one was added.
        let now = [unit("a", 1), unit("b", 2), unit("d", 1)];
        let tasks = cut(&now, ALL, &earlier);
        assert_eq!(submitted(&tasks), [["b", "d"]]);
        let known = tasks.iter().find(|it| matches!(&it.before, Before::Job(_)));
        assert_eq!(known.map(|it| it.files), Some(1));
        // Different options don't change this.
        let mut other = template();
        other.options.push(("timeout".to_owned(), "2h".to_owned()));
        let tasks = tasks_of(&units, &other, &earlier);
        assert!(submitted(&tasks).is_empty());
        other.partition = Some("p".to_owned());
        assert_eq!(submitted(&tasks_of(&units, &other, &earlier)).len(), 1);
    }
}

fn tasks_of(units: &[Unit], template: &ImportRequest, earlier: &[Submission]) -> Vec<BatchTask> {
    grouped(units, template, ALL, earlier)
}

#[test]
fn an_object_whose_state_is_unknown_is_identified_by_its_path() {
    let known = unit("a", 1);
    let unknown = Unit {
        size: None,
        stamp: String::new(),
        ..known.clone()
    };
    for (before, now, count) in [
        (&known, &unknown, 0),
        (&unknown, &known, 0),
        (&unknown, &unknown, 0),
        (&known, &unit("a", 2), 1),
    ] {
        let first = cut(std::slice::from_ref(before), ALL, &[]);
        let earlier = [submission(&first[0], COMPLETED)];
        let again = cut(std::slice::from_ref(now), ALL, &earlier);
        assert_eq!(submitted(&again).len(), count, "{before:?} {now:?}");
    }
}

#[test]
fn an_unchanged_failed_job_keeps_its_key() {
    let units = [unit("a", 1), unit("b", 1)];
    let first = cut(&units, ALL, &[]);
    let earlier = [submission(&first[0], FAILED)];
    let again = cut(&units, ALL, &earlier);
    assert_eq!(again[0].key, first[0].key);
    assert_eq!(submitted(&again), [["a", "b"]]);
    let mended = [unit("a", 2), unit("b", 1)];
    let again = cut(&mended, ALL, &earlier);
    assert_ne!(again[0].key, first[0].key);
    assert_eq!(submitted(&again), [["a", "b"]]);
}

#[test]
fn an_unknown_submission_is_repeated_unchanged_or_kept() {
    let units = [unit("a", 1), unit("b", 1)];
    let first = cut(&units, ALL, &[]);
    let earlier = [submission(&first[0], Standing::Open)];
    let same = cut(&units, ALL, &earlier);
    assert_eq!(same.len(), 1);
    assert!(matches!(same[0].before, Before::Nothing) && same[0].key == first[0].key);
    let fewer = cut(&units[..1], ALL, &earlier);
    assert!(matches!(fewer[0].before, Before::Doubt(_)) && fewer[0].files == 1);
}

#[test]
fn a_failed_group_that_became_too_large_is_split() {
    let units = [unit("a", 1), unit("b", 1), unit("c", 1)];
    let first = cut(&units, ALL, &[]);
    let earlier = [submission(&first[0], FAILED)];
    let pairs = JobLimits {
        files: 2,
        bytes: None,
    };
    let again = submitted(&cut(&units, pairs, &earlier));
    assert_eq!(again, [vec!["a", "b"], vec!["c"]]);
    // A submission that may have a job is repeated unchanged.
    let earlier = [submission(&first[0], Standing::Open)];
    assert_eq!(cut(&units, pairs, &earlier)[0].key, first[0].key);
}

#[test]
fn only_jobs_with_files_of_the_batch_are_read() {
    let units = [unit("a", 1), unit("b", 1)];
    let first = cut(&units, ALL, &[]);
    let mut earlier = [
        submission(&first[0], Standing::Submitted),
        submission(&first[0], FAILED),
    ];
    let asked = |units: &[Unit], earlier: &mut [Submission]| {
        let (template, settings) = (template(), settings());
        grouping(&template, &settings, ALL)
            .open(units, earlier)
            .len()
    };
    assert_eq!(asked(&units[1..], &mut earlier), 1);
    assert_eq!(asked(&[unit("c", 1)], &mut earlier), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn order_and_additional_files_change_no_job(
        names in prop::collection::btree_set("[a-z]{1,4}", 1..40),
        more in prop::collection::btree_set("[a-z]{1,4}", 0..10),
        files in 1..8_usize, at in any::<Index>(),
    ) {
        let limits = JobLimits { files, bytes: None };
        let mut units: Vec<Unit> = names.iter().map(|name| unit(name, 1)).collect();
        let first = cut(&units, limits, &[]);
        let turn = at.index(units.len());
        units.rotate_left(turn);
        let turned: Vec<String> = cut(&units, limits, &[]).into_iter().map(|it| it.key).collect();
        let keys: Vec<String> = first.iter().map(|it| it.key.clone()).collect();
        prop_assert_eq!(&turned, &keys);
        // Every file occurs once.
        units.extend(more.iter().map(|name| unit(name, 1)));
        let earlier: Vec<Submission> = first.iter().map(|it| submission(it, COMPLETED)).collect();
        let second = cut(&units, limits, &earlier);
        let new: Vec<String> = submitted(&second).concat();
        prop_assert!(new.iter().all(|name| more.contains(name) && !names.contains(name)));
        let mut all: Vec<String> = second.iter().flat_map(paths).collect();
        all.sort();
        let expected: Vec<String> = names.union(&more).cloned().collect();
        prop_assert_eq!(all, expected);
        let second: BTreeSet<String> = second.into_iter().map(|it| it.key).collect();
        prop_assert!(keys.iter().all(|key| second.contains(key)));
    }

    #[test]
    fn a_file_given_twice_counts_once(count in 1..5_usize) {
        let units = vec![unit("a", 1); count];
        let tasks = cut(&units, ALL, &[]);
        prop_assert_eq!(tasks.len(), 1);
        prop_assert_eq!(tasks[0].files, 1);
    }
}

#[test]
fn a_set_is_equal_in_any_order() {
    let at = |path: &str| Location::parse(path, &PathScope::Disk).expect("a path");
    let set = [at("/set/id.npy"), at("/set/vector.npy")];
    let turned = [at("/set/vector.npy"), at("/set/id.npy")];
    assert_eq!(Unit::of(&set), Unit::of(&turned));
}
