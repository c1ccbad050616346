//! The folder of one volume: its objects, and files that are still being received.
//!
//! The system resolves every path below a handle of the folder, so neither a name nor a link leads out of it.

use super::access::random;
use super::error::{Result, S3Error};
use crate::fsutil::create_private_folder;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Longest name of an object in a volume, in bytes.
const MAX_KEY: usize = 1024;

/// Longest part of a name between slashes, in bytes: the limit of file systems.
const MAX_PART: usize = 255;

/// Age at which an unfinished upload is removed.
const ABANDONED: Duration = Duration::from_hours(7 * 24);

/// The extended attribute of a received file: its state then, and the checksum of its content.
const NOTE: &str = "user.zshell.etag";

/// Longest such note, in bytes.
const MAX_NOTE: usize = 128;

/// Maximum number of unfinished uploads in a volume.
const MAX_UPLOADS: usize = 10_000;

/// An open volume.
#[derive(Debug)]
pub(crate) struct VolumeFolder {
    pub(super) objects: Dir,
    pub(super) uploads: Dir,
}

/// An object of a volume.
pub(crate) struct StoredObject {
    pub(crate) file: File,
    pub(crate) info: ObjectInfo,
}

/// An object's size in bytes, tag, and time of its last change.
#[derive(Debug)]
pub(crate) struct ObjectInfo {
    pub(crate) size: u64,
    pub(crate) tag: String,
    pub(crate) modified: jiff::Timestamp,
}

/// A file that is being received. It's removed on drop unless it became an object.
pub(crate) struct NewObject {
    pub(super) file: File,
    uploads: Dir,
    name: Option<PathBuf>,
    /// The checksum of the content, once it's complete.
    pub(crate) checksum: String,
}

impl Drop for NewObject {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            _ = self.uploads.remove_file(name);
        }
    }
}

impl NewObject {
    /// Moves the file to a name in another folder. Returns its tag.
    pub(super) fn rename(mut self, folder: &Dir, name: &Path) -> io::Result<String> {
        // Without the note, the file has a tag that is no checksum.
        let note = format!("{} {}", state(&self.file)?, self.checksum);
        set_note(&self.file, &note);
        if let Some(own) = &self.name {
            self.uploads.rename(own, folder, name)?;
        }
        self.name = None;
        tag(&self.file)
    }
}

/// Returns the folder of a volume's objects.
pub(crate) fn objects_path(volumes: &Path, id: i64) -> PathBuf {
    volumes.join(id.to_string()).join("objects")
}

impl VolumeFolder {
    /// Opens the folder of the volume with this id, and creates it if there is none.
    pub(crate) fn open(volumes: &Path, id: i64) -> io::Result<Self> {
        let dir = volumes.join(id.to_string());
        let open = |name: &str| {
            create_private_folder(&dir.join(name))?;
            Dir::open_ambient_dir(dir.join(name), ambient_authority())
        };
        Ok(Self {
            objects: open("objects")?,
            uploads: open("uploads")?,
        })
    }

    /// Removes the folder of the volume with this id.
    pub(crate) fn remove(volumes: &Path, id: i64) -> io::Result<()> {
        match std::fs::remove_dir_all(volumes.join(id.to_string())) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Creates a file to receive content.
    pub(crate) fn receive(&self) -> Result<NewObject> {
        let name = PathBuf::from(new_name()?);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        Ok(NewObject {
            file: self.uploads.open_with(&name, &options)?.into_std(),
            uploads: self.uploads.try_clone()?,
            name: Some(name),
            checksum: String::new(),
        })
    }

    /// Removes abandoned uploads, and refuses a new one if there are too many.
    pub(super) fn tidy(&self) -> Result<()> {
        let mut count = 0;
        for entry in self.uploads.entries()? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            let modified = metadata.modified().map(cap_std::time::SystemTime::into_std);
            let age = modified.map(|time| SystemTime::now().duration_since(time));
            if !matches!(age, Ok(Ok(age)) if age > ABANDONED) {
                count += 1;
            } else if metadata.is_dir() {
                self.uploads.remove_dir_all(entry.file_name())?;
            } else {
                self.uploads.remove_file(entry.file_name())?;
            }
        }
        if count >= MAX_UPLOADS {
            let message = format!(
                "the volume has {MAX_UPLOADS} unfinished uploads: complete or abort some; each ends 7 days after its last part"
            );
            return Err(S3Error::new(503, "SlowDown", message));
        }
        Ok(())
    }

    /// Makes a received file the object with this name. Returns its tag.
    pub(crate) fn put(&self, key: &str, file: NewObject) -> Result<String> {
        let taken = |_| {
            let message = format!(
                "{key:?}: a part of this name is an object, or the name is a folder of objects"
            );
            S3Error::new(409, "InvalidObjectName", message)
        };
        // Another request may remove an empty folder between the two steps.
        if let Some(parent) = Path::new(key).parent() {
            self.objects.create_dir_all(parent).map_err(taken)?;
        }
        file.rename(&self.objects, Path::new(key))
            .map_err(|error| match error.kind() {
                io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory => taken(error),
                _ => error.into(),
            })
    }

    /// Opens the object with this name.
    pub(crate) fn get(&self, key: &str) -> Result<StoredObject> {
        let file = match self.objects.open(key) {
            Ok(file) => file.into_std(),
            Err(error) if is_missing(&error) => return Err(S3Error::no_key(key)),
            Err(error) => return Err(error.into()),
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(S3Error::no_key(key));
        }
        let info = ObjectInfo {
            size: metadata.len(),
            tag: tag(&file)?,
            modified: modified(&metadata),
        };
        Ok(StoredObject { file, info })
    }

    /// Removes the object with this name, and folders that are empty then. A missing object isn't an error.
    pub(crate) fn delete(&self, key: &str) -> Result<()> {
        let found = self.objects.metadata(key);
        if !found.is_ok_and(|found| found.is_file()) {
            return Ok(());
        }
        match self.objects.remove_file(key) {
            Err(error) if !is_missing(&error) => return Err(error.into()),
            _ => {}
        }
        let parents = Path::new(key).ancestors().skip(1);
        for parent in parents.filter(|parent| !parent.as_os_str().is_empty()) {
            if self.objects.remove_dir(parent).is_err() {
                break;
            }
        }
        Ok(())
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Returns a name that no other upload has.
pub(super) fn new_name() -> Result<String> {
    random(18).ok_or_else(|| S3Error::internal("the system has no random numbers"))
}

/// Returns a file's tag: the checksum of its content, as S3 defines it, if the file is as it was received. Otherwise the
/// tag is a text that differs for each state of the file and doesn't look like a checksum.
pub(super) fn tag(file: &File) -> io::Result<String> {
    let state = state(file)?;
    let note = note(file);
    let noted = note.as_deref().and_then(|note| note.split_once(' '));
    let checksum = noted.filter(|(of, sum)| *of == state && !sum.is_empty());
    Ok(checksum.map_or(state, |(_, sum)| sum.to_owned()))
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
fn set_note(file: &File, note: &str) {
    use rustix::fs::{XattrFlags, fsetxattr};
    _ = fsetxattr(file, NOTE, note.as_bytes(), XattrFlags::empty());
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
fn note(file: &File) -> Option<String> {
    let mut note = [0; MAX_NOTE];
    let length = rustix::fs::fgetxattr(file, NOTE, &mut note).ok()?;
    String::from_utf8(note.get(..length)?.to_vec()).ok()
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn set_note(_: &File, _: &str) {}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn note(_: &File) -> Option<String> {
    None
}

/// Returns a text that differs for each state of a file.
fn state(file: &File) -> io::Result<String> {
    let metadata = file.metadata()?;
    let nanos = modified(&metadata).as_nanosecond();
    Ok(format!("{:x}-{nanos:x}", metadata.len()))
}

fn modified(metadata: &std::fs::Metadata) -> jiff::Timestamp {
    let time = metadata.modified().ok();
    time.and_then(|time| time.try_into().ok())
        .unwrap_or_default()
}

/// Checks the name of an object in a volume.
pub(crate) fn check_key(key: &str) -> Result<()> {
    let why = if key.len() > MAX_KEY {
        format!("it has more than {MAX_KEY} bytes")
    } else if key.split('/').any(|part| matches!(part, "" | "." | "..")) {
        "it has an empty part, `.` or `..`".to_owned()
    } else if key.split('/').any(|part| part.len() > MAX_PART) {
        format!("a part between slashes has more than {MAX_PART} bytes")
    } else if key.contains(|letter: char| letter.is_control() || letter == '\\') {
        "it has a control character or a backslash".to_owned()
    } else {
        return Ok(());
    };
    let message = format!("the object's name is not valid: {why}");
    Err(S3Error::new(400, "InvalidObjectName", message))
}
