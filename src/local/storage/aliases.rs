//! Aliases: other names of collections.

use super::{DataStore, Result, Statements};
use rusqlite::{Connection, params};

/// The outcome of setting an alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// The alias was set.
    Done,
    /// A collection already has the name.
    Collection,
    /// The name is already an alias of this other collection.
    Other(String),
    /// The alias was to be changed but doesn't exist.
    Missing,
    /// The collection was dropped meanwhile.
    Gone,
}

impl DataStore {
    /// Returns the name of the collection that an alias refers to.
    pub(crate) fn alias(&self, database: &str, name: &str) -> Result<Option<String>> {
        Ok(named(self, database, name)?.map(|(_, collection)| collection))
    }

    /// Returns the aliases of a database, or of one of its collections, sorted.
    pub(crate) fn aliases(
        &self,
        database: &str,
        collection_id: Option<i64>,
    ) -> Result<Vec<String>> {
        self.list(
            "SELECT name FROM aliases WHERE database = ?1 AND (?2 IS NULL OR collection_id = ?2) ORDER BY name",
            params![database, collection_id],
        )
    }

    /// Makes a name an alias of this collection. With `change`, the name must already be an alias, of any collection.
    pub(crate) fn set_alias(
        &self,
        database: &str,
        name: &str,
        collection_id: i64,
        change: bool,
    ) -> Result<Named> {
        self.write(|tx| {
            if !tx.has("SELECT 1 FROM collections WHERE id = ?1", [collection_id])? {
                return Ok(Named::Gone);
            }
            match named(&**tx, database, name)? {
                Some((id, _)) if id == collection_id => return Ok(Named::Done),
                Some((_, other)) if !change => return Ok(Named::Other(other)),
                None if id_of(tx, database, name)?.is_some() => return Ok(Named::Collection),
                None if change => return Ok(Named::Missing),
                _ => {}
            }
            tx.run(
                "INSERT INTO aliases (database, name, collection_id) VALUES (?1, ?2, ?3)
                 ON CONFLICT (database, name) DO UPDATE SET collection_id = excluded.collection_id",
                params![database, name, collection_id],
            )?;
            Ok(Named::Done)
        })
    }

    /// Removes an alias. A missing alias isn't an error.
    pub(crate) fn drop_alias(&self, database: &str, name: &str) -> Result<()> {
        let sql = "DELETE FROM aliases WHERE database = ?1 AND name = ?2";
        self.run(sql, [database, name]).map(drop)
    }
}

/// Returns the id and the name of the collection that an alias refers to.
fn named(view: &impl Statements, database: &str, name: &str) -> Result<Option<(i64, String)>> {
    view.row(
        "SELECT c.id, c.name FROM aliases AS a JOIN collections AS c ON c.id = a.collection_id
         WHERE a.database = ?1 AND a.name = ?2",
        [database, name],
    )
}

/// A query for the id of a database's collection, by name or alias.
pub(crate) const NAMED: &str = "SELECT id FROM collections WHERE database = ?1 AND name = ?2
     UNION ALL SELECT collection_id FROM aliases WHERE database = ?1 AND name = ?2 LIMIT 1";

/// Returns the id of the database's collection with this name or alias.
pub(crate) fn id_of(view: &Connection, database: &str, name: &str) -> Result<Option<i64>> {
    view.find(NAMED, [database, name])
}

/// Returns the id of the collection's partition with this name, or of its first partition if no name is given.
pub(crate) fn partition_id(
    view: &impl Statements,
    collection_id: i64,
    name: Option<&str>,
) -> Result<Option<i64>> {
    view.find(
        "SELECT id FROM partitions WHERE collection_id = ?1 AND (?2 IS NULL OR name = ?2) ORDER BY id LIMIT 1",
        params![collection_id, name],
    )
}
