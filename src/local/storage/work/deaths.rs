//! Jobs whose process died while it ran them. A file that kills every process that reads it mustn't be read for ever.

use super::JobFailure;
use crate::local::storage::jobs::parse_source;
use crate::local::storage::statements::Statements;
use crate::local::storage::{Result, unsigned};
use rusqlite::{Transaction, params};

/// Deaths before a job has stored any row after which it is tried again.
const MAX_DEATHS: u64 = 3;

/// Deaths without getting further than before after which a job is tried again. A job that stores rows may have been
/// killed for another reason than its files, so there are more of them.
const MAX_REPEATS: u64 = 10;

/// Maximum length in characters of a job's paths in its reason.
const MAX_PATHS: usize = 300;

/// Counts the death of the process that last ran the job, if the job was left without an owner. Returns the failure of
/// a job that has had too many. The caller must hold the job's lock.
pub(super) fn count(tx: &Transaction<'_>, id: &str) -> Result<Option<JobFailure>> {
    let found = tx.row::<(i64, i64, i64, i64)>(
        "SELECT rows, deaths, repeats, furthest FROM jobs WHERE id = ?1 AND state = 'Importing'",
        [id],
    )?;
    let Some((rows, mut deaths, mut repeats, furthest)) = found else {
        return Ok(None);
    };
    deaths = if rows == 0 { deaths + 1 } else { 0 };
    repeats = if rows > furthest { 0 } else { repeats + 1 };
    tx.run(
        "UPDATE jobs SET deaths = ?2, repeats = ?3, furthest = max(furthest, rows) WHERE id = ?1",
        params![id, deaths, repeats],
    )?;
    let (deaths, repeats) = (unsigned(deaths), unsigned(repeats));
    if deaths <= MAX_DEATHS && repeats <= MAX_REPEATS {
        return Ok(None);
    }
    let file = file(tx, id)?;
    let name = match &file {
        Some((_, name)) => name.clone(),
        None => paths(tx, id)?,
    };
    let reason = format!(
        "{name}: the service's process ended abruptly {} times in a row while reading it, so it isn't tried again: the file \
         may be damaged, or the machine may have too little memory; write the file again in smaller parts and import it",
        deaths.max(repeats)
    );
    Ok(Some(JobFailure {
        file: file.map(|(no, _)| (no, reason.clone())),
        reason,
    }))
}

/// Returns the paths of the whole job, for a job that died before it found its files.
fn paths(tx: &Transaction<'_>, id: &str) -> Result<String> {
    let source: String = tx.one("SELECT source FROM jobs WHERE id = ?1", [id])?;
    let paths = parse_source(&source)?.name();
    Ok(paths.chars().take(MAX_PATHS).collect())
}

/// Returns the number and name of the file that was being read. Files are read one after the other.
fn file(tx: &Transaction<'_>, id: &str) -> Result<Option<(usize, String)>> {
    let file = tx.row::<(i64, String)>(
        "SELECT no, name FROM job_files WHERE job_id = ?1 AND state = 'Importing' ORDER BY no DESC LIMIT 1",
        [id],
    )?;
    Ok(file.map(|(no, name)| (usize::try_from(no).unwrap_or(0), name)))
}
