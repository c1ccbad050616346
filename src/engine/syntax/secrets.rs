//! Removal of secrets from source text, for the history, saved scripts, and the line shown under an error.
//!
//! A value that's assigned to a secret's name is masked completely. Other strings and comments are searched for parts
//! that look like secrets ([`secret::spans`]).

use super::source::SourceText;
use crate::secret::{self, MASK, hidden, hidden_now, is_place, is_secret};
use rhai::Token;
use std::ops::Range;

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
    let found = spans(&SourceText::read(text));
    found.into_iter().filter_map(|at| text.get(at)).collect()
}

fn rewritten(text: &str, cover: impl Fn(&str) -> String) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for span in spans(&SourceText::read(text)) {
        kept.push_str(text.get(from..span.start).unwrap_or_default());
        kept.push_str(&cover(text.get(span.clone()).unwrap_or_default()));
        from = span.end;
    }
    kept.push_str(text.get(from..).unwrap_or_default());
    kept
}

/// Returns the byte ranges of secrets: in order, without overlaps, and none empty.
pub(crate) fn spans(source: &SourceText) -> Vec<Range<usize>> {
    let mut scan = SecretScan {
        source,
        found: Vec::new(),
        outer: Vec::new(),
        code: CodeState::default(),
    };
    for comment in source.comments() {
        scan.search(comment.clone());
    }
    for index in 0..source.len() {
        scan.token(index);
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
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum LastToken<'a> {
    /// A word.
    Name(&'a str),
    /// A string's content.
    Text(&'a str),
    /// The parenthesis after a function that looks a secret up.
    Lookup(&'a str),
    /// A closing bracket.
    Value,
    /// Any other token.
    #[default]
    Other,
}

impl LastToken<'_> {
    /// Returns true for a secret's name, as a word or a string.
    fn is_secret(&self) -> bool {
        matches!(self, Self::Name(name) | Self::Text(name) if is_secret(name))
    }
}

/// State within one stretch of code: the whole text, or an interpolation.
#[derive(Default)]
struct CodeState<'a> {
    last: LastToken<'a>,
    /// Open brackets: true for those of a function that sets a value by name.
    open: Vec<bool>,
    /// True after `fn` and a secret's name: the result of such a function is a secret.
    returns_secret: bool,
    /// Number of open brackets when a value was assigned to a secret's name, until that value ends.
    armed: Option<usize>,
    /// True if the back-tick string around an interpolation is a secret.
    is_in_secret: bool,
}

impl CodeState<'_> {
    /// Marks the next code as a secret's value, until the brackets that are open now close.
    fn begin_value(&mut self) {
        let open = self.open.len();
        self.armed = Some(self.armed.map_or(open, |armed| armed.min(open)));
    }

    /// Ends the value of a secret's name at a line's end, comma or semicolon.
    fn end_value(&mut self) {
        if self.armed.is_some_and(|armed| self.open.len() <= armed) {
            self.armed = None;
        }
    }
}

struct SecretScan<'a> {
    source: &'a SourceText,
    found: Vec<Range<usize>>,
    /// The code around the current interpolation, the outermost first.
    outer: Vec<CodeState<'a>>,
    code: CodeState<'a>,
}

impl SecretScan<'_> {
    fn token(&mut self, index: usize) {
        let slice = self.source.slice(index);
        if self.code.last != LastToken::Other
            && self.is_after_line_break(index)
            && !slice.starts_with(['+', '.', '?', '=', ':'])
        {
            self.code.end_value();
        }
        if self.source.is_text(index) {
            self.literal(index);
        } else if slice.starts_with(|first: char| first.is_alphanumeric() || first == '_') {
            if self.code.last == LastToken::Name("fn") {
                self.code.returns_secret = is_secret(slice);
            }
            self.code.last = LastToken::Name(slice);
        } else {
            self.sign(index, slice);
        }
    }

    fn is_after_line_break(&self, index: usize) -> bool {
        let before = index.checked_sub(1).map(|before| self.source.span(before));
        before.is_some_and(|before| {
            let gap = before.end..self.source.span(index).start;
            self.source.part(gap).contains('\n')
        })
    }

    fn sign(&mut self, index: usize, slice: &str) {
        let code = &mut self.code;
        match slice {
            "{" if matches!(
                self.source.before(index),
                Some(Token::InterpolatedString(_))
            ) =>
            {
                self.outer.push(std::mem::take(code));
            }
            "(" | "[" | "{" | "#{" | "?[" => {
                let called = match code.last {
                    LastToken::Name(name) if slice == "(" => name,
                    _ => "",
                };
                code.open.push(SETTERS.contains(&called));
                if slice == "{" && std::mem::take(&mut code.returns_secret) {
                    code.begin_value();
                }
                code.last = if LOOKUPS.contains(&called) {
                    LastToken::Lookup(called)
                } else {
                    LastToken::Other
                };
            }
            "}" if self.source.interpolation(index).is_some() => {
                if let Some(outer) = self.outer.pop() {
                    *code = outer;
                }
            }
            ")" | "]" | "}" => {
                code.open.pop();
                if code.armed.is_some_and(|armed| code.open.len() < armed) {
                    code.armed = None;
                }
                // The name in `options["token"] = …` counts as well.
                if slice != "]" || !matches!(code.last, LastToken::Name(_) | LastToken::Text(_)) {
                    code.last = LastToken::Value;
                }
            }
            "," | ";" => {
                code.end_value();
                let sets = slice == "," && code.open.last() == Some(&true);
                if sets && matches!(code.last, LastToken::Text(name) if is_secret(name)) {
                    code.begin_value();
                }
                code.last = LastToken::Other;
            }
            _ => {
                if code.last.is_secret() && gives(slice) {
                    code.begin_value();
                }
                code.last = LastToken::Other;
            }
        }
    }

    /// Masks or searches a string, a character, or a part of a back-tick string.
    fn literal(&mut self, index: usize) {
        let span = self.source.text_content(index);
        let content = self.source.part(span.clone());
        let interpolates = matches!(self.source.token(index), Some(Token::InterpolatedString(_)));
        let is_secret = match self.code.last {
            _ if self.source.continues_text(index) => self.code.is_in_secret,
            LastToken::Lookup(PATHS) => false,
            // The argument is the secret itself rather than the name of its place.
            LastToken::Lookup(_) => interpolates || !is_place(content),
            _ => self.code.armed.is_some(),
        };
        if is_secret {
            self.found.push(span);
        } else {
            self.search(span);
        }
        self.code.is_in_secret = is_secret && interpolates;
        self.code.last = LastToken::Text(content);
    }

    /// Searches a comment or a part of a string.
    fn search(&mut self, span: Range<usize>) {
        let inside = secret::spans(self.source.part(span.clone()));
        let shift = |key: Range<usize>| span.start + key.start..span.start + key.end;
        self.found.extend(inside.into_iter().map(shift));
    }
}

/// Returns true if a sign assigns or compares a value: `:`, `=`, `==`, `+=`, `!=`, but not the `::` of a module.
fn gives(sign: &str) -> bool {
    (sign.starts_with([':', '=']) && sign != "::") || matches!(sign, "+=" | "!=")
}

#[cfg(test)]
mod tests;
