//! The secrets that tests use, and the search for them in all output and files of zshell.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// An API key that is easy to find in any text.
pub(crate) const TOKEN: &str = "tok-5e7ca1b0feed";
/// The id of a storage key.
pub(crate) const ACCESS: &str = "AKIA5E7CA1B0FEED";
/// A storage key's secret.
pub(crate) const SECRET: &str = "sk/5e7ca1b0+feed";
/// The session token of short-term storage credentials.
pub(crate) const SESSION: &str = "sess-5e7ca1b0feed==";
/// A key that tests type visibly: it's shown on the screen, but mustn't be in any file.
pub(crate) const TYPED: &str = "s3cret-key";

/// Secrets that must never be shown.
pub(crate) const HIDDEN: [&str; 4] = [TOKEN, ACCESS, SECRET, SESSION];

/// The folder of one or more runs, with the files that the tests themselves wrote into it.
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

    /// Writes a file of the test, which may contain secrets. [`Self::check`] skips the file unless its content changes.
    pub(crate) fn write(&self, path: &Path, content: &[u8]) {
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, content).expect("a file");
        let mut written = self.written.lock().expect("no panic");
        written.insert(path.to_owned(), content.to_owned());
    }

    /// Panics if a file below the folder has a secret. Only the settings may have one, a profile's API key.
    #[track_caller]
    pub(crate) fn check(&self) {
        let written = self.written.lock().expect("no panic");
        let mut files = Vec::new();
        collect(&self.root, &mut files);
        for (path, content) in files {
            let ours = written.get(&path).is_some_and(|known| *known == content);
            // While the settings are replaced, the new file is beside the old one.
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

/// Panics if this output has a secret.
#[track_caller]
pub(crate) fn check_shown(shown: &[u8], by: &str) {
    for secret in HIDDEN {
        let found = memchr::memmem::find(shown, secret.as_bytes());
        assert!(found.is_none(), "{secret} is shown by {by}");
    }
}

/// Adds each file below a folder, with its content. Files that a running service has just removed are skipped.
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
