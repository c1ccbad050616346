//! Databases: namespaces of collections and jobs.

use super::{DataStore, Result, Statements, StoreError};
use rusqlite::params;
use serde_json::{Map, Value, json};

/// The database that always exists.
pub(crate) const DEFAULT_DATABASE: &str = "default";

/// A database as stored.
#[derive(Debug)]
pub(crate) struct Database {
    /// The id, which is never used again for another database.
    pub(crate) id: i64,
    /// Property names and their values, e.g. of `database.replica.number`.
    pub(crate) properties: Map<String, Value>,
}

impl DataStore {
    /// Returns the names of the databases, oldest first.
    pub(crate) fn databases(&self) -> Result<Vec<String>> {
        self.list("SELECT name FROM databases ORDER BY id", [])
    }

    /// Returns the database with this name.
    pub(crate) fn database(&self, name: &str) -> Result<Option<Database>> {
        find(self, name)
    }

    /// Creates a database with these properties. Returns false if a database already has the name.
    pub(crate) fn create_database(
        &self,
        name: &str,
        properties: &Map<String, Value>,
    ) -> Result<bool> {
        let sql = "INSERT INTO databases (name, properties) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING";
        Ok(self.run(sql, params![name, json!(properties).to_string()])? > 0)
    }

    /// Sets some properties of a database and removes others. Returns false if no database has this name.
    pub(crate) fn alter_database(
        &self,
        name: &str,
        set: &Map<String, Value>,
        remove: &[String],
    ) -> Result<bool> {
        self.write(|tx| {
            let Some(Database { mut properties, .. }) = find(&**tx, name)? else {
                return Ok(false);
            };
            properties.extend(set.clone());
            properties.retain(|key, _| !remove.contains(key));
            let sql = "UPDATE databases SET properties = ?2 WHERE name = ?1";
            tx.run(sql, params![name, json!(properties).to_string()])?;
            Ok(true)
        })
    }

    /// Removes a database, and deletes the records of its jobs. A missing database isn't an error. Returns false if the
    /// database still has collections.
    pub(crate) fn drop_database(&self, name: &str) -> Result<bool> {
        self.write(|tx| {
            if tx.has("SELECT 1 FROM collections WHERE database = ?1", [name])? {
                return Ok(false);
            }
            tx.run("DELETE FROM databases WHERE name = ?1", [name])?;
            // The jobs ended with their collections. A later database with this name mustn't list them.
            let sql =
                "DELETE FROM job_files WHERE job_id IN (SELECT id FROM jobs WHERE database = ?1)";
            tx.run(sql, [name])?;
            tx.run("DELETE FROM jobs WHERE database = ?1", [name])?;
            Ok(true)
        })
    }
}

fn find(view: &impl Statements, name: &str) -> Result<Option<Database>> {
    let sql = "SELECT id, properties FROM databases WHERE name = ?1";
    let Some((id, text)) = view.row::<(_, String)>(sql, [name])? else {
        return Ok(None);
    };
    let properties = serde_json::from_str(&text).map_err(StoreError::corrupt("database"))?;
    Ok(Some(Database { id, properties }))
}
