//! A filter's text as words, numbers, texts and signs.

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name or a keyword.
    Word(String),
    /// A number without its sign, as written.
    Number(String),
    /// A text, without quotes and escapes.
    Text(String),
    /// `{name}`.
    Param(String),
    /// Anything else.
    Sign(&'static str),
}

/// Longer signs before those they begin with.
const SIGNS: [&str; 22] = [
    "==", "!=", "<=", ">=", "&&", "||", "**", "<<", ">>", "<", ">", "(", ")", "[", "]", ",", "!",
    "-", "+", "*", "/", "%",
];

/// The tokens of a filter, or what is wrong with it.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '"' | '\'' => quoted(rest, first)?,
            '{' => param(rest)?,
            _ if first.is_ascii_digit() => number(rest),
            _ if is_name(first) => word(rest),
            _ => sign(rest)?,
        };
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

fn is_name(letter: char) -> bool {
    letter == '_' || letter == '$' || letter.is_alphanumeric()
}

fn word(text: &str) -> (Token, &str) {
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (Token::Word(word.to_owned()), rest)
}

fn number(text: &str) -> (Token, &str) {
    let mut before = ' ';
    let inside = |c: char| {
        let sign = matches!(c, '+' | '-') && matches!(before, 'e' | 'E');
        before = c;
        sign || c == '.' || c.is_ascii_alphanumeric()
    };
    let end = text.find({
        let mut inside = inside;
        move |c| !inside(c)
    });
    let (number, rest) = text.split_at(end.unwrap_or(text.len()));
    (Token::Number(number.to_owned()), rest)
}

fn param(text: &str) -> Result<(Token, &str), String> {
    let inner = text.strip_prefix('{').unwrap_or(text);
    let (name, rest) = inner.split_once('}').ok_or("a { without its }")?;
    Ok((Token::Param(name.trim().to_owned()), rest))
}

fn sign(text: &str) -> Result<(Token, &str), String> {
    let found = SIGNS
        .iter()
        .find_map(|sign| Some((Token::Sign(sign), text.strip_prefix(sign)?)));
    found.ok_or_else(|| match text.strip_prefix('=') {
        Some(_) => "\"=\": equality is written ==".to_owned(),
        None => format!("{:?} is not expected", text.chars().next().unwrap_or(' ')),
    })
}

/// A text in either kind of quotes; `\` escapes as in JSON, and keeps `%` and `_` escaped for `like`.
fn quoted(text: &str, quote: char) -> Result<(Token, &str), String> {
    let mut content = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        if letter == quote {
            let rest = text.get(at + quote.len_utf8()..).unwrap_or_default();
            return Ok((Token::Text(content), rest));
        }
        if letter != '\\' {
            content.push(letter);
            continue;
        }
        match letters.next().map(|(_, letter)| letter) {
            Some('n') => content.push('\n'),
            Some('t') => content.push('\t'),
            Some('r') => content.push('\r'),
            Some('u') => {
                let digits: String = letters.by_ref().take(4).map(|(_, digit)| digit).collect();
                let letter = u32::from_str_radix(&digits, 16)
                    .ok()
                    .and_then(char::from_u32);
                content.push(letter.ok_or_else(|| format!("\\u{digits} is no character"))?);
            }
            Some(pattern @ ('%' | '_')) => content.extend(['\\', pattern]),
            Some(letter) => content.push(letter),
            None => break,
        }
    }
    Err("a text without its closing quote".to_owned())
}
