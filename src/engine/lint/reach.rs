//! Finds unreachable statements: those after `return`, `throw`, `break`, `continue` or `exit(…)`.

use super::LintedSource;
use crate::engine::registry::{self, SessionEffect};
use crate::error::Failure;
use rhai::{ASTNode, Expr, FnCallExpr, Stmt};

/// Checks every block of a source.
pub(super) fn check(source: &LintedSource<'_>) {
    let unreachable = |statement: &Stmt| {
        source.warning(
            statement.position(),
            Failure::usage("this is never reached"),
        );
    };
    let check = |statements: &[Stmt]| {
        let mut after = statements.iter().skip_while(|it| !ends(it, source)).skip(1);
        if let Some(next) = after.next().filter(|next| !next.position().is_none()) {
            unreachable(next);
        }
    };
    check(source.ast.statements());
    for function in source.ast.iter_functions() {
        let (name, count) = (function.name, function.params.len());
        let is_this = |_, _, _, other: &str, of| other == name && of == count;
        let mut before_ends = false;
        let only = source.ast.clone_functions_only_filtered(is_this);
        only.walk(&mut |path: &[ASTNode<'_>]| {
            let [ASTNode::Stmt(statement)] = path else {
                return true;
            };
            if before_ends {
                unreachable(statement);
            }
            !std::mem::replace(&mut before_ends, ends(statement, source))
        });
    }
    source.ast.walk(&mut |path: &[ASTNode<'_>]| {
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
    });
}

/// Returns true if later statements of the block aren't reached.
fn ends(statement: &Stmt, source: &LintedSource<'_>) -> bool {
    let is_exit = |call: &FnCallExpr| {
        registry::find(&call.name).is_some_and(|it| it.effect == SessionEffect::Exits)
            && !call.is_qualified()
            && call.args.len() <= 1
            && !source.functions.own.contains_key(&*call.name)
    };
    match statement {
        Stmt::Return(..) | Stmt::BreakLoop(..) => true,
        Stmt::FnCall(call, _) => is_exit(call),
        Stmt::Expr(expression) => matches!(&**expression, Expr::FnCall(call, _) if is_exit(call)),
        _ => false,
    }
}
