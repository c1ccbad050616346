//! Storage of collections, jobs and rows in one embedded database, with files for large columns. Several processes may
//! share it.
//!
//! One connection writes and another reads, each behind a lock. With write-ahead logging they don't block each other or
//! other processes. Each change of state is one transaction, so a killed process leaves either the old state or the new
//! one. Bulk data is deleted lazily: it's marked first, and [`DataStore::sweep`] removes it in small steps.

pub(super) mod aliases;
pub(super) mod collections;
pub(super) mod columns;
pub(super) mod databases;
pub(super) mod dead;
mod error;
pub(super) mod jobs;
mod open;
mod pool;
pub(super) mod rows;
mod statements;
pub(super) mod volumes;
pub(super) mod work;

pub(super) use error::file_error;
pub(crate) use error::{Result, StoreError};

use crate::fsutil::{LockError, LockMode, create_private_folder, lock_file, open_private};
use crate::interrupt::Interrupt;
use columns::ColumnFolder;
use open::connect_all;
use pool::{ConnectionPool, DatabaseWait, PooledConnection, Priority};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use statements::Statements;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Longest wait of workers, and of opening the store, for another process's transaction. A transaction normally lasts
/// for one batch of rows.
const BUSY: Duration = Duration::from_secs(30);

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
    columns: ColumnFolder,
    /// The time at which the service began to stop.
    stopping: OnceLock<Instant>,
}

impl DataStore {
    /// Opens the store in `dir`, and creates it if there is none.
    pub(super) fn open(dir: &Path, interrupt: &Interrupt) -> Result<Self> {
        let path = dir.join("store.sqlite");
        let columns = ColumnFolder::new(dir, &path);
        create_private(&columns.path)?;
        // Several processes may open the store at once, and the switch to write-ahead logging needs exclusive access.
        let lock_path = dir.join("open.lock");
        let lock = open_private(&lock_path).map_err(file_error("open", &lock_path))?;
        lock_file(&lock, LockMode::Exclusive, BUSY, interrupt).map_err(|error| match error {
            LockError::Held => StoreError::Busy,
            LockError::Stopped(stop) => StoreError::Stopped(stop),
            LockError::Io(source) => file_error("lock", &lock_path)(source),
        })?;
        let (writer, reader) = connect_all(&path, interrupt)?;
        drop(lock);
        let base = Base {
            writer: ConnectionPool::new(writer),
            reader: ConnectionPool::new(reader),
            columns,
            stopping: OnceLock::new(),
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
        self.base.stopping.get_or_init(Instant::now);
    }

    /// Returns the limits of a wait that begins now.
    fn new_wait(&self) -> DatabaseWait<'_> {
        DatabaseWait {
            priority: self.priority,
            end: Instant::now() + self.patience,
            stopping: &self.base.stopping,
        }
    }

    /// Returns the writing connection.
    fn writer(&self) -> Result<PooledConnection<'_>> {
        self.base.writer.connection(&self.new_wait())
    }

    /// Runs `act` in one transaction, which takes the write lock at the start. An error rolls the transaction back.
    pub(super) fn write<T>(&self, act: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let wait = self.new_wait();
        let writer = self.base.writer.connection(&wait)?;
        let transaction =
            wait.insist(|| Transaction::new_unchecked(&writer, TransactionBehavior::Immediate))?;
        let value = act(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }

    /// Runs `act` on a consistent view of the store.
    pub(super) fn read<T>(&self, act: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let wait = self.new_wait();
        let reader = self.base.reader.connection(&wait)?;
        let view = Transaction::new_unchecked(&reader, TransactionBehavior::Deferred)?;
        // Only the first read of the database may have to wait. Later reads see the same state.
        wait.insist(|| {
            view.prepare_cached("SELECT 1 FROM sqlite_schema LIMIT 1")?
                .exists([])
        })?;
        act(&view)
    }
}

/// Creates a folder that only its owner can access.
pub(super) fn create_private(dir: &Path) -> Result<()> {
    create_private_folder(dir).map_err(file_error("create", dir))
}

/// Returns the current time in the format of answers: RFC 3339, UTC, whole seconds.
pub(super) fn now() -> String {
    let now = jiff::Timestamp::now();
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
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

    /// Properties for released collections are checked before the body is written.
    #[test]
    fn a_body_is_replaced_only_if_the_collection_is_unchanged() {
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
