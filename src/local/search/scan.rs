//! Reads the segments of a collection and keeps the rows closest to each vector.

use super::metric::Metric;
use super::query::{Key, Query, key_of};
use super::range::DistanceRange;
use super::vectors::SearchVectors;
use crate::formats::column::VectorView;
use crate::local::http::error::ServiceError;
use crate::local::storage::StoreError;
use crate::local::storage::scan::Segment;
use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap, HashSet};

/// A search for some vectors in one field.
pub(crate) struct Scan<'a> {
    /// The collection, partitions and filter to search.
    pub(crate) query: &'a Query<'a>,
    /// The field's number.
    pub(crate) field: usize,
    pub(crate) metric: Metric,
    pub(crate) vectors: &'a SearchVectors,
    pub(crate) range: DistanceRange,
    /// Number of rows to keep for each vector.
    pub(crate) keep: usize,
}

/// A row that was found, ordered by its rank, then by its primary key.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SearchHit {
    rank: Rank,
    pub(crate) key: Key,
    pub(crate) segment: usize,
    pub(crate) row: usize,
}

/// A distance, with a smaller value for a closer vector; never NaN.
#[derive(Clone, Copy)]
struct Rank(f32);

impl PartialEq for Rank {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Rank {}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> Ordering {
        // Unlike `total_cmp`, this treats 0 and -0 as equal.
        self.0.partial_cmp(&other.0).unwrap_or(Ordering::Equal)
    }
}

impl SearchHit {
    /// Returns the distance in the metric's own sign.
    pub(crate) fn distance(&self, metric: Metric) -> f32 {
        if metric.is_similarity() {
            -self.rank.0
        } else {
            self.rank.0
        }
    }
}

/// The closest rows so far, with the farthest of them on top.
struct Closest {
    keep: usize,
    heap: BinaryHeap<SearchHit>,
}

impl Closest {
    /// Adds a row if it's one of the closest. Its primary key is read only then.
    fn offer(&mut self, rank: Rank, segment: usize, row: usize, key: impl Fn() -> Option<Key>) {
        if self.heap.len() < self.keep {
            self.heap.extend(key().map(|key| SearchHit {
                rank,
                key,
                segment,
                row,
            }));
            return;
        }
        let Some(mut farthest) = self.heap.peek_mut() else {
            return;
        };
        if rank > farthest.rank {
            return;
        }
        if let Some(key) = key() {
            let hit = SearchHit {
                rank,
                key,
                segment,
                row,
            };
            if hit < *farthest {
                *farthest = hit;
            }
        }
    }
}

impl Scan<'_> {
    /// Returns the closest rows of each vector, closest first. If several rows have one primary key, only the row that
    /// was committed last counts. If older ones are among the closest rows, the search is repeated without them.
    pub(crate) fn run(&self, segments: &[Segment]) -> Result<Vec<Vec<SearchHit>>, ServiceError> {
        let mut replaced = HashSet::new();
        loop {
            let hits = self.look(segments, &replaced)?;
            let more = self.replaced(segments, &hits)?;
            if more.is_empty() {
                return Ok(hits);
            }
            replaced.extend(more);
        }
    }

    /// Returns the rows among these, by segment and row, whose primary keys appear again in a later row.
    fn replaced(
        &self,
        segments: &[Segment],
        hits: &[Vec<SearchHit>],
    ) -> Result<HashSet<(usize, usize)>, ServiceError> {
        let mut found: HashMap<&Key, Vec<(usize, usize)>> = HashMap::new();
        for hit in hits.iter().flatten() {
            let places = found.entry(&hit.key).or_default();
            if !places.contains(&(hit.segment, hit.row)) {
                places.push((hit.segment, hit.row));
            }
        }
        let mut replaced = HashSet::new();
        for (number, segment) in segments.iter().enumerate() {
            self.check_time()?;
            let Some((keys, rows)) = self.query.candidates(segment)? else {
                continue;
            };
            for row in rows {
                let key = key_of(&keys, row);
                let Some(places) = key.and_then(|key| found.get(&key)) else {
                    continue;
                };
                replaced.extend(places.iter().filter(|place| **place < (number, row)));
            }
        }
        Ok(replaced)
    }

    /// Returns the closest rows of each vector, excluding some rows.
    fn look(
        &self,
        segments: &[Segment],
        without: &HashSet<(usize, usize)>,
    ) -> Result<Vec<Vec<SearchHit>>, ServiceError> {
        let mut closest: Vec<Closest> = (0..self.vectors.len())
            .map(|_| Closest {
                keep: self.keep,
                heap: BinaryHeap::new(),
            })
            .collect();
        let mut bytes = Vec::new();
        for (number, segment) in segments.iter().enumerate() {
            self.look_through((number, segment), without, &mut bytes, &mut closest)?;
        }
        let sorted = closest.into_iter().map(|it| it.heap.into_sorted_vec());
        Ok(sorted.collect())
    }

    /// Compares the vectors with a segment's rows that match the filter. `bytes` is memory for a segment's vectors.
    fn look_through(
        &self,
        (number, segment): (usize, &Segment),
        without: &HashSet<(usize, usize)>,
        bytes: &mut Vec<u8>,
        closest: &mut [Closest],
    ) -> Result<(), ServiceError> {
        self.check_time()?;
        let Some((keys, mut rows)) = self.query.candidates(segment)? else {
            return Ok(());
        };
        if !without.is_empty() {
            rows.retain(|row| !without.contains(&(number, *row)));
        }
        if rows.is_empty() {
            return Ok(());
        }
        let Some(field) = self.query.schema.fields.get(self.field) else {
            return Ok(());
        };
        let store = self.query.store;
        if !store.read_column(segment, self.field, bytes)? {
            return Ok(());
        }
        let view = VectorView::new(&field.data_type, segment.rows, bytes);
        let view = view.map_err(|error| StoreError::Corrupt {
            what: "column",
            why: error.to_string(),
        })?;
        for block in self.vectors.blocks() {
            self.check_time()?;
            let look = (&view, rows.as_slice());
            self.vectors
                .compare(block, self.metric, look, |vector, row, distance| {
                    if distance.is_nan() || !self.range.has(distance) {
                        return;
                    }
                    let rank = Rank(if self.metric.is_similarity() {
                        -distance
                    } else {
                        distance
                    });
                    if let Some(closest) = closest.get_mut(vector) {
                        closest.offer(rank, number, row, || key_of(&keys, row));
                    }
                });
        }
        Ok(())
    }

    fn check_time(&self) -> Result<(), ServiceError> {
        self.query.limit.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{Batch, Schema};
    use crate::interrupt::Interrupt;
    use crate::local::http::limit::CallLimit;
    use crate::local::storage::Store;
    use crate::local::storage::collections::DEFAULT_PARTITION;
    use serde_json::json;
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn a_search_past_its_time_is_given_up() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &Interrupt::new()).unwrap();
        let body = json!({ "dimension": 2 });
        let made = store.create_collection("default", "c", &body, &["_default".to_owned()], true);
        assert!(made.unwrap());
        let collection = store.collection("default", "c").unwrap().unwrap().id;
        let partition = store.partition(collection, DEFAULT_PARTITION).unwrap();
        let schema = Arc::new(Schema::from_create_body(&body).unwrap());
        let mut batch = Batch::new(&schema);
        let row = br#"{"id": 1, "vector": [1, 2]}"#;
        batch.push_json(row, 1).unwrap();
        let kept = store.insert(collection, partition.unwrap(), &mut batch);
        assert!(kept.unwrap());
        let vectors = SearchVectors::new(&batch.columns()[1]).unwrap();
        let search = |limit: &CallLimit| {
            let query = Query {
                store: &store,
                collection,
                schema: &schema,
                partitions: Vec::new(),
                filter: None,
                texts_for_int64: false,
                limit,
            };
            let scan = Scan {
                query: &query,
                field: 1,
                metric: Metric::L2,
                vectors: &vectors,
                range: DistanceRange::new(Metric::L2, None, None).unwrap(),
                keep: 1,
            };
            scan.run(&query.segments().unwrap())
        };
        let limit = CallLimit::starting(Duration::from_mins(10));
        let found = search(&limit).unwrap();
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [1]);
        let late = CallLimit::starting(Duration::ZERO);
        assert_eq!(search(&late).err(), Some(ServiceError::timeout()));
        limit.cancel();
        assert_eq!(search(&limit).err(), Some(ServiceError::timeout()));
    }
}
