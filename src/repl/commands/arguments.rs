//! Parsing of command arguments.

use crate::error::Failure;
use std::path::PathBuf;

/// Returns a command's only argument, which may be quoted. Blanks in it need no quotes. `None` if it's missing.
pub(super) fn whole(text: &str) -> Option<&str> {
    let text = text.trim();
    let inside = ['"', '\'', '`'].iter().find_map(|quote| {
        let inside = text.strip_prefix(*quote)?.strip_suffix(*quote)?;
        (!inside.contains(*quote)).then_some(inside)
    });
    Some(inside.unwrap_or(text)).filter(|text| !text.is_empty())
}

/// Returns the file that is a command's only argument. `~` is the home folder.
pub(super) fn file(text: &str) -> Option<PathBuf> {
    let name = whole(text)?;
    let below_home = name
        .strip_prefix('~')
        .filter(|rest| rest.is_empty() || rest.starts_with('/'));
    Some(match (below_home, dirs::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(name),
    })
}

/// Returns the file that a command writes, and true if `!` allows to overwrite it.
pub(super) fn target(text: &str, example: &str) -> Result<(PathBuf, bool), Failure> {
    let (overwrite, name) = match text.strip_prefix('!') {
        Some(name) => (true, name),
        None => (false, text),
    };
    let file = file(name).ok_or_else(|| missing("the file", example))?;
    Ok((file, overwrite))
}

/// Returns the error of a command that takes no arguments.
pub(super) fn none(name: &str, text: &str) -> Result<(), Failure> {
    if text.is_empty() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        ":{name} takes nothing, got {text:?}"
    )))
}

/// Returns the error of a command that lacks an argument.
pub(super) fn missing(what: &str, example: &str) -> Failure {
    Failure::usage(format!("{what} is missing")).with_hint(format!("for example {example}"))
}

#[cfg(test)]
mod tests {
    use super::{file, whole};
    use std::path::PathBuf;

    #[test]
    fn quotes_are_optional() {
        for text in ["my file.rhai", "\"my file.rhai\"", " 'my file.rhai' "] {
            assert_eq!(whole(text), Some("my file.rhai"), "{text}");
        }
        assert_eq!(whole("\"a\" \"b\""), Some("\"a\" \"b\""));
        assert_eq!(whole("\""), Some("\""));
        assert_eq!(whole("  "), None);
        assert_eq!(whole("\"\""), None);
    }

    #[test]
    fn a_tilde_alone_or_before_a_slash_is_the_home_folder() {
        assert_eq!(file("~x/y"), Some(PathBuf::from("~x/y")));
        assert_eq!(file("a~/y"), Some(PathBuf::from("a~/y")));
        if let Some(home) = dirs::home_dir() {
            assert_eq!(file("'~/a b'"), Some(home.join("a b")));
            assert_eq!(file("~"), Some(home));
        }
    }
}
