//! The call that is being typed: its function and its arguments so far.

use crate::engine::registry::{Function, callee};
use crate::engine::syntax::SourceText;
use rhai::{LexError, Token};
use std::ops::Range;

/// The syntax of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ArgumentShape {
    /// A map, `#{…}`.
    Map,
    /// An array, `[…]`.
    List,
    /// A text or number.
    Literal,
    /// Any other expression.
    Any,
}

/// A call of one of zshell's functions around the cursor.
pub(super) struct CallSite {
    /// The function.
    pub(super) function: &'static Function,
    /// True for a method call.
    pub(super) method: bool,
    /// The arguments so far. `None` for one without text. Never empty.
    pub(super) arguments: Vec<Option<ArgumentShape>>,
    /// The option whose value is being typed, in an option map of the call itself.
    pub(super) key: Option<String>,
    /// True if the position is inside a bracket of an argument.
    pub(super) inside: bool,
    /// The quote that would close the open text.
    pub(super) open_quote: &'static str,
}

/// Returns the innermost call of one of zshell's functions around a byte offset. `None` after the `{` of a closure or
/// block.
pub(super) fn around(source: &SourceText, offset: usize) -> Option<CallSite> {
    let end = source.count_before(offset);
    let open = source.open_before(end);
    for (level, at) in open.iter().enumerate().rev() {
        match source.token(*at)? {
            Token::MapStart | Token::LeftBracket => {}
            Token::LeftParen => {
                let (function, method) = callee(source, *at)?;
                let inner = open.get(level + 1..).unwrap_or_default();
                let key = match inner {
                    [map] if source.token(*map)? == &Token::MapStart => {
                        let item = source.items(*map, end).pop();
                        item.and_then(|item| source.key(&item))
                    }
                    _ => None,
                };
                return Some(CallSite {
                    function,
                    method,
                    arguments: arguments(source, *at, end),
                    key: key.map(str::to_owned),
                    inside: !inner.is_empty(),
                    open_quote: match source.before(end) {
                        Some(Token::LexError(error))
                            if matches!(**error, LexError::UnterminatedString) =>
                        {
                            "\""
                        }
                        _ => "",
                    },
                });
            }
            _ => return None,
        }
    }
    None
}

/// Returns the syntax of the arguments between a parenthesis and `end`.
fn arguments(source: &SourceText, open: usize, end: usize) -> Vec<Option<ArgumentShape>> {
    let mut items = source.items(open, end);
    if items.is_empty() {
        items.push(end..end);
    }
    let shape = |item: Range<usize>| {
        let first = source.token(item.start).filter(|_| !item.is_empty())?;
        Some(match first {
            Token::MapStart => ArgumentShape::Map,
            Token::LeftBracket => ArgumentShape::List,
            // A text with operations has an unknown type: `"a".split(",")`.
            _ if item.len() > 1 => ArgumentShape::Any,
            Token::StringConstant(_)
            | Token::LexError(_)
            | Token::CharConstant(_)
            | Token::IntegerConstant(_)
            | Token::FloatConstant(_) => ArgumentShape::Literal,
            _ => ArgumentShape::Any,
        })
    };
    items.into_iter().map(shape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(text: &str) -> Option<CallSite> {
        around(&SourceText::read(text), text.len())
    }

    #[test]
    fn the_innermost_zshell_call_is_found() {
        for (text, name, method) in [
            ("import(", "import", false),
            ("let j = eu.import(\"b\", ", "import", true),
            ("wait(import(", "import", false),
            ("wait(import(1, 2), ", "wait", false),
            ("import(#{collection: ", "import", false),
            ("`${ jobs(", "jobs", false),
        ] {
            let site = site(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((site.function.name, site.method), (name, method), "{text}");
        }
        for text in [
            "f(",
            "import",
            "wait(|x| { ",
            "fn wait(",
            "import()",
            "`import(",
        ] {
            assert!(site(text).is_none(), "{text}");
        }
    }

    #[test]
    fn arguments_have_shapes() {
        use ArgumentShape::{Any, List, Literal, Map};
        for (text, shapes) in [
            ("import(", vec![None]),
            ("import(\"b\", ", vec![Some(Literal), None]),
            (
                "import(x, [1, 2], #{a",
                vec![Some(Any), Some(List), Some(Map)],
            ),
            ("import(\"a\" + b, \"c", vec![Some(Any), Some(Literal)]),
        ] {
            let site = site(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(site.arguments, shapes, "{text}");
        }
        assert_eq!(
            site("jobs(#{limit: 1, state: ")
                .and_then(|it| it.key)
                .as_deref(),
            Some("state")
        );
        assert_eq!(site("jobs(#{state: 1, ").and_then(|it| it.key), None);
    }
}
