//! The columns of segments: blobs in the database, or files if they are large.
//!
//! The database writes a blob twice, to its log and to its place, and a file is written once. A file is written within
//! the transaction that adds its segment, so the database never names a file that wasn't written. A file without a
//! segment remains if the process is killed in between; the next segment of that number overwrites it, and
//! [`DataStore::remove_strays`] removes it.

use super::error::file_error;
use super::rows::VISIBLE;
use super::scan::Segment;
use super::{DataStore, StoreError, signed, unsigned};
use crate::formats::Batch;
use crate::fsutil::{private_options, sync_folder};
use crate::local::storage::statements::Statements;
use rusqlite::{Connection, MAIN_DB, Transaction, params};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

/// Size in bytes from which a column of an import is a file.
const FILE_BYTES: usize = 256 << 10;

/// The folder of the columns' files.
pub(super) struct ColumnFolder(PathBuf);

impl ColumnFolder {
    /// Returns the folder of a store.
    pub(super) fn new(store: &Path) -> Self {
        Self(store.join("columns"))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    fn file(&self, segment: i64, field: i64) -> PathBuf {
        self.0.join(format!("{segment}-{field}"))
    }

    fn write(&self, segment: i64, field: i64, bytes: &[u8]) -> Result<File, StoreError> {
        let path = self.file(segment, field);
        let mut options = private_options();
        options.write(true).create(true).truncate(true);
        let written = options.open(&path).and_then(|mut file| {
            file.write_all(bytes)?;
            Ok(file)
        });
        written.map_err(file_error("write", &path))
    }

    /// Reads a file into `bytes`. Returns false if there is no file.
    fn read(&self, segment: i64, field: i64, bytes: &mut Vec<u8>) -> Result<bool, StoreError> {
        let path = self.file(segment, field);
        bytes.clear();
        match File::open(&path).and_then(|mut file| file.read_to_end(bytes)) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(file_error("read", &path)(error)),
        }
    }

    fn remove(&self, name: &Path) -> Result<(), StoreError> {
        let path = self.0.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(file_error("remove", &path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Removes the files of a segment that is being deleted.
    pub(super) fn remove_segment(
        &self,
        tx: &Transaction<'_>,
        segment: i64,
    ) -> Result<(), StoreError> {
        let sql = "SELECT field_no FROM segment_columns WHERE segment_id = ?1 AND size IS NOT NULL";
        for field in tx.list(sql, [segment])? {
            self.remove(&self.file(segment, field))?;
        }
        Ok(())
    }
}

/// Stores a segment's columns: the fields in the schema's order, then `$meta`. With a folder, large columns are files,
/// which are returned.
pub(super) fn keep_columns(
    tx: &Transaction<'_>,
    segment: i64,
    batch: &Batch,
    folder: Option<&ColumnFolder>,
) -> Result<Vec<File>, StoreError> {
    let mut files = Vec::new();
    for (no, column) in batch.columns().iter().chain(batch.meta()).enumerate() {
        let (no, bytes) = (signed(no), column.encode());
        let (data, size) = match folder.filter(|_| bytes.len() >= FILE_BYTES) {
            Some(folder) => {
                files.push(folder.write(segment, no, &bytes)?);
                (&[][..], Some(signed(bytes.len())))
            }
            None => (&*bytes, None),
        };
        let sql = "INSERT INTO segment_columns (segment_id, field_no, data, size) VALUES (?1, ?2, ?3, ?4)";
        tx.run(sql, params![segment, no, data, size])?;
    }
    Ok(files)
}

/// Returns the names of files without a segment.
fn strays(view: &Connection, names: Vec<OsString>) -> Result<Vec<OsString>, StoreError> {
    let mut strays = Vec::new();
    for name in names {
        let segment = name.to_str().and_then(|name| name.split_once('-'));
        let Some(segment) = segment.and_then(|(segment, _)| segment.parse::<i64>().ok()) else {
            continue;
        };
        if !view.has("SELECT 1 FROM segments WHERE id = ?1", [segment])? {
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
    ) -> Result<bool, StoreError> {
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
        if self.base.columns.read(segment.id, number, bytes)?
            && bytes.len() as u64 == unsigned(size)
        {
            return Ok(true);
        }
        let sql = "SELECT 1 FROM segments WHERE id = ?1 AND state = ?2";
        if self.has(sql, params![segment.id, VISIBLE])? {
            let path = self.base.columns.file(segment.id, number);
            let why = format!("{} doesn't have {size} bytes", path.display());
            return Err(StoreError::corrupt("column")(why));
        }
        Ok(false)
    }

    /// Removes files without a segment, which killed processes have left behind.
    pub(crate) fn remove_strays(&self) -> Result<(), StoreError> {
        let folder = &self.base.columns;
        let failed = || file_error("read", folder.path());
        let mut names = Vec::new();
        for entry in fs::read_dir(folder.path()).map_err(failed())? {
            names.push(entry.map_err(failed())?.file_name());
        }
        let found = self.read(|view| strays(view, names))?;
        if found.is_empty() {
            return Ok(());
        }
        // Files of a transaction that hadn't ended have a segment by now, and in this one no other process writes.
        self.write(|tx| {
            for name in strays(tx, found)? {
                folder.remove(name.as_ref())?;
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
    running: Option<JoinHandle<std::io::Result<()>>>,
}

impl FileFlush<'_> {
    /// Waits for the files before and starts to flush these.
    pub(crate) fn add(&mut self, files: Vec<File>) -> Result<(), StoreError> {
        if files.is_empty() {
            return Ok(());
        }
        self.wait()?;
        let sync = move || files.iter().try_for_each(File::sync_data);
        let flush = thread::Builder::new().name("local-flush".to_owned());
        let running = flush
            .spawn(sync)
            .map_err(file_error("flush", self.folder.path()))?;
        self.running = Some(running);
        Ok(())
    }

    /// Waits until all files are on the disk.
    pub(crate) fn end(mut self) -> Result<(), StoreError> {
        self.wait()
    }

    fn wait(&mut self) -> Result<(), StoreError> {
        let Some(running) = self.running.take() else {
            return Ok(());
        };
        let flushed = running.join().unwrap_or(Ok(()));
        flushed
            .and_then(|()| sync_folder(self.folder.path()))
            .map_err(file_error("flush", self.folder.path()))
    }
}
