//! The columns of a table, and how they share a terminal's width.

use unicode_width::UnicodeWidthStr;

use super::words;

/// The importance of a column that is never left out.
pub(super) const ESSENTIAL: u8 = u8::MAX;

/// One column of a grid.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// Its heading, safe to show.
    pub(super) name: String,
    /// True where cells are aligned to the right.
    pub(super) right: bool,
    /// Columns of the least importance are left out first.
    pub(super) importance: u8,
    /// True where its cells name the row: they head its record where columns do not fit side by side.
    pub(super) heading: bool,
    /// The least width it may be wrapped to; `None` never wraps.
    narrowest: Option<usize>,
}

impl Column {
    /// A column that is never wrapped, such as an id.
    pub(super) fn new(name: &str, importance: u8) -> Self {
        Self {
            name: words::safe_line(name).into_owned(),
            right: false,
            importance,
            heading: false,
            narrowest: None,
        }
    }

    /// The same column, aligned to the right as numbers are.
    pub(super) fn right(mut self) -> Self {
        self.right = true;
        self
    }

    /// The same column, whose cells name their rows.
    pub(super) fn heading(mut self) -> Self {
        self.heading = true;
        self
    }

    /// The same column, wrapped to no less than this width where there is not room enough.
    pub(super) fn wrapping(mut self, narrowest: usize) -> Self {
        self.narrowest = Some(narrowest.max(self.name.width()));
        self
    }

    /// The width below which the column is left out.
    fn least(&self, natural: usize) -> usize {
        self.narrowest
            .map_or(natural, |narrowest| natural.min(narrowest))
    }
}

/// The content width of each column so that the box is no wider than `width`, `None` for columns left out; `None` in
/// all where the essential columns do not fit.
pub(super) fn fit(
    columns: &[Column],
    natural: &[usize],
    width: usize,
) -> Option<Vec<Option<usize>>> {
    let mut fitted: Vec<Option<usize>> = columns
        .iter()
        .zip(natural)
        .map(|(column, natural)| Some(column.least(*natural)))
        .collect();
    // A blank on each side of a cell, a line after it, and one line before the first.
    let needed = |fitted: &[Option<usize>]| {
        1 + fitted
            .iter()
            .flatten()
            .map(|width| width + 3)
            .sum::<usize>()
    };
    while needed(&fitted) > width {
        let candidates = columns.iter().enumerate().filter(|(index, column)| {
            column.importance != ESSENTIAL && fitted.get(*index).is_some_and(Option::is_some)
        });
        let (least, _) = candidates
            .rev()
            .min_by_key(|(_, column)| column.importance)?;
        if let Some(slot) = fitted.get_mut(least) {
            *slot = None;
        }
    }
    let mut rest = width - needed(&fitted);
    while rest > 0 {
        let wanting = fitted
            .iter()
            .zip(natural)
            .filter(|(have, natural)| have.is_some_and(|have| have < **natural));
        let count = wanting.count();
        if count == 0 {
            break;
        }
        let share = (rest / count).max(1);
        for (have, natural) in fitted.iter_mut().zip(natural) {
            if let Some(have) = have {
                let more = share.min(natural.saturating_sub(*have)).min(rest);
                *have += more;
                rest -= more;
            }
        }
    }
    Some(fitted)
}
