//! Statements pasted from a screen, with the prompts before them and the results below them.

use crate::engine::syntax::{command, parse_state};
use crate::engine::types::DefinedNames;

/// Returns the statements of a text. Without prompts in front of its lines, a text is one statement. Otherwise each
/// prompt begins a statement, which ends at the first line that completes it: the lines below are its result.
pub(super) fn statements(text: &str, names: &DefinedNames) -> Vec<String> {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let Some(first) = first else {
        return Vec::new();
    };
    if after_prompt(first, names).is_none() {
        return vec![text.to_owned()];
    }
    let mut statements: Vec<String> = Vec::new();
    for line in text.lines() {
        match (after_prompt(line, names), statements.last_mut()) {
            (Some(code), _) => statements.push(code.to_owned()),
            (None, Some(statement)) if !is_complete(statement) => {
                statement.push('\n');
                statement.push_str(line);
            }
            (None, _) => {}
        }
    }
    statements.retain(|statement| !statement.trim().is_empty());
    statements
}

fn is_complete(statement: &str) -> bool {
    command(statement).is_some() || parse_state(statement).is_complete
}

/// Returns the text after a prompt such as `local/default> `. The names in a prompt aren't variables, so a comparison of
/// variables isn't a prompt.
fn after_prompt<'l>(line: &'l str, names: &DefinedNames) -> Option<&'l str> {
    let line = line.trim_start();
    let end = line.find('>')?;
    let (name, rest) = line.split_at(end);
    let name = name.strip_suffix('!').unwrap_or(name);
    let is_mark = |letter: char| matches!(letter, '/' | '.' | '-' | '_' | ':' | '[' | ']' | '…');
    let is_prompt = name.chars().any(char::is_alphabetic)
        && name
            .chars()
            .all(|letter| letter.is_alphanumeric() || is_mark(letter));
    let mut words = name.split(is_mark);
    if !is_prompt || words.any(|word| names.variable(word).is_some()) {
        return None;
    }
    let rest = rest.get(1..)?;
    match rest.strip_prefix(' ') {
        Some(code) => Some(code),
        None => rest.is_empty().then_some(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::statements;
    use crate::engine::types::{DefinedNames, Shape};

    #[test]
    fn prompts_and_results_are_removed() {
        let names = DefinedNames {
            variables: vec![("x".to_owned(), Shape::Unknown)],
            ..DefinedNames::default()
        };
        for (text, expected) in [
            ("local/default> let zz = 5;", vec!["let zz = 5;"]),
            (
                "zshell> 1 + 1\n2\nzshell!> fn f() {\n    1\n}\nprod/db> ",
                vec!["1 + 1", "fn f() {\n    1\n}"],
            ),
            (
                "in03-1a.api.aws.zillizcloud.com/default> :who\nconnection  a\n127.0.0.1:19530/d> jobs()\nno jobs\n",
                vec![":who", "jobs()"],
            ),
            ("x> 1", vec!["x> 1"]),
            ("a/x> 1", vec!["a/x> 1"]),
            ("5> 1", vec!["5> 1"]),
            ("f(y)> 1", vec!["f(y)> 1"]),
            ("1 +\nzshell> 1", vec!["1 +\nzshell> 1"]),
            ("let a = |y| y > 1;\nb", vec!["let a = |y| y > 1;\nb"]),
            ("\n  ", vec![]),
            ("zshell> ", vec![]),
        ] {
            assert_eq!(statements(text, &names), expected, "{text}");
        }
    }
}
