//! Finds unreachable statements: those after `return`, `throw`, `break`, `continue` or `exit(…)`.

use super::{LintedSource, Linter};
use crate::engine::registry::{self, SessionEffect};
use crate::error::Failure;
use rhai::{ASTNode, Expr, Stmt};

/// Checks every block of a source.
pub(super) fn check(linter: &Linter, source: &LintedSource<'_>) {
    let is_own = |name: &str| source.functions.own.contains_key(name);
    let check = |statements: &[Stmt]| {
        let over = statements.iter().position(|it| ends(it, &is_own));
        let next = over.and_then(|over| statements.get(over + 1));
        if let Some(next) = next.filter(|next| !next.position().is_none()) {
            let failure = Failure::usage("this is never reached");
            linter.report.warning(source.name, next.position(), failure);
        }
    };
    check(source.ast.statements());
    let mut inner = |path: &[ASTNode<'_>]| {
        match path.last() {
            Some(ASTNode::Stmt(Stmt::Block(block)) | ASTNode::Expr(Expr::Stmt(block))) => {
                check(block.statements());
            }
            Some(ASTNode::Stmt(
                Stmt::If(control, _)
                | Stmt::While(control, _)
                | Stmt::Do(control, ..)
                | Stmt::TryCatch(control, _),
            )) => {
                check(control.body.statements());
                check(control.branch.statements());
            }
            Some(ASTNode::Stmt(Stmt::For(head, _))) => check(head.2.body.statements()),
            _ => {}
        }
        true
    };
    source.ast.walk(&mut inner);
    for function in source.ast.iter_functions() {
        let (name, count) = (function.name, function.params.len());
        let only = source
            .ast
            .clone_functions_only_filtered(|_, _, _, other, of| other == name && of == count);
        let mut before_ends = false;
        only.walk(&mut |path: &[ASTNode<'_>]| {
            if let [ASTNode::Stmt(statement)] = path {
                if before_ends {
                    let failure = Failure::usage("this is never reached");
                    linter
                        .report
                        .warning(source.name, statement.position(), failure);
                    return false;
                }
                before_ends = ends(statement, &is_own);
            }
            true
        });
    }
}

/// Returns true if the function ends the script.
fn exits(name: &str) -> bool {
    registry::find(name).is_some_and(|it| it.effect == SessionEffect::Exits)
}

/// Returns true if later statements of the block aren't reached.
fn ends(statement: &Stmt, is_own: &dyn Fn(&str) -> bool) -> bool {
    let is_exit = |call: &rhai::FnCallExpr| {
        exits(&call.name) && !call.is_qualified() && call.args.len() <= 1 && !is_own(&call.name)
    };
    match statement {
        Stmt::Return(..) | Stmt::BreakLoop(..) => true,
        Stmt::FnCall(call, _) => is_exit(call),
        Stmt::Expr(expression) => matches!(&**expression, Expr::FnCall(call, _) if is_exit(call)),
        _ => false,
    }
}
