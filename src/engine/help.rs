//! Help texts, made from the table of functions.

use super::registry::{self, Family, Function, VARIABLES};
use crate::error::Failure;
use crate::render::words;
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// Breaks lines that are wider than the screen at blanks; what goes on stands below the explanation it belongs to.
pub fn folded(text: &str, width: Option<usize>) -> String {
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

/// The column below which a folded line goes on: that of its second column of text, else a little to the right.
fn hanging(line: &str) -> usize {
    let start = line.len() - line.trim_start().len();
    let text = &line[start..];
    let second = text.find("  ").map(|gap| {
        let rest = &text[gap..];
        text[..gap].width() + (rest.len() - rest.trim_start().len())
    });
    start + second.unwrap_or(if start == 0 { 0 } else { 2 })
}

/// All functions by family, one line each.
pub fn overview() -> String {
    let mut text = String::new();
    for family in Family::ALL {
        let _ = writeln!(text, "{}", family.title());
        for function in registry::functions().filter(|function| function.family == family) {
            let form = format!(
                "{}({})",
                function.name,
                if function.arity.1 > 0 { "…" } else { "" }
            );
            let _ = writeln!(text, "  {form:<22} {}", function.help);
        }
    }
    let _ = writeln!(text, "variables");
    for (name, help) in VARIABLES {
        let _ = writeln!(text, "  {name:<22} {help}");
    }
    text.push_str(
        "\nhelp(\"import\") shows one function; most are also methods: connect(\"local\").jobs()\n",
    );
    text
}

/// One function: its forms, options and an example.
pub fn about(name: &str) -> Result<String, Failure> {
    let name = name.trim_end_matches("()");
    let Some(function) = registry::find(name) else {
        let names = registry::functions().map(|function| function.name);
        let hint =
            words::did_you_mean(name, names).unwrap_or_else(|| "help() lists them".to_owned());
        return Err(Failure::usage(format!("no function {name:?}")).with_hint(hint));
    };
    Ok(describe(function))
}

fn describe(function: &Function) -> String {
    let mut text = String::new();
    for form in function.forms {
        let _ = writeln!(text, "{form}");
    }
    let _ = writeln!(text, "  {}", function.help);
    if !function.options.is_empty() {
        text.push_str("\noptions\n");
        for option in function.options {
            let _ = writeln!(text, "  {:<18} {}", option.name, option.help);
        }
    }
    let _ = writeln!(text, "\nexample\n  {}", function.example);
    text
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
