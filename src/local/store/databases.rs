//! Databases: names that collections and jobs stand under.

use super::{Store, StoreError};
use rusqlite::OptionalExtension;

/// The database that is always there.
pub(in crate::local) const DEFAULT_DATABASE: &str = "default";

/// What became of dropping a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::local) enum Dropped {
    /// It is gone.
    Done,
    /// There is none of this name.
    Missing,
    /// It still has collections.
    NotEmpty,
}

impl Store {
    /// The names of the databases, oldest first.
    pub(in crate::local) fn databases(&self) -> Result<Vec<String>, StoreError> {
        self.read(|view| {
            let mut select = view.prepare_cached("SELECT name FROM databases ORDER BY id")?;
            let names = select.query_map([], |row| row.get(0))?;
            Ok(names.collect::<Result<_, _>>()?)
        })
    }

    /// The number of the database of this name.
    pub(in crate::local) fn database(&self, name: &str) -> Result<Option<i64>, StoreError> {
        self.read(|view| {
            Ok(view
                .prepare_cached("SELECT id FROM databases WHERE name = ?1")?
                .query_row([name], |row| row.get(0))
                .optional()?)
        })
    }

    /// Makes a database; false where there is one of this name.
    pub(in crate::local) fn create_database(&self, name: &str) -> Result<bool, StoreError> {
        self.write(|tx| {
            let made = tx.execute(
                "INSERT INTO databases (name) VALUES (?1) ON CONFLICT (name) DO NOTHING",
                [name],
            )?;
            Ok(made > 0)
        })
    }

    /// Removes a database that has no collections, and forgets its jobs.
    pub(in crate::local) fn drop_database(&self, name: &str) -> Result<Dropped, StoreError> {
        self.write(|tx| {
            if tx
                .prepare_cached("SELECT 1 FROM collections WHERE database = ?1")?
                .exists([name])?
            {
                return Ok(Dropped::NotEmpty);
            }
            if tx.execute("DELETE FROM databases WHERE name = ?1", [name])? == 0 {
                return Ok(Dropped::Missing);
            }
            // They have ended with their collections; a later database of this name does not list them.
            tx.execute(
                "DELETE FROM job_files WHERE job_id IN (SELECT id FROM jobs WHERE database = ?1)",
                [name],
            )?;
            tx.execute("DELETE FROM jobs WHERE database = ?1", [name])?;
            Ok(Dropped::Done)
        })
    }
}
