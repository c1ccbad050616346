//! Up and Down: through the statements that begin as the line did when browsing began.
//!
//! The editor's own search keeps the cursor behind the beginning, never gives the typed line back, and cannot begin anew
//! at its oldest entry. So the choice is made here, before the editor's command is run, and handed over as the result of
//! that command's search. The editor only refuses to search beyond the entry it believes to stand at, hence the
//! direction that is told.

use rustyline::history::SearchDirection;

/// Where browsing stands.
#[derive(Default)]
pub(super) struct Browse {
    /// The entry shown, or their number where what was typed is.
    at: usize,
    /// What was typed when browsing began.
    typed: String,
    /// How much of it entries must begin with, in bytes.
    prefix: usize,
    /// The line that browsing put there; another one is a new beginning.
    shown: Option<String>,
    /// What was chosen for the editor: the entry's index, and its text.
    chosen: Option<(usize, String)>,
    /// Where the editor believes to stand.
    believed: usize,
}

impl Browse {
    /// At the newest entry's end, nothing typed.
    pub(super) fn at(newest: usize) -> Self {
        Self {
            at: newest,
            believed: newest,
            ..Self::default()
        }
    }

    /// Chooses the next older entry; the direction in which the editor then has to search.
    pub(super) fn older(
        &mut self,
        entries: &[String],
        line: &str,
        pos: usize,
    ) -> Option<SearchDirection> {
        if self.shown.as_deref() != Some(line) {
            self.at = entries.len();
            line.clone_into(&mut self.typed);
            self.prefix = if line.trim().is_empty() { 0 } else { pos };
        }
        let prefix = self.typed.get(..self.prefix).unwrap_or_default();
        let fits = |entry: &&String| entry.starts_with(prefix) && entry.as_str() != line;
        let older = entries
            .get(..self.at)?
            .iter()
            .rposition(|entry| fits(&entry))?;
        Some(self.choose(entries, older))
    }

    /// Chooses the next newer entry, and behind the newest what was typed.
    pub(super) fn newer(&mut self, entries: &[String], line: &str) -> Option<SearchDirection> {
        if self.shown.as_deref() != Some(line) || self.at >= entries.len() {
            return None;
        }
        let prefix = self.typed.get(..self.prefix).unwrap_or_default();
        let from = self.at + 1;
        let mut newer = entries.get(from..)?.iter();
        let next = newer.position(|entry| entry.starts_with(prefix));
        Some(self.choose(entries, next.map_or(entries.len(), |next| from + next)))
    }

    /// What was chosen, once.
    pub(super) fn take(&mut self) -> Option<(usize, String)> {
        self.chosen.take()
    }

    fn choose(&mut self, entries: &[String], at: usize) -> SearchDirection {
        let text = entries.get(at).unwrap_or(&self.typed).clone();
        let direction = if self.believed > 0 {
            SearchDirection::Reverse
        } else {
            SearchDirection::Forward
        };
        self.at = at;
        self.believed = at;
        self.shown = Some(text.clone());
        self.chosen = Some((at, text));
        direction
    }
}
