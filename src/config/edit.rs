//! Changes of `config.toml` that keep its comments and its order, and lose nothing that others change meanwhile.

use super::{Config, path, read};
use crate::error::{Failure, Kind};
use crate::fsutil::{self, LockError, LockMode};
use crate::interrupt::Interrupt;
use crate::secret::Secret;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use toml_edit::{DocumentMut, Item, Table, TableLike, value};
use zeroize::Zeroizing;

const PROFILES: &str = "profiles";
const DEFAULT: &str = "default_profile";
/// How long to wait for another process that changes the file, which takes milliseconds.
const PATIENCE: Duration = Duration::from_mins(1);

/// The file while it is changed: nobody else changes it until this is saved or dropped.
pub struct Edit {
    path: PathBuf,
    /// What stands above everything else in a file that has nothing but comments.
    head: String,
    document: DocumentMut,
    _lock: File,
}

/// The value of a setting that is written.
pub enum Written<'a> {
    /// Text.
    Text(&'a str),
    /// A key.
    Secret(&'a Secret),
    /// True or false.
    Flag(bool),
}

impl Edit {
    /// Waits for its turn and reads the file; makes the folder if need be. A file that does not parse is left alone.
    pub fn begin(interrupt: &Interrupt) -> Result<Self, Failure> {
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
        // A link, as people who keep their settings elsewhere have it, stays one.
        let path = named.canonicalize().unwrap_or(named);
        let text = read(&path)?.unwrap_or_default();
        Config::parse(&path, &text)?;
        let document = text.parse::<DocumentMut>().map_err(|_| {
            Failure::usage(format!(
                "cannot change {}: it does not parse",
                path.display()
            ))
        })?;
        // Comments alone would count as the document's end, and everything would be written above them.
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

    /// True if there is a profile of this name.
    pub fn has(&self, name: &str) -> bool {
        self.document
            .get(PROFILES)
            .and_then(Item::as_table_like)
            .is_some_and(|profiles| profiles.contains_key(name))
    }

    /// Writes a profile with these settings and no others, in the place of one of the same name.
    pub fn set_profile(&mut self, name: &str, settings: &[(&str, Written<'_>)]) {
        let mut table = Table::new();
        for (key, written) in settings {
            table.insert(
                key,
                match written {
                    Written::Text(text) => value(*text),
                    Written::Secret(secret) => value(secret.expose()),
                    Written::Flag(flag) => value(*flag),
                },
            );
        }
        let Some(profiles) = self.profiles() else {
            return;
        };
        if let Some(old) = profiles.get(name).and_then(Item::as_table) {
            // The comment above stays.
            *table.decor_mut() = old.decor().clone();
            table.set_position(old.position());
        }
        profiles.insert(name, Item::Table(table));
    }

    /// Removes a profile with all its tables, and the mark of the default one if it was that.
    pub fn remove_profile(&mut self, name: &str) {
        if let Some(profiles) = self.profiles() {
            profiles.remove(name);
        }
        if self.default() == Some(name) {
            self.document.remove(DEFAULT);
        }
    }

    /// The profile that `connect()` uses.
    pub fn default(&self) -> Option<&str> {
        self.document.get(DEFAULT).and_then(Item::as_str)
    }

    /// Makes this the profile that `connect()` uses.
    pub fn set_default(&mut self, name: &str) {
        match self.document.get_mut(DEFAULT).and_then(Item::as_value_mut) {
            Some(old) => {
                // The comment behind it stays.
                let decor = old.decor().clone();
                *old = name.into();
                *old.decor_mut() = decor;
            }
            None => {
                self.document.insert(DEFAULT, value(name));
            }
        }
    }

    /// Writes the file, for its owner alone, and gives its path.
    pub fn save(self) -> Result<PathBuf, Failure> {
        let text = Zeroizing::new(format!("{}{}", self.head, self.document));
        // However the file was written, what is put in its place can be read.
        Config::parse(&self.path, &text)?;
        fsutil::replace_file(&self.path, text.as_bytes())
            .map_err(|error| unwritten(&self.path, &error))?;
        Ok(self.path)
    }

    fn profiles(&mut self) -> Option<&mut dyn TableLike> {
        let empty = || {
            let mut table = Table::new();
            // No line [profiles] above the first one.
            table.set_implicit(true);
            Item::Table(table)
        };
        self.document
            .entry(PROFILES)
            .or_insert_with(empty)
            .as_table_like_mut()
    }
}

fn unwritten(path: &std::path::Path, error: &io::Error) -> Failure {
    Failure::new(
        Kind::Refused,
        format!("cannot write {}: {error}", path.display()),
    )
    .with_hint("ZSHELL_CONFIG_DIR names another folder")
}
