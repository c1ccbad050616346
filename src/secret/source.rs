//! Keeps keys out of source text: what history keeps of a statement, and the line shown under an error.
//!
//! [`spans`] reads the text as Rhai's lexer does (texts, characters, comments, interpolation), so that a quote in a
//! comment does not shift what it takes for a text. Whatever is given to a secret's name is masked whole; other texts
//! and comments are searched for what looks like a key.

use super::MASK;
use super::known::{hidden, hidden_now};
use super::loose;
use super::names::{is_place, is_secret};
use std::ops::Range;

/// How deeply interpolated texts are followed; what is nested deeper is masked.
const DEPTH: usize = 32;
/// What these functions take is the name of a secret's place, not the secret.
const LOOKUPS: [&str; 3] = ["secret", "env", "read_text"];
/// Of these only the last takes more than a variable's name.
const PATHS: &str = "read_text";
/// What these functions take second is the value of what they take first: `headers.set("token", "…")`.
const SETTERS: [&str; 6] = ["set", "insert", "put", "add", "header", "with_header"];

/// The text with every key in it replaced by [`MASK`], also those that only this run knows to be keys.
pub(crate) fn masked(text: &str) -> String {
    hidden(&rewritten(text, |_| MASK.to_owned()))
}

/// The same for the moment of a crash; `None` where what this run knows cannot be looked at now.
pub(crate) fn masked_now(text: &str) -> Option<String> {
    hidden_now(&rewritten(text, |_| MASK.to_owned()))
}

/// The text with every letter of a key replaced by `*`: lines and columns stay as they are.
pub(crate) fn veiled(text: &str) -> String {
    rewritten(text, |key| {
        let veil = |letter| if letter == '\n' { letter } else { '*' };
        key.chars().map(veil).collect()
    })
}

/// The keys in the text, in order, none empty.
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

/// Where keys stand: in order, apart from each other, none empty.
pub(crate) fn spans(text: &str) -> Vec<Range<usize>> {
    let mut scan = Scan {
        text,
        at: 0,
        found: Vec::new(),
    };
    // A closing brace of no interpolation ends `code` early.
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

/// What was read last, as far as it says something about what comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last<'a> {
    /// A word.
    Name(&'a str),
    /// A text's content.
    Text(&'a str),
    /// The parenthesis after a function that looks a secret up.
    Lookup(&'a str),
    /// A closing bracket or number.
    Value,
    /// Anything else.
    Other,
}

/// The state within one stretch of code.
struct State<'a> {
    last: Last<'a>,
    /// Open brackets: true for those of a function that sets what it is given by name.
    open: Vec<bool>,
    /// True behind `fn` and a secret's name: what such a function gives is a secret.
    gives_secret: bool,
    /// The number of open brackets where a secret's name was given a value that still goes on.
    armed: Option<usize>,
}

impl Last<'_> {
    /// True for a secret's name, as a word or a text.
    fn is_secret(&self) -> bool {
        matches!(self, Self::Name(name) | Self::Text(name) if is_secret(name))
    }
}

impl State<'_> {
    /// What comes next is a secret's value, until the brackets that are open now close.
    fn begin_value(&mut self) {
        self.armed = Some(
            self.armed
                .map_or(self.open.len(), |open| open.min(self.open.len())),
        );
    }

    /// A comma, semicolon or closing bracket ends the value given to a secret's name.
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

    /// Reads code up to a closing brace that it did not open, or to the end.
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
                // The name in `options["token"] = …` counts.
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

    /// Reads a text or character: `quote` stands at the place, after `hashes` number signs for a raw text.
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
                // A doubled quote stands for one.
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
            // Somebody gave the secret itself.
            self.found.push(start..self.at);
        }
        state.last = Last::Text(content);
        if self.rest().starts_with(quote) {
            self.at += 1 + hashes;
        }
        self.at = self.at.min(self.text.len());
    }

    /// A literal part of a text.
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

/// The number signs before a raw text, `#"…"#`.
fn raw_hashes(rest: &str) -> Option<usize> {
    let hashes = rest.bytes().take_while(|byte| *byte == b'#').count();
    (rest.as_bytes().get(hashes) == Some(&b'"')).then_some(hashes)
}

/// True if a sign gives or compares a value: `:`, `=`, `==`, `+=`, `!=`, but not the `::` of a module.
fn gives(rest: &str) -> bool {
    match rest.as_bytes() {
        [b':', b':', ..] => false,
        [b':' | b'=', ..] | [b'+' | b'!', b'=', ..] => true,
        _ => false,
    }
}

/// True if what follows a line break goes on with a value.
fn goes_on(rest: &str) -> bool {
    rest.trim_start().starts_with(['+', '.', '?', '=', ':'])
}

/// The length of the comment at the beginning of the text; block comments nest.
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
