//! Durations and moments in scripts and on the command line.

use super::types::as_text;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rhai::Dynamic;
use std::time::Duration;

/// Returns a duration given as text (`"90s"`, `"1h45m"`) or in seconds; `None` for anything else, including a negative
/// one.
pub(crate) fn duration_of(value: &Dynamic) -> Option<Duration> {
    if let Some(text) = as_text(value) {
        return parse_duration(&text);
    }
    if let Ok(seconds) = value.as_int() {
        return u64::try_from(seconds).ok().map(Duration::from_secs);
    }
    Duration::try_from_secs_f64(value.as_float().ok()?).ok()
}

/// Parses a duration: `"90s"`, `"1h45m"`, `"1.5h"`, or a bare number of seconds.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let span: jiff::SignedDuration = text.parse().ok()?;
    Duration::try_from(span).ok()
}

/// Returns the point in time that is this duration before now, or this time. A date is its midnight in UTC.
pub(super) fn moment_of(value: &Dynamic) -> Option<Timestamp> {
    let text = as_text(value).unwrap_or_default();
    let text = text.trim();
    let day = text.parse::<jiff::civil::Date>().ok();
    let day = day.filter(|_| !text.contains(['T', ' ', ':']));
    if let Some(day) = day {
        return Some(day.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp());
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    let days = text
        .strip_suffix('d')
        .and_then(|days| days.parse::<f64>().ok());
    let age = match days {
        Some(days) => Duration::try_from_secs_f64(86_400.0 * days).ok()?,
        None => duration_of(value)?,
    };
    let age = SignedDuration::try_from(age).ok()?;
    Timestamp::now().checked_sub(age).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_ages_or_times() {
        let at = |text: &str| moment_of(&text.into()).map(|time| time.to_string());
        assert_eq!(at("2026-11-29").unwrap(), "2026-11-29T00:00:00Z");
        assert_eq!(
            at("2026-11-29T08:00:00+02:00").unwrap(),
            "2026-11-29T06:00:00Z"
        );
        for (age, seconds) in [
            ("90m", 5400),
            ("1h45m", 6300),
            ("2d", 172_800),
            ("1.5d", 129_600),
        ] {
            let elapsed = Timestamp::now().duration_since(moment_of(&age.into()).unwrap());
            assert!((elapsed.as_secs() - seconds).abs() < 10, "{age}: {elapsed}");
        }
        for text in [
            "",
            "soon",
            "-1h",
            "2026-13-01",
            "1e400d",
            "NaNd",
            "99999999999d",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_text_or_seconds() {
        let seconds = |value: Dynamic| duration_of(&value).map(|time| time.as_secs_f64());
        assert_eq!(seconds("90s".into()), Some(90.0));
        assert_eq!(seconds("1h45m".into()), Some(6300.0));
        assert_eq!(seconds("1.5h".into()), Some(5400.0));
        assert_eq!(seconds("300".into()), Some(300.0));
        assert_eq!(seconds(Dynamic::from(2.5)), Some(2.5));
        assert_eq!(seconds((-1_i64).into()), None);
        assert_eq!(seconds("-5s".into()), None);
        assert_eq!(seconds("soon".into()), None);
        assert_eq!(seconds("".into()), None);
    }
}
