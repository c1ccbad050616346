//! Finds the objects of a bucket whose names match a pattern.

use super::bucket::Bucket;
use super::fault::StoreFault;
use super::object::runtime;
use crate::interrupt::{Interrupt, Stop, TICK};
use crate::secret::StorageKeys;
use glob::{MatchOptions, Pattern};
use std::io;
use tokio::task::spawn_blocking;

/// Maximum number of matching objects.
const MAX_MATCHES: usize = 1_000_000;

/// The rules of patterns: names are case-sensitive, and `*` matches neither `/` nor a leading dot.
pub(crate) const RULES: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// The reason why objects can't be found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GlobError {
    /// The store's answer.
    #[error("{0}")]
    Store(#[from] StoreFault),
    /// The bucket can't be opened.
    #[error("{0}")]
    Open(io::Error),
    /// The text isn't a pattern.
    #[error("it is no pattern: {0}")]
    Pattern(#[from] glob::PatternError),
    /// Too many objects match.
    #[error("more than {MAX_MATCHES} objects match: use a narrower pattern")]
    TooMany,
    /// The run was stopped.
    #[error("stopped")]
    Stopped(Stop),
}

impl From<io::Error> for GlobError {
    fn from(error: io::Error) -> Self {
        error.downcast().map_or_else(Self::Open, Self::Store)
    }
}

/// Returns the names below `folder` that match `pattern`, sorted. `folder` is an object name's beginning, empty or
/// ending in `/`; the pattern begins after it.
pub(crate) fn find(
    bucket: &Bucket,
    keys: &StorageKeys,
    folder: &str,
    pattern: &str,
    interrupt: &Interrupt,
) -> Result<Vec<String>, GlobError> {
    let compiled = Pattern::new(pattern)?;
    // The part before the first wildcard narrows the list.
    let fixed = pattern.find(['*', '?', '[']).unwrap_or(pattern.len());
    let prefix = format!("{folder}{}", pattern.get(..fixed).unwrap_or_default());
    let flat = !pattern.get(fixed..).unwrap_or_default().contains('/') && !pattern.contains("**");
    let pending = interrupt.pending();
    let _pending = pending.begin(
        "waiting for",
        format!("the bucket {}", bucket.name()),
        "list objects",
    );
    let search = async {
        // To open a bucket may take a request of its own, for its region.
        let (bucket, keys) = (bucket.clone(), keys.clone());
        let opened = spawn_blocking(move || bucket.open(&keys));
        let remote = opened.await.map_err(io::Error::from)??;
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let page = remote.page(&prefix, token, flat).await?;
            let names = page.objects.into_iter();
            let names = names.filter_map(|(key, _)| Some(key.strip_prefix(folder)?.to_owned()));
            found.extend(names.filter(|name| compiled.matches_with(name, RULES)));
            if found.len() > MAX_MATCHES {
                return Err(GlobError::TooMany);
            }
            token = page.next;
            if token.is_none() {
                found.sort();
                return Ok(found);
            }
        }
    };
    let stop = async {
        loop {
            if let Err(stop) = interrupt.check() {
                return stop;
            }
            pending.tick();
            tokio::time::sleep(TICK).await;
        }
    };
    runtime()?.block_on(async {
        tokio::select! {
            found = search => found,
            stop = stop => Err(GlobError::Stopped(stop)),
        }
    })
}
