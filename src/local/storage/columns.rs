//! The columns of segments: blobs in the database, or files if they are large.
//!
//! The database writes a blob twice, to its log and to its place, and a file is written once. A file is written within
//! the transaction that adds its segment, so the database never names a file that wasn't written. If that transaction
//! doesn't end well, its files remain until the next segment of that number overwrites them, or until
//! [`DataStore::remove_strays`] removes them.

use super::error::{Result, file_error};
use super::rows::{AUTO_IDS, Segment, VISIBLE};
use super::{DataStore, Statements, StoreError, signed, unsigned};
use crate::formats::Batch;
use crate::fsutil::{private_options, sync_folder};
use rusqlite::{Connection, MAIN_DB, Transaction, params};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

/// Size in bytes from which a column of an import is a file.
const FILE_BYTES: usize = 256 << 10;

/// The folder of the columns' files.
pub(super) struct ColumnFolder {
    pub(super) path: PathBuf,
    /// The database's write-ahead log.
    log: PathBuf,
}

impl ColumnFolder {
    /// Returns the folder in the folder of a store, whose database has this path.
    pub(super) fn new(store: &Path, database: &Path) -> Self {
        Self {
            path: store.join("columns"),
            log: database.with_extension("sqlite-wal"),
        }
    }

    fn file(&self, segment: i64, field: i64) -> PathBuf {
        self.path.join(format!("{segment}-{field}"))
    }

    fn write(&self, segment: i64, field: i64, bytes: &[u8]) -> Result<File> {
        let path = self.file(segment, field);
        let mut options = private_options();
        options.write(true).create(true).truncate(true);
        let written = options.open(&path).and_then(|mut file| {
            file.write_all(bytes)?;
            Ok(file)
        });
        written.map_err(file_error("write", &path))
    }

    /// Reads a file of this size into `bytes`. Returns false if there is no file, or one of another size.
    fn read(&self, segment: i64, field: i64, size: u64, bytes: &mut Vec<u8>) -> Result<bool> {
        let path = self.file(segment, field);
        bytes.clear();
        let read = |file: File| file.take(size + 1).read_to_end(bytes);
        match File::open(&path).and_then(read) {
            Ok(read) => Ok(read as u64 == size),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(file_error("read", &path)(error)),
        }
    }

    /// Removes the files of segments that are being deleted. A file that can't be removed is a stray from now on.
    pub(super) fn remove(&self, tx: &Transaction<'_>, segments: &[i64]) -> Result<()> {
        let sql = "SELECT field_no FROM segment_columns WHERE segment_id = ?1 AND size IS NOT NULL";
        let mut files = Vec::new();
        for segment in segments {
            let fields = tx.list(sql, [segment])?;
            files.extend(fields.into_iter().map(|field| self.file(*segment, field)));
        }
        if files.is_empty() {
            return Ok(());
        }
        // Otherwise a power loss could bring the segments back, whose deletion is perhaps only in memory, but no file.
        let synced = File::open(&self.log).and_then(|log| log.sync_data());
        synced.map_err(file_error("flush", &self.log))?;
        for file in files {
            _ = fs::remove_file(file);
        }
        Ok(())
    }
}

/// Stores the columns of a segment: the fields in the schema's order, then `$meta`. In a collection with autoId,
/// generates the primary keys first. With a folder, large columns are files, which are returned.
pub(super) fn keep_columns(
    tx: &Transaction<'_>,
    segment: i64,
    batch: &mut Batch,
    folder: Option<&ColumnFolder>,
) -> Result<Vec<File>> {
    batch.set_auto_ids(segment.wrapping_mul(AUTO_IDS));
    let mut files = Vec::new();
    for (no, column) in batch.columns().iter().chain(batch.meta()).enumerate() {
        let (no, bytes) = (signed(no), column.encode());
        let (data, size) = match folder.filter(|_| bytes.len() >= FILE_BYTES) {
            Some(folder) => {
                files.push(folder.write(segment, no, &bytes)?);
                // Versions without files read no bytes as nulls, and one byte as an error.
                (&[0][..], Some(signed(bytes.len())))
            }
            None => (&*bytes, None),
        };
        let sql = "INSERT INTO segment_columns (segment_id, field_no, data, size) VALUES (?1, ?2, ?3, ?4)";
        tx.run(sql, params![segment, no, data, size])?;
    }
    Ok(files)
}

/// Returns the names of files that belong to no column.
fn strays(view: &Connection, names: Vec<OsString>) -> Result<Vec<OsString>> {
    let sql = "SELECT 1 FROM segment_columns WHERE segment_id = ?1 AND field_no = ?2 AND size IS NOT NULL";
    let mut strays = Vec::new();
    for name in names {
        let numbers = name.to_str().and_then(|name| name.split_once('-'));
        let numbers = numbers.and_then(|(segment, field)| {
            Some((segment.parse::<i64>().ok()?, field.parse::<i64>().ok()?))
        });
        if let Some(numbers) = numbers
            && !view.has(sql, numbers)?
        {
            strays.push(name);
        }
    }
    Ok(strays)
}

impl DataStore {
    /// Reads the bytes of a segment's column into `bytes`, whose memory is reused. Returns false if the segment was
    /// deleted.
    pub(crate) fn read_column(
        &self,
        segment: &Segment,
        number: usize,
        bytes: &mut Vec<u8>,
    ) -> Result<bool> {
        let number = signed(number);
        let found = self.read(|view| {
            let sql =
                "SELECT rowid, size FROM segment_columns WHERE segment_id = ?1 AND field_no = ?2";
            let found = view.row::<(i64, Option<i64>)>(sql, params![segment.id, number])?;
            if let Some((row, None)) = found {
                // Several times as fast as selecting the data, which is copied twice into new memory.
                let blob = view.blob_open(MAIN_DB, c"segment_columns", c"data", row, true)?;
                bytes.resize(blob.len(), 0);
                blob.read_at_exact(bytes, 0)?;
            }
            Ok(found)
        })?;
        let Some((_, Some(size))) = found else {
            return Ok(found.is_some());
        };
        let columns = &self.base.columns;
        if columns.read(segment.id, number, unsigned(size), bytes)? {
            return Ok(true);
        }
        let sql = "SELECT 1 FROM segments WHERE id = ?1 AND state = ?2";
        if self.has(sql, params![segment.id, VISIBLE])? {
            let path = columns.file(segment.id, number);
            let why = format!("{} doesn't have {size} bytes", path.display());
            return Err(StoreError::corrupt("column")(why));
        }
        Ok(false)
    }

    /// Removes files that belong to no column: a killed process or a failed transaction has left them.
    pub(crate) fn remove_strays(&self) -> Result<()> {
        let folder = &self.base.columns.path;
        let entries = fs::read_dir(folder).map_err(file_error("read", folder))?;
        let names = entries.map(|entry| Ok(entry?.file_name()));
        let names = names.collect::<io::Result<Vec<_>>>();
        let names = names.map_err(file_error("read", folder))?;
        let found = self.read(|view| strays(view, names))?;
        if found.is_empty() {
            return Ok(());
        }
        // Another process's transaction may have added the columns since. None can during this one.
        self.write(|tx| {
            for name in strays(tx, found)? {
                let path = folder.join(name);
                fs::remove_file(&path).map_err(file_error("remove", &path))?;
            }
            Ok(())
        })
    }

    /// Returns a flush of files to the disk, for a job's files.
    pub(crate) fn flush(&self) -> FileFlush<'_> {
        FileFlush {
            folder: &self.base.columns,
            running: None,
        }
    }
}

/// Flushes files to the disk while the job writes the next ones. Without it, a power loss could take the files of a
/// completed job.
pub(crate) struct FileFlush<'a> {
    folder: &'a ColumnFolder,
    running: Option<JoinHandle<io::Result<()>>>,
}

impl FileFlush<'_> {
    /// Waits for the previous files, and starts to flush `files`.
    pub(crate) fn add(&mut self, files: Vec<File>) -> Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        self.wait()?;
        let sync = move || files.iter().try_for_each(File::sync_data);
        let flush = thread::Builder::new().name("local-flush".to_owned());
        let running = flush.spawn(sync);
        self.running = Some(running.map_err(file_error("flush", &self.folder.path))?);
        Ok(())
    }

    /// Waits until all files and their names are on the disk.
    pub(crate) fn end(mut self) -> Result<()> {
        if self.running.is_none() {
            return Ok(());
        }
        self.wait()?;
        let path = &self.folder.path;
        sync_folder(path).map_err(file_error("flush", path))
    }

    fn wait(&mut self) -> Result<()> {
        let Some(running) = self.running.take() else {
            return Ok(());
        };
        let flushed = running.join();
        let flushed = flushed.unwrap_or_else(|_| Err(io::Error::other("the thread failed")));
        flushed.map_err(file_error("flush", &self.folder.path))
    }
}
