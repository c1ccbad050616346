//! Rows and columns laid out for a screen: a boxed table that fits a terminal, aligned plain columns elsewhere.
//!
//! On a terminal, columns that can wrap are narrowed first. Then the least important columns are left out, and a line
//! below says so. If even the essential columns don't fit side by side, each row becomes a record.

use comfy_table::{
    Attribute, CellAlignment, Color, ColumnConstraint, ContentArrangement, ContentLineStyle,
    LineStyle, Table, TableStyle, Width,
};
use unicode_width::UnicodeWidthStr;

use super::cell::Cell;
use super::column::{ESSENTIAL, GridColumn, fit};
use super::pairs;
use super::parts::cut;
use super::style::{Screen, Tone};
use super::wrap::{fitted, wrapped};

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
        let mut table = self.table(fitted, screen);
        let mut drawn = table.to_string();
        // Three borders and the header's line, if each row takes one line.
        if drawn.lines().count() > self.rows.len() + 4 {
            let rule = LineStyle::new(LEFT, RULE, CROSS, RIGHT);
            table.load_style(STYLE.row_separator(rule));
            drawn = table.to_string();
        }
        borders(&drawn, screen) + "\n"
    }

    fn table(&self, fitted: &[Option<usize>], screen: &Screen) -> Table {
        let mut table = Table::new();
        table.load_style(STYLE);
        table.set_content_arrangement(ContentArrangement::Disabled);
        // The screen decides about escape sequences, not comfy-table's own check of standard output.
        table.force_no_tty();
        if screen.color {
            table.enforce_styling();
            crossterm::style::force_color_output(true);
        }
        let cells = |row: &[Cell]| -> Vec<comfy_table::Cell> {
            let cells = row.iter().zip(fitted);
            cells
                .map(|(cell, width)| styled(cell, *width, screen))
                .collect()
        };
        table.set_header(cells(&self.header()));
        table.add_rows(self.rows.iter().map(|row| cells(row)));
        let columns = table.column_iter_mut().zip(&self.columns).zip(fitted);
        for ((column, described), width) in columns {
            column.set_constraint(match width {
                Some(width) => {
                    let padded = u16::try_from(width + 2).unwrap_or(u16::MAX);
                    ColumnConstraint::Absolute(Width::Fixed(padded))
                }
                None => ColumnConstraint::Hidden,
            });
            if described.right {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
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

/// Stand-ins for the characters of borders. Cells contain no control characters, so borders can be found and dimmed.
const TOP_LEFT: char = '\x01';
const TOP: char = '\x02';
const TOP_RIGHT: char = '\x03';
const LEFT: char = '\x04';
const CROSS: char = '\x05';
const RIGHT: char = '\x06';
const BOTTOM_LEFT: char = '\x0e';
const BOTTOM: char = '\x0f';
const BOTTOM_RIGHT: char = '\x10';
const SIDE: char = '\x11';
const LINE: char = '\x12';
const RULE: char = '\x13';

/// A box with a line below the header and none between rows.
const STYLE: TableStyle = TableStyle::new()
    .top_border(LineStyle::new(TOP_LEFT, LINE, TOP, TOP_RIGHT))
    .header_lines(ContentLineStyle::new(SIDE, SIDE, SIDE))
    .header_separator(LineStyle::new(LEFT, LINE, CROSS, RIGHT))
    .content_lines(ContentLineStyle::new(SIDE, SIDE, SIDE))
    .bottom_border(LineStyle::new(BOTTOM_LEFT, LINE, BOTTOM, BOTTOM_RIGHT));

/// Replaces the stand-ins by the screen's borders, dimmed.
fn borders(drawn: &str, screen: &Screen) -> String {
    let border = |letter: char| match (letter, screen.unicode) {
        (TOP_LEFT, true) => Some('╭'),
        (TOP, true) => Some('┬'),
        (TOP_RIGHT, true) => Some('╮'),
        (LEFT, true) => Some('├'),
        (CROSS, true) => Some('┼'),
        (RIGHT, true) => Some('┤'),
        (BOTTOM_LEFT, true) => Some('╰'),
        (BOTTOM, true) => Some('┴'),
        (BOTTOM_RIGHT, true) => Some('╯'),
        (SIDE, true) => Some('│'),
        (LINE, true) => Some('─'),
        (RULE, true) => Some('╌'),
        (SIDE, false) => Some('|'),
        (LINE | RULE, false) => Some('-'),
        (letter, false) if letter.is_control() && !matches!(letter, '\n' | '\x1b') => Some('+'),
        _ => None,
    };
    let mut text = String::with_capacity(drawn.len() * 2);
    let mut run = String::new();
    for letter in drawn.chars() {
        if let Some(border) = border(letter) {
            run.push(border);
            continue;
        }
        if !run.is_empty() {
            text.push_str(&screen.paint(Tone::Dim, &run));
            run.clear();
        }
        text.push(letter);
    }
    text.push_str(&screen.paint(Tone::Dim, &run));
    text
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

fn styled(cell: &Cell, width: Option<usize>, screen: &Screen) -> comfy_table::Cell {
    let width = width.unwrap_or(usize::MAX);
    let text = shown(&cell.fitted(width, screen));
    let styled = comfy_table::Cell::new_owned(fitted(&text, width, screen.mark()).join("\n"));
    if !screen.color {
        return styled;
    }
    match cell.tone {
        Tone::Plain => styled,
        Tone::Good => styled.fg(Color::DarkGreen),
        Tone::Bad => styled.fg(Color::DarkRed),
        Tone::Warn => styled.fg(Color::DarkYellow),
        Tone::Busy => styled.fg(Color::DarkCyan),
        Tone::Dim => styled.add_attribute(Attribute::Dim),
        Tone::Strong => styled.add_attribute(Attribute::Bold),
    }
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
