//! One secret in one encoding, found in text with any escapes of JSON and URLs.
//!
//! A service may echo a secret as it is, in hexadecimal, or in base64 inside a longer encoded text (`Basic` authorization
//! is base64 of `user:password`). JSON and URLs may then escape any of the letters.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::fmt::Write as _;
use std::ops::Range;
use zeroize::Zeroizing;

/// Minimum length of the part of a base64 text that only a secret determines. Shorter ones occur inside ordinary words.
const SHORTEST_BASE64: usize = 5;

/// Maximum number of backslashes in front of an escaped letter: those of JSON inside JSON, four times.
const MAX_SLASHES: usize = 15;

/// A secret in one encoding.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Spelling {
    text: Zeroizing<String>,
    encoding: Encoding,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Plain,
    /// Hexadecimal digits in lower or upper case.
    Hex,
    /// The digits of base64 that only the secret determines, in the standard or the URL-safe alphabet. The digits
    /// `before` and `after` them also depend on the neighbours.
    Base64 {
        before: bool,
        after: bool,
    },
}

impl Spelling {
    /// Returns a secret in all encodings.
    pub(super) fn all(secret: &str) -> impl Iterator<Item = Self> {
        let hex = Zeroizing::new(secret.bytes().fold(
            String::with_capacity(2 * secret.len()),
            |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            },
        ));
        let spelling = |text, encoding| Self { text, encoding };
        let plain = spelling(Zeroizing::new(secret.to_owned()), Encoding::Plain);
        let base64 = (0..3).filter_map(|before| base64(secret.as_bytes(), before));
        [plain, spelling(hex, Encoding::Hex)]
            .into_iter()
            .chain(base64)
    }

    /// Adds the places of the secret in the text.
    pub(super) fn find(&self, text: &str, found: &mut Vec<Range<usize>>) {
        let first = self.text.as_bytes().first().copied().unwrap_or_default();
        // The other spelling of the first letter.
        let other = match (self.encoding, first) {
            (Encoding::Hex, _) => first.to_ascii_uppercase(),
            (Encoding::Base64 { .. }, b'+') => b'-',
            (Encoding::Base64 { .. }, b'/') => b'_',
            _ => first,
        };
        let is_begin = |byte| byte == first || byte == other || byte == b'%' || byte == b'\\';
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(next) = bytes
            .get(at..)
            .and_then(|rest| rest.iter().position(|byte| is_begin(*byte)))
        {
            at += next;
            match self.end_of_match(text, at) {
                Some(end) => {
                    found.push(self.with_neighbours(text, at..end));
                    at = end;
                }
                None => at += 1,
            }
        }
    }

    /// Returns the end of the secret that begins at this place.
    fn end_of_match(&self, text: &str, start: usize) -> Option<usize> {
        let mut rest = text.get(start..)?;
        let mut wanted = self.text.chars().peekable();
        while let Some(letter) = wanted.next() {
            let length = self.letter(rest, letter)?;
            rest = rest.get(length..)?;
            // A match takes a whole run of backslashes, because JSON doubles them.
            while letter == '\\' && wanted.next_if_eq(&'\\').is_some() {}
        }
        Some(text.len() - rest.len())
    }

    /// Returns the length of this letter at the start of the text, as it is or escaped.
    fn letter(&self, rest: &str, wanted: char) -> Option<usize> {
        let first = rest.chars().next()?;
        let slashes = rest
            .bytes()
            .take(MAX_SLASHES)
            .take_while(|byte| *byte == b'\\');
        let slashes = slashes.count();
        if wanted == '\\' && slashes > 0 {
            return Some(slashes);
        }
        if self.is_same(first, wanted) {
            return Some(first.len_utf8());
        }
        if first == '%' {
            return self.percent_encoded(rest, wanted);
        }
        let escaped = rest.get(slashes..).filter(|_| slashes > 0)?;
        if let Some(unit) = escaped.strip_prefix('u') {
            let code = u32::from_str_radix(unit.get(..4)?, 16).ok()?;
            let same = char::from_u32(code).is_some_and(|letter| self.is_same(letter, wanted));
            return same.then_some(slashes + 5);
        }
        let letter = match wanted {
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            _ if wanted.is_alphanumeric() => return None,
            _ => wanted,
        };
        escaped
            .starts_with(letter)
            .then(|| slashes + letter.len_utf8())
    }

    fn percent_encoded(&self, rest: &str, wanted: char) -> Option<usize> {
        let mut bytes = [0; 4];
        let wanted = wanted.encode_utf8(&mut bytes).bytes();
        let length = 3 * wanted.len();
        let escapes = rest.as_bytes().get(..length)?.chunks(3);
        let same = escapes.zip(wanted).all(|(escape, wanted)| match escape {
            [b'%', digits @ ..] => std::str::from_utf8(digits)
                .ok()
                .and_then(|digits| u8::from_str_radix(digits, 16).ok())
                .is_some_and(|byte| self.is_same(byte.into(), wanted.into()) || byte == wanted),
            _ => false,
        });
        same.then_some(length)
    }

    const fn is_same(&self, letter: char, wanted: char) -> bool {
        match self.encoding {
            Encoding::Plain => letter == wanted,
            Encoding::Hex => letter.eq_ignore_ascii_case(&wanted),
            Encoding::Base64 { .. } => {
                letter == wanted || matches!((letter, wanted), ('-', '+') | ('_', '/'))
            }
        }
    }

    /// Extends a match in base64 by the digits that hold its first and last bits, and by the padding.
    fn with_neighbours(&self, text: &str, place: Range<usize>) -> Range<usize> {
        let Encoding::Base64 { before, after } = self.encoding else {
            return place;
        };
        let is_digit = |index: usize| {
            let byte = text.as_bytes().get(index).copied().unwrap_or_default();
            byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)
        };
        let (mut start, mut end) = (place.start, place.end);
        if before && start > 0 && is_digit(start - 1) {
            start -= 1;
        }
        if after && is_digit(end) {
            end += 1;
        }
        while let Some(length) = text.get(end..).and_then(|rest| self.letter(rest, '=')) {
            end += length;
        }
        start..end
    }
}

/// Returns the digits of base64 that only the secret determines if `before` bytes (modulo 3) are in front of it.
fn base64(secret: &[u8], before: usize) -> Option<Spelling> {
    let bytes = Zeroizing::new([&[0; 2][..before], secret].concat());
    let text = Zeroizing::new(STANDARD_NO_PAD.encode(&bytes));
    let bits = bytes.len() * 8;
    let digits = text.get((before * 8).div_ceil(6)..bits / 6)?;
    (digits.len() >= SHORTEST_BASE64).then(|| Spelling {
        text: Zeroizing::new(digits.to_owned()),
        encoding: Encoding::Base64 {
            before: before > 0,
            after: !bits.is_multiple_of(6),
        },
    })
}
