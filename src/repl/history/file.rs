//! The history file: after a line `#V2`, one line per statement, with `\n` and `\\` for line breaks and backslashes.
//!
//! Shells append statements under the file's lock with one write each. If the file has grown too long, the next shell
//! that opens it writes a shorter file beside it and renames that over the old one. Shells that waited for the old
//! file's lock then open the new file. So no shell overwrites another one's statements, and a crash loses at most the
//! statement being written.

use super::MOST;
use crate::fsutil::{LockError, LockMode, lock_file, names_file, private_options};
use crate::interrupt::Interrupt;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

const HEADER: &str = "#V2\n";
/// A file with more lines is shortened.
const MOST_LINES: usize = 2 * MOST;
/// A larger file is shortened to at most half of this size: 4 MiB.
const MOST_BYTES: usize = 4 << 20;
/// Longer statements aren't saved: 64 KiB.
const LONGEST: usize = 64 << 10;
/// Maximum number of times to open a file again that was replaced meanwhile.
const TRIES: usize = 100;
/// Maximum wait for a shell that writes, which takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// The history file.
pub(super) struct HistoryFile {
    path: PathBuf,
    interrupt: Interrupt,
}

impl HistoryFile {
    /// Opens the file, and creates it with mode 0600 if it doesn't exist. Returns its statements without duplicates,
    /// the oldest first.
    pub(super) fn open(path: PathBuf, interrupt: &Interrupt) -> io::Result<(Self, Vec<String>)> {
        let this = Self {
            path,
            interrupt: interrupt.clone(),
        };
        let mut file = this.locked()?;
        make_private(&file)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let lines = bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty());
        let count = lines.clone().count();
        let entries = entries(lines);
        if count > MOST_LINES || bytes.len() > MOST_BYTES {
            // A file that can't be shortened is still usable.
            let _ = this.shorten(&entries);
        }
        Ok((this, entries))
    }

    /// Appends a statement.
    pub(super) fn append(&self, entry: &str) -> io::Result<()> {
        if entry.len() > LONGEST {
            return Ok(());
        }
        let mut file = self.locked()?;
        let mut line = String::new();
        let length = file.seek(SeekFrom::End(0))?;
        if length == 0 {
            line.push_str(HEADER);
        } else if !ends_with_break(&mut file)? {
            // Another shell was killed while it wrote.
            line.push('\n');
        }
        line.push_str(&escaped(entry));
        line.push('\n');
        file.seek(SeekFrom::End(0))?;
        file.write_all(line.as_bytes())
    }

    /// Opens the file and locks it until it's dropped.
    fn locked(&self) -> io::Result<File> {
        for _ in 0..TRIES {
            let file = open(&self.path)?;
            let locked = lock_file(&file, LockMode::Exclusive, PATIENCE, &self.interrupt);
            locked.map_err(|error| match error {
                LockError::Io(error) => error,
                _ => io::Error::other("another process has locked the file"),
            })?;
            if names_file(&self.path, &file)? {
                return Ok(file);
            }
        }
        Err(io::Error::other("it is replaced again and again"))
    }

    /// Replaces the file, whose lock is held, by one with the newest entries.
    fn shorten(&self, entries: &[String]) -> io::Result<()> {
        let mut bytes = 0;
        let newest = entries.iter().rev().map(|entry| escaped(entry) + "\n");
        let newest = newest.take_while(|line| {
            bytes += line.len();
            bytes <= MOST_BYTES / 2
        });
        let mut lines: Vec<String> = newest.chain([HEADER.to_owned()]).collect();
        lines.reverse();
        let beside = self
            .path
            .with_extension(format!("new-{}", std::process::id()));
        let mut file = open(&beside)?;
        file.set_len(0)?;
        let replaced = file
            .write_all(lines.concat().as_bytes())
            .and_then(|()| fs::rename(&beside, &self.path));
        if replaced.is_err() {
            // The first error is the one to report.
            let _ = fs::remove_file(&beside);
        }
        replaced
    }
}

/// Returns the newest [`MOST`] statements of a file's lines, each at its last place. Lines that aren't UTF-8 are
/// skipped.
fn entries<'a>(lines: impl DoubleEndedIterator<Item = &'a [u8]>) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut entries: Vec<String> = lines
        .rev()
        .filter_map(|line| str::from_utf8(line).ok())
        .filter(|line| *line != HEADER.trim_end())
        .filter(|line| seen.insert(*line))
        .take(MOST)
        .map(unescaped)
        .collect();
    entries.reverse();
    entries
}

fn escaped(entry: &str) -> String {
    entry.replace('\\', "\\\\").replace('\n', "\\n")
}

fn unescaped(line: &str) -> String {
    let mut entry = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n') => entry.push('\n'),
                Some('\\') | None => entry.push('\\'),
                Some(other) => entry.extend(['\\', other]),
            },
            other => entry.push(other),
        }
    }
    entry
}

/// Sets mode 0600 on a file that another program may have created.
fn make_private(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

fn open(path: &Path) -> io::Result<File> {
    private_options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

fn ends_with_break(file: &mut File) -> io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    fn read(path: &Path) -> Vec<String> {
        HistoryFile::open(path.to_owned(), &Interrupt::new())
            .unwrap()
            .1
    }

    #[test]
    fn statements_of_several_lines_are_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history");
        let (file, entries) = HistoryFile::open(path.clone(), &Interrupt::new()).unwrap();
        assert!(entries.is_empty());
        for entry in ["a\n  \\n b\\", "é", "a\n  \\n b\\", "\\"] {
            file.append(entry).unwrap();
        }
        assert_eq!(read(&path), ["é", "a\n  \\n b\\", "\\"]);
    }

    #[test]
    fn torn_lines_and_invalid_bytes_affect_no_other_entry() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history");
        fs::write(&path, b"#V2\none\n\xff\xfe\ntw").unwrap();
        let (file, _) = HistoryFile::open(path.clone(), &Interrupt::new()).unwrap();
        file.append("three").unwrap();
        assert_eq!(read(&path), ["one", "tw", "three"]);
    }

    #[test]
    fn a_long_file_is_shortened_while_others_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history");
        let old: String = (0..=MOST_LINES).map(|at| format!("{at}\n")).collect();
        fs::write(&path, format!("{HEADER}{old}")).unwrap();
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let path = path.clone();
                thread::spawn(move || {
                    let (file, _) = HistoryFile::open(path, &Interrupt::new()).unwrap();
                    for round in 0..50 {
                        file.append(&format!("new {thread} {round}")).unwrap();
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        let entries = read(&path);
        assert_eq!(
            entries
                .iter()
                .filter(|entry| entry.starts_with("new"))
                .count(),
            200
        );
        assert!(entries.len() <= MOST);
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= MOST + 202, "{lines}");
        let files = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 1);
    }
}
