//! Problems, grouped as they're found.

use crate::formats::found::shortened;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Maximum number of kinds of problems. Further kinds are counted as one.
const MAX_KINDS: usize = 500;

/// Maximum number of examples of one kind.
pub(super) const MAX_EXAMPLES: usize = 5;

/// Longest value that an example repeats, in characters.
const MAX_VALUE: usize = 200;

/// Whether a problem makes an import fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FindingLevel {
    Error,
    Warning,
}

/// A row with a problem, or a whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Example {
    /// Number of the file, which gives the order of examples.
    pub(super) file_no: usize,
    pub(super) file: String,
    /// Byte of the file from which rows are counted, in a part of a text file. `None` if they're counted from the first
    /// row.
    pub(super) byte: Option<u64>,
    /// Number of the row, from 1. `None` for a whole file.
    pub(super) row: Option<u64>,
    /// The value found, in words.
    pub(super) value: String,
}

impl Example {
    /// Returns an example that is a whole file.
    pub(super) fn of_file(file_no: usize, file: &str) -> Self {
        Self {
            file_no,
            file: file.to_owned(),
            ..Self::default()
        }
    }

    /// Sets the value found.
    pub(super) fn with_value(mut self, value: &str) -> Self {
        self.value = shortened(value, MAX_VALUE);
        self
    }

    /// Returns the place in words.
    pub(super) fn place(&self) -> String {
        let row = self.row.unwrap_or_default();
        match self.byte {
            Some(byte) => format!("{} row {row} from byte {byte}", self.file),
            None => format!("{} row {row}", self.file),
        }
    }

    /// Sets the row.
    pub(super) fn at_row(mut self, row: u64) -> Self {
        self.row = Some(row);
        self
    }
}

/// All problems of one kind.
#[derive(Clone, Debug, Default)]
pub(super) struct FindingGroup {
    pub(super) rows: u64,
    /// The first examples, in order.
    first: Vec<Example>,
    hint: String,
}

/// The problems found so far, by level, field and problem. The order in which they're added doesn't matter.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    groups: BTreeMap<(FindingLevel, String, String), FindingGroup>,
    /// True if a file couldn't be read.
    pub(super) unreadable: bool,
    /// The parts of text files that a shard checked: name and first byte, end and number of rows. The end is the first byte
    /// if the part wasn't read to its end.
    pub(super) parts: BTreeMap<(String, u64), (u64, u64)>,
}

impl Findings {
    /// Returns the problems of a kind with which an import fails.
    pub(super) fn error(&mut self, field: &str, problem: &str, hint: &str) -> &mut FindingGroup {
        self.group(FindingLevel::Error, field, problem, hint)
    }

    /// Returns the problems of a kind that an import accepts.
    pub(super) fn warn(&mut self, field: &str, problem: &str, hint: &str) -> &mut FindingGroup {
        self.group(FindingLevel::Warning, field, problem, hint)
    }

    fn group(
        &mut self,
        level: FindingLevel,
        field: &str,
        problem: &str,
        hint: &str,
    ) -> &mut FindingGroup {
        let mut key = (level, field.to_owned(), problem.to_owned());
        if self.groups.len() >= MAX_KINDS && !self.groups.contains_key(&key) {
            key = (level, String::new(), "further kinds of problems".to_owned());
        }
        let group = self.groups.entry(key).or_default();
        if group.hint.is_empty() {
            hint.clone_into(&mut group.hint);
        }
        group
    }

    /// Adds the problems of a part of the files.
    pub(super) fn merge(&mut self, other: Self) {
        self.unreadable |= other.unreadable;
        self.parts.extend(other.parts);
        for ((level, field, problem), found) in other.groups {
            let group = self.group(level, &field, &problem, &found.hint);
            group.rows = group.rows.saturating_add(found.rows);
            found.first.into_iter().for_each(|one| group.add(0, one));
        }
    }

    /// Adds a finding in its JSON form.
    pub(super) fn add_json(&mut self, level: FindingLevel, finding: &Value) {
        let text = |value: &Value, key: &str| {
            let text = value.get(key).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let first = finding.get("first").and_then(Value::as_array);
        let number = |value: &Value, key: &str| value.get(key).and_then(Value::as_u64);
        let example = |value: &Value| Example {
            file_no: 0,
            byte: number(value, "byte"),
            row: number(value, "row").or_else(|| number(value, "row_from_byte")),
            file: text(value, "file"),
            value: text(value, "value"),
        };
        let [field, problem, hint] = ["field", "problem", "hint"].map(|key| text(finding, key));
        let mut rows = number(finding, "rows").unwrap_or(0);
        for example in first.into_iter().flatten().map(example) {
            let group = self.group(level, &field, &problem, &hint);
            group.add(std::mem::take(&mut rows), example);
        }
    }

    /// Adds the parts of text files in their JSON form.
    pub(super) fn add_json_parts(&mut self, parts: &Value) {
        for part in parts.as_array().into_iter().flatten() {
            let number = |key: &str| part.get(key).and_then(Value::as_u64).unwrap_or(0);
            let file = part.get("file").and_then(Value::as_str).unwrap_or_default();
            let key = (file.to_owned(), number("byte"));
            self.parts.insert(key, (number("end"), number("rows")));
        }
    }

    /// Returns the parts of text files as JSON.
    pub(super) fn list_parts(&self) -> Vec<Value> {
        let parts = self.parts.iter();
        let json = parts.map(|((file, byte), (end, rows))| {
            json!({ "file": file, "byte": byte, "end": end, "rows": rows })
        });
        json.collect()
    }

    /// Counts the rows of examples from the first row of their file if all parts before theirs were read to their ends.
    pub(super) fn number_rows(&mut self) {
        let mut before = BTreeMap::new();
        let mut last = (String::new(), 0_u64, 0_u64);
        for ((file, byte), (end, rows)) in std::mem::take(&mut self.parts) {
            if file != last.0 {
                last = (file.clone(), 0, 0);
            }
            if byte == last.1 {
                before.insert((file, byte), last.2);
                (last.1, last.2) = (end, last.2.saturating_add(rows));
            }
        }
        for group in self.groups.values_mut() {
            for example in &mut group.first {
                let key = (example.file.clone(), example.byte.unwrap_or_default());
                if let (Some(before), Some(row)) = (before.get(&key), &mut example.row) {
                    *row = row.saturating_add(*before);
                    example.byte = None;
                }
            }
            group.first.sort();
        }
    }

    /// Removes the findings of a kind.
    pub(super) fn remove(&mut self, level: FindingLevel, field: &str, problem: &str) {
        self.groups
            .remove(&(level, field.to_owned(), problem.to_owned()));
    }

    /// Returns the first problem with its first file, in words.
    pub(super) fn first_problem(&self) -> Option<String> {
        let ((_, _, problem), group) = self.groups.first_key_value()?;
        let file = group.first.first().map_or("", |example| &example.file);
        Some(format!("{file}: {problem}"))
    }

    /// Returns the findings of a level as JSON, the most important first: those of whole files, then those of the most
    /// rows.
    pub(super) fn list(&self, level: FindingLevel) -> Vec<Value> {
        let mut groups: Vec<_> = self.groups.iter().collect();
        groups.retain(|((of, ..), _)| *of == level);
        groups.sort_by_key(|((_, field, _), group)| {
            let whole = field.is_empty() && group.rows == 0;
            (!whole, std::cmp::Reverse(group.rows))
        });
        let json = groups.into_iter().map(|((_, field, problem), group)| {
            json!({
                "field": field,
                "problem": problem,
                "rows": group.rows,
                "first": group.first.iter().map(Example::json).collect::<Vec<_>>(),
                "hint": group.hint,
            })
        });
        json.collect()
    }
}

impl FindingGroup {
    /// Adds `rows` rows, of which one is an example.
    pub(super) fn add(&mut self, rows: u64, example: Example) {
        self.rows = self.rows.saturating_add(rows);
        if self.first.len() == MAX_EXAMPLES && self.first.last().is_some_and(|it| *it < example) {
            return;
        }
        if let Err(at) = self.first.binary_search(&example) {
            self.first.insert(at, example);
        }
        self.first.truncate(MAX_EXAMPLES);
    }
}

impl Example {
    fn json(&self) -> Value {
        match (self.byte, self.row) {
            (Some(byte), Some(row)) => {
                json!({ "file": self.file, "row": null, "value": self.value, "byte": byte, "row_from_byte": row })
            }
            _ => json!({ "file": self.file, "row": self.row, "value": self.value }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_beyond_the_limits_are_still_counted() {
        let mut all = Findings::default();
        for part in 0..2 {
            let mut found = Findings::default();
            for no in 0..MAX_KINDS * 2 {
                let example = Example::of_file(part, "a")
                    .at_row(1)
                    .with_value(&"x".repeat(1000));
                found.error(&no.to_string(), "wrong", "").add(1, example);
            }
            all.merge(found);
        }
        let list = all.list(FindingLevel::Error);
        assert!(list.len() <= MAX_KINDS + 1);
        let rows: u64 = list.iter().filter_map(|it| it["rows"].as_u64()).sum();
        assert_eq!(rows, 4 * MAX_KINDS as u64);
        assert_eq!(list[0]["problem"], "further kinds of problems");
        for no in (0..20).rev() {
            let example = Example::of_file(0, "b").at_row(no);
            all.warn("", "many", "").add(1, example);
        }
        let warnings = all.list(FindingLevel::Warning);
        let first = warnings[0]["first"].as_array().unwrap().iter();
        let rows: Vec<_> = first.filter_map(|it| it["row"].as_u64()).collect();
        assert_eq!(rows, [0, 1, 2, 3, 4]);
    }
}
