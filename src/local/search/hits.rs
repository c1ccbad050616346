//! The rows that a search keeps for one vector: the closest rows, or the closest rows of each of the closest groups.

use super::query::{PrimaryKey, key_of};
use crate::formats::Column;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

/// A row that was found, ordered by its rank, then by its primary key.
pub(crate) struct SearchHit {
    /// The distance as [`super::metric::Metric::rank`] returns it; never NaN.
    pub(crate) rank: f32,
    pub(crate) key: PrimaryKey,
    pub(crate) segment: usize,
    pub(crate) row: usize,
    /// The number of the row's group, closest group first; 0 in a search without groups.
    pub(crate) group: usize,
}

impl PartialEq for SearchHit {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for SearchHit {}

impl PartialOrd for SearchHit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SearchHit {
    fn cmp(&self, other: &Self) -> Ordering {
        // Unlike `total_cmp`, this treats 0 and -0 as equal.
        let order = self.rank.partial_cmp(&other.rank);
        let order = order.unwrap_or(Ordering::Equal);
        let place = |hit: &Self| (hit.segment, hit.row);
        order.then_with(|| {
            self.key
                .cmp(&other.key)
                .then(place(self).cmp(&place(other)))
        })
    }
}

/// The columns of a segment that name a row's primary key and its group.
pub(crate) struct NamingColumns {
    /// The segment's number.
    pub(crate) segment: usize,
    pub(crate) keys: Column,
    /// The values that group the rows; `None` in a search without groups.
    pub(crate) groups: Option<Column>,
}

impl NamingColumns {
    fn hit(&self, rank: f32, row: usize) -> Option<SearchHit> {
        Some(SearchHit {
            rank,
            key: key_of(&self.keys, row)?,
            segment: self.segment,
            row,
            group: 0,
        })
    }

    /// Returns the row's group. Rows without a value are one group.
    fn group(&self, row: usize) -> GroupValue {
        match self.groups.as_ref()?.value(row) {
            Value::Bool(flag) => Some(PrimaryKey::Int(flag.into())),
            Value::Number(number) => number.as_i64().map(PrimaryKey::Int),
            Value::String(text) => Some(PrimaryKey::Text(text)),
            _ => None,
        }
    }
}

/// The value that the rows of a group have in common; `None` for null.
type GroupValue = Option<PrimaryKey>;

/// Rows kept for one vector out of all rows that are offered.
pub(crate) trait KeepHits {
    /// Adds a row if it's close enough. Its primary key and group are read only then.
    fn offer(&mut self, rank: f32, row: usize, names: &NamingColumns);
}

/// The closest rows so far, with the farthest of them on top.
pub(crate) struct Closest {
    keep: usize,
    heap: BinaryHeap<SearchHit>,
}

impl Closest {
    pub(crate) fn new(keep: usize) -> Self {
        Self {
            keep,
            heap: BinaryHeap::new(),
        }
    }

    /// Returns the rows, closest first.
    pub(crate) fn into_sorted(self) -> Vec<SearchHit> {
        self.heap.into_sorted_vec()
    }
}

impl KeepHits for Closest {
    fn offer(&mut self, rank: f32, row: usize, names: &NamingColumns) {
        if self.heap.len() < self.keep {
            self.heap.extend(names.hit(rank, row));
            return;
        }
        let Some(mut farthest) = self.heap.peek_mut() else {
            return;
        };
        if rank > farthest.rank {
            return;
        }
        if let Some(hit) = names.hit(rank, row)
            && hit < *farthest
        {
            *farthest = hit;
        }
    }
}

/// The closest row of each of the closest groups so far.
pub(crate) struct ClosestGroups {
    keep: usize,
    best: HashMap<GroupValue, SearchHit>,
    /// The rank of the farthest group that may still be among the closest ones.
    limit: Option<f32>,
}

impl ClosestGroups {
    pub(crate) fn new(keep: usize) -> Self {
        Self {
            keep,
            best: HashMap::new(),
            limit: None,
        }
    }

    /// Takes out the closest groups, closest first, and drops the others. A dropped group can only come back with a
    /// closer row.
    fn take_closest(&mut self) -> Vec<(GroupValue, SearchHit)> {
        let mut groups: Vec<_> = self.best.drain().collect();
        groups.sort_unstable_by(|(_, one), (_, other)| one.cmp(other));
        groups.truncate(self.keep);
        groups
    }

    /// Returns the groups' values and closest rows, closest group first.
    pub(crate) fn into_sorted(mut self) -> Vec<(GroupValue, SearchHit)> {
        let mut groups = self.take_closest();
        for (number, (_, hit)) in groups.iter_mut().enumerate() {
            hit.group = number;
        }
        groups
    }
}

impl KeepHits for ClosestGroups {
    fn offer(&mut self, rank: f32, row: usize, names: &NamingColumns) {
        if self.limit.is_some_and(|limit| rank > limit) {
            return;
        }
        let Some(hit) = names.hit(rank, row) else {
            return;
        };
        let group = names.group(row);
        match self.best.get_mut(&group) {
            Some(best) if hit < *best => *best = hit,
            Some(_) => {}
            None => {
                self.best.insert(group, hit);
            }
        }
        if self.best.len() > self.keep.saturating_mul(2) {
            let groups = self.take_closest();
            self.limit = groups.last().map(|(_, hit)| hit.rank);
            self.best.extend(groups);
        }
    }
}

/// The closest rows of chosen groups.
pub(crate) struct ChosenGroups(HashMap<GroupValue, (usize, Closest)>);

impl ChosenGroups {
    /// Chooses groups, closest first, to keep at most `size` rows of each.
    pub(crate) fn new(groups: Vec<(GroupValue, SearchHit)>, size: usize) -> Self {
        let groups = groups.into_iter().enumerate();
        let chosen = groups.map(|(no, (group, _))| (group, (no, Closest::new(size))));
        Self(chosen.collect())
    }

    /// Returns the rows by group, closest group first, and closest first in each group.
    pub(crate) fn into_sorted(self) -> Vec<SearchHit> {
        let mut groups: Vec<_> = self.0.into_values().collect();
        groups.sort_unstable_by_key(|(number, _)| *number);
        let hits = groups.into_iter().flat_map(|(number, rows)| {
            let mut hits = rows.into_sorted();
            for hit in &mut hits {
                hit.group = number;
            }
            hits
        });
        hits.collect()
    }
}

impl KeepHits for ChosenGroups {
    fn offer(&mut self, rank: f32, row: usize, names: &NamingColumns) {
        if let Some((_, rows)) = self.0.get_mut(&names.group(row)) {
            rows.offer(rank, row, names);
        }
    }
}
