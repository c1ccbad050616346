//! Parser of JSON numbers and lists of numbers without intermediate values. Most of an import's time is spent here.

use serde_json::value::RawValue;

use super::found::{FoundKind, FoundValue};

/// 10^0 to 10^22: the powers of ten that an f64 holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// A JSON number: its text, and the parts of its value that were read.
#[derive(Clone, Copy)]
pub(super) struct Number<'a> {
    text: &'a str,
    /// All digits as one whole number.
    digits: u64,
    /// Power of ten to multiply `digits` by.
    exponent: i32,
    negative: bool,
    /// False if the digits don't fit into `digits`, or if the exponent is too large to count.
    exact: bool,
    /// True if there is no fraction or exponent.
    integer: bool,
    /// False if the text isn't a number by the grammar of JSON, such as `01`, `1.` and `1e`.
    valid: bool,
}

impl<'a> Number<'a> {
    /// Returns the number at the start of a JSON text, and the rest of the text.
    #[expect(
        clippy::inline_always,
        reason = "returned through memory, each number of a vector waits for its predecessor's stores"
    )]
    #[inline(always)]
    fn first(json: &'a str) -> Option<(Self, &'a str)> {
        let bytes = json.as_bytes();
        let negative = bytes.first() == Some(&b'-');
        let mut at = usize::from(negative);
        let (mut digits, mut exponent) = (0_u64, 0_i32);
        let begin = at;
        at = read_digits(bytes, at, &mut digits);
        let mut count = at - begin;
        if count == 0 {
            return None;
        }
        let mut valid = count == 1 || bytes.get(begin) != Some(&b'0');
        let mut integer = true;
        if bytes.get(at) == Some(&b'.') {
            integer = false;
            let begin = at + 1;
            at = read_eight_digits(bytes, begin, &mut digits);
            valid &= at > begin;
            count += at - begin;
            exponent = -i32::try_from(at - begin).unwrap_or(i32::MAX);
        }
        let mut exact = count <= 19;
        if let Some(b'e' | b'E') = bytes.get(at) {
            integer = false;
            let sign = bytes.get(at + 1).copied();
            let begin = at + 1 + usize::from(matches!(sign, Some(b'+' | b'-')));
            let mut power = 0;
            at = read_digits(bytes, begin, &mut power);
            valid &= at > begin;
            exact &= at - begin <= 5;
            let power = i32::try_from(power).unwrap_or(i32::MAX);
            let power = if sign == Some(b'-') { -power } else { power };
            exponent = exponent.saturating_add(power);
        }
        let (text, rest) = json.split_at_checked(at)?;
        let number = Self {
            text,
            digits,
            exponent,
            negative,
            exact,
            integer,
            valid,
        };
        Some((number, rest))
    }

    /// Returns the number if the whole of a valid JSON text is a number.
    pub(super) fn whole(json: &'a str) -> Option<Self> {
        let (number, rest) = Self::first(json)?;
        rest.is_empty().then_some(number)
    }

    /// Returns the number as an integer. `range` is the type's range, for the error message.
    pub(super) fn integer<T: TryFrom<i64>>(&self, range: &str) -> Result<T, FoundValue> {
        if !self.integer {
            return Err(self
                .shown()
                .because(FoundKind::Fraction, "which is not an integer"));
        }
        let value: Option<T> = self
            .text
            .parse()
            .ok()
            .and_then(|n: i64| T::try_from(n).ok());
        value.ok_or_else(|| self.out_of_range(range))
    }

    /// Returns the nearest f64, or an error if the number is out of range.
    pub(super) fn double(&self) -> Result<f64, FoundValue> {
        let value = match self.quick() {
            Some(value) => value,
            None => self.text.parse().map_err(|_| self.shown())?,
        };
        self.finite(value.is_finite(), "64")?;
        Ok(value)
    }

    /// Returns the nearest f32, exactly as `str::parse::<f32>` does, or an error if the number is out of range.
    ///
    /// The number is first rounded to an f64, correctly. This rounding never passes a tie between two f32 values, since
    /// each tie is itself an f64. So rounding again is wrong only if the f64 is such a tie. In that case the text is
    /// parsed again as an f32, and also below the smallest normal f32, since ties are elsewhere there.
    #[inline]
    pub(super) fn single(&self) -> Result<f32, FoundValue> {
        const BELOW: u64 = (1 << 29) - 1;
        const TIE: u64 = 1 << 28;
        if let Some(double) = self.quick() {
            let normal = double.abs() >= f64::from(f32::MIN_POSITIVE) || self.digits == 0;
            if normal && double.to_bits() & BELOW != TIE {
                #[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
                let value = double as f32;
                if value.is_finite() {
                    return Ok(value);
                }
            }
        }
        self.slow_single()
    }

    #[cold]
    fn slow_single(&self) -> Result<f32, FoundValue> {
        let value: f32 = self.text.parse().map_err(|_| self.shown())?;
        self.finite(value.is_finite(), "32")?;
        Ok(value)
    }

    /// Returns an error if the number isn't finite as a float of `bits` bits.
    pub(super) fn finite(&self, finite: bool, bits: &str) -> Result<(), FoundValue> {
        if finite {
            return Ok(());
        }
        Err(self.out_of_range(&format!("a {bits}-bit float")))
    }

    /// Returns the correctly rounded f64 if a single multiplication or division of exact values yields it.
    #[inline]
    fn quick(&self) -> Option<f64> {
        if !self.exact || self.digits > 1 << 53 {
            return None;
        }
        let power = POWERS.get(usize::try_from(self.exponent.unsigned_abs()).ok()?)?;
        // The digits are at most 2^53, and signed numbers convert faster.
        let digits = self.digits.cast_signed() as f64;
        let value = if self.exponent < 0 {
            digits / power
        } else {
            digits * power
        };
        Some(if self.negative { -value } else { value })
    }

    #[cold]
    pub(super) fn out_of_range(&self, range: &str) -> FoundValue {
        let why = format!("which is out of range ({range})");
        self.shown().because(FoundKind::OutOfRange, &why)
    }

    fn shown(&self) -> FoundValue {
        FoundValue::json(self.text)
    }
}

#[inline]
fn read_digits(bytes: &[u8], mut at: usize, value: &mut u64) -> usize {
    while let Some(byte) = bytes.get(at) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        *value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
    at
}

/// Powers of ten up to the largest that [`read_eight_digits`] multiplies by.
const SHIFTS: [u64; 9] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
];

/// Reads digits like [`read_digits`], the first eight at once. Most fractions have at most eight digits.
#[inline]
fn read_eight_digits(bytes: &[u8], at: usize, value: &mut u64) -> usize {
    let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) else {
        return read_digits(bytes, at, value);
    };
    // Each byte of `digits` is the digit's value. A byte that is no digit has its highest bit set in `others`; carries
    // reach only the bytes after it.
    let digits = u64::from_le_bytes(*eight) ^ 0x3030_3030_3030_3030;
    let others = (digits.wrapping_add(0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080;
    let count = others.trailing_zeros() / 8;
    // Zeros take the place of the digits that are missing at the front.
    let digits = digits.checked_shl(64 - 8 * count).unwrap_or(0);
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let (even, odd) = (pairs & 0xff_0000_00ff, (pairs >> 16) & 0xff_0000_00ff);
    let even = even.wrapping_mul(100 + (1_000_000 << 32));
    let sum = even.wrapping_add(odd.wrapping_mul(1 + (10_000 << 32))) >> 32;
    let count = usize::try_from(count).unwrap_or(8);
    let shift = SHIFTS.get(count).copied().unwrap_or(1);
    *value = value.wrapping_mul(shift).wrapping_add(sum);
    if count == 8 {
        read_digits(bytes, at + 8, value)
    } else {
        at + count
    }
}

/// Appends the numbers of a list to `values` without checking before that the text is JSON. Returns the length of the
/// list's text. Returns `None` if the text doesn't begin with a list of exactly `count` numbers, each of which an f32
/// can hold; `values` may then be longer.
pub(super) fn quick_list(json: &str, count: usize, values: &mut Vec<f32>) -> Option<usize> {
    let mut rest = json.strip_prefix('[')?;
    values.reserve(count);
    for at in 0..count {
        let (number, after) = Number::first(skip_blanks(rest))?;
        if !number.valid {
            return None;
        }
        values.push(number.single().ok()?);
        let end = if at + 1 == count { ']' } else { ',' };
        rest = skip_blanks(after).strip_prefix(end)?;
    }
    (count > 0).then(|| json.len() - rest.len())
}

/// Passes each number of a valid JSON list to `take` and returns the number of elements. The error describes the value
/// if it isn't a list of numbers, or the element that `take` refused.
#[inline]
pub(super) fn list(
    json: &str,
    take: &mut impl FnMut(Number<'_>) -> Result<(), FoundValue>,
) -> Result<usize, FoundValue> {
    let mut rest = json
        .strip_prefix('[')
        .ok_or_else(|| FoundValue::json(json))?;
    let mut count = 0;
    loop {
        rest = skip_blanks(rest);
        let Some((number, after)) = Number::first(rest) else {
            if rest == "]" && count == 0 {
                return Ok(0);
            }
            return Err(element(rest).at(format_args!("as element {}", count + 1)));
        };
        count += 1;
        take(number).map_err(|found| found.at(format_args!("as element {count}")))?;
        rest = skip_blanks(after);
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None => return Ok(count),
        }
    }
}

#[inline]
pub(super) fn skip_blanks(text: &str) -> &str {
    match text.as_bytes().first() {
        Some(b' ' | b'\t' | b'\n' | b'\r') => text.trim_start_matches([' ', '\t', '\n', '\r']),
        _ => text,
    }
}

/// Describes the first element in the rest of a list.
#[cold]
fn element(rest: &str) -> FoundValue {
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
    match values.next() {
        Some(Ok(value)) => FoundValue::json(value.get()),
        _ => FoundValue::json(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_quick_parser_accepts_only_json_numbers() {
        for (json, length) in [
            ("[1, -2.5e1 ,0]x", Some(14)),
            ("[ 0.123456789,\t-0.00000001,1E+2]", Some(32)),
            ("[1,2]", None),
            ("[1,2,3,4]", None),
            ("[1,2,03]", None),
            ("[1,2,3.]", None),
            ("[1,2,.3]", None),
            ("[1,2,3e]", None),
            ("[1,2,+3]", None),
            ("[1,2,3e39]", None),
            ("[1,2,null]", None),
            ("[1,2,3", None),
            ("[1,2,3,]", None),
            ("1,2,3]", None),
        ] {
            assert_eq!(quick_list(json, 3, &mut Vec::new()), length, "{json}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn quick_numbers_equal_those_of_the_json_library(texts in prop::collection::vec("-?[0-9]{1,3}(\\.[0-9]{0,20})?([eE][+-]?[0-9]{0,2})?", 1..4)) {
            let json = format!("[{}]", texts.join(","));
            let mut values = Vec::new();
            let quick = quick_list(&json, texts.len(), &mut values);
            let valid = serde_json::from_str::<&RawValue>(&json).is_ok();
            let exact: Vec<f32> = texts.iter().filter_map(|text| text.parse().ok()).collect();
            let finite = exact.len() == texts.len() && exact.iter().all(|value| value.is_finite());
            prop_assert_eq!(quick, (valid && finite).then_some(json.len()));
            if quick.is_some() {
                prop_assert_eq!(values, exact);
            }
        }
    }
}
