//! Storage of collections, jobs and rows in one embedded database, which several processes may share.
//!
//! One connection writes and another reads, each behind a lock. With write-ahead logging they don't block each other or
//! other processes. Each change of state is one transaction, so a killed process leaves either the old state or the new
//! one. Bulk data is deleted lazily: it's marked first, and [`DataStore::sweep`] removes it in small steps.

pub(super) mod aliases;
pub(super) mod collections;
pub(super) mod databases;
pub(super) mod dead;
pub(super) mod ending;
pub(super) mod jobs;
mod pool;
pub(super) mod rows;
pub(super) mod scan;
mod statements;
pub(super) mod volumes;
pub(super) mod work;

use crate::fsutil::{LockError, LockMode, create_private_folder, lock_file, open_private};
use crate::interrupt::{Interrupt, Stop};
use pool::{ConnectionPool, PooledConnection, Priority, Stopping};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// An error of the store itself, as opposed to an invalid request.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or failed.
    #[error("the local store's database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// The database was locked by another process for the whole wait. Nothing was done.
    #[error("the local store is busy: another process has kept it locked; try again")]
    Busy,
    /// A file or folder of the store couldn't be created or read.
    #[error("could not {doing} {path}: {source}")]
    File {
        /// The failed action, e.g. `create`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The wait for another process was interrupted.
    #[error("{} while another process had the local store locked", .0.words())]
    Stopped(Stop),
    /// A newer zshell has changed the store's layout.
    #[error(
        "{path} was written by a newer zshell (store version {found}, this one knows {known}); use that zshell, or another --data-dir"
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The file's store version.
        found: i64,
        /// The newest version that this zshell supports.
        known: i64,
    },
    /// A stored record couldn't be parsed.
    #[error("the local store holds a {what} that cannot be read: {why}")]
    Corrupt {
        /// The kind of record.
        what: &'static str,
        /// The reason.
        why: String,
    },
}

impl StoreError {
    /// Returns the constructor of the error for a record of this kind that couldn't be read.
    pub(super) fn corrupt<E: ToString>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |why| Self::Corrupt {
            what,
            why: why.to_string(),
        }
    }

    /// Returns true if a retry may succeed: another process has the store locked, or the disk is full or doesn't
    /// respond. Returns false if the stored data is broken.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Busy | Self::Stopped(_) | Self::File { .. } => true,
            Self::Newer { .. } | Self::Corrupt { .. } => false,
            Self::Database(error) => {
                is_busy(error) || error.sqlite_error_code().is_some_and(passes)
            }
        }
    }
}

fn passes(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::OutOfMemory
            | ErrorCode::OperationInterrupted
            | ErrorCode::OperationAborted
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::SchemaChanged
    )
}

/// Returns true if another process has the database locked.
fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// Longest wait of workers, and of opening the store, for another process's transaction. A transaction normally lasts
/// for one batch of rows.
const BUSY: Duration = Duration::from_secs(30);

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
];

/// The database of one data folder. Clones share the database.
#[derive(Clone)]
pub(super) struct DataStore {
    base: Arc<Base>,
    /// Longest wait of one operation.
    patience: Duration,
    /// The kind of user that runs the operations.
    priority: Priority,
}

struct Base {
    writer: ConnectionPool,
    reader: ConnectionPool,
    stopping: Stopping,
}

impl DataStore {
    /// Opens the store in `dir`, and creates it if there is none.
    pub(super) fn open(dir: &Path, interrupt: &Interrupt) -> Result<Self, StoreError> {
        create_private(dir)?;
        // Several processes may open the store at once, and the switch to write-ahead logging needs exclusive access.
        let lock_path = dir.join("open.lock");
        let lock = open_private(&lock_path).map_err(file_error("open", &lock_path))?;
        lock_file(&lock, LockMode::Exclusive, BUSY, interrupt).map_err(|error| match error {
            LockError::Held => StoreError::Busy,
            LockError::Stopped(stop) => StoreError::Stopped(stop),
            LockError::Io(source) => file_error("lock", &lock_path)(source),
        })?;
        let path = dir.join("store.sqlite");
        let (writer, reader) = connect_all(&path, interrupt)?;
        drop(lock);
        let base = Base {
            writer: ConnectionPool::new(writer),
            reader: ConnectionPool::new(reader),
            stopping: Stopping::default(),
        };
        Ok(Self {
            base: Arc::new(base),
            patience: BUSY,
            priority: Priority::Worker,
        })
    }

    /// Returns this store with another limit on each operation's wait for other processes.
    #[cfg(test)]
    pub(super) fn with_patience(&self, patience: Duration) -> Self {
        Self {
            patience,
            ..self.clone()
        }
    }

    /// Returns this store for requests, which wait at most `patience` and go before workers.
    pub(super) fn for_requests(&self, patience: Duration) -> Self {
        Self {
            priority: Priority::Request,
            patience,
            ..self.clone()
        }
    }

    /// Shortens the waits of all operations, since the service stops.
    pub(super) fn stop(&self) {
        self.base.stopping.begin();
    }

    fn end(&self) -> Instant {
        Instant::now() + self.patience
    }

    /// Returns the writing connection.
    fn writer(&self) -> Result<PooledConnection<'_>, StoreError> {
        self.base
            .writer
            .connection(self.priority, &self.base.stopping, self.end())
    }

    /// Runs `act` in one transaction, which takes the write lock at the start. An error rolls the transaction back.
    pub(super) fn write<T>(
        &self,
        act: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let end = self.end();
        let stopping = &self.base.stopping;
        let writer = self.base.writer.connection(self.priority, stopping, end)?;
        let transaction = stopping.insist(self.priority, end, || {
            Transaction::new_unchecked(&writer, TransactionBehavior::Immediate)
        })?;
        let value = act(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }

    /// Runs `act` on a consistent view of the store.
    pub(super) fn read<T>(
        &self,
        act: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let end = self.end();
        let stopping = &self.base.stopping;
        let reader = self.base.reader.connection(self.priority, stopping, end)?;
        let view = Transaction::new_unchecked(&reader, TransactionBehavior::Deferred)?;
        // Only the first read of the database may have to wait. Later reads see the same state.
        stopping.insist(self.priority, end, || {
            view.prepare_cached("SELECT 1 FROM sqlite_schema LIMIT 1")?
                .exists([])
        })?;
        act(&view)
    }
}

/// Creates a folder that only its owner can access.
pub(super) fn create_private(dir: &Path) -> Result<(), StoreError> {
    create_private_folder(dir).map_err(file_error("create", dir))
}

fn file_error(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::File {
        doing,
        path,
        source,
    }
}

/// Opens the writing and the reading connection and updates the layout. Waits at most [`BUSY`] for a database that
/// another process has locked.
fn connect_all(path: &Path, interrupt: &Interrupt) -> Result<(Connection, Connection), StoreError> {
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

fn connect(path: &Path) -> Result<Connection, StoreError> {
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

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let newer = || StoreError::Newer {
        path: path.to_owned(),
        found,
        known,
    };
    let done = usize::try_from(found).map_err(|_| newer())?;
    match found.cmp(&known) {
        Ordering::Greater => return Err(newer()),
        Ordering::Equal => return Ok(()),
        Ordering::Less => {}
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}

/// Converts a size or count to a signed integer, as stored in the database. Real values never come near the limit.
pub(super) fn signed(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// Converts a stored integer to a size or count. A negative count can't have been written by zshell.
pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Properties that only released collections take are checked before the body is written.
    #[test]
    fn a_body_is_replaced_only_if_the_collection_is_as_it_was_read() {
        let dir = tempfile::tempdir().unwrap();
        let store = DataStore::open(dir.path(), &Interrupt::new()).unwrap();
        let body = json!({ "dimension": 2 });
        let made = store.create_collection("default", "c", &body, &["_default".to_owned()], false);
        assert!(made.unwrap());
        let read = || store.collection("default", "c").unwrap().unwrap();
        let (before, other) = (read(), json!({ "dimension": 2, "x": 1 }));
        store.set_loaded(before.id, true).unwrap();
        assert!(!store.set_body(&before, &other).unwrap());
        let before = read();
        assert!(store.set_body(&before, &other).unwrap());
        assert!(!store.set_body(&before, &body).unwrap());
        assert_eq!(read().body, other);
    }

    #[test]
    fn a_store_of_a_newer_version_is_left_alone() {
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
                known: 8,
                ..
            })
        ));
    }

    #[test]
    fn collections_and_jobs_of_before_belong_to_the_default_database() {
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

    #[test]
    fn an_error_rolls_a_transaction_back() {
        let dir = tempfile::tempdir().unwrap();
        let store = DataStore::open(dir.path(), &Interrupt::new()).unwrap();
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
