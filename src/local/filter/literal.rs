//! Parses numbers and texts of a filter.

use super::value::Constant;
use serde_json::Value;
use std::iter::once;

/// Deepest nesting of lists in a value of `exprParams`.
const MAX_DEPTH: usize = 8;

/// The digits that fit a 64-bit integer only with a minus sign.
pub(crate) const MIN_INT_DIGITS: &str = "9223372036854775808";

/// Parses a whole number as Go's `strconv.ParseInt` does with base 0: decimal, `0x`, `0b`, and octal after a `0`.
pub(crate) fn integer(text: &str) -> Result<i64, String> {
    let lower = text.to_ascii_lowercase();
    let parsed = match (lower.get(..2), lower.get(2..)) {
        (Some("0x"), Some(digits)) => i64::from_str_radix(digits, 16),
        (Some("0b"), Some(digits)) => i64::from_str_radix(digits, 2),
        _ if text.len() > 1 && text.starts_with('0') => i64::from_str_radix(text, 8),
        _ => text.parse(),
    };
    // Parsed as a float, the number would change, and might equal a stored number.
    parsed.map_err(|_| format!("{text} is out of range (64-bit integers)"))
}

/// Parses a number with a fraction or an exponent.
pub(crate) fn float(text: &str) -> Result<f64, String> {
    let parsed = text.parse().ok().filter(|float: &f64| float.is_finite());
    parsed.ok_or_else(|| format!("{text} is out of range (64-bit floats)"))
}

/// Returns the length of the quoted text at the start, including its quotes.
pub(crate) fn quoted_length(text: &str) -> Result<usize, String> {
    let mut letters = text.char_indices();
    let quote = letters.next().map(|(_, quote)| quote);
    while let Some((at, letter)) = letters.next() {
        match letter {
            _ if Some(letter) == quote => return Ok(at + letter.len_utf8()),
            '\\' => {
                let escaped = letters.next();
                let escaped = escaped.filter(|(_, letter)| !matches!(letter, '\r' | '\n'));
                _ = escaped.ok_or("a text ends with \\")?;
            }
            '\r' | '\n' => break,
            _ => {}
        }
    }
    Err("a text has no closing quote on its line".to_owned())
}

/// Decodes a quoted text like Milvus (planparserv2/utils.go: convertEscapeSingle, then Go's `strconv.Unquote`).
pub(crate) fn unquote(token: &str) -> Result<String, String> {
    // The first character is removed even if it belongs to a prefix (`u8"…"`). The rest of the prefix stays in the
    // text, as in Milvus.
    let body = token.get(1..token.len().saturating_sub(1));
    let mut letters = body.unwrap_or_default().chars();
    let mut bytes = Vec::with_capacity(token.len());
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            push(&mut bytes, letter);
            continue;
        }
        let escape = letters.next().unwrap_or('\\');
        match escape {
            'a' => bytes.push(7),
            'b' => bytes.push(8),
            't' => bytes.push(b'\t'),
            'n' => bytes.push(b'\n'),
            'v' => bytes.push(11),
            'f' => bytes.push(12),
            'r' => bytes.push(b'\r'),
            '\\' | '"' | '\'' => push(&mut bytes, escape),
            'x' | '0'..='7' => {
                let code = match escape {
                    'x' => code(letters.by_ref(), 2, 16, token)?,
                    first => code(once(first).chain(letters.by_ref()), 3, 8, token)?,
                };
                let above = |_| format!("an octal escape sequence in {token} is above \\377");
                bytes.push(u8::try_from(code).map_err(above)?);
            }
            'u' | 'U' => {
                let length = if escape == 'u' { 4 } else { 8 };
                let letter = char::from_u32(code(letters.by_ref(), length, 16, token)?);
                let none = || format!("an escape sequence in {token} is no character");
                push(&mut bytes, letter.ok_or_else(none)?);
            }
            _ => {
                return Err(format!(
                    "\\{escape} in {token} is no escape sequence; write \\\\{escape}, or the text as r\"…\""
                ));
            }
        }
    }
    String::from_utf8(bytes).map_err(|_| format!("{token} is not UTF-8"))
}

fn push(bytes: &mut Vec<u8>, letter: char) {
    bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Reads the digits of an escape sequence.
fn code(
    letters: impl Iterator<Item = char>,
    length: usize,
    radix: u32,
    token: &str,
) -> Result<u32, String> {
    let digits = letters.take(length).filter(|digit| digit.is_digit(radix));
    let digits: String = digits.collect();
    let code = u32::from_str_radix(&digits, radix).ok();
    let code = code.filter(|_| digits.len() == length);
    code.ok_or_else(|| format!("an escape sequence in {token} is incomplete"))
}

/// Decodes the key of a path. Milvus compares the key with the JSON text of the row's key, including escapes.
pub(crate) fn path_key(content: &str) -> String {
    let decoded = serde_json::from_str(&format!("\"{content}\""));
    decoded.unwrap_or_else(|_| content.to_owned())
}

/// Converts a value of `exprParams` to a constant. Whole numbers become integers in any notation, as in Milvus' REST
/// handler (distributed/proxy/httpserver/utils.go: getTemplateType).
pub(crate) fn given(value: &Value, depth: usize) -> Option<Constant> {
    Some(match value {
        Value::Bool(is) => Constant::Bool(*is),
        Value::String(text) => Constant::Text(text.clone()),
        Value::Number(number) => match (number.as_i64(), number.as_f64()?) {
            (Some(whole), _) => Constant::Int(whole),
            (None, float) if number.is_f64() => {
                super::value::whole(float).map_or(Constant::Float(float), Constant::Int)
            }
            // The number exceeds 64 bits.
            (None, _) => return None,
        },
        Value::Array(values) if depth < MAX_DEPTH => {
            let values: Option<_> = values.iter().map(|value| given(value, depth + 1)).collect();
            Constant::List(values?)
        }
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    })
}
