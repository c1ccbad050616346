//! Points in time as Milvus reads and writes them (`pkg/util/timestamptz`).
//!
//! The format is RFC 3339, with variations: a blank instead of `T`, a comma before the fraction, a single digit for the
//! hour, an offset in hours only, or no offset. Without an offset, the collection's time zone applies. Times are stored
//! as microseconds; further digits are cut off.

use std::fmt::Write as _;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Largest offset east of Greenwich, in seconds.
const MAX_OFFSET: i64 = 14 * 3600;
/// Largest offset west of Greenwich, in seconds.
const MIN_OFFSET: i64 = -12 * 3600;
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
/// Number of digits of a fraction that are kept.
const DIGITS: usize = 6;

/// Parses a text into microseconds since 1970 in UTC. The error says what is wrong with the text.
pub(super) fn parse(text: &str, timezone: &str) -> Result<i64, String> {
    let (civil, offset) = read(text).ok_or_else(|| {
        "which is no time as in 2026-01-31T08:30:00Z, 2026-01-31 08:30:00.5 or 2026-01-31T08:30:00+08:00".to_owned()
    })?;
    let seconds = match offset {
        Some(seconds) if (MIN_OFFSET..=MAX_OFFSET).contains(&seconds) => seconds,
        Some(_) => return Err("whose offset is not between -12:00 and +14:00".to_owned()),
        None => local_offset(civil, timezone)?,
    };
    let since = civil.duration_since(EPOCH);
    let micros = since.checked_sub(SignedDuration::from_secs(seconds));
    let micros = micros.and_then(|since| i64::try_from(since.as_micros()).ok());
    micros.ok_or_else(|| "which is out of range".to_owned())
}

/// Returns a point in time as text in the time zone, without trailing zeros in the fraction.
pub(super) fn format(micros: i64, timezone: &str) -> String {
    let offset = zone(timezone).map_or(0, |zone| {
        // The first and last hours that a text may contain are outside the library's range.
        let time = Timestamp::from_microsecond(micros).unwrap_or(if micros < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        });
        i64::from(zone.to_offset(time).seconds())
    });
    let civil = |seconds: i64| {
        let since = SignedDuration::from_micros(micros);
        let since = since.checked_add(SignedDuration::from_secs(seconds))?;
        EPOCH.checked_add(since).ok()
    };
    let (civil, offset) = match civil(offset) {
        Some(civil) => (civil, offset),
        None => (civil(0).unwrap_or(DateTime::MAX), 0),
    };
    let mut text = civil.strftime("%Y-%m-%dT%H:%M:%S%.f").to_string();
    if offset == 0 {
        text.push('Z');
    } else {
        let sign = if offset < 0 { '-' } else { '+' };
        let minutes = offset.abs() / 60;
        // Writing to a string can't fail.
        _ = write!(text, "{sign}{:02}:{:02}", minutes / 60, minutes % 60);
    }
    text
}

fn zone(name: &str) -> Option<TimeZone> {
    match name {
        "UTC" => None,
        name => TimeZone::get(name).ok(),
    }
}

/// Returns the offset of a time zone at a local time, in seconds. If a local time occurs twice, the first is used, as
/// in Go.
fn local_offset(civil: DateTime, name: &str) -> Result<i64, String> {
    let Some(zone) = zone(name) else {
        return Ok(0);
    };
    let zoned = zone.to_zoned_datetime(civil);
    let zoned = zoned.map_err(|_| "which is out of range".to_owned())?;
    Ok(i64::from(zoned.offset().seconds()))
}

/// Parses date and time, and the offset in seconds if there is one.
fn read(text: &str) -> Option<(DateTime, Option<i64>)> {
    let bytes = text.as_bytes();
    let (date, rest) = (text.get(..10)?, text.get(11..)?);
    if !matches!(bytes.get(10), Some(b'T' | b' ')) {
        return None;
    }
    let mut parts = date.split('-');
    let mut part = |digits: usize| number(parts.next()?, digits);
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    let hours = rest.find(':')?;
    let hour = number(rest.get(..hours)?, if hours == 1 { 1 } else { 2 })?;
    let rest = rest.get(hours + 1..)?;
    let minute = number(rest.get(..2)?, 2)?;
    let rest = rest.get(2..)?.strip_prefix(':')?;
    let second = number(rest.get(..2)?, 2)?;
    let (fraction, rest) = fraction(rest.get(2..)?)?;
    let small = |number: i64| i8::try_from(number).ok();
    let civil = DateTime::new(
        i16::try_from(year).ok()?,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
        fraction,
    );
    let offset = match rest {
        "" => None,
        rest => Some(offset(rest)?),
    };
    Some((civil.ok()?, offset))
}

/// Parses a fraction and returns nanoseconds and the rest of the text.
fn fraction(text: &str) -> Option<(i32, &str)> {
    let Some(rest) = text.strip_prefix(['.', ',']) else {
        return Some((0, text));
    };
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let digits = rest.get(..end).filter(|digits| !digits.is_empty())?;
    let kept = digits.get(..digits.len().min(DIGITS))?;
    let micros: i32 = format!("{kept:0<DIGITS$}").parse().ok()?;
    Some((micros * 1_000, rest.get(end..)?))
}

/// Parses an offset such as `Z`, `+08:00` or `+08` into seconds.
fn offset(text: &str) -> Option<i64> {
    let (sign, rest) = match text.as_bytes().first() {
        Some(b'Z') if text.len() == 1 => return Some(0),
        Some(b'+') => (1, text.get(1..)?),
        Some(b'-') => (-1, text.get(1..)?),
        _ => return None,
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some((hours, minutes)) => (number(hours, 2)?, number(minutes, 2)?),
        None => (number(rest, 2)?, 0),
    };
    (minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Parses a number of exactly `digits` digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    let sound = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    sound.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts and their times in UTC, from `pkg/util/timestamptz/timestamptz.go` and its test.
    #[test]
    fn times_are_read_as_milvus_reads_them() {
        for (text, timezone, shown) in [
            (
                "2026-01-31T08:30:00Z",
                "Asia/Shanghai",
                "2026-01-31T08:30:00Z",
            ),
            ("2026-01-31T08:30:00+08:00", "UTC", "2026-01-31T00:30:00Z"),
            ("2026-01-31 08:30:00+08", "UTC", "2026-01-31T00:30:00Z"),
            ("2026-01-31 08:30:00Z", "UTC", "2026-01-31T08:30:00Z"),
            ("2026-01-31 08:30:00", "UTC", "2026-01-31T08:30:00Z"),
            (
                "2026-01-31T08:30:00",
                "Asia/Shanghai",
                "2026-01-31T00:30:00Z",
            ),
            ("2026-01-31T8:30:00,5Z", "UTC", "2026-01-31T08:30:00.5Z"),
            (
                "2026-01-31T08:30:00.123456789Z",
                "UTC",
                "2026-01-31T08:30:00.123456Z",
            ),
            ("2026-01-31T08:30:00.120Z", "UTC", "2026-01-31T08:30:00.12Z"),
            (
                "1969-12-31T23:59:59.999999Z",
                "UTC",
                "1969-12-31T23:59:59.999999Z",
            ),
            ("9999-12-31T23:59:59Z", "UTC", "9999-12-31T23:59:59Z"),
            ("0001-01-01T00:00:00Z", "UTC", "0001-01-01T00:00:00Z"),
            ("2026-01-31T08:30:00+14:00", "UTC", "2026-01-30T18:30:00Z"),
        ] {
            let micros = parse(text, timezone).unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!(format(micros, "UTC"), shown, "{text}");
        }
        let micros = parse("2026-01-31T08:30:00Z", "UTC").unwrap();
        assert_eq!(format(micros, "Asia/Shanghai"), "2026-01-31T16:30:00+08:00");
        assert_eq!(
            format(micros, "America/New_York"),
            "2026-01-31T03:30:00-05:00"
        );
        let last = parse("9999-12-31T23:59:59Z", "UTC").unwrap();
        assert_eq!(format(last, "Asia/Shanghai"), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "now",
            "2026-01-31",
            "2026-1-31T08:30:00Z",
            "2026-02-30T08:30:00Z",
            "2026-01-31T24:00:00Z",
            "2026-01-31T08:30Z",
            "2026-01-31T08:30:60Z",
            "2026-01-31t08:30:00Z",
            "2026-01-31T08:30:00z",
            "2026-01-31T08:30:00.Z",
            "2026-01-31T08:30:00+8",
            "2026-01-31T08:30:00+15:00",
            "2026-01-31T08:30:00-13:00",
            "2026-01-31T08:30:00+08:60",
            "2026-01-31T08:30:00Z ",
            "2026-01-31T08:30:00Ä",
            "١٢٣٤-01-31T08:30:00Z",
            "1769848200000000",
        ] {
            assert!(parse(text, "UTC").is_err(), "{text}");
        }
    }
}
