//! The secrets that tests use, and the search for them in all output and files of zshell.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};

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
            let found = find(&content).or_else(|| {
                memchr::memmem::find(&content, TYPED.as_bytes()).map(|_| TYPED.to_owned())
            });
            assert!(found.is_none(), "{found:?} is kept in {}", path.display());
        }
    }
}

/// Panics if this output has a secret.
#[track_caller]
pub(crate) fn check_shown(shown: &[u8], by: &str) {
    let found = find(shown);
    assert!(found.is_none(), "{found:?} is shown by {by}");
}

/// Returns a secret in the bytes, in any encoding.
fn find(bytes: &[u8]) -> Option<String> {
    static SPELLINGS: LazyLock<BTreeSet<String>> =
        LazyLock::new(|| HIDDEN.into_iter().flat_map(spellings).collect());
    let found = SPELLINGS
        .iter()
        .find(|text| memchr::memmem::find(bytes, text.as_bytes()).is_some());
    found.cloned()
}

/// Returns a secret as it is, in base64 at each alignment, in hexadecimal, and percent-encoded.
pub(crate) fn spellings(secret: &str) -> Vec<String> {
    let each = |format: fn(u8) -> String| secret.bytes().map(format).collect::<String>();
    let reserved = |format: fn(u8) -> String| {
        let encode = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format(byte),
        };
        secret.bytes().map(encode).collect::<String>()
    };
    let mut all = vec![
        secret.to_owned(),
        each(|byte| format!("{byte:02x}")),
        each(|byte| format!("{byte:02X}")),
        each(|byte| format!("%{byte:02x}")),
        each(|byte| format!("%{byte:02X}")),
        reserved(|byte| format!("%{byte:02x}")),
        reserved(|byte| format!("%{byte:02X}")),
    ];
    for before in 0..3 {
        let bytes = [&b"::"[..before], secret.as_bytes()].concat();
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            // The digits that depend on the neighbours are left out.
            let text = engine.encode(&bytes);
            let digits = (before * 8).div_ceil(6)..bytes.len() * 8 / 6;
            all.push(text[digits].to_owned());
        }
    }
    all
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
