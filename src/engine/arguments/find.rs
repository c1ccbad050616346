//! Finds a script's `params(#{…})` without running the script.

use super::declaration::{Declaration, Written, written};
use crate::engine::registry::{self, SessionEffect};
use crate::error::Failure;
use rhai::{AST, ASTNode, Dynamic, Expr, FnCallExpr, Map, Position, Stmt};

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
        .walk(&mut |path: &[ASTNode<'_>]| {
            let call = match path.last() {
                Some(
                    ASTNode::Expr(Expr::FnCall(call, position))
                    | ASTNode::Stmt(Stmt::FnCall(call, position)),
                ) => Some((call, *position)),
                _ => None,
            };
            match call.filter(|(call, _)| declares(&call.name) && !call.is_qualified()) {
                None => true,
                Some((call, position)) => {
                    found = declared(call, position);
                    false
                }
            }
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
        Some(other) => match other.get_literal_value(None).map(Dynamic::try_cast::<Map>) {
            Some(Some(map)) => map
                .into_iter()
                .map(|(name, value)| (name.to_string(), written(value)))
                .collect(),
            _ => return FoundParams::Unknown,
        },
        None => return FoundParams::Unknown,
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
            let fields = map.0.iter();
            let fields =
                fields.map(|(key, value)| (key.name.to_string(), value.get_literal_value(None)));
            fields.collect()
        }
        (None, _) => vec![("value".to_owned(), None)],
    }
}
