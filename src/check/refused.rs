//! Counts refused rows by field and kind of value. A text is built only for the rows that are shown.

use super::findings::{Example, Findings, MAX_EXAMPLES};
use super::problem;
use crate::formats::RowError;
use crate::formats::found::FoundKind;

/// Maximum number of kinds that are counted here. Rows of further kinds are added to the findings one by one.
const MAX_GROUPS: usize = 32;

/// The refused rows of one part of a file whose examples are complete.
#[derive(Debug, Default)]
pub(super) struct RefusedRowCounts(Vec<RefusedGroup>);

/// Rows refused for the same reason.
#[derive(Debug)]
struct RefusedGroup {
    field: Option<String>,
    expected: String,
    kind: FoundKind,
    /// The kind in words, which differ for values that only their text describes.
    words: String,
    problem: String,
    /// Number of rows with an example.
    shown: usize,
    /// The highest number of a row with an example.
    last: u64,
    /// Number of rows without an example.
    more: u64,
}

impl RefusedRowCounts {
    /// Counts a refused row. Adds the row to the findings if it may be an example of the part `whole`.
    pub(super) fn add(&mut self, error: &RowError, whole: &Example, found: &mut Findings) {
        let (words, _) = problem::words(&error.found);
        let at = self.0.iter().position(|group| {
            group.kind == error.found.kind
                && group.words == words
                && group.field == error.field
                && group.expected == error.expected
        });
        let known = at.and_then(|at| self.0.get_mut(at));
        if let Some(group) = known {
            // The first examples are kept, and this row comes after enough others.
            if group.shown >= MAX_EXAMPLES && error.row > group.last {
                group.more += 1;
                return;
            }
            group.shown += 1;
            group.last = group.last.max(error.row);
        }
        let row = problem::of_row(error);
        if at.is_none() && self.0.len() < MAX_GROUPS {
            self.0.push(RefusedGroup {
                field: error.field.clone(),
                expected: error.expected.clone(),
                kind: error.found.kind,
                words: words.to_owned(),
                problem: row.problem.clone(),
                shown: 1,
                last: error.row,
                more: 0,
            });
        }
        let example = whole.clone().at_row(error.row).with_value(&row.value);
        let group = found.error(&row.field, &row.problem, &row.hint);
        group.add(1, example);
    }

    /// Adds the rows without an example to the findings.
    pub(super) fn finish(&mut self, found: &mut Findings) {
        for group in std::mem::take(&mut self.0) {
            let field = group.field.as_deref().unwrap_or_default();
            found.error(field, &group.problem, "").rows += group.more;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::findings::FindingLevel;
    use crate::formats::found::FoundValue;

    /// Returns a refused row whose kind, field and order follow from its number.
    fn error(no: u64) -> RowError {
        let mut found = FoundValue::from(format!("value {no}"));
        found.kind = match no % 7 {
            0 => FoundKind::Other,
            1 => FoundKind::Bool,
            2 => FoundKind::Missing,
            3 => FoundKind::NaN,
            _ => FoundKind::Text,
        };
        if no.is_multiple_of(14) {
            found.text = "text".to_owned();
        }
        RowError {
            // Rows of a column file come field by field, so their numbers go back.
            row: (no * 37) % 1_000 + 1,
            field: (!no.is_multiple_of(3)).then(|| format!("f{}", no % 4)),
            expected: format!("e{}", no % 2),
            found,
        }
    }

    #[test]
    fn counted_rows_give_the_same_findings_as_added_ones() {
        let whole = Example::of_file(3, "a.json");
        let (mut counted, mut added) = (Findings::default(), Findings::default());
        let mut refused = RefusedRowCounts::default();
        for no in 0..5_000 {
            let error = error(no);
            refused.add(&error, &whole, &mut counted);
            // Without groups, every row is added.
            RefusedRowCounts::default().add(&error, &whole, &mut added);
        }
        refused.finish(&mut counted);
        let list = |found: &Findings| found.list(FindingLevel::Error);
        assert_eq!(list(&counted), list(&added));
        assert!(refused.0.is_empty());
        assert!(list(&counted).len() > MAX_GROUPS);
    }

    #[test]
    fn rows_after_the_examples_are_only_counted() {
        let (mut found, mut refused) = (Findings::default(), RefusedRowCounts::default());
        for row in 1..=100 {
            let error = RowError { row, ..error(4) };
            refused.add(&error, &Example::default(), &mut found);
        }
        assert_eq!(refused.0[0].more, 95);
        refused.finish(&mut found);
        assert_eq!(found.list(FindingLevel::Error)[0]["rows"], 100);
    }
}
