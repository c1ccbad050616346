//! The operator `+=` with a list of zshell's on its right side.
//!
//! Rhai's fast operators add such a list to an array as one item, and without them a loop takes more than twice the
//! time. So the right side of `+=` becomes a custom syntax, which turns a list into an array. A mark in the compiled
//! text begins the custom syntax; it replaces a blank, so positions in errors stay right.

use super::syntax::SourceText;
use super::types::List;
use rhai::{Engine, Token};
use std::rc::Rc;

/// The key of the custom syntax.
const KEY: &str = "$added";

/// The mark in the compiled text: a symbol that Rhai reserves and doesn't use.
const MARK: &str = "@";

/// Registers the custom syntax.
pub(super) fn register(engine: &mut Engine) {
    engine.register_custom_syntax_with_state_raw(
        KEY,
        |symbols, _, _| Ok((symbols.len() == 1).then(|| "$expr$".into())),
        false,
        |context, inputs, _| {
            let Some(side) = inputs.first() else {
                return Ok(().into());
            };
            let value = context.eval_expression_tree(side)?.flatten();
            Ok(match value.try_cast_result::<List>() {
                Ok(list) => list.into_array().into(),
                Err(value) => value,
            })
        },
    );
}

/// Returns a text with a mark before the right side of each `+=` that isn't a number or text, or `None` if there's
/// nothing to mark. Rhai's optimizer makes `+=` of `a = a + …`, unless the whole right side is a custom syntax.
pub(super) fn mark(text: &str) -> Option<Rc<str>> {
    if !text.contains('+') {
        return None;
    }
    let source = SourceText::read(text);
    let symbols = 0..source.len();
    if symbols.clone().any(|index| source.slice(index) == MARK) {
        return None;
    }
    let marks: Vec<usize> = symbols.filter_map(|index| marked(&source, index)).collect();
    let mut text = text.to_owned();
    for end in marks.iter().rev() {
        let blank = usize::from(text.as_bytes().get(*end) == Some(&b' '));
        text.replace_range(*end..*end + blank, MARK);
    }
    (!marks.is_empty()).then(|| text.into())
}

/// Returns the byte offset of the mark that the operator at an index needs.
fn marked(source: &SourceText, index: usize) -> Option<usize> {
    let is_number = |token| matches!(token, Token::IntegerConstant(_) | Token::FloatConstant(_));
    if source.is_text(index + 1) || source.token(index + 1).cloned().is_some_and(is_number) {
        return None;
    }
    let operator = match source.token(index)? {
        Token::PlusAssign => index,
        Token::Plus => {
            let assigned = index.checked_sub(3)?;
            let is_same = source.name(assigned)? == source.name(index - 1)?;
            let assigns = source.token(index - 2) == Some(&Token::Equals);
            (is_same && assigns).then_some(index - 2)?
        }
        _ => return None,
    };
    Some(source.span(operator).end)
}

/// Returns the token for a symbol that Rhai reserves, in a text with marks.
pub(super) fn read_mark(symbol: Box<rhai::Identifier>) -> Token {
    if *symbol == MARK {
        Token::Custom(Box::new(KEY.into()))
    } else {
        Token::Reserved(symbol)
    }
}
