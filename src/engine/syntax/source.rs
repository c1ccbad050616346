//! A text with its tokens: brackets that belong together, strings, calls, and, in `statements`, declared names.

mod statements;

use super::lexer::{Lexer, OpenConstruct, SourceToken};
use rhai::Token;
pub(crate) use statements::SourceStatement;
use std::ops::Range;

/// A text split into tokens. Positions in it are token indexes, counted from 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct SourceText {
    text: String,
    tokens: Vec<SourceToken>,
    /// Byte ranges of the comments, in order.
    comments: Vec<Range<usize>>,
    /// For each token, the index of the bracket that belongs to it, if it's a bracket with a partner.
    partners: Vec<Option<usize>>,
    open: Option<OpenConstruct>,
}

impl SourceText {
    /// Splits a text. Text that doesn't parse is accepted.
    pub(crate) fn read(text: &str) -> Self {
        let mut source = Self {
            text: text.to_owned(),
            ..Self::default()
        };
        let mut lexer = Lexer::new(text);
        for SourceToken { token, span } in lexer.by_ref() {
            if matches!(token, Token::Comment(_)) {
                source.comments.push(span);
            } else {
                source.push(SourceToken { token, span });
            }
        }
        source.open = lexer.open();
        source.pair_brackets();
        source
    }

    /// Adds a token. `import` before a parenthesis is a function's name.
    fn push(&mut self, token: SourceToken) {
        if let Some(last) = self.tokens.last_mut()
            && last.token == Token::Import
            && token.token == Token::LeftParen
        {
            last.token = Token::Identifier(Box::new("import".into()));
        }
        self.tokens.push(token);
    }

    /// Finds the bracket that belongs to each bracket. A brace closes the innermost open brace, as in the lexer; another
    /// bracket must fit the innermost open one, and is skipped otherwise.
    fn pair_brackets(&mut self) {
        self.partners = vec![None; self.tokens.len()];
        let mut open: Vec<(usize, Token)> = Vec::new();
        let mut braces = 0;
        for (index, SourceToken { token, .. }) in self.tokens.iter().enumerate() {
            if let Some(closer) = closer(token) {
                braces += usize::from(closer == Token::RightBrace);
                open.push((index, closer));
                continue;
            }
            // Each token is looked for only among brackets that it closes, so the time is linear.
            let fitting = if *token == Token::RightBrace && braces > 0 {
                braces -= 1;
                open.iter().rposition(|(_, closer)| closer == token)
            } else {
                let last = open.len().checked_sub(1);
                last.filter(|last| open.get(*last).is_some_and(|(_, closer)| closer == token))
            };
            let Some(at) = fitting else {
                continue;
            };
            if let Some((opening, _)) = open.drain(at..).next() {
                for (one, other) in [(opening, index), (index, opening)] {
                    if let Some(partner) = self.partners.get_mut(one) {
                        *partner = Some(other);
                    }
                }
            }
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the number of tokens.
    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(crate) fn comments(&self) -> &[Range<usize>] {
        &self.comments
    }

    /// Returns the string or comment that's still open at the end of the text.
    pub(crate) fn open(&self) -> Option<OpenConstruct> {
        self.open
    }

    pub(crate) fn token(&self, index: usize) -> Option<&Token> {
        self.tokens.get(index).map(|it| &it.token)
    }

    /// Returns the token before an index.
    pub(crate) fn before(&self, index: usize) -> Option<&Token> {
        self.token(index.checked_sub(1)?)
    }

    /// Returns a token's byte range. Behind the last token it's the empty range at the end of the text.
    pub(crate) fn span(&self, index: usize) -> Range<usize> {
        let end = self.text.len()..self.text.len();
        self.tokens.get(index).map_or(end, |it| it.span.clone())
    }

    /// Returns a token's text.
    pub(crate) fn slice(&self, index: usize) -> &str {
        self.part(self.span(index))
    }

    /// Returns the part of the text in a byte range.
    pub(crate) fn part(&self, span: Range<usize>) -> &str {
        self.text.get(span).unwrap_or_default()
    }

    /// Returns the text from the first to the last of these tokens.
    pub(crate) fn tokens_text(&self, tokens: Range<usize>) -> &str {
        match tokens.end.checked_sub(1) {
            Some(last) if !tokens.is_empty() => {
                self.part(self.span(tokens.start).start..self.span(last).end)
            }
            _ => "",
        }
    }

    /// Returns the identifier at an index.
    pub(crate) fn name(&self, index: usize) -> Option<&str> {
        match self.token(index)? {
            Token::Identifier(name) => Some(name.as_str()),
            _ => None,
        }
    }

    /// Returns true if the token at an index is accessed as a member: it follows `.` or `?.`.
    pub(crate) fn is_member(&self, index: usize) -> bool {
        matches!(self.before(index), Some(Token::Period | Token::Elvis))
    }

    /// Returns true if the token before a parenthesis names the called function.
    pub(crate) fn is_called(&self, index: usize) -> bool {
        self.token(index + 1) == Some(&Token::LeftParen)
    }

    /// Returns the index of the bracket that belongs to the one at an index.
    pub(crate) fn partner(&self, index: usize) -> Option<usize> {
        self.partners.get(index).copied().flatten()
    }

    /// Returns true for an opening bracket, `{` and `#{` included.
    pub(crate) fn opens(&self, index: usize) -> bool {
        self.token(index).and_then(closer).is_some()
    }

    /// Returns the brackets that are open before an index, the innermost last.
    pub(crate) fn open_before(&self, index: usize) -> Vec<usize> {
        (0..index.min(self.len()))
            .filter(|at| self.opens(*at) && self.partner(*at).is_none_or(|close| close >= index))
            .collect()
    }

    /// Returns the number of tokens that end at or before a byte offset.
    pub(crate) fn count_before(&self, offset: usize) -> usize {
        self.tokens.partition_point(|it| it.span.end <= offset)
    }

    /// Returns the byte ranges of the bracket under a byte offset, or else just before it, and of its partner.
    pub(crate) fn bracket_pair(&self, offset: usize) -> Option<[Range<usize>; 2]> {
        let under = self.count_before(offset);
        let is_under = |index: &usize| self.span(*index).contains(&offset);
        let ends_here = |index: &usize| self.span(*index).end == offset;
        let closes = |index: usize| matches!(self.slice(index), ")" | "]" | "}");
        let is_bracket = |index: &usize| self.opens(*index) || closes(*index);
        let here = Some(under).filter(is_under).filter(is_bracket);
        let here = here.or_else(|| under.checked_sub(1).filter(ends_here))?;
        let partner = self.partner(here)?;
        Some([self.span(here.min(partner)), self.span(here.max(partner))])
    }

    /// Returns the index behind the token at an index, or behind the closing bracket if it opens one.
    pub(crate) fn skip(&self, index: usize) -> usize {
        let close = self.partner(index).filter(|close| *close > index);
        close.map_or(index + 1, |close| close + 1)
    }

    /// Returns the items between the bracket at `open` and its partner, or `end` if it's open: token ranges between the
    /// commas directly inside. An item may be empty; without any token there's no item.
    pub(crate) fn items(&self, open: usize, end: usize) -> Vec<Range<usize>> {
        let end = self.partner(open).map_or(end, |close| close.min(end));
        let mut items = Vec::new();
        let (mut first, mut at) = (open + 1, open + 1);
        while at < end {
            if self.token(at) == Some(&Token::Comma) {
                items.push(first..at);
                first = at + 1;
            }
            at = self.skip(at);
        }
        if first < end || !items.is_empty() {
            items.push(first..end);
        }
        items
    }

    /// Returns the key of a map's item, if the item has the form `key: …`.
    pub(crate) fn key(&self, item: &Range<usize>) -> Option<&str> {
        if self.token(item.start + 1) != Some(&Token::Colon) || item.start + 1 >= item.end {
            return None;
        }
        match self.token(item.start)? {
            Token::StringConstant(_) => Some(self.part(self.text_content(item.start))),
            Token::Identifier(_) => Some(self.slice(item.start)),
            token => token.is_standard_keyword().then(|| self.slice(item.start)),
        }
    }

    /// Returns true for a string, a part of a back-tick string, or a character, also an unterminated one.
    pub(crate) fn is_text(&self, index: usize) -> bool {
        match self.token(index) {
            Some(
                Token::StringConstant(_) | Token::InterpolatedString(_) | Token::CharConstant(_),
            ) => true,
            Some(Token::LexError(_)) => self.slice(index).starts_with(['"', '\'', '`']),
            _ => false,
        }
    }

    /// Returns the brace that begins the interpolation which the brace at an index ends.
    pub(crate) fn interpolation(&self, close: usize) -> Option<usize> {
        let open = self.partner(close).filter(|open| *open < close)?;
        matches!(self.before(open), Some(Token::InterpolatedString(_))).then_some(open)
    }

    /// Returns the interpolation before this part of a back-tick string; `None` for a string's first part.
    fn interpolation_before(&self, index: usize) -> Option<usize> {
        let close = index.checked_sub(1).filter(|_| self.is_text(index))?;
        self.interpolation(close)
    }

    /// Returns true for a part of a back-tick string behind an interpolation.
    pub(crate) fn continues_text(&self, index: usize) -> bool {
        self.interpolation_before(index).is_some()
    }

    /// Returns the index of the first part of the string at an index.
    pub(crate) fn text_start(&self, index: usize) -> usize {
        let mut index = index;
        while let Some(open) = self.interpolation_before(index) {
            index = open - 1;
        }
        index
    }

    /// Returns the index of the first part of the string that's open at the end of the text.
    pub(crate) fn open_text(&self) -> Option<usize> {
        let last = self.len().checked_sub(1)?;
        let last = match self.open? {
            OpenConstruct::Comment => return None,
            // Nothing follows the last interpolation.
            OpenConstruct::Text => self.interpolation(last).map_or(last, |open| open - 1),
        };
        Some(self.text_start(last))
    }

    /// Returns the byte range of a string's content, without quotes, and without the `$` of an interpolation.
    pub(crate) fn text_content(&self, index: usize) -> Range<usize> {
        let span = self.span(index);
        let slice = self.slice(index);
        let hashes = slice.len() - slice.trim_start_matches('#').len();
        let opening = match self.interpolation_before(index) {
            Some(_) => 0,
            None => hashes + 1,
        };
        let closing = match self.token(index) {
            Some(Token::InterpolatedString(_)) => 1,
            Some(Token::StringConstant(_))
                if index + 1 == self.len() && self.open == Some(OpenConstruct::Text) =>
            {
                0
            }
            Some(Token::LexError(_))
                if !slice.get(1..).unwrap_or_default().ends_with(['"', '\'']) =>
            {
                0
            }
            _ => hashes + 1,
        };
        let start = (span.start + opening).min(span.end);
        start..span.end.saturating_sub(closing).max(start)
    }
}

/// Returns the token that closes this bracket, if it's an opening one.
fn closer(token: &Token) -> Option<Token> {
    match token {
        Token::LeftParen => Some(Token::RightParen),
        Token::LeftBracket | Token::QuestionBracket => Some(Token::RightBracket),
        Token::LeftBrace | Token::MapStart => Some(Token::RightBrace),
        _ => None,
    }
}

/// Returns the byte offset of a line and column, both counted from 1, with columns in characters. Behind the end of the
/// text it's the text's length.
pub(crate) fn byte_offset(text: &str, line: usize, column: usize) -> usize {
    let lines = text.split_inclusive('\n').take(line.saturating_sub(1));
    let start: usize = lines.map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    let within = rest.char_indices().nth(column.saturating_sub(1));
    within.map_or(text.len(), |(offset, _)| start + offset)
}

#[cfg(test)]
mod tests;
