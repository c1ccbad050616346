//! Keys of written-out option maps, and the options that a script declares.

use super::{LintedSource, Linter};
use crate::engine::arguments::{self, Declaration, FoundParams};
use crate::engine::call::Function;
use crate::engine::describe::{Opt, Takes};
use crate::engine::options::unknown_key;
use crate::engine::registry;
use crate::engine::syntax::SourceText;
use crate::error::Failure;
use crate::text::words;
use rhai::{ASTNode, Expr, FnCallExpr, Stmt, Token};
use std::ops::Range;

/// Checks a source; `main` is false for a module, which may be used by scripts that declare different options.
pub(super) fn check(linter: &Linter, source: &LintedSource<'_>, main: bool) {
    let found = arguments::find(&source.ast);
    if let FoundParams::Wrong(failure, position) = &found {
        linter.report.error(source.name, *position, failure.clone());
    }
    let declared = found.declaration().filter(|_| main);
    // A variable of the script's own hides ours.
    let declared = declared.filter(|_| !source.words.variables.contains("opts"));
    source.ast.walk(&mut |path: &[ASTNode<'_>]| {
        match path.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _)))
                if !call.is_qualified() =>
            {
                keys(linter, source, call, false);
            }
            Some(ASTNode::Expr(Expr::MethodCall(call, _))) => keys(linter, source, call, true),
            Some(ASTNode::Expr(Expr::Dot(pair, ..))) => {
                if let Some(declared) = declared {
                    opts(linter, source, declared, &pair.lhs, &pair.rhs);
                }
            }
            _ => {}
        }
        true
    });
}

/// The keys of a call's option map, if it is written out.
fn keys(linter: &Linter, source: &LintedSource<'_>, call: &FnCallExpr, method: bool) {
    let own = source.functions.own.contains_key(call.name.as_str());
    let Some(function) = registry::find(&call.name).filter(|_| !own) else {
        return;
    };
    if function.options.is_empty() {
        return;
    }
    for (index, argument) in call.args.iter().enumerate() {
        let Expr::Map(map, _) = argument else {
            continue;
        };
        if !takes_options(function, call.args.len(), index, method) {
            continue;
        }
        for (key, value) in &map.0 {
            match function.options.iter().find(|it| it.matches(&key.name)) {
                Some(option) => inner_keys(linter, source, function.name, option, value),
                None => {
                    let failure = unknown_key(function.name, function.options, &key.name);
                    linter.report.error(source.name, key.pos, failure);
                }
            }
        }
    }
}

/// Reports keys of maps in an option map that almost match a known key. The service may know more keys than zshell.
fn inner_keys(linter: &Linter, source: &LintedSource<'_>, call: &str, option: &Opt, value: &Expr) {
    let Takes::Keys(known) = option.takes else {
        return;
    };
    let map = match value {
        Expr::Map(map, _) => map,
        Expr::Array(items, _) => {
            for item in items {
                inner_keys(linter, source, call, option, item);
            }
            return;
        }
        _ => return,
    };
    for (key, value) in &map.0 {
        if let Some(inner) = known.iter().find(|it| it.matches(&key.name)) {
            inner_keys(linter, source, call, inner, value);
            continue;
        }
        let names = known.iter().map(|it| it.name);
        if let Some(near) = words::did_you_mean(&key.name, names) {
            let outer = option.name;
            let failure = Failure::usage(format!("{call}: {outer} has no key {:?}", key.name));
            let failure = failure.with_hint(near);
            linter.report.warning(source.name, key.pos, failure);
        }
    }
}

/// Returns true if one of the function's forms with this many arguments has its options at this place. The receiver of a
/// method may be the connection, or the first argument.
fn takes_options(function: &Function, count: usize, index: usize, method: bool) -> bool {
    let places = || {
        function
            .forms
            .iter()
            .filter_map(|form| place_of_options(form))
    };
    let at =
        |shift: usize| places().any(|(of, place)| (of, place) == (count + shift, index + shift));
    let connected = !method && function.method && count > 0 && index > 0;
    at(0)
        || (method && at(1))
        || (connected && places().any(|(of, place)| (of, place) == (count - 1, index - 1)))
}

/// Returns the number of a form's arguments and the index of the option map.
fn place_of_options(form: &str) -> Option<(usize, usize)> {
    let form = SourceText::read(form);
    let items = form.items(1, form.len());
    let is_map = |item: &Range<usize>| form.token(item.start) == Some(&Token::MapStart);
    Some((items.len(), items.iter().position(is_map)?))
}

/// `opts.name`, where a script declares its options.
fn opts(
    linter: &Linter,
    source: &LintedSource<'_>,
    declared: &Declaration,
    left: &Expr,
    right: &Expr,
) {
    let is_opts = matches!(left, Expr::Variable(name, ..) if name.1 == "opts" && name.2.is_empty());
    let property = match right {
        Expr::Dot(pair, ..) | Expr::Index(pair, ..) => &pair.lhs,
        other => other,
    };
    let Expr::Property(property, position) = property else {
        return;
    };
    let name = property.2.as_str();
    if !is_opts || declared.params.iter().any(|param| param.name == name) {
        return;
    }
    let failure = Failure::usage(format!("params declares no option {name}"));
    let names = declared.params.iter().map(|param| param.name.as_str());
    let failure = failure.with_any_hint(words::did_you_mean(name, names));
    linter.report.error(source.name, *position, failure);
}

#[cfg(test)]
mod tests {
    use super::place_of_options;

    #[test]
    fn the_options_parameter_is_found_in_a_form() {
        for (form, place) in [
            ("jobs()", None),
            ("jobs(#{state, collection, limit})", Some((1, 0))),
            ("import(collection, [path, …], #{…})", Some((3, 2))),
            ("wait([job, …], #{timeout})", Some((2, 1))),
            ("load(collection)", None),
        ] {
            assert_eq!(place_of_options(form), place, "{form}");
        }
    }
}
