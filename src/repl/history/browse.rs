//! Up and Down: browsing the statements that start like the line at the beginning of browsing.
//!
//! The editor's own search keeps the cursor at the beginning, never restores the typed line, and can't start again at
//! its oldest entry. So this module chooses the entry before the editor's command runs, and passes the entry on as the
//! result of that command's search. The editor refuses to search beyond the entry it believes to be at, hence the
//! direction of the command that is returned.

use rustyline::Cmd;

/// The position of browsing.
#[derive(Default)]
pub(super) struct Browse {
    /// The index of the shown entry, or the number of entries for the typed line.
    at: usize,
    /// The typed line.
    typed: String,
    /// Length in bytes of the prefix that entries must have.
    prefix: usize,
    /// The line that browsing produced. A different line starts browsing again.
    shown: Option<String>,
    /// The choice for the editor: the entry's index and text.
    chosen: Option<(usize, String)>,
    /// The entry that the editor believes to be at.
    believed: usize,
}

impl Browse {
    /// Returns the position after the newest entry, without typed text.
    pub(super) fn at(newest: usize) -> Self {
        Self {
            at: newest,
            believed: newest,
            ..Self::default()
        }
    }

    /// Chooses the next older entry and returns the command for the editor's search.
    pub(super) fn older(
        &mut self,
        entries: &[(usize, String)],
        line: &str,
        pos: usize,
    ) -> Option<Cmd> {
        if self.shown.as_deref() != Some(line) {
            self.at = entries.len();
            line.clone_into(&mut self.typed);
            self.prefix = if line.trim().is_empty() { 0 } else { pos };
        }
        let prefix = self.typed.get(..self.prefix).unwrap_or_default();
        let mut older = entries.get(..self.at)?.iter();
        let older = older.rposition(|(_, entry)| entry.starts_with(prefix) && entry != line)?;
        Some(self.choose(entries, older))
    }

    /// Chooses the next newer entry, or the typed line after the newest.
    pub(super) fn newer(&mut self, entries: &[(usize, String)], line: &str) -> Option<Cmd> {
        if self.shown.as_deref() != Some(line) || self.at >= entries.len() {
            return None;
        }
        let prefix = self.typed.get(..self.prefix).unwrap_or_default();
        let from = self.at + 1;
        let mut newer = entries.get(from..)?.iter();
        let next = newer.position(|(_, entry)| entry.starts_with(prefix));
        Some(self.choose(entries, next.map_or(entries.len(), |next| from + next)))
    }

    /// Takes the choice.
    pub(super) fn take(&mut self) -> Option<(usize, String)> {
        self.chosen.take()
    }

    fn choose(&mut self, entries: &[(usize, String)], at: usize) -> Cmd {
        let text = entries.get(at).map_or(&self.typed, |(_, text)| text);
        let text = text.clone();
        let search = if self.believed > 0 {
            Cmd::HistorySearchBackward
        } else {
            Cmd::HistorySearchForward
        };
        self.at = at;
        self.believed = at;
        self.shown = Some(text.clone());
        self.chosen = Some((at, text));
        search
    }
}
