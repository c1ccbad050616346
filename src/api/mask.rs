//! Keeps secrets out of texts: a service's messages may echo them, and `-v` prints bodies.

use crate::secret::{MASK, Secret, Spellings, is_secret};
use serde_json::Value;
use zeroize::Zeroize as _;

/// Largest part of a body in the log, in characters.
const LOGGED: usize = 2_000;
/// Largest part of a body to parse for the log, in bytes.
const PARSED: usize = 64 << 10;
/// Masks the secrets of one connection or call, and those that earlier calls carried.
#[derive(Clone, Default)]
pub(super) struct Mask(Spellings);

impl Mask {
    /// Returns a mask for these secrets; in `user:password`, the password also counts by itself.
    pub(super) fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        Self(Spellings::of(secrets))
    }

    /// Returns the text with each secret replaced.
    pub(super) fn apply(&self, text: &str) -> String {
        self.0.hide(text)
    }

    /// Returns the text for display: masked, on one line, without control characters, at most `limit` characters.
    pub(super) fn clean(&self, text: &str, limit: usize) -> String {
        one_line(&self.apply(head(text, PARSED)), limit)
    }

    /// Returns a body for the log: secret fields are masked by name, and known secrets wherever they appear.
    pub(super) fn body(&self, body: &str) -> String {
        let head = head(body, PARSED);
        let named = (head.len() == body.len())
            .then(|| serde_json::from_str::<Value>(head).ok())
            .flatten()
            .map(|mut value| {
                mask_fields(&mut value);
                value.to_string()
            });
        match named {
            Some(text) => one_line(&self.apply(&text), LOGGED),
            None => self.clean(head, LOGGED),
        }
    }
}

/// Returns at most the first `limit` bytes, cut between two characters.
fn head(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}

/// Returns the text with single spaces for whitespace, without control characters, and shortened to `limit`.
fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    let mut count = 0_usize;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
            count += 1;
        }
        for c in word.chars().filter(|c| !is_invisible(*c)) {
            if count >= limit {
                line.push('…');
                return line;
            }
            line.push(c);
            count += 1;
        }
    }
    line
}

/// Returns true for characters that change how their neighbours are displayed, e.g. the right-to-left override.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Passes all texts in a value to `act`, each with the name of its field, or an empty name outside of fields.
pub(super) fn each_text(value: &mut Value, act: &mut dyn FnMut(&str, &mut String)) {
    fn within(name: &str, value: &mut Value, act: &mut dyn FnMut(&str, &mut String)) {
        match value {
            Value::String(text) => act(name, text),
            Value::Array(items) => items.iter_mut().for_each(|item| within("", item, act)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    within(name, value, act);
                }
            }
            _ => {}
        }
    }
    within("", value, act);
}

fn mask_fields(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if is_secret(name) {
                    if let Value::String(secret) = value {
                        secret.zeroize();
                    }
                    *value = Value::from(MASK);
                } else {
                    mask_fields(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask_fields),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_secret_is_masked() {
        let mask = Mask::new(&[Secret::new("root:pass/word+1"), Secret::new("abc")]);
        for echo in [
            "root:pass/word+1",
            "x pass/word+1.",
            "pass\\/word+1",
            "pass%2Fword%2B1",
            "root%3Apass%2Fword%2B1",
        ] {
            let shown = mask.clean(echo, 100);
            assert!(shown.contains(MASK) && !shown.contains("word"), "{shown}");
        }
        assert_eq!(mask.clean("abc", 100), "abc");
    }

    #[test]
    fn texts_become_one_short_line() {
        let mask = Mask::default();
        assert_eq!(mask.clean("a\r\n\t b\u{1b}[31m\u{202e}c", 100), "a b [31mc");
        assert_eq!(mask.clean("äöüß", 2), "äö…");
    }

    #[test]
    fn secret_fields_are_masked_by_name_at_any_depth() {
        let shown = Mask::default().body(r#"{"a":[{"secretKey":"S","Token":{"x":1},"rows":2}]}"#);
        assert_eq!(
            shown,
            r#"{"a":[{"secretKey":"****","Token":"****","rows":2}]}"#
        );
    }
}
