//! The columns of a table, and the split of a terminal's width among them.

use unicode_width::UnicodeWidthStr;

use crate::text::words;

/// The importance of a column that is never left out.
pub(super) const ESSENTIAL: u8 = u8::MAX;

/// One column of a grid.
#[derive(Clone, Debug, Default)]
pub(super) struct GridColumn {
    /// The heading, safe to show.
    pub(super) name: String,
    /// True if cells are aligned to the right.
    pub(super) right: bool,
    /// Importance: the least important columns are left out first.
    pub(super) importance: u8,
    /// True if the column is left out everywhere if it's empty. On a terminal all columns but essential ones are.
    pub(super) optional: bool,
    /// True if the cells name the row. They become the record's heading if the columns don't fit side by side.
    pub(super) heading: bool,
    /// Minimum width when wrapped. `None` never wraps.
    narrowest: Option<usize>,
    /// True if cells are cut to one line. Such a column gets its room last.
    is_cut: bool,
}

impl GridColumn {
    /// Returns a column that's never wrapped, such as an id.
    pub(super) fn new(name: &str, importance: u8) -> Self {
        Self {
            name: words::safe_line(name).into_owned(),
            importance,
            ..Self::default()
        }
    }

    /// Aligns the column to the right, for numbers.
    pub(super) fn right(mut self) -> Self {
        self.right = true;
        self
    }

    /// Leaves the column out if no cell has a value.
    pub(super) fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Marks the column whose cells name their rows.
    pub(super) fn heading(mut self) -> Self {
        self.heading = true;
        self
    }

    /// Lets the column wrap to this width or more if there isn't enough room.
    pub(super) fn wrapping(mut self, narrowest: usize) -> Self {
        self.narrowest = Some(narrowest.max(self.name.width()));
        self
    }

    /// Lets the column be cut to this width or more, before others are narrowed.
    pub(super) fn cut(self, narrowest: usize) -> Self {
        Self {
            is_cut: true,
            ..self.wrapping(narrowest)
        }
    }

    /// Returns the width below which the column is left out.
    fn least(&self, natural: usize) -> usize {
        self.narrowest
            .map_or(natural, |narrowest| natural.min(narrowest))
    }
}

/// Returns the content width of each column, so the box is at most `width` wide. A column that's left out gets `None`;
/// all columns do if the essential ones don't fit.
pub(super) fn fit(
    columns: &[GridColumn],
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
    // Text first gets a width that can be read, then cut columns do, then text all that it can use.
    let stages = [
        (false, READABLE),
        (true, READABLE),
        (false, usize::MAX),
        (true, usize::MAX),
    ];
    for (is_cut, most) in stages {
        let wanted = |index: usize| {
            let is_in = columns
                .get(index)
                .is_some_and(|column| column.is_cut == is_cut);
            let natural = natural.get(index).filter(|_| is_in);
            natural.map_or(0, |natural| (*natural).min(most))
        };
        grow(&mut fitted, &mut rest, wanted);
    }
    Some(fitted)
}

/// Width in columns at which text and vectors can be read.
const READABLE: usize = 24;

/// Shares the remaining columns among those narrower than wanted.
fn grow(fitted: &mut [Option<usize>], rest: &mut usize, wanted: impl Fn(usize) -> usize) {
    while *rest > 0 {
        let slots = fitted.iter().enumerate();
        let narrow = slots.filter(|(index, have)| have.is_some_and(|have| have < wanted(*index)));
        let count = narrow.count();
        if count == 0 {
            break;
        }
        let share = (*rest / count).max(1);
        for (index, have) in fitted.iter_mut().enumerate() {
            if let Some(have) = have {
                let more = share.min(wanted(index).saturating_sub(*have)).min(*rest);
                *have += more;
                *rest -= more;
            }
        }
    }
}
