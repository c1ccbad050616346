//! Files named on the command line. All commands have one rule: a file that doesn't exist is an error of the command
//! line (exit code 2), found before anything runs.

use crate::connection::Connection;
use crate::engine::connecting;
use crate::error::{Failure, Kind};
use crate::location::{Location, PathScope, Store};
use crate::session::Session;
use std::rc::Rc;

/// Returns the text of a file, or of standard input for `-`.
pub(super) fn read(session: &Session, file: &str) -> Result<String, Failure> {
    session
        .read_text(file)
        .map_err(|failure| match failure.kind {
            Kind::Refused => failure.of_the_command_line(),
            _ => failure,
        })
}

/// Refuses the first of these local paths that doesn't exist, or that's a pattern without a match.
pub(super) fn exist<'a>(paths: impl IntoIterator<Item = &'a str>) -> Result<(), Failure> {
    let missing = paths.into_iter().find_map(problem);
    missing.map_or(Ok(()), |problem| {
        Err(Failure::new(Kind::Arguments, problem))
    })
}

fn problem(path: &str) -> Option<String> {
    let location = Location::parse(path, &PathScope::Disk).ok();
    let location = location.filter(|_| path.starts_with("~/") || path.starts_with("file:"));
    let place = location.as_ref().map_or(path, Location::text);
    let Err(error) = std::fs::metadata(place) else {
        return None;
    };
    if !path.contains(['*', '?', '[']) {
        return Some(format!("cannot read {path:?}: {error}"));
    }
    // `folder/*.npy` is the import API's own form of a set of NumPy files, and as a pattern it matches these files.
    let mut found = glob::glob(path).ok()?;
    found
        .next()
        .is_none()
        .then(|| format!("no file matches {path:?}"))
}

/// Returns true if the run's service reads this path from this machine's disk.
pub(super) fn is_read_here(session: &Session, path: &str) -> Result<bool, Failure> {
    let connection: Rc<Connection> = match session.current() {
        Some(connection) => connection,
        None => connecting::by_default(session)?,
    };
    // A path that isn't accepted, such as a pattern, may still be one of this machine.
    let located = connection.locate(path).ok();
    let on_disk = located.is_none_or(|it| it.store() == Store::Disk);
    Ok(connection.name == "local" && on_disk && !path.contains("://"))
}
