//! Showing the beginning of a long result.

use serde_json::Value;

use super::Shown;

/// How much of a list is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limit {
    /// What the place allows: at a prompt without a pager a few screens, everything elsewhere.
    #[default]
    Screen,
    /// Everything.
    All,
    /// The first so many rows.
    First(usize),
}

impl Shown<'_> {
    /// How many rows a list has; 1 for anything else.
    pub fn rows(&self) -> usize {
        match self {
            Self::Jobs { jobs, .. } => jobs.len(),
            Self::Waited(jobs) => jobs.len(),
            Self::Collections(names) => names.len(),
            Self::Clusters(clusters) => clusters.len(),
            Self::Value(Value::Array(items)) => items.len(),
            _ => 1,
        }
    }

    /// Hands on no more than the first `most` rows, and how many were left out.
    pub fn first<T>(&self, most: usize, see: impl FnOnce(Shown<'_>, usize) -> T) -> T {
        let more = self.rows().saturating_sub(most);
        if more == 0 {
            return see(*self, 0);
        }
        match self {
            Self::Jobs { jobs, .. } => {
                let jobs = head(jobs, most);
                // The note on what was left out says what a footer on the total would.
                see(Shown::Jobs { jobs, total: None }, more)
            }
            Self::Waited(jobs) => see(Shown::Waited(head(jobs, most)), more),
            Self::Collections(names) => see(Shown::Collections(head(names, most)), more),
            Self::Clusters(clusters) => see(Shown::Clusters(head(clusters, most)), more),
            Self::Value(Value::Array(items)) => {
                let items = Value::Array(head(items, most).to_vec());
                see(Shown::Value(&items), more)
            }
            _ => see(*self, 0),
        }
    }
}

fn head<T>(items: &[T], most: usize) -> &[T] {
    items.get(..most).unwrap_or(items)
}
