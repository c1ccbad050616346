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

/// Returns a text with a mark before the right side of each `+=` that isn't a number or text.
pub(super) fn mark(text: Rc<str>) -> Rc<str> {
    if !text.contains("+=") {
        return text;
    }
    let source = SourceText::read(&text);
    let mut marked = text.to_string();
    for index in (0..source.len()).rev() {
        let number = matches!(
            source.token(index + 1),
            Some(Token::IntegerConstant(_) | Token::FloatConstant(_))
        );
        if source.token(index) == Some(&Token::PlusAssign) && !number && !source.is_text(index + 1)
        {
            let end = source.span(index).end;
            let blank = usize::from(marked.as_bytes().get(end) == Some(&b' '));
            marked.replace_range(end..end + blank, MARK);
        }
    }
    marked.into()
}

/// Returns the token of a reserved symbol behind `+=`.
pub(super) fn read_mark(symbol: Box<rhai::Identifier>) -> Token {
    if *symbol == MARK {
        Token::Custom(Box::new(KEY.into()))
    } else {
        Token::Reserved(symbol)
    }
}
