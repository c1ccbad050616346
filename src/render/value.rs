//! Other values, as JSON: maps, lists of maps, lists of scalars, scalars.

use serde_json::{Map, Value};

use super::cell::Cell;
use super::column::{ESSENTIAL, GridColumn};
use super::grid::Grid;
use super::jobs::FILE_KEYS;
use super::parts::{cut, number, plain};
use super::style::{Screen, Tone};
use super::{jobs, pairs};
use crate::api::model::JobState;
use crate::text::words;

/// Maximum characters of a nested value's JSON on a terminal.
const LONGEST_NESTED: usize = 200;

/// Maximum length of a list of numbers that's shown whole on a terminal.
const LONGEST_VECTOR: usize = 8;

/// Number of numbers of a longer list that are shown.
const FIRST_NUMBERS: usize = 3;

/// Importance of the first column of nested values: below most other columns.
const NESTED_IMPORTANCE: usize = 50;

/// Minimum width of a column of nested values, in columns.
const NARROWEST_NESTED: usize = 9;

/// Returns the columns of a value: the keys of a map, or of all maps of a list in order of first appearance. Scalars
/// and lists with other items have none.
pub(crate) fn columns(value: &Value) -> Vec<String> {
    let maps: Vec<&Map<String, Value>> = match value {
        Value::Object(map) => vec![map],
        Value::Array(items) => match items.iter().map(Value::as_object).collect() {
            Some(maps) => maps,
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    let mut seen: Map<String, Value> = Map::new();
    for key in maps.into_iter().flat_map(Map::keys) {
        if !seen.contains_key(key) {
            seen.insert(key.clone(), Value::Null);
        }
    }
    seen.into_iter().map(|(key, _)| key).collect()
}

/// Lays out zshell's own maps as a table. Each column has the name of its key.
pub(super) fn own_table<'v>(
    columns: Vec<GridColumn>,
    maps: impl IntoIterator<Item = &'v Value>,
    screen: &Screen,
) -> String {
    let keys: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let mut grid = Grid::new(columns);
    for map in maps {
        let cells = keys.iter().map(|key| own_cell(key, &map[key], screen));
        grid.push(cells.collect());
    }
    grid.lay_out(screen)
}

/// Lays out a list whose items the noun names.
pub(super) fn items(list: &Value, noun: &str, screen: &Screen) -> String {
    match (list, columns(list)) {
        (Value::Array(items), _) if items.is_empty() => format!("no {}\n", words::plural(noun)),
        // Rows are a user's data: their keys have no meaning here.
        (Value::Array(items), names) if noun != "row" && !names.is_empty() && !is_files(&names) => {
            rows(items, &names, own_cell, screen)
        }
        _ => lay_out(list, screen),
    }
}

/// Lays out a map that zshell made.
pub(super) fn record(map: &Value, screen: &Screen) -> String {
    let pairs = map.as_object().into_iter().flatten();
    let pairs = pairs.map(|(key, value)| (&**key, own_cell(key, value, screen)));
    pairs::lay_out(&pairs.collect::<Vec<_>>(), screen)
}

/// Lays out the value for people, each line ended by a newline. Null is empty.
pub(super) fn lay_out(value: &Value, screen: &Screen) -> String {
    match value {
        Value::Null => String::new(),
        Value::Array(items) if items.is_empty() => "empty list\n".to_owned(),
        Value::Object(map) if map.is_empty() => "empty map\n".to_owned(),
        Value::Object(map) => {
            let names: Vec<_> = map.keys().map(|key| words::safe_line(key)).collect();
            let fields = names.iter().zip(map).map(|(name, (key, value))| {
                let cell = match value {
                    // A map's null values are shown, because a script put the keys there.
                    Value::Null => Cell::toned("-", Tone::Dim),
                    value => named_cell(is_counted(key, [value]), value, screen),
                };
                (&**name, cell)
            });
            pairs::lay_out(&fields.collect::<Vec<_>>(), screen)
        }
        Value::Array(items) => match columns(value) {
            names if names.is_empty() => list(items, screen),
            names if is_files(&names) => file_list(items, screen),
            names => rows(
                items,
                &names,
                |_, value, screen| cell(value, screen),
                screen,
            ),
        },
        Value::String(text) if !screen.tty => format!("{text}\n"),
        number if screen.tty && number.is_number() => format!("{}\n", grouped(number)),
        scalar => format!("{}\n", words::safe(&plain(scalar))),
    }
}

/// Returns true for the columns of a job's files, in any order: a script's maps are sorted.
fn is_files(names: &[String]) -> bool {
    names.len() == FILE_KEYS.len() && FILE_KEYS.iter().all(|key| names.iter().any(|it| it == key))
}

/// Lays out a list of files in their JSON form as one row per file, failed files first.
fn file_list(items: &[Value], screen: &Screen) -> String {
    let file = |item: &Value| {
        let mut file = item.clone();
        let (rows, total) = (number(item, "rows"), number(item, "total_rows"));
        file["rows"] = screen.rows(rows, total).into();
        file
    };
    let mut files: Vec<Value> = items.iter().map(file).collect();
    files.sort_by_key(|file| file["state"] != JobState::Failed.word());
    own_table(jobs::file_columns(), &files, screen)
}

/// Lays out a list of maps as a table with these columns. `cell` returns the cell of a key's value.
fn rows(
    items: &[Value],
    names: &[String],
    cell: impl Fn(&str, &Value, &Screen) -> Cell,
    screen: &Screen,
) -> String {
    let columns = names.iter().enumerate().map(|(index, name)| {
        let values = || {
            let values = items.iter().map(|item| &item[name]);
            values.filter(|value| !value.is_null())
        };
        let numbers = values().next().is_some() && values().all(Value::is_number);
        let nested = values().next().is_some()
            && values().all(|value| value.is_array() || value.is_object());
        let importance = match index {
            0 => ESSENTIAL,
            later if nested => u8::try_from(NESTED_IMPORTANCE.saturating_sub(later)).unwrap_or(0),
            later => u8::try_from(254_usize.saturating_sub(later)).unwrap_or(0),
        };
        let column = GridColumn::new(name, importance);
        if numbers {
            column.right()
        } else if nested {
            column.cut(NARROWEST_NESTED)
        } else {
            column.wrapping(12)
        }
    });
    let mut grid = Grid::new(columns.collect());
    let counted = names.iter().map(|name| {
        let values = items.iter().filter_map(|item| item.get(name));
        (name, is_counted(name, values))
    });
    let counted: Vec<(&String, bool)> = counted.collect();
    for item in items {
        let cells = counted.iter().map(|(name, counted)| match &item[*name] {
            value if *counted => named_cell(true, value, screen),
            value => cell(name, value, screen),
        });
        grid.push(cells.collect());
    }
    grid.lay_out(screen)
}

/// Lays out a list of scalars (or of lists), one per line.
fn list(items: &[Value], screen: &Screen) -> String {
    let counted = is_counted("", items);
    items.iter().fold(String::new(), |mut text, item| {
        match item {
            Value::Null => text.push_str("null"),
            Value::String(item) if !screen.tty => text.push_str(&words::safe_line(item)),
            nested if nested.is_array() || nested.is_object() => {
                let width = screen.width.unwrap_or(usize::MAX);
                text.push_str(&cell(nested, screen).fitted(width, screen));
            }
            other => text.push_str(&named_cell(counted, other, screen).line()),
        }
        text.push('\n');
        text
    })
}

/// Returns true if the digits of these numbers are grouped on a terminal: amounts, and columns with large numbers. Small
/// numbers may be years or ports, and ids are never grouped.
fn is_counted<'a>(name: &str, values: impl IntoIterator<Item = &'a Value>) -> bool {
    const LARGE: f64 = 10_000.0;
    let name = name.to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let is_large = |value: &Value| value.as_f64().is_some_and(|it| it.abs() >= LARGE);
    !ends(&["id", "ids", "key", "time", "timestamp"])
        && (ends(&["rows", "count"]) || values.into_iter().any(is_large))
}

/// Returns a number with a comma after every third digit before the decimal point.
fn grouped(number: &Value) -> String {
    let text = number.to_string();
    let (sign, digits) = text.split_at(usize::from(text.starts_with('-')));
    let end = digits.find(|letter: char| !letter.is_ascii_digit());
    let (whole, rest) = digits.split_at(end.unwrap_or(digits.len()));
    match whole.parse() {
        Ok(whole) if !rest.contains('e') => format!("{sign}{}{rest}", words::grouped(whole)),
        _ => text,
    }
}

/// Returns a cell for a value. On a terminal, digits are grouped if the number is `counted`.
fn named_cell(counted: bool, value: &Value, screen: &Screen) -> Cell {
    if counted && screen.tty && value.is_number() {
        Cell::text(&grouped(value))
    } else {
        cell(value, screen)
    }
}

/// Returns a cell for a key of zshell's own maps.
pub(super) fn own_cell(key: &str, value: &Value, screen: &Screen) -> Cell {
    match (key, value) {
        ("state", Value::String(word)) => Cell::toned(word, jobs::word_tone(word)),
        ("percent", Value::Number(_)) => {
            Cell::text(&words::percent(value.as_f64().unwrap_or_default()))
        }
        ("size", Value::Number(_)) => jobs::size(value.as_u64()),
        ("file" | "reason", Value::String(text)) if text.is_empty() => Cell::default(),
        ("created" | "completed", Value::String(time)) => jobs::time(Some(time), screen),
        _ => named_cell(is_counted(key, [value]), value, screen),
    }
}

/// Returns a cell for a value: text as is, nested values as JSON. On a terminal, nested values take one line: vectors are
/// rounded and shortened to the column, other values are cut.
pub(super) fn cell(value: &Value, screen: &Screen) -> Cell {
    match value {
        Value::Null => Cell::absent(),
        Value::Array(items) if screen.tty && is_vector(items) => vector(items, screen),
        Value::Array(_) | Value::Object(_) if screen.tty => {
            let text = cut(spaced(value, &rounded), LONGEST_NESTED, screen.mark());
            Cell::one_line(&text, &[])
        }
        other => Cell::text(&plain(other)),
    }
}

/// Returns true for a list of numbers with fractions, or one too long to read.
fn is_vector(items: &[Value]) -> bool {
    let has_fraction = || items.iter().any(Value::is_f64);
    items.iter().all(Value::is_number) && (items.len() > LONGEST_VECTOR || has_fraction())
}

/// Returns a cell with the vector's first numbers and its length: `[-0.596, 0.454, 0.206, … 768]`. A column with less
/// room has fewer numbers.
fn vector(items: &[Value], screen: &Screen) -> Cell {
    let numbers = items.iter().take(LONGEST_VECTOR + 1).map(rounded);
    let numbers: Vec<String> = numbers.collect();
    let first = |count: usize| {
        let shown = numbers.iter().take(count);
        let shown: String = shown.map(|number| format!("{number}, ")).collect();
        format!("[{shown}{} {}]", screen.mark(), items.len())
    };
    let (whole, most) = if items.len() > LONGEST_VECTOR {
        (first(FIRST_NUMBERS), FIRST_NUMBERS)
    } else {
        (format!("[{}]", numbers.join(", ")), items.len())
    };
    let shorter: Vec<String> = (0..most).rev().map(first).collect();
    Cell::one_line(&whole, &shorter)
}

/// Returns a number with three significant digits; whole numbers as they are.
fn rounded(number: &Value) -> String {
    let Some(value) = number.as_f64().filter(|_| number.is_f64()) else {
        return number.to_string();
    };
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if (1e-4..1e6).contains(&size) {
        let decimals = match size {
            100.0.. => 0,
            10.0.. => 1,
            1.0.. => 2,
            0.1.. => 3,
            0.01.. => 4,
            0.001.. => 5,
            _ => 6,
        };
        let text = format!("{value:.decimals$}");
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text
        }
    } else {
        format!("{value:.2e}")
    }
}

/// Returns compact JSON with a blank after each comma and colon, so lines can be broken there. `number` formats the
/// numbers of short vectors.
pub(super) fn spaced(value: &Value, number: &dyn Fn(&Value) -> String) -> String {
    match value {
        Value::Array(items) => {
            let is_short = is_vector(items) && items.len() <= LONGEST_VECTOR;
            let items: Vec<String> = items
                .iter()
                .map(|item| {
                    if is_short {
                        number(item)
                    } else {
                        spaced(item, number)
                    }
                })
                .collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) => {
            let pairs = map
                .iter()
                .map(|(key, value)| format!("{}: {}", words::quote(key), spaced(value, number)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
