//! One record per row and one line per field. Nothing is left out, whatever the screen's width.

use std::io::{self, Write};

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::{OutputRows, plain};
use crate::render::style::{Screen, Tone};
use crate::render::value;
use crate::render::wrap::wrapped;
use crate::text::words;

/// Columns of a rule if there's no screen.
const RULE: usize = 40;

impl OutputRows<'_> {
    /// Writes each map as a record below a rule with its number, and other values as lines. In a list of both, maps are
    /// lines too. A single map has no rule.
    pub(in crate::render) fn vertical(
        self,
        out: &mut dyn Write,
        screen: &Screen,
    ) -> io::Result<()> {
        let widest = self.names.iter().map(|name| words::safe_line(name).width());
        let widest = widest.max().unwrap_or(0);
        let mut empty = true;
        for (index, row) in self.items.enumerate() {
            empty = false;
            let map = match &*row {
                Value::Object(map) if !self.whole => map,
                other => {
                    let text = plain(Some(other));
                    let text = if self.list {
                        words::safe_line(&text)
                    } else {
                        words::safe(&text)
                    };
                    writeln!(out, "{text}")?;
                    continue;
                }
            };
            if self.list {
                let rule = rule(index + 1, screen);
                writeln!(out, "{}", screen.paint(Tone::Dim, &rule))?;
            }
            for name in &self.names {
                line(out, name, map.get(name), widest, screen)?;
            }
        }
        if empty {
            writeln!(out, "no rows")?;
        }
        Ok(())
    }
}

/// Writes a field. Continuation lines are aligned below the first.
fn line(
    out: &mut dyn Write,
    name: &str,
    shown: Option<&Value>,
    widest: usize,
    screen: &Screen,
) -> io::Result<()> {
    let name = words::safe_line(name);
    let padding = " ".repeat(widest.saturating_sub(name.width()));
    let text = match shown {
        None | Some(Value::Null) => "-".to_owned(),
        // Blanks after the commas let the lines of a screen end there.
        Some(nested) if screen.tty && (nested.is_array() || nested.is_object()) => {
            value::spaced(nested, &ToString::to_string)
        }
        Some(value) => plain(Some(value)),
    };
    let below = format!("\n{}", " ".repeat(widest + 2));
    let mut text = words::safe(&text).into_owned();
    if let Some(width) = screen.width {
        text = wrapped(&text, width.saturating_sub(widest + 2)).join("\n");
    }
    let text = text.replace('\n', &below);
    let name = screen.paint(Tone::Strong, &name);
    writeln!(out, "{name}{padding}  {text}")
}

fn rule(number: usize, screen: &Screen) -> String {
    let (dash, width) = (
        if screen.unicode { "─" } else { "-" },
        screen.width.unwrap_or(RULE).min(RULE),
    );
    let number = format!("[ {} ]", screen.number(number as u64));
    let rest = width.saturating_sub(number.len() + 1);
    format!("{dash}{number}{}", dash.repeat(rest))
}
