//! Splits a filter's text into tokens, by the lexer rules of Milvus' grammar (internal/parser/planparserv2/Plan.g4).
//!
//! As in ANTLR, the longest token wins, so `in[1]` is a path and `09` is two numbers. Keywords are all lower case or
//! all upper case; names are ASCII.

use super::literal;

/// A token. Its texts borrow from the filter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token<'t> {
    /// A name that isn't a keyword.
    Name(&'t str),
    /// A name with keys (`doc["a"][0]`), or `$meta` with or without keys.
    Path(&'t str, Vec<PathKey>),
    /// A path into a struct array, as written in the filter.
    StructPath(&'t str),
    /// A whole number, as written in the filter.
    Integer(&'t str),
    /// A number with a fraction or an exponent, as written in the filter.
    Float(&'t str),
    /// A text with its quotes and escapes.
    Text(&'t str),
    /// The content of a raw text (`r"…"`).
    Raw(&'t str),
    /// `true` or `false`.
    Bool(bool),
    /// A keyword in lower case; `&&`, `||` and `!` are `and`, `or` and `not`.
    Word(&'static str),
    /// An operator or punctuation mark.
    Sign(&'static str),
}

impl Token<'_> {
    /// Returns the name and the keys of a field.
    pub(crate) fn field(&self) -> Option<(&str, &[PathKey])> {
        match self {
            Self::Name(name) => Some((name, &[])),
            Self::Path(name, keys) => Some((name, keys)),
            _ => None,
        }
    }
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PathKey {
    /// The key, or the digits of an index.
    pub(crate) text: String,
    /// Whether the key is an index.
    pub(crate) is_index: bool,
}

/// Signs, sorted so that a longer sign comes before a prefix of it.
const SIGNS: [&str; 31] = [
    "&&", "||", "==", "!=", "<=", ">=", "=~", "!~", "**", "<<", ">>", "<", ">", "=", "(", ")", "[",
    "]", "{", "}", ",", "-", "+", "*", "/", "%", "&", "|", "^", "~", "!",
];

/// Keywords that are a single word.
const WORDS: &str = "and or not in like exists json_contains json_contains_all json_contains_any array_contains \
    array_contains_all array_contains_any array_length iso interval text_match text_match_fuzzy phrase_match \
    random_sample element_filter match_all match_any match_least match_most match_exact threshold \
    minimum_should_match st_equals st_touches st_overlaps st_crosses st_contains st_intersects st_within st_dwithin \
    st_isvalid";

/// Returns the tokens of a filter.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token<'_>>, String> {
    let mut tokens = Vec::new();
    let mut rest = skip_blanks(text);
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '"' | '\'' => {
                let length = literal::quoted_length(rest)?;
                (Token::Text(head(rest, length)), length)
            }
            '$' => meta(rest)?,
            '0'..='9' | '.' => number(rest).ok_or_else(|| unexpected(first))?,
            _ if is_name_start(first) => name(rest)?,
            _ => sign(rest).ok_or_else(|| unexpected(first))?,
        };
        tokens.push(token);
        rest = skip_blanks(tail(rest, length));
    }
    Ok(tokens)
}

fn unexpected(letter: char) -> String {
    format!(
        "{letter:?} is not expected outside of a text; other names than ASCII ones are written $meta[\"…\"]"
    )
}

fn skip_blanks(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\r', '\n'])
}

fn head(text: &str, length: usize) -> &str {
    text.get(..length).unwrap_or(text)
}

fn tail(text: &str, length: usize) -> &str {
    text.get(length..).unwrap_or_default()
}

fn is_name_start(letter: char) -> bool {
    letter == '_' || letter.is_ascii_alphabetic()
}

fn name_length(text: &str) -> usize {
    text.find(|letter| !(is_name_start(letter) || letter.is_ascii_digit()))
        .unwrap_or(text.len())
}

/// Reads a keyword, a name, a path, or a text with a prefix.
fn name(text: &str) -> Result<(Token<'_>, usize), String> {
    let length = name_length(text);
    let (name, rest) = (head(text, length), tail(text, length));
    if rest.starts_with(['"', '\'']) {
        match name {
            "r" | "R" => {
                let quoted = literal::quoted_length(rest)?;
                let content = head(rest, quoted).get(1..quoted - 1).unwrap_or_default();
                return Ok((Token::Raw(content), length + quoted));
            }
            "u8" | "u" | "U" | "L" => {
                let all = length + literal::quoted_length(rest)?;
                return Ok((Token::Text(head(text, all)), all));
            }
            _ => {}
        }
    }
    if let Some((token, keys)) = path(name, text, rest)? {
        return Ok((token, length + keys));
    }
    for word in ["is null", "is not null"] {
        let start = head(text, word.len());
        if start == word || start == word.to_ascii_uppercase() {
            return Ok((Token::Word(word), word.len()));
        }
    }
    let token = match name {
        "true" | "True" | "TRUE" => Token::Bool(true),
        "false" | "False" | "FALSE" => Token::Bool(false),
        _ => word(name).map_or(Token::Name(name), Token::Word),
    };
    Ok((token, length))
}

fn word(name: &str) -> Option<&'static str> {
    let upper = !name.bytes().any(|letter| letter.is_ascii_lowercase());
    let mut words = WORDS.split_ascii_whitespace();
    words.find(|word| name == *word || (upper && name.eq_ignore_ascii_case(word)))
}

/// Reads the keys of a path, whose name ends before `rest`, and returns the path and the length of the keys.
fn path<'t>(
    name: &'t str,
    text: &'t str,
    rest: &'t str,
) -> Result<Option<(Token<'t>, usize)>, String> {
    let mut keys = Vec::new();
    let mut after = rest;
    while let Some((key, length)) = path_key(after)? {
        keys.push(key);
        after = tail(after, length);
    }
    let used = rest.len() - after.len();
    let inner = after.strip_prefix('[');
    let inner = inner.filter(|inner| inner.starts_with(is_name_start));
    let member = inner.map(name_length);
    let member = member.filter(|length| tail(after, length + 1).starts_with(']'));
    let indexed = matches!(keys.as_slice(), [] | [PathKey { is_index: true, .. }]);
    if let Some(member) = member.filter(|_| indexed) {
        let used = used + member + 2;
        let token = Token::StructPath(head(text, name.len() + used));
        return Ok(Some((token, used)));
    }
    Ok((!keys.is_empty()).then_some((Token::Path(name, keys), used)))
}

/// Reads `["key"]`, `[r"key"]` or `[0]`, and returns it with its length; `None` if `text` starts with something else.
fn path_key(text: &str) -> Result<Option<(PathKey, usize)>, String> {
    let Some(inner) = text.strip_prefix('[') else {
        return Ok(None);
    };
    let raw = inner.starts_with(['r', 'R']) && tail(inner, 1).starts_with(['"', '\'']);
    let quoted = tail(inner, usize::from(raw));
    let (key, length) = if quoted.starts_with(['"', '\'']) {
        let length = literal::quoted_length(quoted)?;
        let content = quoted.get(1..length - 1).unwrap_or_default();
        let text = if raw {
            content.to_owned()
        } else {
            literal::path_key(content)
        };
        let is_index = false;
        (PathKey { text, is_index }, length + usize::from(raw))
    } else {
        let length = inner.bytes().take_while(u8::is_ascii_digit).count();
        let digits = head(inner, length);
        if length == 0 || (length > 1 && digits.starts_with('0')) {
            return Ok(None);
        }
        let (text, is_index) = (digits.to_owned(), true);
        (PathKey { text, is_index }, length)
    };
    if !tail(inner, length).starts_with(']') {
        return Ok(None);
    }
    if key.text.is_empty() {
        return Err("a key in brackets is empty".to_owned());
    }
    Ok(Some((key, length + 2)))
}

/// Reads `$meta`, with or without keys, or `$[member]`.
fn meta(text: &str) -> Result<(Token<'_>, usize), String> {
    const META: &str = "$meta";
    if let Some(rest) = text.strip_prefix(META) {
        let found = path(head(text, META.len()), text, rest)?;
        let (token, length) = found.unwrap_or((Token::Path(META, Vec::new()), 0));
        return Ok((token, META.len() + length));
    }
    if let Some(inner) = text.strip_prefix("$[") {
        let length = name_length(inner);
        if length > 0 && tail(inner, length).starts_with(']') {
            return Ok((Token::StructPath(head(text, length + 3)), length + 3));
        }
    }
    Err(unexpected('$'))
}

/// Reads the longest number at the start.
fn number(text: &str) -> Option<(Token<'_>, usize)> {
    let count = |text: &str, is: fn(&u8) -> bool| text.bytes().take_while(is).count();
    let digits = match head(text, 2) {
        "0x" | "0X" => count(tail(text, 2), u8::is_ascii_hexdigit),
        "0b" | "0B" => count(tail(text, 2), |digit| matches!(digit, b'0' | b'1')),
        _ => 0,
    };
    if digits > 0 {
        return Some((Token::Integer(head(text, digits + 2)), digits + 2));
    }
    let whole = count(text, u8::is_ascii_digit);
    let fraction = tail(text, whole).strip_prefix('.');
    let fraction = fraction.map(|rest| count(rest, u8::is_ascii_digit));
    let mut length = whole + fraction.map_or(0, |digits| digits + 1);
    if whole == 0 && fraction.unwrap_or(0) == 0 {
        return None;
    }
    let exponent = tail(text, length).strip_prefix(['e', 'E']);
    let digits = exponent.map(|rest| rest.strip_prefix(['+', '-']).unwrap_or(rest));
    let digits = digits.map_or(0, |rest| {
        let digits = count(rest, u8::is_ascii_digit);
        let sign = exponent.map_or(0, str::len) - rest.len();
        if digits == 0 { 0 } else { 1 + sign + digits }
    });
    length += digits;
    if fraction.is_some() || digits > 0 {
        return Some((Token::Float(head(text, length)), length));
    }
    if text.starts_with('0') {
        // An octal number ends at the first digit above 7, which starts another number.
        length = count(text, |digit| (b'0'..b'8').contains(digit));
    }
    Some((Token::Integer(head(text, length)), length))
}

fn sign(text: &str) -> Option<(Token<'_>, usize)> {
    let sign = SIGNS.iter().find(|sign| text.starts_with(**sign))?;
    let token = match *sign {
        "&&" => Token::Word("and"),
        "||" => Token::Word("or"),
        "!" => Token::Word("not"),
        sign => Token::Sign(sign),
    };
    Some((token, sign.len()))
}

/// Formats a token for error messages.
impl std::fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(text)
            | Self::Path(text, _)
            | Self::StructPath(text)
            | Self::Integer(text)
            | Self::Float(text) => f.write_str(text),
            Self::Text(text) => write!(f, "the text {text}"),
            Self::Raw(text) => write!(f, "the text r{text:?}"),
            Self::Bool(is) => write!(f, "{is}"),
            Self::Word(text) | Self::Sign(text) => write!(f, "{text:?}"),
        }
    }
}
