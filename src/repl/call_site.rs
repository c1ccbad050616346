//! The call that is being typed: its function and its arguments so far.

use super::brackets;
use super::pieces::Piece;
use crate::engine::registry::{self, Function};
use rhai::{LexError, Token};

/// The syntax of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
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
    pub(super) arguments: Vec<Option<Shape>>,
    /// The option whose value is being typed, in an option map of the call itself.
    pub(super) key: Option<String>,
    /// True if the position is inside a bracket of an argument.
    pub(super) inside: bool,
    /// The quote that would close the open text.
    pub(super) open_quote: &'static str,
}

/// Returns the innermost call of one of zshell's functions around a position. `None` after the `{` of a closure or
/// block.
pub(super) fn around(pieces: &[Piece], pos: usize) -> Option<CallSite> {
    let before: Vec<&Piece> = pieces.iter().filter(|it| it.span.end <= pos).collect();
    let open = brackets::open_at(pieces, pos);
    for (level, at) in open.iter().enumerate().rev() {
        match pieces.get(*at)?.token {
            Token::MapStart | Token::LeftBracket => {}
            Token::LeftParen => {
                let (function, method) = callee(pieces, *at)?;
                let rest = pieces.get(at + 1..before.len()).unwrap_or_default();
                let inner = open.get(level + 1..).unwrap_or_default();
                let key = match inner {
                    [map] if pieces.get(*map)?.token == Token::MapStart => {
                        key(pieces.get(map + 1..before.len()).unwrap_or_default())
                    }
                    _ => None,
                };
                return Some(CallSite {
                    function,
                    method,
                    arguments: arguments(rest),
                    key,
                    inside: !inner.is_empty(),
                    open_quote: match before.last().map(|piece| &piece.token) {
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

/// Returns the function whose parenthesis opens here, and whether it's a method call.
pub(super) fn callee(pieces: &[Piece], parenthesis: usize) -> Option<(&'static Function, bool)> {
    let mut before = pieces
        .get(..parenthesis)?
        .iter()
        .rev()
        .filter(|it| !is_comment(it));
    let function = match &before.next()?.token {
        Token::Identifier(name) => registry::find(name)?,
        Token::Import => registry::find("import")?,
        _ => return None,
    };
    let last = before.next().map(|piece| &piece.token);
    if last == Some(&Token::Fn) {
        return None;
    }
    Some((function, matches!(last, Some(Token::Period | Token::Elvis))))
}

fn is_comment(piece: &Piece) -> bool {
    matches!(piece.token, Token::Comment(_))
}

/// Returns the syntax of the arguments after the parenthesis.
fn arguments(rest: &[Piece]) -> Vec<Option<Shape>> {
    let mut shapes = vec![None];
    let mut depth = 0_usize;
    for piece in rest.iter().filter(|it| !is_comment(it)) {
        if depth == 0 && piece.token == Token::Comma {
            shapes.push(None);
            continue;
        }
        if let Some(shape @ None) = shapes.last_mut() {
            *shape = Some(match piece.token {
                Token::MapStart => Shape::Map,
                Token::LeftBracket => Shape::List,
                Token::StringConstant(_)
                | Token::InterpolatedString(_)
                | Token::LexError(_)
                | Token::CharConstant(_)
                | Token::IntegerConstant(_)
                | Token::FloatConstant(_) => Shape::Literal,
                _ => Shape::Any,
            });
        } else if let Some(shape @ Some(Shape::Literal)) = shapes.last_mut()
            && depth == 0
        {
            // A text with operations has an unknown type: `"a".split(",")`.
            *shape = Some(Shape::Any);
        }
        match piece.token {
            Token::LeftParen
            | Token::LeftBracket
            | Token::LeftBrace
            | Token::MapStart
            | Token::QuestionBracket => depth += 1,
            Token::RightParen | Token::RightBracket | Token::RightBrace => {
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
    }
    shapes
}

/// Returns the option whose value is being typed at the end of a map.
fn key(content: &[Piece]) -> Option<String> {
    let mut key = None;
    let mut last: Option<&Token> = None;
    let mut depth = 0_usize;
    for piece in content.iter().filter(|it| !is_comment(it)) {
        match &piece.token {
            Token::LeftParen | Token::LeftBracket | Token::LeftBrace | Token::MapStart => {
                depth += 1;
            }
            Token::RightParen | Token::RightBracket | Token::RightBrace => {
                depth = depth.saturating_sub(1);
            }
            Token::Comma if depth == 0 => key = None,
            Token::Colon if depth == 0 => {
                key = match last {
                    Some(Token::Identifier(name) | Token::StringConstant(name)) => {
                        Some(name.to_string())
                    }
                    Some(token) if token.is_standard_keyword() => {
                        Some(token.literal_syntax().to_owned())
                    }
                    _ => None,
                };
            }
            _ => {}
        }
        last = Some(&piece.token);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repl::pieces::pieces;

    fn site(text: &str) -> Option<CallSite> {
        around(&pieces(text).0, text.len())
    }

    #[test]
    fn the_innermost_call_of_ours_is_found() {
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
        use Shape::{Any, List, Literal, Map};
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
