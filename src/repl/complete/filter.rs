//! Completion inside the text of a filter expression: fields, functions and operators.

use super::listed;
use super::offer::Offer;
use super::{CompletionAnswer, CompletionContext};
use crate::engine::registry::Takes;
use crate::session::names::ListedName;

/// Examples of the words and functions that begin an operand. Milvus: internal/parser/planparserv2/Plan.g4.
const OPERANDS: &[&str] = &[
    "not year in [1, 2]",
    "exists doc[\"key\"]",
    "array_contains(tags, 1)",
    "array_contains_all(tags, [1, 2])",
    "array_contains_any(tags, [1, 2])",
    "array_length(tags) > 2",
    "json_contains(doc[\"tags\"], 1)",
    "json_contains_all(doc, [1, 2])",
    "json_contains_any(doc, [1, 2])",
    "text_match(title, 'sea')",
    "phrase_match(title, 'the sea')",
];

/// Operators, which follow an operand.
const OPERATORS: &[(&str, &str)] = &[
    ("==", "equal"),
    ("!=", "not equal"),
    (">", "greater"),
    (">=", "greater or equal"),
    ("<", "less"),
    ("<=", "less or equal"),
    ("in [", "one of these values"),
    ("not in [", "none of these values"),
    ("like", "a text pattern: % any text, _ one character"),
    ("is null", "no value"),
    ("is not null", "any value"),
    ("and", "both conditions"),
    ("or", "either condition"),
];

/// Words that follow `is`.
const NULLS: &[(&str, &str)] = &[("null", "no value"), ("not null", "any value")];

/// Returns the candidates for the word at the end of a filter.
pub(super) fn words(look: &CompletionContext<'_>) -> CompletionAnswer {
    let typed = look.place.typed;
    let quote = look.place.quote;
    let Some((before, word)) = last_word(typed, quote) else {
        return CompletionAnswer::default();
    };
    let mut notice = None;
    let offers = if expects_operand(before) {
        let fields = listed::ask(look, Takes::Filter);
        let fields = fields.unwrap_or_else(|reason| {
            notice = Some(reason);
            Vec::new()
        });
        let fields = fields.into_iter().filter(|it| is_name(&it.name));
        let fields = fields.map(|ListedName { name, about }| Offer::new(name, about));
        let words = OPERANDS.iter().filter(|_| !word.is_empty());
        let words = words.map(|example| {
            let end = example.find([' ', '(']).unwrap_or(example.len());
            Offer::new(&example[..end], *example).then(&example[end..=end])
        });
        fields.chain(words).collect()
    } else {
        let operators = match last_word(before.trim_end(), quote) {
            Some((_, is)) if is.eq_ignore_ascii_case("is") => NULLS,
            _ => OPERATORS,
        };
        let operators = operators.iter().map(|(name, help)| {
            let suffix = if name.ends_with('[') { "" } else { " " };
            Offer::new(*name, *help).then(suffix)
        });
        operators.collect()
    };
    CompletionAnswer {
        offers,
        notice: notice.filter(|_| typed.is_empty()),
        skipped: before.len(),
    }
}

/// Splits a filter before its last word. `None` within a text.
fn last_word(typed: &str, quote: Option<char>) -> Option<(&str, &str)> {
    let mut inner = None;
    let mut letters = typed.chars();
    while let Some(letter) = letters.next() {
        // In double quotes, a double quote of the filter has a backslash.
        let letter = match letter {
            '\\' if quote == Some('"') => letters.next().unwrap_or_default(),
            letter => letter,
        };
        match (inner, letter) {
            (None, '"' | '\'') => inner = Some(letter),
            (Some(_), '\\') => {
                letters.next();
            }
            (Some(open), letter) if letter == open => inner = None,
            _ => {}
        }
    }
    let start = typed.trim_end_matches(is_part).len();
    let word = typed.get(start..)?;
    let is_number = word.starts_with(|first: char| first.is_ascii_digit());
    (inner.is_none() && !is_number).then(|| typed.split_at(start))
}

/// Returns true if an operand follows this text, and false for an operator.
fn expects_operand(before: &str) -> bool {
    let before = before.trim_end();
    let start = before.trim_end_matches(is_part).len();
    match before.get(start..).unwrap_or_default() {
        "" => !before.ends_with([')', ']', '"', '\'', '}']),
        word => ["and", "or", "not", "in", "like", "exists"]
            .iter()
            .any(|it| it.eq_ignore_ascii_case(word)),
    }
}

fn is_part(letter: char) -> bool {
    letter == '_' || letter.is_ascii_alphanumeric()
}

/// Returns true for a name that a filter takes as it is.
fn is_name(name: &str) -> bool {
    name.chars().all(is_part) && !name.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_is_completed() {
        for (typed, quote, split) in [
            ("", '"', Some(("", ""))),
            ("ti", '"', Some(("", "ti"))),
            ("year > 1 and ti", '"', Some(("year > 1 and ", "ti"))),
            ("(ti", '`', Some(("(", "ti"))),
            ("year > 19", '"', None),
            ("title == \\\"Du", '"', None),
            (
                "title == \\\"Dune\\\" and y",
                '"',
                Some(("title == \\\"Dune\\\" and ", "y")),
            ),
            ("title == \"Du", '`', None),
            ("title == 'it\\'s ", '`', None),
            ("title == 'a' ", '"', Some(("title == 'a' ", ""))),
        ] {
            assert_eq!(last_word(typed, Some(quote)), split, "{typed}");
        }
    }

    #[test]
    fn operators_follow_operands() {
        for before in [
            "",
            "(",
            "a > ",
            "a and ",
            "not ",
            "f(a, ",
            "a in ",
            "[",
            "a == 1 && ",
        ] {
            assert!(expects_operand(before), "{before}");
        }
        for before in ["a ", "f(a) ", "a[0] ", "'x' ", "1 ", "a == 1 "] {
            assert!(!expects_operand(before), "{before}");
        }
    }

    #[test]
    fn only_plain_identifiers_are_names() {
        for name in ["a\" or 1 == 1", "a b", "1a", "${x}", "a`"] {
            assert!(!is_name(name), "{name}");
        }
        assert!(is_name("title_2"));
    }
}
