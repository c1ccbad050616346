//! YAML. Texts that a YAML 1.1 or 1.2 reader would parse as numbers, times or booleans are quoted.

use std::io::{self, Write};

use serde::Serialize;

use super::OutputRows;
use crate::render::style::Screen;
use crate::text::words;

/// Writes a list item by item, and any other value as one document.
pub(in crate::render) fn write(
    out: &mut dyn Write,
    rows: OutputRows<'_>,
    screen: &Screen,
) -> io::Result<()> {
    let mut empty = true;
    for row in rows.items {
        empty = false;
        // Consecutive lists of one item each form the whole list.
        let text = if rows.list {
            text(&[&*row])
        } else {
            text(&*row)
        }?;
        // The YAML writer escapes control characters, but not the marks that reorder text.
        let text = if screen.tty {
            words::safe(&text).into_owned()
        } else {
            text
        };
        out.write_all(text.as_bytes())?;
    }
    if empty {
        out.write_all(b"[]\n")?;
    }
    Ok(())
}

fn text(value: &impl Serialize) -> io::Result<String> {
    let mut text = String::new();
    // Long lines aren't folded, so `grep` finds them.
    let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX };
    serde_saphyr::to_fmt_writer_with_options(&mut text, value, options)
        .map_err(io::Error::other)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}
