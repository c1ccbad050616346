//! Names and values of a single thing, one line each.

use unicode_width::UnicodeWidthStr;

use super::cell::Cell;
use super::style::{Screen, Tone};
use super::wrap::wrapped;

/// If there are fewer than twice this many columns beside the names, a value with a wider word goes below its name.
const LEAST: usize = 20;

/// Lays out the pairs with aligned names. On a terminal, absent values are left out, and values are wrapped in their
/// own column. A value with a word too wide for a narrow column goes below its name.
pub(super) fn lay_out(pairs: &[(&str, Cell)], screen: &Screen) -> String {
    let shown = || {
        pairs
            .iter()
            .filter(|(_, cell)| !(screen.tty && cell.absent))
    };
    let widest = shown().map(|(name, _)| name.width()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, cell) in shown() {
        let padding = " ".repeat(widest.saturating_sub(name.width()) + 2);
        let name = screen.paint(Tone::Strong, name);
        let value = |line: &str| screen.paint(cell.tone, line);
        let Some(width) = screen.width else {
            text.extend([&name, &padding, &value(&cell.line()), "\n"].map(|part: &str| part));
            continue;
        };
        let room = width.saturating_sub(widest + 2);
        let fitted = cell.fitted(room, screen);
        let lines = wrapped(&fitted, room);
        let beside = lines.iter().all(|line| line.width() <= room);
        let (lines, indent) = if beside || room >= 2 * LEAST {
            (lines, widest + 2)
        } else {
            text.extend([&name, "\n"].map(|part: &str| part));
            (wrapped(&cell.text, width.saturating_sub(2)), 2)
        };
        for (index, line) in lines.iter().enumerate() {
            if index == 0 && indent > 2 {
                text.extend([&name, &padding].map(String::as_str));
            } else {
                text.push_str(&" ".repeat(indent));
            }
            text.extend([&value(line), "\n"].map(|part: &str| part));
        }
    }
    text
}
