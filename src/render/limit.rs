//! Limits on the rows shown of a long result.

use serde_json::Value;

use super::Shown;
use crate::text::words;

/// The limit on the rows of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limit {
    /// Automatic: a few screens at a prompt without a pager, everything elsewhere.
    #[default]
    Screen,
    /// Everything.
    All,
    /// Everything, from its end if a pager shows it.
    End,
    /// At most this many rows from the start.
    First(usize),
}

impl Shown<'_> {
    /// Returns the number of rows of a list; 1 for any other value.
    pub fn rows(&self) -> usize {
        match self {
            Self::Jobs { jobs, .. } => jobs.len(),
            Self::Waited(jobs) => jobs.len(),
            Self::Collections(names) => names.len(),
            Self::Clusters(clusters) => clusters.len(),
            other => other.items().map_or(1, <[Value]>::len),
        }
    }

    /// Returns the items of a list that's held as JSON.
    fn items(&self) -> Option<&[Value]> {
        self.json()?.as_array().map(Vec::as_slice)
    }

    /// Returns the line below a table on a terminal: the number of rows, and whether a limit cut them. Other lists have
    /// footers of their own.
    pub fn footer(&self) -> Option<String> {
        let is_table = |items: &[Value]| !items.is_empty() && items.iter().all(Value::is_object);
        let (items, limit, noun) = match self {
            Self::Rows { limit, .. } => (self.items()?, *limit, "row"),
            Self::Items { noun, .. } => (self.items()?, None, *noun),
            Self::Value(_) => (self.items()?, None, "row"),
            Self::Clusters(items) => (*items, None, "cluster"),
            _ => return None,
        };
        let count = items.len() as u64;
        let count = words::counted(count, &words::grouped(count), noun);
        let text = match limit {
            None => format!("({count})"),
            Some(limit) => format!(
                "{count}, the limit; limit: {} or more shows further ones",
                limit.saturating_mul(10)
            ),
        };
        is_table(items).then_some(text)
    }

    /// Calls `see` with at most the first `most` rows, and the number of rows left out.
    pub fn first<T>(&self, most: usize, see: impl FnOnce(Shown<'_>, usize) -> T) -> T {
        let more = self.rows().saturating_sub(most);
        if more == 0 {
            return see(*self, 0);
        }
        match self {
            Self::Jobs { jobs, .. } => {
                let jobs = head(jobs, most);
                // The note about left-out rows replaces the footer with the total.
                see(Shown::Jobs { jobs, total: None }, more)
            }
            Self::Waited(jobs) => see(Shown::Waited(head(jobs, most)), more),
            Self::Collections(names) => see(Shown::Collections(head(names, most)), more),
            Self::Clusters(clusters) => see(Shown::Clusters(head(clusters, most)), more),
            other => {
                let Some(items) = other.items() else {
                    return see(*self, 0);
                };
                let items = &Value::Array(head(items, most).to_vec());
                match *other {
                    Self::Items { noun, .. } => see(Shown::Items { items, noun }, more),
                    _ => see(Shown::Value(items), more),
                }
            }
        }
    }
}

fn head<T>(items: &[T], most: usize) -> &[T] {
    items.get(..most).unwrap_or(items)
}
