//! The roots that paths are looked up in: the disk, one folder of it that no path can leave, or a bucket.

use super::bucket::{Bucket, Remote};
use super::object::Blocks;
use super::read_at::{DiskFile, ReadAt};
use crate::fsutil;
use crate::secret::StorageKeys;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use object_store::ObjectMeta;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

/// The root that a path is looked up in, as stored with a job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Root {
    /// The whole disk. The path is absolute.
    #[default]
    Disk,
    /// A folder. The path is relative to it, and neither `..` nor a link leads out of it.
    Below(PathBuf),
    /// A bucket. The path is the object's name.
    Remote(Bucket),
}

/// A [`Root`] that has been opened.
#[derive(Clone)]
pub(crate) enum Opened {
    Disk,
    Below(Arc<Dir>),
    Remote(Remote),
}

/// One file to read. Its `Debug` output omits the root.
#[derive(Clone)]
pub(crate) struct RootedFile {
    root: Opened,
    path: PathBuf,
    meta: Option<ObjectMeta>,
    /// Size in bytes.
    pub(crate) size: u64,
}

/// The content of a folder.
#[derive(Default)]
pub(crate) struct FolderContent {
    pub(crate) files: Vec<RootedFile>,
    pub(crate) folders: Vec<PathBuf>,
}

impl Root {
    /// Opens the folder, or the bucket with these storage keys.
    pub(crate) fn open(&self, keys: &StorageKeys) -> io::Result<Opened> {
        Ok(match self {
            Self::Disk => Opened::Disk,
            // The system resolves each path below this handle, so a link can't be added between the check and the
            // opening.
            Self::Below(dir) => {
                Opened::Below(Arc::new(Dir::open_ambient_dir(dir, ambient_authority())?))
            }
            Self::Remote(bucket) => Opened::Remote(bucket.open(keys)?),
        })
    }
}

impl Opened {
    /// Returns the file at a path.
    pub(crate) fn file(&self, path: &Path) -> io::Result<RootedFile> {
        let (size, meta) = match self {
            Self::Disk => {
                let metadata = std::fs::metadata(path)?;
                (regular(metadata.is_file(), metadata.len())?, None)
            }
            Self::Below(dir) => {
                let metadata = dir.metadata(path)?;
                (regular(metadata.is_file(), metadata.len())?, None)
            }
            Self::Remote(remote) => {
                let meta = remote.head(&path.to_string_lossy())?;
                (meta.size, Some(meta))
            }
        };
        Ok(RootedFile {
            root: self.clone(),
            path: path.to_owned(),
            meta,
            size,
        })
    }

    /// Returns the files and folders directly inside a folder, sorted by path.
    pub(crate) fn list(&self, folder: &Path) -> io::Result<FolderContent> {
        let mut held = FolderContent::default();
        match self {
            Self::Disk => {
                for entry in std::fs::read_dir(folder)? {
                    self.hold(&mut held, entry?.path());
                }
            }
            Self::Below(dir) => {
                let root = folder.as_os_str().is_empty();
                let inner = if root { Path::new(".") } else { folder };
                for entry in dir.read_dir(inner)? {
                    self.hold(&mut held, folder.join(entry?.file_name()));
                }
            }
            Self::Remote(remote) => {
                let listed = remote.list(&folder.to_string_lossy())?;
                held.files = (listed.objects.into_iter())
                    .map(|meta| RootedFile {
                        root: self.clone(),
                        path: PathBuf::from(meta.location.as_ref()),
                        size: meta.size,
                        meta: Some(meta),
                    })
                    .collect();
                let folders = listed.common_prefixes.iter();
                held.folders = folders.map(|path| PathBuf::from(path.as_ref())).collect();
            }
        }
        held.files.sort_by(|a, b| a.path.cmp(&b.path));
        held.folders.sort();
        Ok(held)
    }

    /// Adds a path to the files or the folders. Skips a path that is neither, or that leads out of the root.
    fn hold(&self, held: &mut FolderContent, path: PathBuf) {
        let is_dir = match self {
            Self::Below(dir) => dir.metadata(&path).is_ok_and(|found| found.is_dir()),
            _ => path.is_dir(),
        };
        if is_dir {
            held.folders.push(path);
        } else if let Ok(file) = self.file(&path) {
            held.files.push(file);
        }
    }
}

impl RootedFile {
    /// Returns the path: on disk, below its folder, or in its bucket.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the last part of the path, e.g. `vector.npy`.
    pub(crate) fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Returns true if the file is in an object store.
    pub(crate) fn is_remote(&self) -> bool {
        self.meta.is_some()
    }

    /// Returns a text that changes when the file changes: its size, and its time or an object's tag.
    pub(crate) fn state(&self) -> io::Result<String> {
        let state = match &self.meta {
            Some(ObjectMeta {
                e_tag: Some(tag), ..
            }) => tag.clone(),
            Some(meta) => meta.last_modified.to_rfc3339(),
            None => {
                let changed = self.on_disk()?.metadata()?.modified()?;
                let since = changed
                    .duration_since(UNIX_EPOCH)
                    .map_err(io::Error::other)?;
                since.as_nanos().to_string()
            }
        };
        Ok(format!("{} {state}", self.size))
    }

    /// Opens the file for reading at any position.
    pub(crate) fn object(&self, blocks: Blocks) -> io::Result<Arc<dyn ReadAt>> {
        match (&self.root, &self.meta) {
            (Opened::Remote(remote), Some(meta)) => Ok(Arc::new(remote.object(meta, blocks))),
            _ => Ok(Arc::new(DiskFile::of(self.on_disk()?)?)),
        }
    }

    fn on_disk(&self) -> io::Result<File> {
        match &self.root {
            Opened::Below(dir) => {
                let mut options = cap_std::fs::OpenOptions::new();
                options.read(true);
                #[cfg(unix)]
                cap_std::fs::OpenOptionsExt::custom_flags(&mut options, fsutil::NO_WAIT);
                fsutil::regular(dir.open_with(&self.path, &options)?.into_std())
            }
            _ => fsutil::open_regular(&self.path),
        }
    }
}

impl std::fmt::Debug for RootedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part")
            .field("path", &self.path)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// Returns the size of a regular file, or an error for others.
fn regular(is_file: bool, size: u64) -> io::Result<u64> {
    if is_file {
        Ok(size)
    } else {
        Err(fsutil::not_regular())
    }
}
