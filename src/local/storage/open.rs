//! Opening of the database, and the steps to its current layout.

use super::error::{Result, StoreError, is_busy};
use super::{BUSY, pool};
use crate::interrupt::Interrupt;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;
use std::time::Instant;

/// Size of the write-ahead log, in bytes, at which it's moved into the database file. It's large because each move
/// costs two fsyncs, and an import writes its rows once and in order.
const WAL_BYTES: i64 = 64 << 20;

/// Size of a database page in bytes. It's large because nearly all data is in blobs of hundreds of KiB.
const PAGE_BYTES: i64 = 16 << 10;

/// The steps to the current layout, one per version. `user_version` is the number of steps that were taken.
const MIGRATIONS: &[&str] = &[
    include_str!("v1.sql"),
    include_str!("v2.sql"),
    include_str!("v3.sql"),
    include_str!("v4.sql"),
    include_str!("v5.sql"),
    include_str!("v6.sql"),
    include_str!("v7.sql"),
    include_str!("v8.sql"),
    include_str!("v9.sql"),
];

/// Opens the writing and the reading connection and updates the layout. Waits at most [`BUSY`] for a database that
/// another process has locked.
pub(super) fn connect_all(path: &Path, interrupt: &Interrupt) -> Result<(Connection, Connection)> {
    let end = Instant::now() + BUSY;
    loop {
        let opened = connect(path).and_then(|mut writer| {
            migrate(&mut writer, path)?;
            Ok((writer, connect(path)?))
        });
        match opened {
            Err(StoreError::Database(error)) if is_busy(&error) => {
                if Instant::now() >= end {
                    return Err(StoreError::Busy);
                }
                interrupt.sleep(pool::SLICE).map_err(StoreError::Stopped)?;
            }
            opened => return opened,
        }
    }
}

fn connect(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(pool::SLICE)?;
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A killed process loses no committed data. A power loss may cost the last seconds.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_BYTES / PAGE_BYTES)?;
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Otherwise a statement that may use a partial index is prepared again for each value bound to it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<()> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let done = usize::try_from(found).ok();
    let steps = done.and_then(|done| MIGRATIONS.get(done..));
    let steps = steps.ok_or_else(|| StoreError::Newer {
        path: path.to_owned(),
        found,
        known,
    })?;
    if steps.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in steps {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::DataStore;
    use super::*;

    #[test]
    fn a_store_of_a_newer_version_is_not_changed() {
        let dir = tempfile::tempdir().unwrap();
        drop(DataStore::open(dir.path(), &Interrupt::new()).unwrap());
        let path = dir.path().join("store.sqlite");
        connect(&path)
            .unwrap()
            .pragma_update(None, "user_version", 99)
            .unwrap();
        let opened = DataStore::open(dir.path(), &Interrupt::new());
        assert!(matches!(
            opened.err(),
            Some(StoreError::Newer {
                found: 99,
                known: 9,
                ..
            })
        ));
    }

    #[test]
    fn older_collections_and_jobs_get_the_default_database() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.sqlite");
        let old = connect(&path).unwrap();
        for step in &MIGRATIONS[..2] {
            old.execute_batch(step).unwrap();
        }
        old.execute_batch(
            "PRAGMA user_version = 2;
             INSERT INTO collections (name, body, loaded) VALUES ('a', '{}', 1), ('b', '{}', 0);
             DELETE FROM collections WHERE name = 'b';
             INSERT INTO jobs (id, collection_id, collection, partition_id, source, state)
             VALUES ('job-1', 1, 'a', 1, '{}', 'Completed');",
        )
        .unwrap();
        drop(old);
        let store = DataStore::open(dir.path(), &Interrupt::new()).unwrap();
        assert_eq!(store.collection_names("default").unwrap(), ["a"]);
        assert_eq!(store.jobs(Some("default"), None, 0, 9).unwrap().0, 1);
        let body = serde_json::json!({ "dimension": 2 });
        assert!(
            !store
                .create_collection("default", "a", &body, &["_default".to_owned()], true)
                .unwrap()
        );
        assert!(
            store
                .create_collection("other", "a", &body, &["_default".to_owned()], true)
                .unwrap()
        );
        // The dropped collection's id isn't used again.
        let other = store.collection("other", "a").unwrap().unwrap();
        assert!(other.id > 2, "{}", other.id);
    }
}
