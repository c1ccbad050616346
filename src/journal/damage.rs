//! Warnings about journal lines that can't be read, whose information about submissions is lost.

use super::KnownEntries;
use super::file::JournalPaths;
use crate::text::words;
use std::sync::atomic::{AtomicBool, Ordering};

/// Maximum number of line numbers in a warning.
const NAMED: usize = 5;

/// Receiver of the warning, and a flag so that it's sent only once.
#[derive(Debug, Default)]
pub(super) struct Damage {
    pub(super) warn: Option<fn(&str)>,
    told: AtomicBool,
}

impl Damage {
    /// Warns of damaged lines, unless there are none or the warning was sent before.
    pub(super) fn tell(&self, known: &KnownEntries, place: &JournalPaths) {
        let Some(warn) = self.warn.filter(|_| !known.damaged.is_empty()) else {
            return;
        };
        if self.told.swap(true, Ordering::Relaxed) {
            return;
        }
        warn(&format!(
            "the journal {} is damaged: {} cannot be read, and what stood there of a submission is lost",
            place.journal().display(),
            which(&known.damaged)
        ));
    }
}

/// Names damaged lines by their numbers: `line 3`, `lines 3 and 7`.
pub(super) fn which(damaged: &[u64]) -> String {
    let lines: Vec<String> = damaged.iter().map(u64::to_string).collect();
    let named = words::list(lines.get(..NAMED).unwrap_or(&lines), "and");
    match lines.len() {
        1 => format!("line {named}"),
        count if count > NAMED => format!("{count} lines ({named} first)"),
        _ => format!("lines {named}"),
    }
}
