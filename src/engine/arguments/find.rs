//! Finds a script's `params(#{…})` without running the script.

use super::declaration::{Declaration, Written, written};
use crate::engine::compile::call_at;
use crate::engine::registry::{self, SessionEffect};
use crate::error::Failure;
use rhai::{AST, ASTNode, Expr, FnCallExpr, Ident, Map, Position};

/// The parameters as far as parsing shows them.
#[derive(Clone, Debug)]
pub(crate) enum FoundParams {
    /// The script declares none.
    None,
    /// These. Some defaults may be computed when the script runs.
    Declared(Declaration),
    /// Parameters that are computed when the script runs.
    Unknown,
    /// The declaration has an error.
    Wrong(Failure, Position),
}

impl FoundParams {
    /// Returns the declaration if parsing shows it.
    pub(crate) const fn declaration(&self) -> Option<&Declaration> {
        match self {
            Self::Declared(declaration) => Some(declaration),
            _ => None,
        }
    }
}

/// Returns the first call of `params`. One inside a function may not run, or not first.
pub(crate) fn find(ast: &AST) -> FoundParams {
    let mut found = FoundParams::None;
    ast.clone_statements_only()
        .walk(&mut |path: &[ASTNode<'_>]| match call_at(path) {
            Some((call, position, false)) if declares(&call.name) && !call.is_qualified() => {
                found = declared(call, position);
                false
            }
            _ => true,
        });
    found
}

/// Returns true if the function declares the script's options.
pub(super) fn declares(name: &str) -> bool {
    registry::find(name).is_some_and(|it| it.effect == SessionEffect::DeclaresOptions)
}

fn declared(call: &FnCallExpr, position: Position) -> FoundParams {
    let params: Vec<(String, Written)> = match call.args.first() {
        Some(Expr::Map(map, _)) => map
            .0
            .iter()
            .map(|(name, value)| (name.name.to_string(), fields(value)))
            .collect(),
        other => match other.and_then(|it| it.get_literal_value(None)?.try_cast::<Map>()) {
            Some(map) => map
                .into_iter()
                .map(|(name, value)| (name.to_string(), written(value)))
                .collect(),
            None => return FoundParams::Unknown,
        },
    };
    match Declaration::read(params) {
        Ok(declaration) => FoundParams::Declared(declaration),
        Err(failure) => FoundParams::Wrong(failure, position),
    }
}

fn fields(value: &Expr) -> Written {
    match (value.get_literal_value(None), value) {
        (Some(value), _) => written(value),
        (None, Expr::Map(map, _)) => {
            let field = |(key, value): &(Ident, Expr)| {
                (key.name.to_string(), value.get_literal_value(None))
            };
            map.0.iter().map(field).collect()
        }
        (None, _) => vec![("value".to_owned(), None)],
    }
}
