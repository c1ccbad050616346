//! Showing results on standard output, through a pager at the prompt if they're longer than the screen.

use super::Session;
use super::pager::{self, Paged};
use crate::error::Failure;
use crate::render::{self, Limit, OutputFormat, Screen, Shown, Tone};
use crate::text::words;
use std::io::{self, IsTerminal};

/// Without a pager, long lists are cut after this number of screens.
const SCREENS: usize = 3;

impl Session {
    /// Writes a result to standard output in the chosen format.
    pub fn show(&self, shown: Shown<'_>) -> Result<(), Failure> {
        let format = self.choices().output;
        self.show_as(shown, format)
    }

    /// Writes a result to standard output in this format.
    pub fn show_as(&self, shown: Shown<'_>, format: OutputFormat) -> Result<(), Failure> {
        self.show_limited(shown, format, Limit::Screen)
    }

    /// Writes at most the part of a result that the limit allows.
    pub fn show_limited(
        &self,
        shown: Shown<'_>,
        format: OutputFormat,
        limit: Limit,
    ) -> Result<(), Failure> {
        let screen = self.out();
        match limit {
            Limit::First(rows) => shown.first(rows, |shown, more| {
                self.show_on(&screen, shown, format, Limit::All)?;
                self.left_out(more, "", format, &screen)
            }),
            limit => self.show_on(&screen, shown, format, limit),
        }
    }

    /// Writes directly, or through the pager at the prompt.
    fn show_on(
        &self,
        screen: &Screen,
        shown: Shown<'_>,
        format: OutputFormat,
        limit: Limit,
    ) -> Result<(), Failure> {
        // An empty result ignores a stop, because a service that was ended by a signal ends successfully.
        if matches!(shown, Shown::Nothing) {
            return Ok(());
        }
        let reader = self.at_prompt() && !self.is_captured();
        let interactive = reader && screen.tty && io::stdin().is_terminal();
        let Some((width, height)) = screen.width.zip(screen.height).filter(|_| interactive) else {
            return self.write_whole(&shown, format, screen);
        };
        // A pager needs a terminal that can move the cursor.
        let pager = self.choices().pager.command().filter(|_| screen.redraw);
        if let Some(pager) = pager {
            let mut text = Vec::new();
            // Writing to memory can't fail.
            let _ = render::write(&mut text, &shown, format, screen);
            text.extend(self.footer(&shown, format, screen).bytes());
            // The last line is the prompt's.
            if !pager::is_longer(&text, width, height.saturating_sub(1)) {
                return self.write(|out| out.write_all(&text));
            }
            match pager::page(&pager, &text, limit == Limit::End, &self.interrupt) {
                Paged::Shown => return Ok(()),
                Paged::Failed(problem) => {
                    self.notice(&format!("{problem}; :set pager off does without one"));
                }
                Paged::Missing => {}
            }
        }
        let max = if limit == Limit::Screen && format.is_for_the_screen() {
            rows_of_screens(&shown, format, height)
        } else {
            usize::MAX
        };
        shown.first(max, |shown, more| {
            if more == 0 {
                return self.write_whole(&shown, format, screen);
            }
            self.write(|out| render::write(out, &shown, format, screen))?;
            let advice = "; show(last, #{limit: \"all\"}) shows all, :set pager less turns pages";
            self.left_out(more, advice, format, screen)
        })
    }

    /// Writes a result without a limit.
    fn write_whole(
        &self,
        shown: &Shown<'_>,
        format: OutputFormat,
        screen: &Screen,
    ) -> Result<(), Failure> {
        let footer = self.footer(shown, format, screen);
        self.write(|out| {
            render::write(out, shown, format, screen)?;
            out.write_all(footer.as_bytes())
        })
    }

    /// Returns the line with the number of rows below a table on a terminal.
    fn footer(&self, shown: &Shown<'_>, format: OutputFormat, screen: &Screen) -> String {
        let wanted = screen.tty && format == OutputFormat::Table && !self.is_captured();
        let footer = shown.footer().filter(|_| wanted);
        footer.map_or_else(String::new, |text| screen.paint(Tone::Dim, &text) + "\n")
    }

    /// Reports the number of omitted rows to people.
    fn left_out(
        &self,
        rows: usize,
        advice: &str,
        format: OutputFormat,
        screen: &Screen,
    ) -> Result<(), Failure> {
        if rows == 0 || !format.is_for_the_screen() {
            return Ok(());
        }
        let mark = if screen.unicode { "…" } else { "..." };
        let note = format!("{mark} {}{advice}", words::count(rows as u64, "more row"));
        self.write(|out| writeln!(out, "{}", screen.paint(Tone::Dim, &note)))
    }
}

/// Returns the number of rows in a few screens. In the vertical format a row takes a line per field.
fn rows_of_screens(shown: &Shown<'_>, format: OutputFormat, height: usize) -> usize {
    let lines = height.max(8) * SCREENS;
    match format {
        OutputFormat::Vertical => {
            let columns = shown.first(1, |first, _| render::columns(&first.to_json()).len());
            (lines / (columns + 1)).max(1)
        }
        _ => lines,
    }
}
