//! The smallest unit of an import: a file, or a set of `NumPy` files.

use crate::location::{Location, Store};
use std::time::UNIX_EPOCH;

/// One file, or one set of `NumPy` files, which belong in one job.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unit {
    /// The paths.
    pub(crate) paths: Vec<String>,
    /// Size in bytes, if it's known without a request.
    pub(super) size: Option<u64>,
    /// A text that changes when the files change.
    pub(crate) stamp: String,
}

impl Unit {
    /// Reads size and time of files on this machine's disk. Of other files, only the paths are known.
    pub(crate) fn of(set: &[Location]) -> Self {
        let mut size = Some(0_u64);
        let mut stamps = Vec::new();
        // The order of a set doesn't matter, so paths are sorted.
        let mut set: Vec<&Location> = set.iter().collect();
        set.sort_by_key(|location| location.text());
        for location in &set {
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

    /// Sets the state of files that aren't on this machine's disk.
    pub(crate) fn with_state(self, size: u64, stamp: String) -> Self {
        Self {
            size: Some(size),
            stamp,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Unit;
    use crate::location::{Location, PathScope};

    #[test]
    fn a_set_is_equal_in_any_order() {
        let at = |path: &str| Location::parse(path, &PathScope::Disk).expect("a path");
        let set = [at("/set/id.npy"), at("/set/vector.npy")];
        let turned = [at("/set/vector.npy"), at("/set/id.npy")];
        assert_eq!(Unit::of(&set), Unit::of(&turned));
    }
}
