//! The result of a check: first whether the import would succeed, then what to do.

use serde_json::Value;

use super::cell::Cell;
use super::column::{ESSENTIAL, GridColumn};
use super::grid::Grid;
use super::pairs;
use super::parts::{items, number, text};
use super::style::{Screen, Tone};
use crate::text::words;

/// Lays out the verdict, then one block per finding, errors first.
pub(super) fn lay_out(report: &Value, screen: &Screen) -> String {
    let list = |key: &str| items(report, key);
    let number = |key: &str| number(report, key).unwrap_or(0);
    let (errors, warnings, notes) = (list("errors"), list("warnings"), list("notes"));
    let checked = format!(
        "{}, {}, {}",
        screen.count(number("files"), "file"),
        screen.count(number("rows"), "row"),
        words::bytes(number("bytes"))
    );
    let ok = report.get("ok") == Some(&Value::Bool(true));
    let part = match (report["sample"].is_null(), text(report, "shard")) {
        (true, None) => None,
        (true, Some(shard)) => Some(format!("shard {shard}")),
        (false, None) => Some("the sample".to_owned()),
        (false, Some(shard)) => Some(format!("the sample of shard {shard}")),
    };
    let tone = if ok { Tone::Good } else { Tone::Bad };
    let verdict = match (ok, part, errors.len() as u64) {
        (true, Some(part), _) => format!("no error in {part}"),
        (true, None, _) => "the import would succeed".to_owned(),
        (false, _, 0) => "the import would succeed, but warnings count (strict)".to_owned(),
        (false, _, count) => format!("the import would fail: {}", screen.count(count, "error")),
    };
    let more = match warnings.len() as u64 {
        0 => String::new(),
        count => format!(", {}", screen.count(count, "warning")),
    };
    let mut text = screen.paint(tone, &format!("{verdict}{more}"));
    text.extend([" (", &checked, ")\n"]);
    for note in notes.iter().filter_map(Value::as_str) {
        let note = screen.paint(Tone::Dim, &words::safe_line(note));
        text.extend([&note, "\n"]);
    }
    for (findings, word, tone) in [
        (errors, "error", Tone::Bad),
        (warnings, "warning", Tone::Warn),
    ] {
        for finding in findings {
            text.extend(["\n", &block(finding, word, tone, screen)]);
        }
    }
    text
}

/// Lays out a finding: the problem and what to do, then its first rows.
fn block(finding: &Value, word: &str, tone: Tone, screen: &Screen) -> String {
    let part = |key: &str| text(finding, key).unwrap_or_default();
    let rows = number(finding, "rows").filter(|rows| *rows > 0);
    let problem = match part("field") {
        "" => part("problem").to_owned(),
        field => format!("{field}: {}", part("problem")),
    };
    let rows = rows.map(|rows| screen.number(rows));
    let mut shown = pairs::lay_out(
        &[
            (word, Cell::toned(&problem, tone)),
            ("rows", Cell::optional(rows.as_deref())),
            ("do", Cell::optional(Some(part("hint")))),
        ],
        &Screen {
            tty: true,
            ..screen.clone()
        },
    );
    let mut grid = Grid::new(vec![
        GridColumn::new("file", ESSENTIAL).wrapping(16),
        GridColumn::new("row", ESSENTIAL).right(),
        GridColumn::new("value", 50).wrapping(20),
    ]);
    for example in items(finding, "first") {
        let cell = |key: &str| Cell::optional(text(example, key));
        let number = |key: &str| Some(screen.number(number(example, key)?));
        let from_byte = || {
            let (row, byte) = (number("row_from_byte")?, number("byte")?);
            Some(format!("{row} from byte {byte}"))
        };
        let row = number("row").or_else(from_byte);
        grid.push(vec![
            cell("file"),
            Cell::optional(row.as_deref()),
            cell("value"),
        ]);
    }
    for line in grid.lay_out(&screen.narrowed(2)).lines() {
        shown.extend(["  ", line, "\n"]);
    }
    shown
}
