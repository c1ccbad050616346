//! Layout of help texts: wrapped lines, bold headings, highlighted examples.

use crate::engine::highlight;
use crate::render::{Screen, Tone};
use unicode_width::UnicodeWidthStr;

/// Headings of sections that hold code.
const CODE: [&str; 2] = ["example", "a first import"];

/// Wraps a help text to the screen, with bold headings and names, and highlighted examples. Lines of examples are broken
/// only outside of texts in quotes, so they work as pasted.
pub(super) fn laid_out(text: &str, screen: &Screen) -> String {
    let mut painted = String::with_capacity(text.len() * 2);
    let (mut is_head, mut is_code) = (true, false);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let has_content = lines.peek().is_some_and(|next| next.starts_with("  "));
        let is_heading = !line.starts_with(' ') && (is_head || has_content || line.contains("  "));
        if is_heading {
            is_code = CODE.iter().any(|title| line.starts_with(title));
        }
        is_head &= is_heading;
        let is_code = is_code && line.starts_with(' ');
        for line in folded(line, screen.width, is_code) {
            if screen.color && is_heading {
                // A heading may be followed by names in the same line.
                let (heading, names) = line.split_at(line.find("  ").unwrap_or(line.len()));
                painted.push_str(&screen.paint(Tone::Strong, heading));
                painted.push_str(names);
            } else if screen.color && is_code {
                painted.push_str(&highlight::code(&line, None));
            } else {
                painted.push_str(&line);
            }
            painted.push('\n');
        }
    }
    painted
}

/// Breaks a line at blanks. The parts after the first are indented to the explanation's column.
fn folded(line: &str, width: Option<usize>, is_code: bool) -> Vec<String> {
    let Some(width) = width else {
        return vec![line.to_owned()];
    };
    let indent = hanging(line, is_code).min(width / 2);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in words(line, is_code) {
        let columns = word.trim_end().width();
        if used > indent && used + columns > width {
            lines.push(" ".repeat(indent));
            used = indent;
        }
        if let Some(last) = lines.last_mut() {
            last.push_str(word);
        }
        used += word.width();
    }
    lines
        .iter()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// Splits a line after its blanks, in code only after those outside of texts in quotes.
fn words(line: &str, is_code: bool) -> impl Iterator<Item = &str> {
    let mut quote = None;
    line.split_inclusive(move |letter| {
        if is_code && matches!(letter, '"' | '`') {
            match quote {
                None => quote = Some(letter),
                Some(open) if open == letter => quote = None,
                Some(_) => {}
            }
        }
        letter == ' ' && quote.is_none()
    })
}

/// Returns the indentation of continuation lines: the second column of the text, or a small default.
fn hanging(line: &str, is_code: bool) -> usize {
    let start = line.len() - line.trim_start().len();
    let text = &line[start..];
    let second = text.find("  ").filter(|_| !is_code).map(|gap| {
        let rest = &text[gap..];
        text[..gap].width() + (rest.len() - rest.trim_start().len())
    });
    start + second.unwrap_or(if start == 0 { 0 } else { 2 })
}

#[cfg(test)]
mod tests {
    use super::{Screen, laid_out};

    fn fold_at(width: usize, text: &str) -> String {
        laid_out(text, &Screen::terminal(width, 24))
    }

    #[test]
    fn long_lines_continue_below_their_explanation() {
        let text = "title\n  name(…)   one two three four\n";
        assert_eq!(
            fold_at(24, text),
            "title\n  name(…)   one two\n            three four\n"
        );
        assert_eq!(fold_at(80, text), text);
        assert_eq!(laid_out(text, &Screen::plain()), text);
        assert_eq!(fold_at(5, "averylongword\n"), "averylongword\n");
    }

    #[test]
    fn lines_do_not_break_inside_string_literals() {
        let text = "example\n  f(\"one two\", `three \"four five`)\n";
        assert_eq!(
            fold_at(16, text),
            "example\n  f(\"one two\",\n    `three \"four five`)\n"
        );
    }

    #[test]
    fn headings_are_bold_and_examples_are_highlighted() {
        let screen = Screen {
            color: true,
            ..Screen::terminal(80, 24)
        };
        let text = "jobs()\n  Lists jobs.\n\nexample\n  jobs(1)\n\nsee also wait\n";
        let shown = laid_out(text, &screen);
        let shown = shown.replace("\x1b[0m", ">").replace("\x1b[", "<");
        assert_eq!(
            shown,
            "<1mjobs()>\n  Lists jobs.\n\n<1mexample>\n  <1mjobs>(<36m1>)\n\nsee also wait\n"
        );
    }
}
