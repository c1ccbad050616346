//! The table of figures.

use comfy_table::{Table, presets};

/// One figure.
pub(crate) struct Line {
    /// What was measured.
    pub(crate) what: String,
    /// The figure, with its unit.
    pub(crate) figure: String,
    /// The target, in the same unit; empty where there is none.
    pub(crate) target: String,
    /// Whether the target is met; `None` where there is none, or nothing was measured.
    pub(crate) met: Option<bool>,
    /// How sure that is.
    pub(crate) note: String,
}

impl Line {
    /// A figure that may be at most `most`.
    pub(crate) fn at_most(what: &str, figure: f64, most: f64, unit: &str, note: String) -> Self {
        Self {
            what: what.to_owned(),
            figure: format!("{figure:.2} {unit}"),
            target: format!("at most {most} {unit}"),
            met: Some(figure <= most),
            note,
        }
    }

    /// A figure that must be at least `least`.
    pub(crate) fn at_least(what: &str, figure: f64, least: f64, unit: &str, note: String) -> Self {
        Self {
            what: what.to_owned(),
            figure: format!("{figure:.0} {unit}"),
            target: format!("at least {least} {unit}"),
            met: Some(figure >= least),
            note,
        }
    }

    /// A figure without a target.
    pub(crate) fn plain(what: &str, figure: f64, unit: &str, note: String) -> Self {
        Self {
            what: what.to_owned(),
            figure: format!("{figure:.0} {unit}"),
            target: String::new(),
            met: None,
            note,
        }
    }

    /// How many times as fast as another program, which is no target.
    pub(crate) fn ratio(what: &str, figure: f64, note: String) -> Self {
        Self {
            what: what.to_owned(),
            figure: format!("{figure:.2} x"),
            target: String::new(),
            met: None,
            note,
        }
    }

    /// Speed as a multiple of another program's, with a target.
    pub(crate) fn times(what: &str, figure: f64, least: f64, note: String) -> Self {
        Self {
            target: format!("at least {least} x"),
            met: Some(figure >= least),
            ..Self::ratio(what, figure, note)
        }
    }

    /// What could not be measured here, and why.
    pub(crate) fn skipped(what: &str, why: &str) -> Self {
        Self {
            what: what.to_owned(),
            figure: "skipped".to_owned(),
            target: String::new(),
            met: None,
            note: why.to_owned(),
        }
    }
}

/// The lines as text.
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
        table.add_row([&line.what, &line.figure, &line.target, verdict, &line.note]);
    }
    table.to_string()
}
