//! The table of figures.

use comfy_table::{Table, presets};

/// One figure.
pub(crate) struct Line {
    /// Name of the measurement.
    pub(crate) title: String,
    /// The figure, with its unit.
    pub(crate) figure: String,
    /// The target in the same unit, or an empty string.
    pub(crate) target: String,
    /// Whether the target is met; `None` without a target or a measurement.
    pub(crate) met: Option<bool>,
    /// Details, such as the number of runs and their spread.
    pub(crate) note: String,
}

impl Line {
    /// A figure with an upper bound as its target.
    pub(crate) fn at_most(title: &str, figure: f64, max: f64, unit: &str, note: String) -> Self {
        Self {
            title: title.to_owned(),
            figure: format!("{figure:.2} {unit}"),
            target: format!("at most {max} {unit}"),
            met: Some(figure <= max),
            note,
        }
    }

    /// A figure with a lower bound as its target.
    pub(crate) fn at_least(title: &str, figure: f64, min: f64, unit: &str, note: String) -> Self {
        Self {
            title: title.to_owned(),
            figure: format!("{figure:.0} {unit}"),
            target: format!("at least {min} {unit}"),
            met: Some(figure >= min),
            note,
        }
    }

    /// A figure without a target.
    pub(crate) fn plain(title: &str, figure: f64, unit: &str, note: String) -> Self {
        Self {
            title: title.to_owned(),
            figure: format!("{figure:.0} {unit}"),
            target: String::new(),
            met: None,
            note,
        }
    }

    /// Speed as a multiple of another program's, without a target.
    pub(crate) fn ratio(title: &str, figure: f64, note: String) -> Self {
        Self {
            title: title.to_owned(),
            figure: format!("{figure:.2} x"),
            target: String::new(),
            met: None,
            note,
        }
    }

    /// Speed as a multiple of another program's, with a target.
    pub(crate) fn times(title: &str, figure: f64, min: f64, note: String) -> Self {
        Self {
            target: format!("at least {min} x"),
            met: Some(figure >= min),
            ..Self::ratio(title, figure, note)
        }
    }

    /// A measurement that isn't possible here, and the reason.
    pub(crate) fn skipped(title: &str, why: &str) -> Self {
        Self {
            title: title.to_owned(),
            figure: "skipped".to_owned(),
            target: String::new(),
            met: None,
            note: why.to_owned(),
        }
    }
}

/// Draws the lines as a Markdown table.
pub(crate) fn draw(lines: &[Line]) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(["measured", "figure", "target", "", "note"]);
    for line in lines {
        let verdict = match line.met {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        };
        table.add_row([&line.title, &line.figure, &line.target, verdict, &line.note]);
    }
    table.to_string()
}
