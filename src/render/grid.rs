//! Rows and columns laid out for a screen: a boxed table that fits a terminal, aligned plain columns elsewhere.
//!
//! On a terminal, columns that can wrap are narrowed first. Then the least important columns are left out, and a line
//! below says so. If even the essential columns don't fit side by side, each row becomes a record.

use unicode_width::UnicodeWidthStr;

use super::cell::Cell;
use super::column::{ESSENTIAL, GridColumn, fit};
use super::pairs;
use super::parts::cut;
use super::style::{Screen, Tone};
use super::wrap::{self, wrapped};

/// Off a terminal, longer cells don't widen their column, because a single long text would pad every other line.
const WIDEST_PADDING: usize = 120;

/// Maximum characters of a cell on a terminal, far more than anyone reads in a table.
const LONGEST_CELL: usize = 4000;

/// Columns and rows to lay out.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    columns: Vec<GridColumn>,
    rows: Vec<Vec<Cell>>,
}

impl Grid {
    /// Returns a grid without rows.
    pub(super) const fn new(columns: Vec<GridColumn>) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row. Missing cells are absent, surplus cells are dropped.
    pub(super) fn push(&mut self, mut row: Vec<Cell>) {
        row.resize_with(self.columns.len(), Cell::absent);
        self.rows.push(row);
    }

    /// Returns the laid-out text, each line ended by a newline.
    ///
    /// Empty columns are silently left out: on a terminal unless they're essential, elsewhere only optional ones.
    pub(super) fn lay_out(mut self, screen: &Screen) -> String {
        let stays = |(index, column): (usize, &GridColumn)| {
            let is_wanted = match screen.width {
                None => !column.optional,
                Some(_) => column.importance == ESSENTIAL,
            };
            let mut cells = self.rows.iter().filter_map(|row| row.get(index));
            is_wanted || cells.any(|cell| !cell.absent)
        };
        let stay: Vec<bool> = self.columns.iter().enumerate().map(stays).collect();
        retain(&mut self.columns, &stay);
        self.rows.iter_mut().for_each(|row| retain(row, &stay));
        match screen.width {
            None => self.plain(screen),
            Some(width) => self.boxed(width, screen),
        }
    }

    /// Returns aligned columns with two blanks between them, one line per row.
    fn plain(&self, screen: &Screen) -> String {
        let header = self.header();
        let lines: Vec<Vec<(String, Tone)>> = std::iter::once(&header)
            .chain(&self.rows)
            .map(|row| row.iter().map(|cell| (cell.line(), cell.tone)).collect())
            .collect();
        let columns = self.columns.iter().enumerate();
        let widths = columns.clone().map(|(index, column)| {
            let cells = lines.iter().filter_map(|line| line.get(index));
            let widths = cells.map(|(text, _)| text.width());
            let widest = widths.filter(|width| *width <= WIDEST_PADDING).max();
            column.name.width().max(widest.unwrap_or(0))
        });
        let widths: Vec<usize> = widths.collect();
        let last = self.columns.len().saturating_sub(1);
        let mut text = String::new();
        for line in &lines {
            let cells = columns.clone().zip(&widths).zip(line);
            let cells = cells.map(|(((index, column), width), (cell, tone))| {
                // Nothing follows the last column's cells.
                let is_open = index == last && !column.right;
                let width = if is_open { 0 } else { *width };
                padded(cell, *tone, width, column.right, screen)
            });
            text.extend([&cells.collect::<Vec<_>>().join("  "), "\n"]);
        }
        text
    }

    fn header(&self) -> Vec<Cell> {
        let names = self.columns.iter();
        names
            .map(|column| Cell::toned(&column.name, Tone::Strong))
            .collect()
    }

    /// Returns a boxed table, at most `width` wide. If a row takes several lines, rules separate the rows.
    fn boxed(&self, width: usize, screen: &Screen) -> String {
        let natural = self.widths(|_, cell| &cell.text);
        // Cells that are cut may need less than their column got. The other columns take that room.
        let fitted = fit(&self.columns, &natural, width).and_then(|first| {
            let room = |index: usize| first.get(index).copied().flatten().unwrap_or(usize::MAX);
            let used = self.widths(|index, cell| cell.form(room(index)).unwrap_or(&cell.text));
            fit(&self.columns, &used, width)
        });
        let Some(fitted) = fitted else {
            return self.records(width, screen);
        };
        let mut text = self.drawn(&fitted, screen);
        let hidden: Vec<&str> = self
            .columns
            .iter()
            .zip(&fitted)
            .filter(|(_, width)| width.is_none())
            .map(|(column, _)| column.name.as_str())
            .collect();
        if !hidden.is_empty() {
            let way = if screen.prompt {
                ":set output vertical"
            } else {
                "-o vertical"
            };
            let note = format!("{}; {way} shows all", hidden_columns(&hidden, screen));
            let note = wrapped(&note, width).join("\n");
            text.extend([&screen.paint(Tone::Dim, &note), "\n"]);
        }
        text
    }

    /// Draws the box with the columns that have a width.
    fn drawn(&self, fitted: &[Option<usize>], screen: &Screen) -> String {
        let border = |[left, line, cross, right]: [&str; 4]| {
            let [left, line, cross, right] = if screen.unicode {
                [left, line, cross, right]
            } else {
                ["+", "-", "+", "+"]
            };
            let widths = fitted.iter().flatten();
            let lines: Vec<String> = widths.map(|width| line.repeat(width + 2)).collect();
            let border = format!("{left}{}{right}", lines.join(cross));
            screen.paint(Tone::Dim, &border) + "\n"
        };
        let rows = self.rows.iter().map(|row| self.row(row, fitted, screen));
        let rows: Vec<String> = rows.collect();
        let is_tall = rows.iter().any(|row| row.lines().count() > 1);
        let rule = border(["├", "╌", "┼", "┤"]);
        [
            border(["╭", "─", "┬", "╮"]),
            self.row(&self.header(), fitted, screen),
            border(["├", "─", "┼", "┤"]),
            rows.join(if is_tall { &rule } else { "" }),
            border(["╰", "─", "┴", "╯"]),
        ]
        .concat()
    }

    /// Returns the lines of a row between the sides of its box.
    fn row(&self, row: &[Cell], fitted: &[Option<usize>], screen: &Screen) -> String {
        let side = screen.paint(Tone::Dim, if screen.unicode { "│" } else { "|" });
        let cells = self.columns.iter().zip(row).zip(fitted);
        let cells = cells.filter_map(|((column, cell), width)| {
            let width = (*width)?;
            let text = shown(&cell.fitted(width, screen));
            let lines = wrap::fitted(&text, width, screen.mark());
            Some((lines, cell.tone, width, column.right))
        });
        let cells: Vec<_> = cells.collect();
        let height = cells.iter().map(|(lines, ..)| lines.len()).max();
        let line = |index: usize| {
            let parts = cells.iter().map(|(lines, tone, width, right)| {
                let text = lines.get(index).map_or("", String::as_str);
                padded(text, *tone, *width, *right, screen)
            });
            let parts = parts.collect::<Vec<_>>().join(&format!(" {side} "));
            format!("{side} {parts} {side}\n")
        };
        (0..height.unwrap_or(0).max(1)).map(line).collect()
    }

    fn widths<'g>(&'g self, text: impl Fn(usize, &'g Cell) -> &'g str) -> Vec<usize> {
        let columns = self.columns.iter().enumerate();
        columns
            .map(|(index, column)| {
                let cells = self.rows.iter().filter_map(|row| row.get(index));
                let widths = cells.map(|cell| widest_line(&shown(text(index, cell))));
                column.name.width().max(widths.max().unwrap_or(0)).max(1)
            })
            .collect()
    }

    /// Returns each row as lines of name and value, wrapped to the width. They follow the cell that names the row;
    /// without such a cell, an empty line separates rows.
    fn records(&self, width: usize, screen: &Screen) -> String {
        let heading = self.columns.iter().position(|column| column.heading);
        let names = self.columns.iter().map(|column| column.name.as_str());
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            let head = heading.and_then(|index| row.get(index));
            if let Some(head) = head {
                text.extend([&screen.paint(Tone::Strong, &head.line()), "\n"]);
            } else if number > 0 {
                text.push('\n');
            }
            let fields: Vec<(&str, Cell)> = names
                .clone()
                .zip(row.iter().cloned())
                .enumerate()
                .filter(|(index, _)| heading != Some(*index))
                .map(|(_, field)| field)
                .collect();
            let values: Vec<String> = fields
                .iter()
                .filter(|(_, cell)| !cell.absent)
                .map(|(_, cell)| cell.line())
                .collect();
            // Below a heading, a few values are clear without their names.
            if head.is_some() && values.join("  ").width() + 2 <= width {
                for (_, cell) in fields.iter().filter(|(_, cell)| !cell.absent) {
                    text.extend(["  ", &screen.paint(cell.tone, &cell.line())]);
                }
                text.push('\n');
                continue;
            }
            let indent = if head.is_some() { "  " } else { "" };
            let narrower = screen.narrowed(indent.len());
            for line in pairs::lay_out(&fields, &narrower).lines() {
                text.extend([indent, line, "\n"]);
            }
        }
        text
    }
}

/// Returns a text in its tone, with blanks up to this width.
fn padded(text: &str, tone: Tone, width: usize, right: bool, screen: &Screen) -> String {
    let padding = " ".repeat(width.saturating_sub(text.width()));
    let text = match text {
        "" => String::new(),
        text => screen.paint(tone, text),
    };
    let [first, second] = if right {
        [padding, text]
    } else {
        [text, padding]
    };
    format!("{first}{second}")
}

fn retain<T>(all: &mut Vec<T>, stay: &[bool]) {
    let mut stay = stay.iter();
    all.retain(|_| stay.next().is_none_or(|it| *it));
}

/// Returns a cell's text for a terminal's table: tabs become blanks, and endless text is cut.
fn shown(text: &str) -> String {
    cut(text.replace('\t', " "), LONGEST_CELL, "...")
}

fn widest_line(text: &str) -> usize {
    text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0)
}

fn hidden_columns(names: &[&str], screen: &Screen) -> String {
    const NAMED: usize = 4;
    let columns = screen.count(names.len() as u64, "column");
    let first = names.get(..NAMED).unwrap_or(names).join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => format!("{columns} hidden: {first}"),
        more => format!("{columns} hidden: {first} and {more} more"),
    }
}
