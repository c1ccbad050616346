//! YAML. Texts that a YAML 1.1 or 1.2 reader would parse as numbers, times or booleans are quoted.

use std::io::{self, Write};

use serde::Serialize;

use super::{OutputRows, for_screen};
use crate::render::style::{Screen, Tone};

impl OutputRows<'_> {
    /// Writes a list item by item, and any other value as one document.
    pub(in crate::render) fn yaml(self, out: &mut dyn Write, screen: &Screen) -> io::Result<()> {
        let mut empty = true;
        for row in self.items {
            empty = false;
            // Consecutive lists of one item each form the whole list.
            let text = if self.list {
                text(&[&*row])
            } else {
                text(&*row)
            }?;
            // The YAML writer escapes control characters, but not the marks that reorder text.
            let text = for_screen(text, screen);
            out.write_all(colored(&text, screen).as_bytes())?;
        }
        if empty {
            out.write_all(b"[]\n")?;
        }
        Ok(())
    }
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

/// Returns YAML with bold keys, if the screen has colours. Lines of a block text have no keys.
fn colored(yaml: &str, screen: &Screen) -> String {
    if !screen.color {
        return yaml.to_owned();
    }
    let mut painted = String::with_capacity(yaml.len() * 2);
    let mut block = None;
    for line in yaml.split_inclusive('\n') {
        let content = line.trim_start_matches([' ', '-']);
        let indent = line.len() - content.len();
        block = block.filter(|block| indent > *block || content.trim().is_empty());
        let key = content.find(": ").or_else(|| content.find(":\n"));
        let key = key.and_then(|end| content.get(..end));
        match key.filter(|key| block.is_none() && !key.contains([' ', '"', '\''])) {
            Some(key) => {
                painted.push_str(line.get(..indent).unwrap_or_default());
                painted.push_str(&screen.paint(Tone::Strong, key));
                painted.push_str(content.get(key.len()..).unwrap_or_default());
            }
            None => painted.push_str(line),
        }
        if block.is_none() && (content.contains(": |") || content.contains(": >")) {
            block = Some(indent);
        }
    }
    painted
}
