//! Reads the segments of a collection and keeps the rows closest to each vector.

use super::hits::{ChosenGroups, Closest, ClosestGroups, KeepHits, NamingColumns, SearchHit};
use super::metric::{DistanceRange, Metric};
use super::query::{PrimaryKey, Query, key_of};
use super::vectors::SearchVectors;
use crate::formats::column::VectorView;
use crate::local::http::error::Result;
use crate::local::storage::StoreError;
use crate::local::storage::rows::Segment;
use std::collections::{HashMap, HashSet};

/// Groups of rows with one value in a field.
pub(crate) struct Grouping {
    /// The field's number.
    pub(crate) field: usize,
    /// Number of rows of each group to return. Milvus may return fewer without `strictGroupSize`, since its search of an
    /// index ends early; an exact search always fills the groups.
    pub(crate) size: usize,
}

/// A search for some vectors in one field.
pub(crate) struct VectorScan<'a> {
    /// The collection, partitions and filter to search.
    pub(crate) query: &'a Query<'a>,
    /// The field's number.
    pub(crate) field: usize,
    pub(crate) metric: Metric,
    pub(crate) vectors: &'a SearchVectors,
    pub(crate) range: DistanceRange,
    /// Number of rows or groups to keep for each vector.
    pub(crate) keep: usize,
    /// Number of rows or groups among them to leave out, closest first.
    pub(crate) skip: usize,
    /// Groups of rows; `None` for a search without groups.
    pub(crate) grouping: Option<Grouping>,
}

impl VectorScan<'_> {
    /// Returns the closest rows of each vector, closest first. If several rows have one primary key, only the row that
    /// was committed last counts. If older ones are among the closest rows, the search is repeated without them.
    pub(crate) fn run(&self, segments: &[Segment]) -> Result<Vec<Vec<SearchHit>>> {
        let mut replaced = HashSet::new();
        loop {
            let mut hits = match &self.grouping {
                None => self.closest(segments, &replaced)?,
                Some(grouping) => self.by_group(segments, &replaced, grouping.size)?,
            };
            let more = self.replaced(segments, &hits)?;
            if more.is_empty() {
                for hits in &mut hits {
                    match self.grouping {
                        None => drop(hits.drain(..self.skip.min(hits.len()))),
                        Some(_) => hits.retain(|hit| hit.group >= self.skip),
                    }
                }
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
    ) -> Result<HashSet<(usize, usize)>> {
        let mut found: HashMap<&PrimaryKey, Vec<(usize, usize)>> = HashMap::new();
        for hit in hits.iter().flatten() {
            let places = found.entry(&hit.key).or_default();
            if !places.contains(&(hit.segment, hit.row)) {
                places.push((hit.segment, hit.row));
            }
        }
        let mut replaced = HashSet::new();
        for (number, segment) in segments.iter().enumerate() {
            self.query.limit.check()?;
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
    fn closest(
        &self,
        segments: &[Segment],
        without: &HashSet<(usize, usize)>,
    ) -> Result<Vec<Vec<SearchHit>>> {
        let closest = (0..self.vectors.len()).map(|_| Closest::new(self.keep));
        let closest = self.look(segments, without, closest.collect())?;
        Ok(closest.into_iter().map(Closest::into_sorted).collect())
    }

    /// Returns the closest `size` rows of the closest groups of each vector, excluding some rows. The groups are known
    /// only after all rows were compared, so their further rows are found by comparing all rows again.
    fn by_group(
        &self,
        segments: &[Segment],
        without: &HashSet<(usize, usize)>,
        size: usize,
    ) -> Result<Vec<Vec<SearchHit>>> {
        let groups = (0..self.vectors.len()).map(|_| ClosestGroups::new(self.keep));
        let groups = self.look(segments, without, groups.collect())?;
        let groups = groups.into_iter().map(ClosestGroups::into_sorted);
        if size == 1 {
            let hits = groups.map(|groups| groups.into_iter().map(|(_, hit)| hit).collect());
            return Ok(hits.collect());
        }
        let chosen = groups.map(|groups| ChosenGroups::new(groups, size));
        let chosen = self.look(segments, without, chosen.collect())?;
        Ok(chosen.into_iter().map(ChosenGroups::into_sorted).collect())
    }

    /// Compares the vectors with the rows that match the filter, and offers the rows to what is kept for each vector,
    /// excluding some rows.
    fn look<K: KeepHits>(
        &self,
        segments: &[Segment],
        without: &HashSet<(usize, usize)>,
        mut kept: Vec<K>,
    ) -> Result<Vec<K>> {
        let Query { store, schema, .. } = self.query;
        let Some(field) = schema.fields.get(self.field) else {
            return Ok(kept);
        };
        let mut bytes = Vec::new();
        for (number, segment) in segments.iter().enumerate() {
            self.query.limit.check()?;
            let Some((keys, mut rows)) = self.query.candidates(segment)? else {
                continue;
            };
            rows.retain(|row| !without.contains(&(number, *row)));
            if rows.is_empty() || !store.read_column(segment, self.field, &mut bytes)? {
                continue;
            }
            let groups = match &self.grouping {
                None => None,
                Some(grouping) => match self.query.column(segment, grouping.field)? {
                    None => continue,
                    groups => groups,
                },
            };
            let names = NamingColumns {
                segment: number,
                keys,
                groups,
            };
            let view = VectorView::new(&field.data_type, segment.rows, &bytes);
            let view = view.map_err(StoreError::corrupt("column"))?;
            for block in self.vectors.blocks() {
                self.query.limit.check()?;
                let look = (&view, rows.as_slice());
                self.vectors
                    .compare(block, self.metric, look, |vector, row, distance| {
                        let rank = self.metric.converted(distance);
                        if !rank.is_nan()
                            && self.range.has(rank)
                            && let Some(kept) = kept.get_mut(vector)
                        {
                            kept.offer(rank, row, &names);
                        }
                    });
            }
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{Batch, Schema};
    use crate::interrupt::Interrupt;
    use crate::local::http::call::CallLimit;
    use crate::local::http::error::ServiceError;
    use crate::local::storage::DataStore;
    use serde_json::json;
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn a_search_ends_at_its_deadline() {
        let dir = tempfile::tempdir().unwrap();
        let store = DataStore::open(dir.path(), &Interrupt::new()).unwrap();
        let body = json!({ "dimension": 2 });
        let made = store.create_collection("default", "c", &body, &["_default".to_owned()], true);
        assert!(made.unwrap());
        let collection = store.collection("default", "c").unwrap().unwrap().id;
        let partition = store.partition(collection, None).unwrap();
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
            let scan = VectorScan {
                query: &query,
                field: 1,
                metric: Metric::L2,
                vectors: &vectors,
                range: DistanceRange::new(Metric::L2, None, None).unwrap(),
                keep: 1,
                skip: 0,
                grouping: None,
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
