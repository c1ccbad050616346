//! The secrets that tests use, and the search for them in all that zshell says and writes.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// An API key, recognisable anywhere.
pub(crate) const TOKEN: &str = "tok-5e7ca1b0feed";
/// A storage key id.
pub(crate) const ACCESS: &str = "AKIA5E7CA1B0FEED";
/// A storage key.
pub(crate) const SECRET: &str = "sk/5e7ca1b0+feed";
/// A session token of short-term storage credentials.
pub(crate) const SESSION: &str = "sess-5e7ca1b0feed==";
/// A key that tests type where everybody sees it: the screen shows it, no file keeps it.
pub(crate) const TYPED: &str = "s3cret-key";

/// What must never be shown.
pub(crate) const HIDDEN: [&str; 4] = [TOKEN, ACCESS, SECRET, SESSION];

/// The folder of one or more runs, with what the tests themselves wrote into it.
pub(crate) struct Watched {
    root: PathBuf,
    written: Mutex<HashMap<PathBuf, Vec<u8>>>,
}

impl Watched {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            written: Mutex::default(),
        }
    }

    /// The test writes this file, keys and all; it counts only once something else stands in it.
    pub(crate) fn write(&self, path: &Path, content: &[u8]) {
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, content).expect("a file");
        let mut written = self.written.lock().expect("no panic");
        written.insert(path.to_owned(), content.to_owned());
    }

    /// Panics if a file below the folder holds a secret. Only the settings may: a profile's key lies there.
    #[track_caller]
    pub(crate) fn check(&self) {
        let written = self.written.lock().expect("no panic");
        let mut files = Vec::new();
        collect(&self.root, &mut files);
        for (path, content) in files {
            let ours = written.get(&path).is_some_and(|known| *known == content);
            // Beside the settings stands for a moment what replaces them.
            let settings =
                path.ends_with("config/config.toml") || path.ends_with("config/config.toml.new");
            if ours || settings {
                continue;
            }
            for secret in HIDDEN.into_iter().chain([TYPED]) {
                let found = memchr::memmem::find(&content, secret.as_bytes());
                assert!(found.is_none(), "{secret} is kept in {}", path.display());
            }
        }
    }
}

/// Panics if this was shown and holds a secret.
#[track_caller]
pub(crate) fn check_shown(shown: &[u8], by: &str) {
    for secret in HIDDEN {
        let found = memchr::memmem::find(shown, secret.as_bytes());
        assert!(found.is_none(), "{secret} is shown by {by}");
    }
}

/// Every file below a folder with its content. What a running service has just removed is no file.
pub(crate) fn collect(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.is_file()
            && let Ok(content) = fs::read(&path)
        {
            files.push((path, content));
        }
    }
}
