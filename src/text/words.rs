//! Shared wording of bytes, counts, durations, rates, lists and mistyped names.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;

/// Returns bytes in binary units: `512 B`, `1.2 MiB`.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut value = count as f64;
    let mut unit = "B";
    for next in UNITS {
        value /= 1024.0;
        unit = next;
        // 1023.95 would be shown as 1024.0 of the smaller unit.
        if value < 1023.95 {
            break;
        }
    }
    format!("{value:.1} {unit}")
}

/// True if numbers in messages are grouped.
static GROUPED: AtomicBool = AtomicBool::new(true);

/// Sets whether [`number`] groups digits: only if messages go to a terminal. Results have their own rule, see
/// [`crate::render::Screen::number`].
pub(crate) fn group_digits(is_terminal: bool) {
    GROUPED.store(is_terminal, Ordering::Relaxed);
}

/// Returns a number with a comma after every third digit from the right: `1,234,567`.
pub(crate) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns a number for a message, [`grouped`] if messages go to a terminal.
pub(crate) fn number(value: u64) -> String {
    if GROUPED.load(Ordering::Relaxed) {
        grouped(value)
    } else {
        value.to_string()
    }
}

/// Returns a count with its noun for a message: `1 row`, `1,234 rows`.
pub(crate) fn count(value: u64, noun: &str) -> String {
    counted(value, &number(value), noun)
}

/// Returns a count, given as `number`, with its noun. The plural adds `s`, or `es`, or replaces a final `y` with `ies`.
pub(crate) fn counted(value: u64, number: &str, noun: &str) -> String {
    if value == 1 {
        format!("{number} {noun}")
    } else {
        format!("{number} {}", plural(noun))
    }
}

/// Returns the plural of a noun.
pub(crate) fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if noun.ends_with(['s', 'x']) => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

/// Returns the name of one file without its folder, or the number of files and the first one's name: `a.jsonl`,
/// `61 files, first a.jsonl`. Empty without a name.
pub(crate) fn files(count: usize, first: &str) -> String {
    let name = first.rsplit('/').next().unwrap_or_default();
    match count {
        _ if name.is_empty() => String::new(),
        0 | 1 => name.to_owned(),
        _ => format!("{}, first {name}", self::count(count as u64, "file")),
    }
}

/// Returns a duration in at most two units: `850ms`, `12s`, `1m 05s`, `2h 03m`, `3d 04h`.
pub(crate) fn duration(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0 if span.is_zero() => "0s".to_owned(),
        0 => format!("{}ms", span.as_millis()),
        1..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h {:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d {:02}h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// Returns a rate per second: `0.5 rows/s`, `980 rows/s`, `12.3k rows/s`, `1.2M rows/s`.
pub(crate) fn rate(per_second: f64, noun: &str) -> String {
    let value = if per_second.is_finite() {
        per_second.max(0.0)
    } else {
        0.0
    };
    let number = match value {
        v if v < 9.95 => format!("{v:.1}"),
        v if v < 999.5 => format!("{v:.0}"),
        v if v < 999_950.0 => format!("{:.1}k", v / 1e3),
        v if v < 999_950_000.0 => format!("{:.1}M", v / 1e6),
        v => format!("{:.1}G", v / 1e9),
    };
    format!("{number} {noun}/s")
}

/// Returns a percentage, with one decimal only if it isn't whole: `42%`, `42.5%`.
pub(crate) fn percent(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    if !rounded.is_finite() {
        return "0%".to_owned();
    }
    // Don't round up to 100 before everything is done.
    let shown = if value < 100.0 {
        rounded.min(99.9)
    } else {
        rounded
    };
    if shown.fract() == 0.0 {
        format!("{shown:.0}%")
    } else {
        format!("{shown:.1}%")
    }
}

/// Returns rows done of total rows: `840/2,000`, or `840` if the total is unknown. `None` if both are unknown.
pub(crate) fn rows(
    done: Option<u64>,
    total: Option<u64>,
    number: impl Fn(u64) -> String,
) -> Option<String> {
    match (done, total) {
        (Some(done), Some(total)) => Some(format!("{}/{}", number(done), number(total))),
        (Some(done), None) => Some(number(done)),
        (None, Some(total)) => Some(format!("?/{}", number(total))),
        (None, None) => None,
    }
}

/// Returns a time relative to `now`: `just now`, `12s ago`, `3m ago`, `5h ago`, `2d ago`, `in 3m`.
///
/// Text that isn't an RFC 3339 time is returned unchanged.
pub(crate) fn ago(time: &str, now: Timestamp) -> String {
    let Ok(then) = time.parse::<Timestamp>() else {
        return time.to_owned();
    };
    let seconds = now.as_second() - then.as_second();
    let span = seconds.unsigned_abs();
    let amount = match span {
        0..2 => return "just now".to_owned(),
        2..60 => format!("{span}s"),
        60..3600 => format!("{}m", span / 60),
        3600..86_400 => format!("{}h", span / 3600),
        _ => format!("{}d", span / 86_400),
    };
    if seconds < 0 {
        format!("in {amount}")
    } else {
        format!("{amount} ago")
    }
}

/// Returns a list of words for a sentence: `a`, `a or b`, `a, b or c`.
pub(crate) fn list<T: AsRef<str>>(words: &[T], conjunction: &str) -> String {
    match words {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [most @ .., last] => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            format!("{} {conjunction} {}", most.join(", "), last.as_ref())
        }
    }
}

/// Returns the first `most` characters of a text from outside in quotes, for a message.
pub(crate) fn quote_start(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

/// Returns the text after `start`, whose case in ASCII doesn't matter.
pub(crate) fn strip_ignoring_case<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(start.len())?;
    head.eq_ignore_ascii_case(start).then_some(rest)
}

/// Returns the text in double quotes as in a script: quotes, backslashes and control characters are escaped.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other if is_unsafe(other) => {
                quoted.push_str(&unicode_escape(other));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Returns at most three candidates that a mistyped word may mean, nearest first. Empty if none is near.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Vec<&'a str> {
    let wanted = word.to_lowercase();
    let longest_distance = (wanted.chars().count() / 3).max(1);
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = candidate.to_lowercase();
            let distance = strsim::damerau_levenshtein(&wanted, &other);
            let begins =
                wanted.len() >= 3 && (other.starts_with(&wanted) || wanted.starts_with(&other));
            (distance <= longest_distance || (begins && !other.is_empty()))
                .then_some((distance, candidate))
        })
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    near.dedup();
    near.into_iter()
        .take(3)
        .map(|(_, candidate)| candidate)
        .collect()
}

/// Returns a suggestion from [`nearest`]: `did you mean "jobs"?`. `None` if no candidate is near.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let near: Vec<String> = nearest(word, candidates).into_iter().map(quote).collect();
    (!near.is_empty()).then(|| format!("did you mean {}?", list(&near, "or")))
}

/// Returns the text without terminal control: control characters (C0, DEL, C1) and marks that reorder text become `�`.
/// Newlines and tabs are kept.
///
/// Every text from a service passes through this function before it's shown.
pub(crate) fn safe(text: &str) -> Cow<'_, str> {
    let harmful = |c: char| is_unsafe(c) && !matches!(c, '\n' | '\t');
    if text.contains(harmful) {
        Cow::Owned(text.replace("\r\n", "\n").replace(harmful, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Returns [`safe`] text in one line: newlines become `\n`, tabs become blanks.
pub(crate) fn safe_line(text: &str) -> Cow<'_, str> {
    match safe(text) {
        clean if clean.contains(['\n', '\t']) => {
            Cow::Owned(clean.replace('\n', "\\n").replace('\t', " "))
        }
        clean => clean,
    }
}

/// Returns finished JSON with DEL, C1 control characters and marks that reorder text escaped, since some terminals obey
/// them. `serde_json` escapes only C0, and all of them can occur only inside texts.
pub(crate) fn safe_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && is_unsafe(character) {
            safe.push_str(&unicode_escape(character));
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Returns `\u` and the character's four (or more) hexadecimal digits.
pub(crate) fn unicode_escape(character: char) -> String {
    format!("\\u{:04x}", u32::from(character))
}

/// Returns true for control characters and for marks that change the order in which text is shown.
pub(crate) fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_one_form() {
        assert_eq!(
            [0, 1023, 1024, 1_258_291, 1_048_575].map(bytes),
            ["0 B", "1023 B", "1.0 KiB", "1.2 MiB", "1.0 MiB"]
        );
        assert_eq!(bytes(u64::MAX), "16.0 EiB");
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(number),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(count(1, "row"), "1 row");
        assert_eq!(count(1234, "row"), "1,234 rows");
        assert_eq!(count(2, "query"), "2 queries");
        assert_eq!(count(2, "key"), "2 keys");
        assert_eq!(count(2, "index"), "2 indexes");
        assert_eq!(count(2, "alias"), "2 aliases");
        assert_eq!(
            [42.0, 42.54, 99.99, 100.0, f64::NAN].map(percent),
            ["42%", "42.5%", "99.9%", "100%", "0%"]
        );
        assert_eq!(rate(12_345.0, "row"), "12.3k row/s");
        assert_eq!(
            [0.5, 980.2, 999.9, 2.5e6, f64::INFINITY].map(|r| rate(r, "rows")),
            [
                "0.5 rows/s",
                "980 rows/s",
                "1.0k rows/s",
                "2.5M rows/s",
                "0.0 rows/s"
            ]
        );
    }

    #[test]
    fn durations_have_at_most_two_units() {
        let worded = |ms| duration(Duration::from_millis(ms));
        assert_eq!(worded(0), "0s");
        assert_eq!(worded(850), "850ms");
        assert_eq!(worded(12_900), "12s");
        assert_eq!(worded(65_000), "1m 05s");
        assert_eq!(worded(7_380_000), "2h 03m");
        assert_eq!(worded(273_600_000), "3d 04h");
    }

    #[test]
    fn times_are_relative_to_now() {
        let now: Timestamp = "2026-01-02T12:00:00Z".parse().expect("a time");
        assert_eq!(ago("2026-01-02T11:57:00Z", now), "3m ago");
        assert_eq!(ago("2026-01-02T12:57:00+01:00", now), "3m ago");
        assert_eq!(ago("2026-01-02T12:00:30Z", now), "in 30s");
        assert_eq!(ago("2025-12-30T12:00:00Z", now), "3d ago");
        assert_eq!(ago("2026-01-02T12:00:00Z", now), "just now");
        assert_eq!(ago("yesterday", now), "yesterday");
    }

    #[test]
    fn similar_words_are_found() {
        let names = ["import", "progress", "jobs", "wait", "collections"];
        assert_eq!(nearest("job", names), ["jobs"]);
        assert_eq!(nearest("Progres", names), ["progress"]);
        assert_eq!(nearest("iwat", names), [""; 0]);
        assert_eq!(nearest("wiat", names), ["wait"]);
        assert_eq!(nearest("zzz", names), [""; 0]);
        assert_eq!(nearest("", names), [""; 0]);
        assert_eq!(
            did_you_mean("jbos", names).as_deref(),
            Some("did you mean \"jobs\"?")
        );
        assert_eq!(list(&["a", "b", "c"], "or"), "a, b or c");
    }

    #[test]
    fn control_characters_are_removed() {
        assert_eq!(
            safe("a\x1b[31mb\u{9b}2J\u{202e}c\x07"),
            "a\u{fffd}[31mb\u{fffd}2J\u{fffd}c\u{fffd}"
        );
        assert_eq!(safe_line("one\r\ntwo\tthree"), "one\\ntwo three");
        assert_eq!(safe("書籍 📚 é"), "書籍 📚 é");
        assert_eq!(quote("a\"\\\x1b"), "\"a\\\"\\\\\\u001b\"");
    }
}
