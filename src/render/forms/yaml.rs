//! YAML: texts that a YAML reader (of version 1.1 or 1.2) would take for numbers, times or truth values are quoted.

use std::io::{self, Write};

use serde::Serialize;

use super::Rows;
use crate::render::style::Screen;
use crate::render::words;

/// Writes a list item by item, anything else as one document.
pub(in crate::render) fn write(
    out: &mut dyn Write,
    rows: Rows<'_>,
    screen: &Screen,
) -> io::Result<()> {
    let mut empty = true;
    for row in rows.items {
        empty = false;
        // Lists of one item each, one after the other, are the list.
        let text = if rows.list {
            text(&[&*row])
        } else {
            text(&*row)
        }?;
        // The writer escapes control characters, but not the marks that reorder text.
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
    // Long lines stay whole, so that they can be found with grep.
    let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX };
    serde_saphyr::to_fmt_writer_with_options(&mut text, value, options)
        .map_err(io::Error::other)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}
