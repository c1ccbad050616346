//! Edits of `config.toml` that keep its comments, its order and concurrent changes.

use super::{Config, Profile, Setting, path, read};
use crate::error::{Failure, Kind};
use crate::fsutil::{self, FileMode, LockError, LockMode};
use crate::interrupt::Interrupt;
use serde_json::Value;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use toml_edit::{DocumentMut, Item, Table, TableLike, value};
use zeroize::Zeroizing;

const PROFILES: &str = "profiles";
const DEFAULT: &str = "default_profile";
/// Maximum wait for another process that edits the file, which takes milliseconds.
const PATIENCE: Duration = Duration::from_mins(1);

/// `config.toml` while it's being edited, under its lock.
pub(crate) struct Edit {
    path: PathBuf,
    /// The text of a file that consists of comments only.
    head: String,
    document: DocumentMut,
    _lock: File,
}

impl Edit {
    /// Waits for the lock and reads the file. Creates the folder if it doesn't exist. Fails if the file doesn't parse.
    pub(crate) fn begin(interrupt: &Interrupt) -> Result<Self, Failure> {
        let named = path().ok_or_else(|| {
            Failure::usage("no place for settings: this account has no home folder")
                .with_hint("name a folder with ZSHELL_CONFIG_DIR")
        })?;
        let failed = |error: io::Error| unwritten(&named, &error);
        if let Some(folder) = named.parent() {
            fsutil::create_private_folder(folder).map_err(failed)?;
        }
        let lock = fsutil::open_private(&named.with_extension("toml.lock")).map_err(failed)?;
        fsutil::lock_file(&lock, LockMode::Exclusive, PATIENCE, interrupt).map_err(|error| {
            match error {
                LockError::Stopped(stop) => stop.into(),
                LockError::Io(error) => failed(error),
                LockError::Held => Failure::new(
                    Kind::Busy,
                    format!(
                        "another zshell has kept {} locked for {} s",
                        named.display(),
                        PATIENCE.as_secs()
                    ),
                )
                .with_hint("a stopped or hanging process may hold the lock; try again later"),
            }
        })?;
        // If the file is a symbolic link, the link is kept and its target is edited.
        let path = named.canonicalize().unwrap_or(named);
        let text = read(&path)?.unwrap_or_default();
        Config::parse(&path, &text)?;
        let document = text.parse::<DocumentMut>().map_err(|_| {
            Failure::usage(format!(
                "cannot change {}: it does not parse",
                path.display()
            ))
        })?;
        // `toml_edit` treats the comments of an otherwise empty file as the document's end and would write above them.
        let (head, document) = if document.is_empty() {
            (text.to_string(), DocumentMut::new())
        } else {
            (String::new(), document)
        };
        Ok(Self {
            path,
            head,
            document,
            _lock: lock,
        })
    }

    /// Returns true if a profile has this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.document
            .get(PROFILES)
            .and_then(Item::as_table_like)
            .is_some_and(|profiles| profiles.contains_key(name))
    }

    /// Writes a profile with exactly these settings. Replaces one with the same name.
    pub(crate) fn set_profile(&mut self, name: &str, profile: &Profile) {
        let mut table = table(profile);
        let Some(profiles) = self.profiles() else {
            return;
        };
        if let Some(old) = profiles.get(name).and_then(Item::as_table) {
            // Keeps the comment above the profile.
            *table.decor_mut() = old.decor().clone();
            table.set_position(old.position());
        }
        profiles.insert(name, Item::Table(table));
    }

    /// Removes a profile with all its tables. If it's the default profile, there is none afterwards.
    pub(crate) fn remove_profile(&mut self, name: &str) {
        if let Some(profiles) = self.profiles() {
            profiles.remove(name);
        }
        if self.default() == Some(name) {
            self.document.remove(DEFAULT);
        }
    }

    /// Returns the name of the default profile.
    pub(crate) fn default(&self) -> Option<&str> {
        self.document.get(DEFAULT).and_then(Item::as_str)
    }

    /// Sets the default profile.
    pub(crate) fn set_default(&mut self, name: &str) {
        match self.document.get_mut(DEFAULT).and_then(Item::as_value_mut) {
            Some(old) => {
                // Keeps the comment after the value.
                let decor = old.decor().clone();
                *old = name.into();
                *old.decor_mut() = decor;
            }
            None => {
                self.document.insert(DEFAULT, value(name));
            }
        }
    }

    /// Writes the file with mode 0600 and returns its path.
    pub(crate) fn save(self) -> Result<PathBuf, Failure> {
        let text = Zeroizing::new(format!("{}{}", self.head, self.document));
        // Checks that the new text can be read, however the old one was written.
        Config::parse(&self.path, &text)?;
        fsutil::replace_file(&self.path, text.as_bytes(), FileMode::Private)
            .map_err(|error| unwritten(&self.path, &error))?;
        Ok(self.path)
    }

    fn profiles(&mut self) -> Option<&mut dyn TableLike> {
        let empty = || {
            let mut table = Table::new();
            // Implicit, so no `[profiles]` line is written above the first profile.
            table.set_implicit(true);
            Item::Table(table)
        };
        self.document
            .entry(PROFILES)
            .or_insert_with(empty)
            .as_table_like_mut()
    }
}

/// Returns a profile's settings as a table of the file.
fn table(profile: &Profile) -> Table {
    let item = |setting: &Setting| match setting {
        Setting::Secret(secret) => Some(value(secret.expose())),
        Setting::Table(inner) => Some(Item::Table(table(inner))),
        Setting::Plain(plain) => plain_value(plain).map(Item::Value),
    };
    let items = profile.settings();
    items
        .filter_map(|(name, setting)| Some((name, item(setting)?)))
        .collect()
}

/// Returns a value in the file's form; `None` for null.
fn plain_value(plain: &Value) -> Option<toml_edit::Value> {
    Some(match plain {
        Value::Null => return None,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64()?.into(),
        },
        Value::String(text) => text.into(),
        Value::Array(items) => items.iter().filter_map(plain_value).collect(),
        Value::Object(pairs) => {
            let pairs = pairs.iter();
            pairs
                .filter_map(|(key, value)| Some((key, plain_value(value)?)))
                .collect()
        }
    })
}

fn unwritten(path: &std::path::Path, error: &io::Error) -> Failure {
    Failure::refused(format!("cannot write {}: {error}", path.display()))
        .with_hint("ZSHELL_CONFIG_DIR names another folder")
}
