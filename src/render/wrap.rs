//! Line wrapping.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Returns the text in lines of at most `width` columns, broken at blanks. Existing line breaks are kept, and tabs
/// become blanks.
///
/// Wider words stay whole, so ids and addresses can be copied. Words are broken only in scripts written without blanks,
/// whose letters are two columns wide.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    text.lines()
        .flat_map(|line| wrapped_line(line, width.max(1)))
        .collect()
}

fn wrapped_line(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split([' ', '\t']) {
        for (index, piece) in pieces(word, width).into_iter().enumerate() {
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

/// Splits a word that's too wide and has wide letters into pieces that fit.
fn pieces(word: &str, width: usize) -> Vec<String> {
    let is_wide = |letter: char| letter.width().is_some_and(|columns| columns > 1);
    if word.width() <= width || !word.contains(is_wide) {
        return vec![word.to_owned()];
    }
    let mut pieces = vec![String::new()];
    let mut used = 0;
    for letter in word.chars() {
        let columns = letter.width().unwrap_or(0);
        if used + columns > width {
            pieces.push(String::new());
            used = 0;
        }
        used += columns;
        if let Some(piece) = pieces.last_mut() {
            piece.push(letter);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn lines_break_at_blanks_and_ids_stay_whole() {
        assert_eq!(wrapped("a bb ccc dddd", 6), ["a bb", "ccc", "dddd"]);
        assert_eq!(
            wrapped("see job-01k2x7d5n0 now", 8),
            ["see", "job-01k2x7d5n0", "now"]
        );
        assert_eq!(wrapped("one\n\ntwo", 8), ["one", "", "two"]);
        assert_eq!(wrapped("書籍と映画", 4), ["書籍", "と映", "画"]);
        assert_eq!(wrapped("", 8), [""; 0]);
        assert_eq!(wrapped("x", 0), ["x"]);
    }
}
