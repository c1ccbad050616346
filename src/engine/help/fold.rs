//! Wrapping of help texts.

use unicode_width::UnicodeWidthStr;

use crate::render::{Screen, Tone};

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

/// Wraps a help text to the screen, with bold headings and names, and examples in the tone of code.
pub(crate) fn laid_out(text: &str, screen: &Screen) -> String {
    let folded = folded(text, screen.width);
    if !screen.color {
        return folded;
    }
    let mut painted = String::with_capacity(folded.len() * 2);
    let (mut is_head, mut is_example) = (true, false);
    let mut lines = folded.lines().peekable();
    while let Some(line) = lines.next() {
        let has_content = lines.peek().is_some_and(|next| next.starts_with("  "));
        if line.starts_with(' ') {
            is_head = false;
            let tone = if is_example { Tone::Busy } else { Tone::Plain };
            painted.push_str(&screen.paint(tone, line));
        } else if is_head || has_content || line.contains("  ") {
            // A heading may be followed by names in the same line.
            let (heading, names) = line.split_at(line.find("  ").unwrap_or(line.len()));
            painted.push_str(&screen.paint(Tone::Strong, heading));
            painted.push_str(names);
            is_example = heading.starts_with("example") || heading.starts_with("a first import");
        } else {
            painted.push_str(line);
        }
        painted.push('\n');
    }
    painted
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
    use super::{Screen, folded, laid_out};

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

    #[test]
    fn headings_are_bold_and_examples_have_a_colour() {
        let screen = Screen {
            color: true,
            ..Screen::terminal(80, 24)
        };
        let text = "jobs()\n  Lists jobs.\n\nexample\n  jobs()\n\nsee also wait\n";
        let shown = laid_out(text, &screen);
        let shown = shown.replace("\x1b[0m", ">").replace("\x1b[", "<");
        assert_eq!(
            shown,
            "<1mjobs()>\n  Lists jobs.\n\n<1mexample>\n<36m  jobs()>\n\nsee also wait\n"
        );
        assert_eq!(laid_out(text, &Screen::terminal(80, 24)), text);
    }
}
