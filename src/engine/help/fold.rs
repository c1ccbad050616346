//! Wrapping of help texts.

use unicode_width::UnicodeWidthStr;

/// Wraps long lines at blanks. Continuation lines are indented to the explanation's column.
pub(crate) fn folded(text: &str, width: Option<usize>) -> String {
    let Some(width) = width else {
        return text.to_owned();
    };
    let mut folded = String::with_capacity(text.len());
    for line in text.lines() {
        let indent = hanging(line).min(width / 2);
        let mut used = 0;
        for word in line.split_inclusive(' ') {
            let columns = word.trim_end().width();
            if used > indent && used + columns > width {
                folded.truncate(folded.trim_end_matches(' ').len());
                folded.push('\n');
                folded.push_str(&" ".repeat(indent));
                used = indent;
            }
            folded.push_str(word);
            used += word.width();
        }
        folded.push('\n');
    }
    folded
}

/// Returns the indentation of continuation lines: the second column of the text, or a small default.
fn hanging(line: &str) -> usize {
    let start = line.len() - line.trim_start().len();
    let text = &line[start..];
    let second = text.find("  ").map(|gap| {
        let rest = &text[gap..];
        text[..gap].width() + (rest.len() - rest.trim_start().len())
    });
    start + second.unwrap_or(if start == 0 { 0 } else { 2 })
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn long_lines_go_on_below_their_explanation() {
        let text = "title\n  name(…)   one two three four\n";
        assert_eq!(
            folded(text, Some(24)),
            "title\n  name(…)   one two\n            three four\n"
        );
        assert_eq!(folded(text, Some(80)), text);
        assert_eq!(folded(text, None), text);
        assert_eq!(folded("averylongword\n", Some(5)), "averylongword\n");
    }
}
