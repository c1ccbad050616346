//! What paths are looked up in: the disk, one folder of it that no path gets out of, or a bucket.

use crate::formats::read_at::{DiskFile, ReadAt};
use crate::local::remote::{Blocks, Bucket, Keys, Remote};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use object_store::ObjectMeta;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a path is looked up in, as it is kept with a job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Root {
    /// The whole disk: the path is absolute.
    #[default]
    Disk,
    /// This folder: the path is relative to it, and neither `..` nor a link leads out.
    Below(PathBuf),
    /// A bucket: the path is the object's name.
    Remote(Bucket),
}

/// A [`Root`] that has been opened.
#[derive(Clone)]
pub(super) enum Opened {
    Disk,
    Below(Arc<Dir>),
    Remote(Remote),
}

/// One file to read; `Debug` without what it is read through.
#[derive(Clone)]
pub(in crate::local) struct Part {
    root: Opened,
    path: PathBuf,
    meta: Option<ObjectMeta>,
    /// Bytes.
    pub(super) size: u64,
}

/// What a folder holds.
#[derive(Default)]
pub(super) struct Held {
    pub(super) files: Vec<Part>,
    pub(super) folders: Vec<PathBuf>,
}

impl Root {
    /// Opens the folder, or the bucket with these keys.
    pub(super) fn open(&self, keys: &Keys) -> io::Result<Opened> {
        Ok(match self {
            Self::Disk => Opened::Disk,
            // The system resolves each path below this handle, so that no link can be slipped in between a check and the
            // opening.
            Self::Below(dir) => {
                Opened::Below(Arc::new(Dir::open_ambient_dir(dir, ambient_authority())?))
            }
            Self::Remote(bucket) => Opened::Remote(bucket.open(keys)?),
        })
    }
}

impl Opened {
    /// Looks at one file.
    pub(super) fn file(&self, path: &Path) -> io::Result<Part> {
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
        Ok(Part {
            root: self.clone(),
            path: path.to_owned(),
            meta,
            size,
        })
    }

    /// What is directly inside a folder, by name.
    pub(super) fn list(&self, folder: &Path) -> io::Result<Held> {
        let mut held = Held::default();
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
                    .map(|meta| Part {
                        root: self.clone(),
                        path: PathBuf::from(meta.location.as_ref()),
                        size: meta.size,
                        meta: Some(meta),
                    })
                    .collect();
                let folders = listed.folders.iter();
                held.folders = folders.map(|path| PathBuf::from(path.as_ref())).collect();
            }
        }
        held.files.sort_by(|a, b| a.path.cmp(&b.path));
        held.folders.sort();
        Ok(held)
    }

    /// Puts a path on the list it belongs to; what is neither file nor folder, or leads out of the root, on none.
    fn hold(&self, held: &mut Held, path: PathBuf) {
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

impl Part {
    /// Its path: on disk, below its folder, or in its bucket.
    pub(in crate::local) fn path(&self) -> &Path {
        &self.path
    }

    /// Its last name, e.g. `vector.npy`.
    pub(in crate::local) fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Opens it to be read here and there.
    pub(in crate::local) fn object(&self, blocks: Blocks) -> io::Result<Arc<dyn ReadAt>> {
        match (&self.root, &self.meta) {
            (Opened::Remote(remote), Some(meta)) => Ok(Arc::new(remote.object(meta, blocks))),
            _ => Ok(Arc::new(DiskFile::of(self.on_disk()?)?)),
        }
    }

    /// Opens it to be read from its first byte to its last.
    pub(in crate::local) fn stream(&self) -> io::Result<Box<dyn Read + Send>> {
        match (&self.root, &self.meta) {
            (Opened::Remote(remote), Some(meta)) => Ok(Box::new(remote.stream(meta))),
            _ => Ok(Box::new(self.on_disk()?)),
        }
    }

    fn on_disk(&self) -> io::Result<File> {
        let file = match &self.root {
            Opened::Below(dir) => dir.open(&self.path)?.into_std(),
            _ => File::open(&self.path)?,
        };
        let metadata = file.metadata()?;
        regular(metadata.is_file(), metadata.len())?;
        Ok(file)
    }
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part")
            .field("path", &self.path)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// The file's bytes; only regular files, since a pipe or device would block a worker or never end.
fn regular(is_file: bool, size: u64) -> io::Result<u64> {
    if is_file {
        Ok(size)
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        ))
    }
}
