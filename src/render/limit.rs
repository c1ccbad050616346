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
            Self::Rows {
                items: Value::Array(items),
                ..
            }
            | Self::Items {
                items: Value::Array(items),
                ..
            }
            | Self::Value(Value::Array(items)) => items.len(),
            _ => 1,
        }
    }

    /// Returns the line below a table on a terminal: the number of rows, and whether a limit cut them. Other lists have
    /// footers of their own.
    pub fn footer(&self) -> Option<String> {
        let is_table = |items: &[Value]| !items.is_empty() && items.iter().all(Value::is_object);
        let (items, limit, noun) = match self {
            Self::Rows {
                items: Value::Array(items),
                limit,
            } => (items.as_slice(), *limit, "row"),
            Self::Items {
                items: Value::Array(items),
                noun,
            } => (items.as_slice(), None, *noun),
            Self::Value(Value::Array(items)) => (items.as_slice(), None, "row"),
            Self::Clusters(items) => (*items, None, "cluster"),
            _ => return None,
        };
        let count = words::counted(
            items.len() as u64,
            &words::grouped(items.len() as u64),
            noun,
        );
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
            Self::Items {
                items: Value::Array(items),
                noun,
            } => {
                let items = &Value::Array(head(items, most).to_vec());
                see(Shown::Items { items, noun }, more)
            }
            Self::Rows {
                items: Value::Array(items),
                ..
            }
            | Self::Value(Value::Array(items)) => {
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
