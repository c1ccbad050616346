//! Reads code up to the cursor as Rhai's lexer would: words, texts, comments, interpolation.
//!
//! Rhai's own lexer cannot be used: it loses its way after the first `${` of a back-tick text, and an open text is an
//! error to it. What stands in a comment or text is left out, and inside `${…}` only the code in there counts.

use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// A name or keyword.
    Word,
    /// A number.
    Number,
    /// A closed text or character, its quotes included.
    Text,
    /// An operator or bracket; `#{` is one.
    Sign,
}

/// One token of the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) sort: Sort,
    /// Where it stands, in bytes of the whole text.
    pub(super) span: Range<usize>,
}

/// What the cursor stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Code.
    Code,
    /// A comment, a character, or a text whose kind has no completion (`#"…"#`).
    Opaque,
    /// A text that began with this quote and whose content begins at `start`.
    Text { quote: char, start: usize },
}

/// The code that the cursor stands in: of nested interpolations the innermost.
#[derive(Debug)]
pub(super) struct Code<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: Vec<Token>,
    pub(super) end: End,
}

impl<'t> Code<'t> {
    /// The word or sign at an index; empty where there is none, or a text.
    pub(super) fn word(&self, index: Option<usize>) -> &'t str {
        self.token(index)
            .filter(|token| token.sort != Sort::Text)
            .map_or("", |token| self.slice(token))
    }

    /// True if a plain word stands at the index.
    pub(super) fn is_name(&self, index: Option<usize>) -> bool {
        self.token(index)
            .is_some_and(|token| token.sort == Sort::Word)
    }

    /// The token at an index.
    pub(super) fn token(&self, index: Option<usize>) -> Option<&Token> {
        self.tokens.get(index?)
    }

    /// A token's text.
    pub(super) fn slice(&self, token: &Token) -> &'t str {
        self.text.get(token.span.clone()).unwrap_or_default()
    }

    /// The index of the bracket that the closing one at `close` belongs to.
    pub(super) fn opening(&self, close: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for index in (0..=close).rev() {
            match self.word(Some(index)) {
                ")" | "]" | "}" => depth += 1,
                "(" | "[" | "{" | "#{" => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(index);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// One level of interpolation.
#[derive(Default)]
struct Frame {
    tokens: Vec<Token>,
    /// Braces opened in it.
    open: usize,
    /// Where the back-tick text that it stands in begins.
    text: usize,
}

/// Reads the text, of which all stands before the cursor.
pub(super) fn scan(text: &str) -> Code<'_> {
    let mut scan = Scan {
        text,
        at: 0,
        outer: Vec::new(),
        frame: Frame::default(),
        end: End::Code,
    };
    while scan.at < text.len() {
        scan.next();
    }
    Code {
        text,
        tokens: scan.frame.tokens,
        end: scan.end,
    }
}

struct Scan<'t> {
    text: &'t str,
    at: usize,
    outer: Vec<Frame>,
    frame: Frame,
    end: End,
}

impl<'t> Scan<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, sort: Sort, length: usize) {
        let span = self.at..self.at + length;
        self.at += length;
        self.frame.tokens.push(Token { sort, span });
    }

    fn next(&mut self) {
        let rest = self.rest();
        let Some(letter) = rest.chars().next() else {
            return;
        };
        match letter {
            _ if letter.is_whitespace() => self.at += letter.len_utf8(),
            '"' | '\'' => self.quoted(letter),
            '`' => self.template(self.at),
            '#' if raw_hashes(rest).is_some() => self.raw(),
            '/' if rest.starts_with("//") || rest.starts_with("/*") => match comment(rest) {
                Some(length) => self.at += length,
                None => self.stop(End::Opaque),
            },
            '}' if self.frame.open == 0 && !self.outer.is_empty() => self.leave(),
            _ if letter.is_alphanumeric() || letter == '_' => {
                let is_part = |c: char| c.is_alphanumeric() || c == '_';
                let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                let sort = if letter.is_ascii_digit() {
                    Sort::Number
                } else {
                    Sort::Word
                };
                self.push(sort, length);
            }
            _ => {
                let length = sign(rest, letter);
                match rest.get(..length) {
                    Some("{" | "#{") => self.frame.open += 1,
                    Some("}") => self.frame.open = self.frame.open.saturating_sub(1),
                    _ => {}
                }
                self.push(Sort::Sign, length);
            }
        }
    }

    /// The cursor stands in something open.
    fn stop(&mut self, end: End) {
        self.at = self.text.len();
        self.end = end;
    }

    /// `"…"` or `'…'`: ends on its own line, a doubled quote stands for one.
    fn quoted(&mut self, quote: char) {
        let begin = self.at;
        self.at += 1;
        while let Some(letter) = self.rest().chars().next() {
            match letter {
                '\\' => {
                    let step: usize = self.rest().chars().take(2).map(char::len_utf8).sum();
                    self.at += step;
                }
                '\n' => return self.text_token(begin),
                _ if letter == quote => {
                    self.at += 1;
                    if !self.rest().starts_with(quote) {
                        return self.text_token(begin);
                    }
                    self.at += 1;
                }
                _ => self.at += letter.len_utf8(),
            }
        }
        self.stop(match quote {
            '"' => End::Text {
                quote,
                start: begin + 1,
            },
            _ => End::Opaque,
        });
    }

    /// A back-tick text that began at `begin`, from where it has been read to.
    fn template(&mut self, begin: usize) {
        if self.at == begin {
            self.at += 1;
        }
        while let Some(letter) = self.rest().chars().next() {
            if self.rest().starts_with("${") {
                self.at += 2;
                let inner = Frame {
                    text: begin,
                    ..Frame::default()
                };
                self.outer.push(std::mem::replace(&mut self.frame, inner));
                return;
            }
            self.at += letter.len_utf8();
            if letter == '`' {
                if !self.rest().starts_with('`') {
                    return self.text_token(begin);
                }
                self.at += 1;
            }
        }
        self.stop(End::Text {
            quote: '`',
            start: begin + 1,
        });
    }

    /// The brace that closes an interpolation: its text goes on.
    fn leave(&mut self) {
        self.at += 1;
        let begin = self.frame.text;
        self.frame = self.outer.pop().unwrap_or_default();
        self.template(begin);
    }

    /// `#"…"#`
    fn raw(&mut self) {
        let begin = self.at;
        let hashes = raw_hashes(self.rest()).unwrap_or_default();
        let closing = format!("\"{}", "#".repeat(hashes));
        self.at += hashes + 1;
        match self.rest().find(&closing) {
            Some(end) => {
                self.at += end + closing.len();
                self.text_token(begin);
            }
            None => self.stop(End::Opaque),
        }
    }

    fn text_token(&mut self, begin: usize) {
        self.frame.tokens.push(Token {
            sort: Sort::Text,
            span: begin..self.at,
        });
    }
}

/// The number signs before a raw text.
fn raw_hashes(rest: &str) -> Option<usize> {
    let hashes = rest.bytes().take_while(|byte| *byte == b'#').count();
    (rest.as_bytes().get(hashes) == Some(&b'"')).then_some(hashes)
}

/// The length of the comment at the beginning of the text; `None` where it is still open. Block comments nest.
fn comment(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return rest.find('\n');
    }
    let bytes = rest.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => (at, depth) = (at + 2, depth + 1),
            Some(b"*/") if depth == 1 => return Some(at + 2),
            Some(b"*/") => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
    }
    None
}

/// The length of the sign at the beginning of the text.
fn sign(rest: &str, letter: char) -> usize {
    const LONG: [&str; 16] = [
        "..=", "..", "::", "?.", "??", "#{", "=>", "==", "!=", "<=", ">=", "&&", "||", "+=", "-=",
        "*=",
    ];
    LONG.into_iter()
        .find(|long| rest.starts_with(long))
        .map_or(letter.len_utf8(), str::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> (Vec<&str>, End) {
        let code = scan(text);
        let words = code.tokens.iter().map(|token| code.slice(token)).collect();
        (words, code.end)
    }

    #[test]
    fn texts_and_comments_are_told_from_code() {
        for (text, tokens, end) in [
            ("a.b(1)", vec!["a", ".", "b", "(", "1", ")"], End::Code),
            (
                "x?.y::z #{",
                vec!["x", "?.", "y", "::", "z", "#{"],
                End::Code,
            ),
            ("a // b", vec!["a"], End::Opaque),
            ("a // b\nc", vec!["a", "c"], End::Code),
            ("a /* b /* c */ d", vec!["a"], End::Opaque),
            ("a /* b */ d", vec!["a", "d"], End::Code),
            (r#""a\"b""c" d"#, vec![r#""a\"b""c""#, "d"], End::Code),
            (
                r#"f("a"#,
                vec!["f", "("],
                End::Text {
                    quote: '"',
                    start: 3,
                },
            ),
            ("'\"' a", vec!["'\"'", "a"], End::Code),
            ("'a", vec![], End::Opaque),
            (r##"#"a"b"# c"##, vec![r##"#"a"b"#"##, "c"], End::Code),
            ("f(`a ${g(", vec!["g", "("], End::Code),
            (
                "f(`a ${#{b: 1}} c` d",
                vec!["f", "(", "`a ${#{b: 1}} c`", "d"],
                End::Code,
            ),
            (
                "f(`a ${b} c",
                vec!["f", "("],
                End::Text {
                    quote: '`',
                    start: 3,
                },
            ),
            ("\"open\nb", vec!["\"open", "b"], End::Code),
        ] {
            assert_eq!(words(text), (tokens, end), "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_only_deep() {
        let text = "`${".repeat(10_000);
        assert_eq!(words(&text), (vec![], End::Code));
    }
}
