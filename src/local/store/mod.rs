//! Collections, jobs and rows in one embedded database, which several processes may share.
//!
//! One connection writes and one reads, each behind a lock; write-ahead logging lets them, and other processes,
//! work side by side. Every change of state is one transaction, so a killed process leaves either the old state
//! or the new one. Bulk data is deleted lazily: what is to go is marked, and [`Store::sweep`] removes it in small
//! steps.

pub(super) mod collections;
pub(super) mod jobs;
pub(super) mod rows;
pub(super) mod work;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::fs::{DirBuilder, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What can go wrong in the store itself, as opposed to in what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or failed.
    #[error("the local store's database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// A file or folder of the store could not be made or read.
    #[error("could not {doing} {path}: {source}")]
    File {
        /// What was tried, e.g. `create`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A later zshell changed the store's layout.
    #[error(
        "{path} was written by a newer zshell (store version {found}, this one knows {known}); use that zshell, or another --data-dir"
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The last version known here.
        known: i64,
    },
    /// What was stored could not be understood.
    #[error("the local store holds a {what} that cannot be read: {why}")]
    Corrupt {
        /// The kind of record.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

/// How long a writer waits for another process's transaction, which lasts for one batch of rows.
const BUSY: Duration = Duration::from_secs(30);

/// Bytes of write-ahead log at which it is moved into the database file: large, since each move costs two
/// fsyncs and an import writes its rows once and in order.
const WAL_BYTES: i64 = 64 << 20;

/// Bytes of a database page: large, since nearly all the data are blobs of hundreds of KiB.
const PAGE_BYTES: i64 = 16 << 10;

/// The layout, one step a version; `user_version` counts the steps taken.
const MIGRATIONS: &[&str] = &[include_str!("v1.sql")];

/// The database of one data folder.
pub(super) struct Store {
    writer: Mutex<Connection>,
    reader: Mutex<Connection>,
}

impl Store {
    /// Opens the store in `dir`, making it where there is none yet.
    pub(super) fn open(dir: &Path) -> Result<Self, StoreError> {
        create_private(dir)?;
        // Several processes may come here at once; the switch to write-ahead logging wants the database alone.
        let gate_path = dir.join("open.lock");
        let gate = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&gate_path)
            .and_then(|gate| gate.lock().map(|()| gate))
            .map_err(|source| StoreError::File {
                doing: "lock",
                path: gate_path,
                source,
            })?;
        let path = dir.join("store.sqlite");
        let mut writer = connect(&path)?;
        migrate(&mut writer, &path)?;
        let reader = connect(&path)?;
        drop(gate);
        Ok(Self {
            writer: Mutex::new(writer),
            reader: Mutex::new(reader),
        })
    }

    /// Runs `act` in one transaction that takes the write lock at once; an error rolls it back.
    pub(super) fn write<T>(
        &self,
        act: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = act(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }

    /// Runs `act` on one consistent view of the store.
    pub(super) fn read<T>(
        &self,
        act: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let view = reader.transaction()?;
        act(&view)
    }
}

/// Makes a folder that only its owner can look into.
pub(super) fn create_private(dir: &Path) -> Result<(), StoreError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|source| StoreError::File {
        doing: "create",
        path: dir.to_owned(),
        source,
    })
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A killed process loses nothing that was committed; power loss may cost the last seconds.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_BYTES / PAGE_BYTES)?;
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let Ok(done) = usize::try_from(found) else {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    };
    if found > known {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    if found == known {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}

/// Integers of the database are signed; sizes and counts here never come near the limit.
pub(super) fn signed(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// The other way round; a negative count cannot have been written by us.
pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_of_a_newer_version_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        drop(Store::open(dir.path()).unwrap());
        let path = dir.path().join("store.sqlite");
        connect(&path)
            .unwrap()
            .pragma_update(None, "user_version", 99)
            .unwrap();
        let opened = Store::open(dir.path());
        assert!(matches!(
            opened.err(),
            Some(StoreError::Newer {
                found: 99,
                known: 1,
                ..
            })
        ));
    }

    #[test]
    fn an_error_rolls_a_transaction_back() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let made = store.write(|tx| {
            tx.execute(
                "INSERT INTO partitions (collection_id, name) VALUES (1, 'p')",
                [],
            )?;
            Err::<(), _>(StoreError::Corrupt {
                what: "test",
                why: String::new(),
            })
        });
        assert!(made.is_err());
        assert_eq!(store.partitions(1).unwrap(), Vec::<String>::new());
    }
}
