//! Removal of secrets from source text, for the history of statements and for the line shown under an error.
//!
//! [`spans`] reads the text as Rhai's lexer does (strings, characters, comments, interpolation), so that a quote in a
//! comment isn't mistaken for the beginning of a string. A value that's assigned to a secret's name is masked
//! completely. Other strings and comments are searched for parts that look like secrets.

use super::MASK;
use super::known::{hidden, hidden_now};
use super::loose;
use super::names::{is_place, is_secret};
use std::ops::Range;

/// Maximum depth of interpolated strings that are followed; deeper ones are masked.
const DEPTH: usize = 32;
/// Functions whose argument is the name of a secret's place, rather than the secret.
const LOOKUPS: [&str; 3] = ["secret", "env", "read_text"];
/// The only one of these functions that takes more than a variable's name.
const PATHS: &str = "read_text";
/// Functions whose second argument is the value for the name in the first: `headers.set("token", "…")`.
const SETTERS: [&str; 6] = ["set", "insert", "put", "add", "header", "with_header"];

/// Returns the text with every secret replaced by [`MASK`], including those that only this run has seen.
pub(crate) fn masked(text: &str) -> String {
    hidden(&rewritten(text, |_| MASK.to_owned()))
}

/// Returns the text as [`masked`] does, but for use during a crash; `None` if this run's secrets can't be read now.
pub(crate) fn masked_now(text: &str) -> Option<String> {
    hidden_now(&rewritten(text, |_| MASK.to_owned()))
}

/// Returns the text with every letter of a secret replaced by `*`, so that lines and columns stay unchanged.
pub(crate) fn veiled(text: &str) -> String {
    rewritten(text, |key| {
        let veil = |letter| if letter == '\n' { letter } else { '*' };
        key.chars().map(veil).collect()
    })
}

/// Returns the secrets in the text, in order; none is empty.
pub(crate) fn keys(text: &str) -> Vec<&str> {
    let found = spans(text);
    found.into_iter().filter_map(|at| text.get(at)).collect()
}

fn rewritten(text: &str, cover: impl Fn(&str) -> String) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for span in spans(text) {
        kept.push_str(text.get(from..span.start).unwrap_or_default());
        kept.push_str(&cover(text.get(span.clone()).unwrap_or_default()));
        from = span.end;
    }
    kept.push_str(text.get(from..).unwrap_or_default());
    kept
}

/// Returns the byte ranges of secrets: in order, without overlaps, and none empty.
pub(crate) fn spans(text: &str) -> Vec<Range<usize>> {
    let mut scan = Scan {
        text,
        at: 0,
        found: Vec::new(),
    };
    // A closing brace without an interpolation ends `code` early.
    while scan.at < text.len() {
        scan.code(0);
    }
    let mut found = scan.found;
    found.retain(|span| !span.is_empty());
    found.sort_by_key(|span| span.start);
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(found.len());
    for span in found {
        match apart.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            _ => apart.push(span),
        }
    }
    apart
}

/// The token that was read last, as far as the meaning of the next one depends on it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last<'a> {
    /// A word.
    Name(&'a str),
    /// A string's content.
    Text(&'a str),
    /// The parenthesis after a function that looks a secret up.
    Lookup(&'a str),
    /// A closing bracket or a number.
    Value,
    /// Any other token.
    Other,
}

/// State within one stretch of code.
struct State<'a> {
    last: Last<'a>,
    /// Open brackets: true for those of a function that sets a value by name.
    open: Vec<bool>,
    /// True after `fn` and a secret's name: the result of such a function is a secret.
    gives_secret: bool,
    /// Number of open brackets when a value was assigned to a secret's name, until that value ends.
    armed: Option<usize>,
}

impl Last<'_> {
    /// Returns true for a secret's name, as a word or a string.
    fn is_secret(&self) -> bool {
        matches!(self, Self::Name(name) | Self::Text(name) if is_secret(name))
    }
}

impl State<'_> {
    /// Marks the next code as a secret's value, until the brackets that are open now close.
    fn begin_value(&mut self) {
        self.armed = Some(
            self.armed
                .map_or(self.open.len(), |open| open.min(self.open.len())),
        );
    }

    /// Ends the value of a secret's name at a comma, semicolon or closing bracket.
    fn end_value(&mut self, below: usize) {
        if self.armed.is_some_and(|open| below <= open) {
            self.armed = None;
        }
    }
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    found: Vec<Range<usize>>,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Reads code up to a closing brace that it didn't open, or to the end.
    fn code(&mut self, depth: usize) {
        let mut state = State {
            last: Last::Other,
            open: Vec::new(),
            gives_secret: false,
            armed: None,
        };
        while let Some(letter) = self.rest().chars().next() {
            match letter {
                '"' | '\'' | '`' => self.text_token(letter, 0, depth, &mut state),
                '#' if raw_hashes(self.rest()).is_some() => {
                    let hashes = raw_hashes(self.rest()).unwrap_or_default();
                    self.at += hashes;
                    self.text_token('"', hashes, depth, &mut state);
                }
                '/' if self.rest().starts_with("//") || self.rest().starts_with("/*") => {
                    let end = comment(self.rest());
                    self.look_inside(self.at..self.at + end);
                    self.at += end;
                }
                _ if letter.is_alphanumeric() || letter == '_' => {
                    let rest = self.rest();
                    let end = rest
                        .find(|c: char| !c.is_alphanumeric() && c != '_')
                        .unwrap_or(rest.len());
                    let name = rest.get(..end).unwrap_or_default();
                    if state.last == Last::Name("fn") {
                        state.gives_secret = is_secret(name);
                    }
                    state.last = Last::Name(name);
                    self.at += end;
                }
                '}' if state.open.is_empty() => {
                    self.at += 1;
                    return;
                }
                _ => self.sign(letter, &mut state),
            }
        }
    }

    fn sign(&mut self, letter: char, state: &mut State<'a>) {
        let rest = self.rest();
        self.at += letter.len_utf8();
        match letter {
            '\n' if state.last != Last::Other && !goes_on(rest) => {
                state.end_value(state.open.len());
            }
            _ if letter.is_whitespace() => {}
            '(' | '[' | '{' => {
                let called = match state.last {
                    Last::Name(name) if letter == '(' => name,
                    _ => "",
                };
                state.open.push(SETTERS.contains(&called));
                if letter == '{' && std::mem::take(&mut state.gives_secret) {
                    state.begin_value();
                }
                state.last = if LOOKUPS.contains(&called) {
                    Last::Lookup(called)
                } else {
                    Last::Other
                };
            }
            ')' | ']' | '}' => {
                state.open.pop();
                if state.armed.is_some_and(|open| state.open.len() < open) {
                    state.armed = None;
                }
                // The name in `options["token"] = …` counts as well.
                if letter != ']' || !matches!(state.last, Last::Name(_) | Last::Text(_)) {
                    state.last = Last::Value;
                }
            }
            ',' | ';' => {
                state.end_value(state.open.len());
                let sets = letter == ',' && state.open.last() == Some(&true);
                if sets && matches!(state.last, Last::Text(name) if is_secret(name)) {
                    state.begin_value();
                }
                state.last = Last::Other;
            }
            _ => {
                if state.last.is_secret() && gives(rest) {
                    state.begin_value();
                }
                state.last = Last::Other;
            }
        }
    }

    /// Reads a string or character. The current character is `quote`, which follows `hashes` number signs in a raw
    /// string.
    fn text_token(&mut self, quote: char, hashes: usize, depth: usize, state: &mut State<'a>) {
        let lookup = match state.last {
            Last::Lookup(called) => Some(called),
            _ => None,
        };
        let masks = state.armed.is_some() && lookup.is_none();
        self.at += 1;
        let start = self.at;
        let mut from = start;
        let closing = format!("\"{}", "#".repeat(hashes));
        loop {
            let rest = self.rest();
            let Some(letter) = rest.chars().next() else {
                break;
            };
            if hashes > 0 {
                let end = rest.find(&closing).unwrap_or(rest.len());
                self.at += end;
                break;
            }
            if letter == quote {
                // A doubled quote is an escaped one.
                if rest.get(1..).is_some_and(|more| more.starts_with(quote)) {
                    self.at += 2;
                    continue;
                }
                break;
            }
            match letter {
                '\\' if quote != '`' => {
                    let step: usize = rest.chars().take(2).map(char::len_utf8).sum();
                    self.at += step;
                }
                '\n' if quote != '`' => break,
                '$' if quote == '`' && rest.starts_with("${") && depth < DEPTH => {
                    self.segment(from..self.at, masks);
                    self.at += 2;
                    self.code(depth + 1);
                    from = self.at;
                }
                _ => self.at += letter.len_utf8(),
            }
        }
        self.segment(from..self.at, masks || depth >= DEPTH);
        let content = self.text.get(start..self.at).unwrap_or_default();
        if lookup.is_some_and(|called| called != PATHS) && !is_place(content) {
            // The argument is the secret itself rather than the name of its place.
            self.found.push(start..self.at);
        }
        state.last = Last::Text(content);
        if self.rest().starts_with(quote) {
            self.at += 1 + hashes;
        }
        self.at = self.at.min(self.text.len());
    }

    /// Searches or masks a literal part of a string.
    fn segment(&mut self, span: Range<usize>, masks: bool) {
        if masks {
            self.found.push(span);
        } else {
            self.look_inside(span);
        }
    }

    fn look_inside(&mut self, span: Range<usize>) {
        let inside = self.text.get(span.clone()).unwrap_or_default();
        let shift = |key: Range<usize>| span.start + key.start..span.start + key.end;
        self.found
            .extend(loose::spans(inside).into_iter().map(shift));
    }
}

/// Returns the number of `#` before a raw string, `#"…"#`.
fn raw_hashes(rest: &str) -> Option<usize> {
    let hashes = rest.bytes().take_while(|byte| *byte == b'#').count();
    (rest.as_bytes().get(hashes) == Some(&b'"')).then_some(hashes)
}

/// Returns true if a sign assigns or compares a value: `:`, `=`, `==`, `+=`, `!=`, but not the `::` of a module.
fn gives(rest: &str) -> bool {
    match rest.as_bytes() {
        [b':', b':', ..] => false,
        [b':' | b'=', ..] | [b'+' | b'!', b'=', ..] => true,
        _ => false,
    }
}

/// Returns true if the text after a line break continues a value.
fn goes_on(rest: &str) -> bool {
    rest.trim_start().starts_with(['+', '.', '?', '=', ':'])
}

/// Returns the length of the comment at the beginning of the text; block comments nest.
fn comment(rest: &str) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    let bytes = rest.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => (at, depth) = (at + 2, depth + 1),
            Some(b"*/") if depth == 1 => return at + 2,
            Some(b"*/") => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests;
