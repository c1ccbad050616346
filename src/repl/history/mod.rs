//! The statement history: in memory for the editor and the commands, in a file for the next shell.

mod browse;
mod file;

use crate::interrupt::Interrupt;
use browse::Browse;
use file::HistoryFile;
use parking_lot::Mutex;
use rustyline::Cmd;
use rustyline::history::{SearchDirection, SearchResult};
use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Maximum number of statements.
const MOST: usize = 10_000;

/// The statement history without duplicates, the oldest first. A repeated statement moves to the end. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct History(Arc<Mutex<HistoryState>>);

#[derive(Default)]
struct HistoryState {
    /// The statements with their numbers. A statement keeps its number for the session; a repeated one gets a new number.
    entries: Vec<(usize, String)>,
    browse: Browse,
    file: Option<HistoryFile>,
}

impl History {
    /// Returns all statements with their numbers, the oldest first.
    pub(crate) fn numbered(&self) -> Vec<(usize, String)> {
        self.0.lock().entries.clone()
    }

    /// Reads the history file, and appends later statements to it.
    pub(super) fn open(&self, path: PathBuf, interrupt: &Interrupt) -> io::Result<()> {
        let (file, entries) = HistoryFile::open(path, interrupt)?;
        let mut state = self.0.lock();
        state.entries = (1..).zip(entries).collect();
        state.file = Some(file);
        Ok(())
    }

    /// Adds a statement. If the file can't be written, statements are kept in memory only and the error is returned
    /// once.
    pub(super) fn remember(&self, entry: &str) -> io::Result<()> {
        let mut state = self.0.lock();
        let last = state.entries.last();
        if entry.is_empty() || last.is_some_and(|(_, last)| last == entry) {
            return Ok(());
        }
        let number = last.map_or(1, |(last, _)| last + 1);
        state.entries.retain(|(_, kept)| kept != entry);
        state.entries.push((number, entry.to_owned()));
        let beyond = state.entries.len().saturating_sub(MOST);
        state.entries.drain(..beyond);
        let Some(file) = &state.file else {
            return Ok(());
        };
        let written = file.append(entry);
        if written.is_err() {
            state.file = None;
        }
        written
    }

    /// Returns the newest statement that starts with this text.
    pub(super) fn continuing(&self, text: &str) -> Option<String> {
        let state = self.0.lock();
        let mut newest = state.entries.iter().rev().map(|(_, entry)| entry);
        let found = newest.find(|entry| entry.len() > text.len() && entry.starts_with(text))?;
        Some(found.clone())
    }

    /// Starts browsing at the newest statement.
    pub(super) fn rewind(&self) {
        let mut state = self.0.lock();
        let newest = state.entries.len();
        state.browse = Browse::at(newest);
    }

    /// Chooses the next older statement that starts like the line before the cursor; see [`Browse`].
    pub(super) fn older(&self, line: &str, pos: usize) -> Option<Cmd> {
        let state = &mut *self.0.lock();
        state.browse.older(&state.entries, line, pos)
    }

    /// Chooses the next newer statement, or the typed line after the newest.
    pub(super) fn newer(&self, line: &str) -> Option<Cmd> {
        let state = &mut *self.0.lock();
        state.browse.newer(&state.entries, line)
    }
}

/// Returns the position of a text in an entry. Ignores case unless the text has a capital letter.
fn contains(entry: &str, text: &str) -> Option<usize> {
    if text.chars().any(char::is_uppercase) {
        return entry.find(text);
    }
    entry
        .char_indices()
        .map(|(at, _)| at)
        .find(|at| begins(entry.get(*at..).unwrap_or_default(), text))
}

/// Returns true if an entry starts with a lower-case text in any case.
fn begins(entry: &str, text: &str) -> bool {
    let mut letters = entry.chars();
    text.chars().all(|wanted| {
        letters
            .next()
            .is_some_and(|letter| letter == wanted || letter.to_lowercase().eq([wanted]))
    })
}

/// The editor's view of the history. The editor adds nothing, and the file isn't its business.
impl rustyline::history::History for History {
    fn get(&self, index: usize, _: SearchDirection) -> rustyline::Result<Option<SearchResult<'_>>> {
        let entry = self.0.lock().entries.get(index).cloned();
        Ok(entry.map(|(_, entry)| SearchResult {
            entry: Cow::Owned(entry),
            idx: index,
            pos: 0,
        }))
    }

    fn add(&mut self, _: &str) -> rustyline::Result<bool> {
        Ok(false)
    }

    fn add_owned(&mut self, _: String) -> rustyline::Result<bool> {
        Ok(false)
    }

    fn len(&self) -> usize {
        self.0.lock().entries.len()
    }

    fn is_empty(&self) -> bool {
        self.0.lock().entries.is_empty()
    }

    fn set_max_len(&mut self, _: usize) -> rustyline::Result<()> {
        Ok(())
    }

    fn ignore_dups(&mut self, _: bool) -> rustyline::Result<()> {
        Ok(())
    }

    fn ignore_space(&mut self, _: bool) {}

    fn save(&mut self, _: &Path) -> rustyline::Result<()> {
        Ok(())
    }

    fn append(&mut self, _: &Path) -> rustyline::Result<()> {
        Ok(())
    }

    fn load(&mut self, _: &Path) -> rustyline::Result<()> {
        Ok(())
    }

    fn clear(&mut self) -> rustyline::Result<()> {
        self.0.lock().entries.clear();
        Ok(())
    }

    /// Search for Ctrl-R and Ctrl-S.
    fn search(
        &self,
        term: &str,
        start: usize,
        direction: SearchDirection,
    ) -> rustyline::Result<Option<SearchResult<'_>>> {
        let state = self.0.lock();
        let hit = |index: usize| {
            let (_, entry) = state.entries.get(index)?;
            let pos = contains(entry, term)?;
            Some(SearchResult {
                entry: Cow::Owned(entry.clone()),
                idx: index,
                pos,
            })
        };
        Ok(match direction {
            _ if term.is_empty() => None,
            SearchDirection::Reverse => (0..=start).rev().find_map(hit),
            SearchDirection::Forward => (start..state.entries.len()).find_map(hit),
        })
    }

    /// Up and Down: returns the choice of [`History::older`] or [`History::newer`].
    fn starts_with(
        &self,
        _: &str,
        _: usize,
        _: SearchDirection,
    ) -> rustyline::Result<Option<SearchResult<'_>>> {
        Ok(self
            .0
            .lock()
            .browse
            .take()
            .map(|(idx, entry)| SearchResult {
                pos: entry.len(),
                entry: Cow::Owned(entry),
                idx,
            }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustyline::history::History as _;

    fn history(entries: &[&str]) -> History {
        let history = History::default();
        for entry in entries {
            history.remember(entry).unwrap();
        }
        history
    }

    #[test]
    fn each_statement_is_stored_once() {
        let history = history(&["a", "b", "a", "a", "c"]);
        let numbered = [(2, "b"), (3, "a"), (4, "c")];
        assert_eq!(
            history.numbered(),
            numbered.map(|(at, it)| (at, it.to_owned()))
        );
    }

    #[test]
    fn a_search_with_capitals_is_case_sensitive() {
        let history = history(&["Jobs()", "let é = JOBS", "x"]);
        let found = history.search_at("jobs", 2);
        assert_eq!(found, Some((1, "let é = ".len())));
    }

    impl History {
        fn search_at(&self, term: &str, start: usize) -> Option<(usize, usize)> {
            let found =
                rustyline::history::History::search(self, term, start, SearchDirection::Reverse);
            found.unwrap().map(|it| (it.idx, it.pos))
        }

        fn up(&self, line: &str) -> Option<String> {
            self.older(line, line.len())?;
            Some(
                self.starts_with("", 0, SearchDirection::Reverse)
                    .unwrap()?
                    .entry
                    .into_owned(),
            )
        }

        fn down(&self, line: &str) -> Option<String> {
            self.newer(line)?;
            Some(
                self.starts_with("", 0, SearchDirection::Forward)
                    .unwrap()?
                    .entry
                    .into_owned(),
            )
        }
    }

    #[test]
    fn up_finds_statements_with_the_typed_prefix() {
        let history = history(&["jobs()", "import(1)", "x", "import(2)"]);
        history.rewind();
        let first = history.up("imp").unwrap();
        assert_eq!(first, "import(2)");
        let second = history.up(&first).unwrap();
        assert_eq!(second, "import(1)");
        assert_eq!(history.up(&second), None, "no older one");
        assert_eq!(history.down(&second).as_deref(), Some("import(2)"));
        assert_eq!(
            history.down("import(2)").as_deref(),
            Some("imp"),
            "the typed text returns"
        );
        assert_eq!(history.down("imp"), None);
        // An edited line starts a new search, even if the oldest statement was shown.
        assert_eq!(history.up("j").as_deref(), Some("jobs()"));
        assert_eq!(history.up("imp").as_deref(), Some("import(2)"));
        assert_eq!(history.up("").as_deref(), Some("import(2)"));
        assert_eq!(history.up("import(2)").as_deref(), Some("x"));
    }

    #[test]
    fn the_latest_matching_statement_is_found() {
        let history = history(&["import(1)", "import(2)", "x"]);
        assert_eq!(history.continuing("imp").as_deref(), Some("import(2)"));
        assert_eq!(history.continuing("import(1)"), None);
    }
}
