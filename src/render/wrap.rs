//! Line wrapping.

use console::truncate_str;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::style::Screen;

/// Maximum length of a call that's never broken, in bytes.
const LONGEST_CALL: usize = 400;

/// Returns the text in lines of at most `width` columns, broken at blanks. Existing line breaks are kept, and tabs
/// become blanks.
///
/// Wider words stay whole, and so do calls such as `wait(["a", "b"])`, so ids and statements can be copied. Paths that
/// are too wide are broken after a `/`, and scripts written without blanks, whose letters are two columns wide, anywhere.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let lines = text.lines().flat_map(|line| {
        if line.width() <= width {
            vec![line.replace('\t', " ")]
        } else {
            wrapped_line(line, width.max(1))
        }
    });
    lines.collect()
}

/// Returns the text in lines of at most `width` columns, for a table. Words that are still too wide are shortened in the
/// middle.
pub(super) fn fitted(text: &str, width: usize, mark: &str) -> Vec<String> {
    let lines = wrapped(text, width).into_iter();
    lines
        .map(|line| without_middle(&line, width, mark))
        .collect()
}

/// Returns the start and the end of a text that's too wide, with a mark between.
pub(crate) fn without_middle(text: &str, width: usize, mark: &str) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(mark.width());
    let start = start_of(text, room.div_ceil(2));
    let mark = truncate_str(mark, width, "");
    format!("{start}{mark}{}", end_of(text, room / 2))
}

/// Returns the end of a text that's too wide, behind a mark.
pub(super) fn without_start(text: &str, width: usize, mark: &str) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let end = end_of(text, width.saturating_sub(mark.width()));
    format!("{}{end}", truncate_str(mark, width, ""))
}

/// Returns the number of letters that are tried for a width. Letters that are joined, as emoji are, may be wider
/// together than one by one, so each longer text is measured from its start, and letters may have no width at all.
const fn tried(width: usize) -> usize {
    width.saturating_mul(8).saturating_add(64)
}

/// Returns as much of the start of a text as has room in `width` columns.
fn start_of(text: &str, width: usize) -> &str {
    let starts = text
        .char_indices()
        .map(|(at, letter)| at + letter.len_utf8());
    let starts = starts.take(tried(width));
    let starts = starts.map(|end| text.split_at(end).0);
    let fitting = starts.take_while(|start| start.width() <= width);
    fitting.last().unwrap_or_default()
}

/// Returns as much of the end of a text as has room in `width` columns.
fn end_of(text: &str, width: usize) -> &str {
    let ends = text.char_indices().rev().take(tried(width));
    let ends = ends.map(|(at, _)| text.split_at(at).1);
    let fitting = ends.take_while(|end| end.width() <= width);
    fitting.last().unwrap_or_default()
}

/// Returns the text wrapped to the screen, each line ended by a newline. The first line begins with `first`, which may
/// have colours, the others are indented by `indent` blanks in addition to their own indentation. Without a width, only
/// existing line breaks count.
pub(crate) fn hanging(first: &str, indent: usize, text: &str, screen: &Screen) -> String {
    let mut shown = String::from(first);
    // The first line begins further to the right than the others.
    let mut shift = console::measure_text_width(first).saturating_sub(indent);
    for (number, line) in text.lines().enumerate() {
        let content = line.trim_start_matches(' ');
        let own = line.len() - content.len();
        let lines = match screen.width {
            Some(width) => {
                let room = width
                    .saturating_sub(indent + own + 2 * usize::from(own > 0))
                    .max(NARROWEST);
                let shifted = format!("{}{content}", "x".repeat(shift));
                wrapped_line(&shifted, room)
            }
            None => vec![format!("{}{content}", "x".repeat(shift))],
        };
        for (index, part) in lines.iter().enumerate() {
            let part = part.get(shift..).unwrap_or_default();
            if number + index > 0 {
                shown.push('\n');
                if !part.is_empty() {
                    shown.push_str(&" ".repeat(indent));
                }
            }
            // The items of a list can be told apart.
            if own > 0 && index > 0 {
                shown.push_str("  ");
            }
            if !part.is_empty() {
                shown.push_str(&" ".repeat(own));
            }
            shown.push_str(part);
            shift = 0;
        }
    }
    shown.push('\n');
    shown
}

/// Minimum width of wrapped text, in columns.
const NARROWEST: usize = 20;

fn wrapped_line(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in unbroken(line) {
        let word = word.replace('\t', " ");
        for (index, piece) in pieces(&word, width).into_iter().enumerate() {
            let Some(last) = lines.last_mut() else {
                continue;
            };
            let gap = usize::from(index == 0 && !last.is_empty());
            if last.is_empty() || last.width() + gap + piece.width() <= width {
                last.extend(std::iter::repeat_n(' ', gap));
                last.push_str(&piece);
            } else {
                lines.push(piece);
            }
        }
    }
    lines
}

/// Splits a line at blanks, except inside of calls.
fn unbroken(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(letter) = line.get(at..).and_then(|rest| rest.chars().next()) {
        match letter {
            ' ' | '\t' => {
                words.push(line.get(from..at).unwrap_or_default());
                from = at + 1;
                at = from;
            }
            '(' if at > from && line.as_bytes().get(at - 1).is_some_and(|it| is_name(*it)) => {
                at = call_end(line, at).unwrap_or(at + 1);
            }
            letter => at += letter.len_utf8(),
        }
    }
    words.push(line.get(from..).unwrap_or_default());
    words
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Returns the position behind the call's closing parenthesis, given the position of the opening one.
fn call_end(line: &str, open: usize) -> Option<usize> {
    let mut depth = 0;
    let mut quoted = false;
    for (index, byte) in line.bytes().enumerate().skip(open).take(LONGEST_CALL) {
        match byte {
            b'"' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(index + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Splits a word that's too wide into pieces that can be in lines of their own: after each `/`, and between wide letters.
/// A call isn't split.
fn pieces(word: &str, width: usize) -> Vec<String> {
    if word.width() <= width || word.contains('(') {
        return vec![word.to_owned()];
    }
    let mut pieces = vec![String::new()];
    let mut letters = word.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek();
        let is_wide = |letter: char| letter.width().is_some_and(|columns| columns > 1);
        let ends = match letter {
            '/' => next.is_some_and(|next| next.is_alphanumeric()),
            letter => is_wide(letter) || next.is_some_and(|next| is_wide(*next)),
        };
        if let Some(piece) = pieces.last_mut() {
            piece.push(letter);
        }
        // An address isn't broken after its scheme.
        if ends && next.is_some() && !pieces.last().is_some_and(|piece| piece.ends_with("://")) {
            pieces.push(String::new());
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::{Screen, fitted, hanging, without_middle, without_start, wrapped};

    #[test]
    fn lines_break_at_blanks_and_not_inside_ids() {
        assert_eq!(wrapped("a bb ccc dddd", 6), ["a bb", "ccc", "dddd"]);
        assert_eq!(
            wrapped("see job-01k2x7d5n0 now", 8),
            ["see", "job-01k2x7d5n0", "now"]
        );
        assert_eq!(wrapped("one\n\ntwo", 8), ["one", "", "two"]);
        assert_eq!(wrapped("書籍と映画", 4), ["書籍", "と映", "画"]);
        assert_eq!(wrapped("one  two", 20), ["one  two"]);
        assert_eq!(
            wrapped("back with wait([\"a\", \"b\"]) (or not)", 12),
            ["back with", "wait([\"a\", \"b\"])", "(or not)"]
        );
        assert_eq!(
            wrapped("an open(call breaks", 8),
            ["an", "open(call", "breaks"]
        );
        assert_eq!(wrapped("", 8), [""; 0]);
        assert_eq!(wrapped("x", 0), ["x"]);
    }

    /// Without a limit this takes hours.
    #[test]
    fn letters_without_a_width_are_cut_in_linear_time() {
        let text = format!("{}{}{0}", "\u{301}".repeat(1_000_000), "x".repeat(30));
        assert_eq!(without_start("0123456789", 5, "~"), "~6789");
        assert_eq!(without_middle("0123456789", 5, "~"), "01~89");
        for cut in [
            without_start(&text, 20, "~"),
            without_middle(&text, 20, "~"),
        ] {
            assert!(cut.len() < 2000, "{}", cut.len());
        }
    }

    #[test]
    fn paths_break_after_a_slash_and_long_names_are_shortened() {
        let path = "in s3://bucket/some/folder/part-00000-of-00100.parquet:";
        assert_eq!(
            wrapped(path, 24),
            [
                "in s3://bucket/some/",
                "folder/",
                "part-00000-of-00100.parquet:"
            ]
        );
        assert_eq!(
            fitted(path, 20, "…"),
            ["in s3://bucket/some/", "folder/", "part-00000….parquet:"]
        );
        assert_eq!(fitted("  kept  as is", 20, "…"), ["  kept  as is"]);
        assert_eq!(fitted("abcdefgh", 1, "…"), ["…"]);
        assert_eq!(
            wrapped("see connect(\"https://a.example/b/c\")", 12),
            ["see", "connect(\"https://a.example/b/c\")"]
        );
    }

    #[test]
    fn lines_after_the_first_are_indented() {
        let screen = Screen::terminal(24, 24);
        assert_eq!(
            hanging("error: ", 2, "cannot read the job's progress", &screen),
            "error: cannot read the\n  job's progress\n"
        );
        assert_eq!(
            hanging("error: ", 2, "one two three\n  four", &Screen::plain()),
            "error: one two three\n    four\n"
        );
    }
}
