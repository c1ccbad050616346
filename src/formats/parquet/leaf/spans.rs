//! The rows of a leaf: the values of each row, and of each item of its list.

use std::ops::Range;

use super::Leaf;

/// Range of a row's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::formats::parquet) struct Span {
    pub(in crate::formats::parquet) null: bool,
    pub(in crate::formats::parquet) values: Range<usize>,
    /// True if a value in the list is null, or if the list is null but the row isn't.
    pub(in crate::formats::parquet) hole: bool,
}

/// Iterator over the rows of a leaf.
pub(in crate::formats::parquet) struct LeafSpans<'a> {
    pub(super) leaf: &'a Leaf,
    pub(super) rows: usize,
    pub(super) level: usize,
    pub(super) value: usize,
}

impl Iterator for LeafSpans<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        self.rows = self.rows.checked_sub(1)?;
        let Leaf {
            definition,
            repetition,
            levels,
            ..
        } = self.leaf;
        let begin = self.value;
        let Some(first) = definition.get(self.level).copied() else {
            // Without levels, every row has a value.
            self.value += 1;
            return Some(Span {
                null: false,
                values: begin..self.value,
                hole: false,
            });
        };
        let rest = repetition.get(self.level + 1..).unwrap_or_default();
        let more = rest
            .iter()
            .position(|level| *level == 0)
            .unwrap_or(rest.len());
        let end = self.level + 1 + more;
        let row = definition.get(self.level..end).unwrap_or_default();
        let values = row.iter().filter(|level| **level == levels.full).count();
        let elements = row.iter().filter(|level| **level >= levels.some).count();
        self.level = end;
        self.value += values;
        Some(Span {
            null: first < levels.null,
            values: begin..self.value,
            hole: values < elements || (levels.null..levels.list).contains(&first),
        })
    }
}

/// Iterator over the rows of a leaf inside a list, with the list's items for each row, or `None` for a null row. Each item
/// has its own range of values.
pub(in crate::formats::parquet) struct ListSpans<'a>(pub(super) LeafSpans<'a>);

impl Iterator for ListSpans<'_> {
    type Item = Option<Vec<Span>>;

    fn next(&mut self) -> Option<Self::Item> {
        let (begin, mut value) = (self.0.level, self.0.value);
        let row = self.0.next()?;
        let Leaf {
            definition,
            repetition,
            levels,
            ..
        } = self.0.leaf;
        if row.null {
            return Some(None);
        }
        let range = begin..self.0.level;
        let pairs = definition.get(range.clone()).unwrap_or_default().iter();
        let pairs = pairs.zip(repetition.get(range).unwrap_or_default());
        let mut items: Vec<Span> = Vec::new();
        for (definition, repetition) in pairs.filter(|(definition, _)| **definition >= levels.some)
        {
            if *repetition <= 1 || items.is_empty() {
                items.push(Span {
                    null: false,
                    values: value..value,
                    hole: false,
                });
            }
            let is_value = *definition == levels.full;
            value += usize::from(is_value);
            if let Some(item) = items.last_mut() {
                item.values.end = value;
                item.hole |= !is_value;
            }
        }
        Some(Some(items))
    }
}
