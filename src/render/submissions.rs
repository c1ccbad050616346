//! Submissions in the journal.

use serde_json::Value;

use super::cell::Cell;
use super::column::{ESSENTIAL, GridColumn};
use super::grid::Grid;
use super::style::Screen;
use super::{job_list, value};

/// The keys of a submission that have a column, in order. Other keys appear only in JSON and CSV.
const SHOWN: [&str; 8] = [
    "submission",
    "key",
    "state",
    "job",
    "collection",
    "files",
    "connection",
    "submitted",
];

/// Lays out submissions as a table. A footer says if there are more than these.
pub(super) fn list(items: &[Value], total: Option<u64>, screen: &Screen) -> String {
    if items.is_empty() {
        return "no submissions\n".to_owned();
    }
    let mut grid = Grid::new(vec![
        GridColumn::new("submission", 90),
        GridColumn::new("key", 80).wrapping(12),
        GridColumn::new("state", ESSENTIAL),
        GridColumn::new("job", ESSENTIAL),
        GridColumn::new("collection", 60).wrapping(12),
        GridColumn::new("files", 50).right(),
        GridColumn::new("connection", 20),
        GridColumn::new("submitted", 70),
    ]);
    for item in items {
        let cells = SHOWN.iter().map(|key| match item.get(*key) {
            Some(value) => value::own_cell(key, value, screen),
            None => Cell::absent(),
        });
        grid.push(cells.collect());
    }
    let mut text = grid.lay_out(screen);
    let shown = items.len() as u64;
    text.push_str(&job_list::footer(shown, total, "submissions", screen));
    text
}
