//! JSON: one indented value, or one value per line.

use std::io::{self, Write};

use serde_json::Value;

use super::OutputRows;
use crate::render::style::{Screen, Tone};
use crate::text::words;

/// Returns the value as indented JSON.
pub(in crate::render) fn indented(value: &Value, screen: &Screen) -> io::Result<String> {
    let text = serde_json::to_string_pretty(value)?;
    Ok(colored(&words::safe_json(&text), screen))
}

impl OutputRows<'_> {
    /// Writes each item of a list, or a single value, as one line of JSON.
    pub(in crate::render) fn lines(self, out: &mut dyn Write, screen: &Screen) -> io::Result<()> {
        for row in self.items {
            let text = serde_json::to_string(&*row)?;
            writeln!(out, "{}", colored(&words::safe_json(&text), screen))?;
        }
        Ok(())
    }
}

/// Returns finished JSON with colours, if the screen has them: keys bold, texts and numbers in the colours of the prompt.
fn colored(json: &str, screen: &Screen) -> String {
    if !screen.color {
        return json.to_owned();
    }
    let mut painted = String::with_capacity(json.len() * 2);
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        let is_word = |letter: char| letter.is_alphanumeric() || "+-.".contains(letter);
        let end = match first {
            '"' => text_end(rest),
            letter if is_word(letter) => rest.find(|it| !is_word(it)).unwrap_or(rest.len()),
            letter => letter.len_utf8(),
        };
        let (token, behind) = rest.split_at(end);
        let tone = match first {
            '"' if behind.starts_with(':') => Tone::Strong,
            '"' => Tone::Good,
            'n' => Tone::Dim,
            letter if is_word(letter) => Tone::Busy,
            _ => Tone::Plain,
        };
        painted.push_str(&screen.paint(tone, token));
        rest = behind;
    }
    painted
}

/// Returns the position behind the closing quote of the text at the start.
fn text_end(json: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in json.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return index + 1,
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    json.len()
}
