//! Files named on the command line. All commands have one rule: a file that doesn't exist is an error of the command
//! line (exit code 2), found before anything runs.

use crate::engine::connecting;
use crate::error::{Failure, Kind};
use crate::location::{Location, PathScope, Store};
use crate::secret::Secret;
use crate::session::Session;
use std::path::Path;
use zeroize::Zeroizing;

/// Returns the text of a file, or of standard input for `-`.
pub(super) fn read(session: &Session, file: &str) -> Result<String, Failure> {
    let text = session.read_text(file);
    text.map_err(|failure| failure.refused_as(Kind::Arguments))
}

/// Returns the secret in a file. The noun names it in errors.
pub(super) fn secret(session: &Session, file: &Path, noun: &str) -> Result<Secret, Failure> {
    let name = file.to_str();
    let name =
        name.ok_or_else(|| Failure::usage("the name of the token's file is not UTF-8 text"))?;
    let text = Zeroizing::new(read(session, name)?);
    let secret = Secret::new(text.trim());
    if secret.is_empty() {
        return Err(Failure::usage(format!("{name} holds no {noun}")));
    }
    Ok(secret)
}

/// Refuses a local path that doesn't exist, and a pattern without a match.
pub(super) fn exist(path: &str) -> Result<(), Failure> {
    let location = Location::parse(path, &PathScope::Disk).ok();
    let location = location.filter(|_| path.starts_with("~/") || path.starts_with("file:"));
    let place = location.as_ref().map_or(path, Location::text);
    let Err(error) = std::fs::metadata(place) else {
        return Ok(());
    };
    let problem = if !path.contains(['*', '?', '[']) {
        format!("cannot read {path:?}: {error}")
    } else if glob::glob(path).is_ok_and(|mut found| found.next().is_none()) {
        // `folder/*.npy` is the import API's own form of a set of NumPy files, and as a pattern it matches these files.
        format!("no file matches {path:?}")
    } else {
        return Ok(());
    };
    Err(Failure::new(Kind::Arguments, problem))
}

/// Returns true if the run's service reads this path from this machine's disk.
pub(super) fn is_read_here(session: &Session, path: &str) -> Result<bool, Failure> {
    let current = session.current();
    let connection = current.map_or_else(|| connecting::by_default(session), Ok)?;
    // A path that isn't accepted, such as a pattern, may still be one of this machine.
    let located = connection.locate(path).ok();
    let on_disk = located.is_none_or(|it| it.store() == Store::Disk);
    Ok(connection.name == "local" && on_disk && !path.contains("://"))
}
