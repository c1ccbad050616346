//! From files to jobs: which files travel together, and under which keys.
//!
//! Keys are made of what a job does and of the state of its files (size and time where they are known), never of a place
//! in a list. So that a batch with a few more files than last time submits only those, files that were submitted
//! together before stay together: the journal tells which they were. The others are sorted by their paths and cut into
//! groups.

use crate::api::Settings;
use crate::api::model::{ImportRequest, Source};
use crate::journal::{Intent, Scope, hash, identity, plain_files};
use crate::location::{Location, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::time::UNIX_EPOCH;

/// One file, or one set of `NumPy` files, which travel together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Unit {
    /// Its paths.
    pub(super) paths: Vec<String>,
    /// Bytes, where they are known without asking anybody.
    size: Option<u64>,
    /// What changes when the files do.
    stamp: String,
}

impl Unit {
    /// Looks at files on this machine's disk; of others only the paths are known.
    pub(super) fn of(set: &[Location]) -> Self {
        let mut size = Some(0_u64);
        let mut stamps = Vec::new();
        for location in set {
            let found = (location.store() == Store::Disk)
                .then(|| std::fs::metadata(location.key()).ok())
                .flatten()
                .filter(std::fs::Metadata::is_file);
            size = size.zip(found.as_ref()).map(|(sum, it)| sum + it.len());
            let changed = found.as_ref().and_then(|it| it.modified().ok());
            let changed = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            stamps.push(match (found, changed) {
                (Some(it), Some(time)) => format!("{} {}", it.len(), time.as_nanos()),
                _ => String::new(),
            });
        }
        let paths = set.iter().map(|it| it.text().to_owned()).collect();
        Self {
            paths,
            size,
            stamp: stamps.join(","),
        }
    }
}

/// How much one job takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most {
    /// Files, or sets of files.
    pub(super) files: usize,
    /// Bytes, where they are known; a larger file travels alone.
    pub(super) bytes: Option<u64>,
}

/// One job to submit.
#[derive(Clone, Debug)]
pub(super) struct Task {
    /// What is sent.
    pub(super) request: ImportRequest,
    /// What makes it repeatable.
    pub(super) key: String,
    /// How many files, or sets, it has.
    pub(super) files: u64,
}

/// Cuts the files into jobs. `template` is the request around them, `earlier` what the journal has under the prefix.
pub(super) fn tasks(
    units: &[Unit],
    template: &ImportRequest,
    prefix: &str,
    most: Most,
    settings: &Settings,
    earlier: &[Intent],
) -> Vec<Task> {
    let cut = Cut {
        template,
        prefix,
        settings,
    };
    let units: BTreeSet<&Unit> = units.iter().collect();
    let mut left: BTreeMap<Vec<String>, &Unit> = BTreeMap::new();
    for unit in units {
        left.insert(plain(template, unit), unit);
    }
    let mut tasks = Vec::new();
    // The latest first: files that changed since were submitted anew.
    for intent in earlier.iter().rev() {
        if let Some(task) = cut.again(intent, &mut left) {
            tasks.push(task);
        }
    }
    let mut group: Vec<&Unit> = Vec::new();
    let mut bytes = 0_u64;
    for unit in left.into_values() {
        let size = unit.size.unwrap_or(0);
        let is_full = group.len() >= most.files
            || most
                .bytes
                .is_some_and(|most| bytes.saturating_add(size) > most);
        if is_full && !group.is_empty() {
            tasks.push(cut.task(&std::mem::take(&mut group)));
            bytes = 0;
        }
        group.push(unit);
        bytes = bytes.saturating_add(size);
    }
    if !group.is_empty() {
        tasks.push(cut.task(&group));
    }
    tasks
}

/// The key of a job that was put together by the caller.
pub(super) fn key_of(prefix: &str, settings: &Settings, request: &ImportRequest) -> String {
    let scope = Scope::of(settings, request);
    format!("{prefix}-{}", hash(&identity(&scope, request)))
}

/// A unit's paths as the journal writes them.
fn plain(template: &ImportRequest, unit: &Unit) -> Vec<String> {
    let alone = ImportRequest {
        source: Source::Files(vec![unit.paths.clone()]),
        ..template.clone()
    };
    plain_files(&alone).into_iter().flatten().collect()
}

struct Cut<'a> {
    template: &'a ImportRequest,
    prefix: &'a str,
    settings: &'a Settings,
}

impl Cut<'_> {
    fn task(&self, group: &[&Unit]) -> Task {
        let request = ImportRequest {
            source: Source::Files(group.iter().map(|unit| unit.paths.clone()).collect()),
            ..self.template.clone()
        };
        let scope = Scope::of(self.settings, &request);
        let mut whole = identity(&scope, &request);
        for unit in group {
            whole.push(' ');
            whole.push_str(&unit.stamp);
        }
        Task {
            key: format!("{}-{}", self.prefix, hash(&whole)),
            files: group.len() as u64,
            request,
        }
    }

    /// The job of an earlier run, if all its files are to be imported again and have not changed; they are taken out of
    /// `left`.
    fn again(&self, intent: &Intent, left: &mut BTreeMap<Vec<String>, &Unit>) -> Option<Task> {
        let found: Option<Vec<&Unit>> = intent
            .files
            .iter()
            .map(|set| left.get(set).copied())
            .collect();
        let mut group = found.filter(|group| !group.is_empty())?;
        group.sort_unstable();
        let task = self.task(&group);
        if intent.key.as_ref() != Some(&task.key) {
            return None;
        }
        for set in &intent.files {
            left.remove(set);
        }
        Some(task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::model::Dialect;
    use proptest::prelude::*;
    use proptest::sample::Index;
    use url::Url;

    fn template() -> ImportRequest {
        ImportRequest {
            collection: "c".to_owned(),
            partition: None,
            database: None,
            source: Source::Files(Vec::new()),
            access_key: None,
            secret_key: None,
            session_token: None,
            options: Vec::new(),
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

    fn cut(units: &[Unit], most: Most, earlier: &[Intent]) -> Vec<Task> {
        tasks(units, &template(), "p", most, &settings(), earlier)
    }

    /// What the journal keeps of a task.
    fn intent(task: &Task) -> Intent {
        let scope = Scope::of(&settings(), &task.request);
        Intent {
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
        }
    }

    fn names(task: &Task) -> Vec<String> {
        plain_files(&task.request).into_iter().flatten().collect()
    }

    const ALL: Most = Most {
        files: 1000,
        bytes: None,
    };

    #[test]
    fn groups_keep_to_files_and_bytes() {
        let units: Vec<Unit> = (0..10).map(|n| unit(&format!("f{n}"), 10)).collect();
        let most = Most {
            files: 4,
            bytes: None,
        };
        let sizes: Vec<u64> = cut(&units, most, &[]).iter().map(|it| it.files).collect();
        assert_eq!(sizes, [4, 4, 2]);
        let most = Most {
            files: 4,
            bytes: Some(25),
        };
        let sizes: Vec<u64> = cut(&units, most, &[]).iter().map(|it| it.files).collect();
        assert_eq!(sizes, [2; 5]);
        // A file that is larger than a job may be travels alone.
        let most = Most {
            files: 4,
            bytes: Some(5),
        };
        assert_eq!(cut(&units, most, &[]).len(), 10);
    }

    #[test]
    fn a_changed_file_is_submitted_again_and_the_others_are_not() {
        let units = [unit("a", 1), unit("b", 1), unit("c", 1)];
        let pairs = Most {
            files: 2,
            bytes: None,
        };
        let first = cut(&units, pairs, &[]);
        let earlier: Vec<Intent> = first.iter().map(intent).collect();
        let changed = [unit("a", 1), unit("b", 1), unit("c", 2), unit("aa", 1)];
        let second = cut(&changed, pairs, &earlier);
        let keys: Vec<&String> = second.iter().map(|it| &it.key).collect();
        assert_eq!(second.len(), 2);
        assert!(keys.contains(&&first[0].key) && !keys.contains(&&first[1].key));
        assert_eq!(names(&second[1]), ["aa", "c"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn order_and_more_files_change_no_job(
            names in prop::collection::btree_set("[a-z]{1,4}", 1..40),
            more in prop::collection::btree_set("[a-z]{1,4}", 0..10),
            files in 1..8_usize, at in any::<Index>(),
        ) {
            let most = Most { files, bytes: None };
            let mut units: Vec<Unit> = names.iter().map(|name| unit(name, 1)).collect();
            let first = cut(&units, most, &[]);
            let turn = at.index(units.len());
            units.rotate_left(turn);
            let turned: Vec<String> = cut(&units, most, &[]).into_iter().map(|it| it.key).collect();
            let keys: Vec<String> = first.iter().map(|it| it.key.clone()).collect();
            prop_assert_eq!(&turned, &keys);
            // Every file once.
            units.extend(more.iter().map(|name| unit(name, 1)));
            let earlier: Vec<Intent> = first.iter().map(intent).collect();
            let second = cut(&units, most, &earlier);
            let mut all: Vec<String> = second.iter().flat_map(super::tests::names).collect();
            all.sort();
            let expected: Vec<String> = names.union(&more).cloned().collect();
            prop_assert_eq!(all, expected);
            let second: BTreeSet<String> = second.into_iter().map(|it| it.key).collect();
            prop_assert!(keys.iter().all(|key| second.contains(key)));
        }

        #[test]
        fn a_file_given_twice_is_one(count in 1..5_usize) {
            let units = vec![unit("a", 1); count];
            let tasks = cut(&units, ALL, &[]);
            prop_assert_eq!(tasks.len(), 1);
            prop_assert_eq!(tasks[0].files, 1);
        }
    }
}
