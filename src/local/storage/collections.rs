//! Collections and partitions.

use super::aliases::{NAMED, id_of, partition_id};
use super::rows::TRASH;
use super::work::fail_where;
use super::{DataStore, Result, Statements, StoreError};
use crate::formats::Schema;
use rusqlite::params;
use serde_json::Value;

/// The partition that each collection without a partition key has. In a collection with a partition key, the prefix of
/// the partitions' names.
pub(crate) const DEFAULT_PARTITION: &str = "_default";

/// A collection as stored.
#[derive(Debug)]
pub(crate) struct Collection {
    /// The id, which is never used again for another collection.
    pub(crate) id: i64,
    pub(crate) name: String,
    /// The body of the create call.
    pub(crate) body: Value,
    /// The collection's indexes as JSON, if they differ from those in the body.
    pub(crate) indexes: Option<String>,
    /// True if queries are answered.
    pub(crate) loaded: bool,
}

impl Collection {
    /// Returns the schema that the create call gave.
    pub(crate) fn schema(&self) -> Result<Schema> {
        Schema::from_stored_body(&self.body).map_err(StoreError::corrupt("collection"))
    }
}

impl DataStore {
    /// Creates a collection with these partitions. The first partition gets the rows for which no partition is named.
    /// Returns false if a collection or an alias already has the name.
    pub(crate) fn create_collection(
        &self,
        database: &str,
        name: &str,
        body: &Value,
        partitions: &[String],
        loaded: bool,
    ) -> Result<bool> {
        self.write(|tx| {
            if id_of(tx, database, name)?.is_some() {
                return Ok(false);
            }
            let sql =
                "INSERT INTO collections (database, name, body, loaded) VALUES (?1, ?2, ?3, ?4)";
            tx.run(sql, params![database, name, body.to_string(), loaded])?;
            let id = tx.last_insert_rowid();
            for partition in partitions {
                let sql = "INSERT INTO partitions (collection_id, name) VALUES (?1, ?2)";
                tx.run(sql, params![id, partition])?;
            }
            Ok(true)
        })
    }

    /// Returns the database's collection with this name or alias.
    pub(crate) fn collection(&self, database: &str, name: &str) -> Result<Option<Collection>> {
        self.find_collection(&format!("id = ({NAMED})"), params![database, name])
    }

    /// Returns the collection with this id, e.g. the collection of a job.
    pub(crate) fn collection_by_id(&self, id: i64) -> Result<Option<Collection>> {
        self.find_collection("id = ?1", params![id])
    }

    fn find_collection(
        &self,
        condition: &str,
        values: impl rusqlite::Params,
    ) -> Result<Option<Collection>> {
        let sql = "SELECT id, name, body, loaded, indexes FROM collections WHERE";
        let found = self.row::<(_, _, String, _, _)>(&format!("{sql} {condition}"), values)?;
        let Some((id, name, body, loaded, indexes)) = found else {
            return Ok(None);
        };
        Ok(Some(Collection {
            id,
            name,
            body: serde_json::from_str(&body).map_err(StoreError::corrupt("collection"))?,
            indexes,
            loaded,
        }))
    }

    /// Returns the names of a database's collections, sorted.
    pub(crate) fn collection_names(&self, database: &str) -> Result<Vec<String>> {
        let sql = "SELECT name FROM collections WHERE database = ?1 ORDER BY name";
        self.list(sql, [database])
    }

    /// Changes the name or database of a collection and its jobs. Returns false if the database already has the name.
    pub(crate) fn rename_collection(&self, id: i64, database: &str, name: &str) -> Result<bool> {
        self.write(|tx| {
            if id_of(tx, database, name)?.is_some() {
                return Ok(false);
            }
            for table in [
                "UPDATE collections SET database = ?2, name = ?3 WHERE id = ?1",
                "UPDATE jobs SET database = ?2, collection = ?3 WHERE collection_id = ?1",
            ] {
                tx.run(table, params![id, database, name])?;
            }
            Ok(true)
        })
    }

    /// Stores a collection's indexes if they're still equal to `before`; otherwise returns false.
    pub(crate) fn set_indexes(&self, id: i64, before: Option<&str>, indexes: &str) -> Result<bool> {
        let sql = "UPDATE collections SET indexes = ?3 WHERE id = ?1 AND indexes IS ?2";
        Ok(self.run(sql, params![id, before, indexes])? > 0)
    }

    /// Replaces the create body of a collection, unless another call has changed, loaded or released it since it was
    /// read. Returns false in that case.
    pub(crate) fn set_body(&self, before: &Collection, after: &Value) -> Result<bool> {
        self.write(|tx| {
            let sql = "SELECT body, loaded FROM collections WHERE id = ?1";
            let stored = tx.row(sql, [before.id])?;
            let is_same = |(body, loaded): (String, bool)| {
                loaded == before.loaded
                    && serde_json::from_str(&body).is_ok_and(|it: Value| it == before.body)
            };
            if !stored.is_some_and(is_same) {
                return Ok(false);
            }
            let sql = "UPDATE collections SET body = ?2 WHERE id = ?1";
            tx.run(sql, params![before.id, after.to_string()])?;
            Ok(true)
        })
    }

    /// Marks a collection as loaded or released.
    pub(crate) fn set_loaded(&self, id: i64, loaded: bool) -> Result<()> {
        self.write(|tx| {
            let sql = "UPDATE collections SET loaded = ?2 WHERE id = ?1";
            tx.run(sql, params![id, loaded])?;
            let sql = "UPDATE partitions SET released = 0 WHERE collection_id = ?1";
            tx.run(sql, [id]).map(drop)
        })
    }

    /// Removes a collection. Its rows are swept later, and its unfinished jobs fail.
    pub(crate) fn drop_collection(&self, id: i64) -> Result<()> {
        self.write(|tx| {
            fail_where(tx, "collection_id", id, "collection dropped")?;
            let sql = "UPDATE segments SET state = ?2 WHERE collection_id = ?1";
            tx.run(sql, params![id, TRASH])?;
            tx.run("DELETE FROM partitions WHERE collection_id = ?1", [id])?;
            tx.run("DELETE FROM aliases WHERE collection_id = ?1", [id])?;
            tx.run("DELETE FROM collections WHERE id = ?1", [id])
                .map(drop)
        })
    }

    /// Returns the names of a collection's partitions, oldest first.
    pub(crate) fn partitions(&self, collection_id: i64) -> Result<Vec<String>> {
        let sql = "SELECT name FROM partitions WHERE collection_id = ?1 ORDER BY id";
        self.list(sql, [collection_id])
    }

    /// Returns the id of a partition; without a name, of the partition that gets the rows for which none is named.
    pub(crate) fn partition(&self, collection_id: i64, name: Option<&str>) -> Result<Option<i64>> {
        partition_id(self, collection_id, name)
    }

    /// Marks partitions as released individually, or removes the mark.
    pub(crate) fn set_released(&self, partitions: &[i64], released: bool) -> Result<()> {
        self.write(|tx| {
            let sql = "UPDATE partitions SET released = ?2 WHERE id = ?1";
            let mut ids = partitions.iter();
            ids.try_for_each(|id| tx.run(sql, params![id, released]).map(drop))
        })
    }

    /// Returns whether a partition was released individually.
    pub(crate) fn is_released(&self, partition: i64) -> Result<bool> {
        let sql = "SELECT 1 FROM partitions WHERE id = ?1 AND released";
        self.has(sql, [partition])
    }

    /// Creates a partition. An existing partition isn't changed.
    pub(crate) fn create_partition(&self, collection_id: i64, name: &str) -> Result<()> {
        let sql = "INSERT INTO partitions (collection_id, name)
             SELECT id, ?2 FROM collections WHERE id = ?1 ON CONFLICT DO NOTHING";
        self.run(sql, params![collection_id, name]).map(drop)
    }

    /// Removes a partition. Its rows are swept later, and its unfinished jobs fail.
    pub(crate) fn drop_partition(&self, id: i64) -> Result<()> {
        self.write(|tx| {
            fail_where(tx, "partition_id", id, "partition dropped")?;
            let sql = "UPDATE segments SET state = ?2 WHERE partition_id = ?1";
            tx.run(sql, params![id, TRASH])?;
            tx.run("DELETE FROM partitions WHERE id = ?1", [id])
                .map(drop)
        })
    }
}
