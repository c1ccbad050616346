//! Checks calls: unknown functions and wrong numbers of arguments.

use super::LintedSource;
use crate::engine::compile::call_at;
use crate::engine::registry;
use crate::error::Failure;
use crate::text::words;
use rhai::{ASTNode, Expr, FnCallExpr};
use std::collections::BTreeSet;

/// Checks every call of a source.
pub(super) fn check(source: &LintedSource<'_>) {
    source.ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some((call, position, is_method)) = call_at(path) {
            let failure = match call {
                call if is_method => method(source, call),
                call if call.op_token.is_some() => None,
                call if call.is_qualified() => qualified(source, call),
                call => plain(source, call),
            };
            if let Some(failure) = failure {
                source.error(position, failure);
            }
        }
        true
    });
}

/// `f(1)`.
fn plain(source: &LintedSource<'_>, call: &FnCallExpr) -> Option<Failure> {
    let natives = &source.linter.natives;
    let (name, count) = (call.name.as_str(), call.args.len());
    let own = own_arities(source, name);
    if own.contains(&count) {
        return None;
    }
    if !natives.has(name) {
        return Some(if own.is_empty() {
            unknown(source, name)
        } else {
            misused(name, &own, count)
        });
    }
    let registered = registry::find(name);
    let most = registered.map_or(usize::MAX, |function| function.arity.1);
    // Only a possible connection can be the receiver of a method that's called like a function.
    let receiver = call.args.first().is_none_or(|first| !is_literal(first));
    if natives.takes(name, count) && (receiver || count <= most) {
        return None;
    }
    let mut takes = natives.arities(name);
    takes.retain(|count| *count <= most);
    takes.extend(own);
    let failure = misused(name, &takes, count);
    Some(match registered {
        Some(function) => failure.with_hint(format!("its forms: {}", function.forms.join(", "))),
        None => failure,
    })
}

/// `value.f(1)`: the receiver counts as an argument, except for the script's own functions.
fn method(source: &LintedSource<'_>, call: &FnCallExpr) -> Option<Failure> {
    let natives = &source.linter.natives;
    let (name, count) = (call.name.as_str(), call.args.len());
    // A map may hold a function under any of its keys.
    if name.contains('$') || source.words.keys.contains(name) {
        return None;
    }
    let mut takes = own_arities(source, name);
    if takes.contains(&count) || takes.contains(&(count + 1)) || natives.takes(name, count + 1) {
        return None;
    }
    if takes.is_empty() && !natives.has(name) {
        return Some(unknown(source, name));
    }
    let of_natives = natives.arities(name);
    takes.extend(of_natives.iter().filter_map(|count| count.checked_sub(1)));
    Some(misused(name, &takes, count))
}

/// `module::f(1)`.
fn qualified(source: &LintedSource<'_>, call: &FnCallExpr) -> Option<Failure> {
    let (name, count) = (call.name.as_str(), call.args.len());
    let mut path = call.namespace.path.iter().map(|part| part.name.as_str());
    let first = path.next()?;
    if first == "global" {
        return None;
    }
    let Some(module) = source.functions.modules.get(first) else {
        let known = source.functions.modules.keys().map(String::as_str);
        let failure = Failure::usage(format!("no module {first} is imported"));
        let hint = words::did_you_mean(first, known)
            .unwrap_or_else(|| format!("import \"path\" as {first};"));
        return Some(failure.with_hint(hint));
    };
    let mut module = module.as_ref()?;
    for part in path {
        module = match module.modules.get(part) {
            Some(next) => next.as_ref()?,
            None => return Some(Failure::usage(format!("the module has no module {part}"))),
        };
    }
    match module.public.get(name) {
        Some(takes) if takes.contains(&count) => None,
        Some(takes) => Some(misused(&format!("{first}::{name}"), takes, count)),
        None if module.own.contains_key(name) => Some(Failure::usage(format!(
            "the function {name} is private to its module"
        ))),
        None => {
            let failure = Failure::usage(format!("the module {first} has no function {name}"));
            let names = module.public.keys().map(String::as_str);
            Some(failure.with_any_hint(words::did_you_mean(name, names)))
        }
    }
}

fn own_arities(source: &LintedSource<'_>, name: &str) -> BTreeSet<usize> {
    let all = [&source.functions.own, &source.around.own];
    all.into_iter()
        .filter_map(|own| own.get(name))
        .flatten()
        .copied()
        .collect()
}

fn unknown(source: &LintedSource<'_>, name: &str) -> Failure {
    let failure = Failure::usage(format!("no function {name}"));
    if source.words.variables.contains(name) {
        return failure.with_hint(format!(
            "a function in a variable is called by {name}.call(…)"
        ));
    }
    let own = source.functions.own.keys().map(String::as_str);
    let own = own.filter(|name| !name.starts_with("anon$"));
    let ours = registry::functions().map(|function| function.name);
    let names = own.chain(ours).chain(source.linter.natives.names());
    failure.with_any_hint(words::did_you_mean(name, names))
}

fn misused(name: &str, takes: &BTreeSet<usize>, count: usize) -> Failure {
    let numbers: Vec<String> = takes.iter().map(usize::to_string).collect();
    let takes = match numbers.as_slice() {
        [] => "other arguments".to_owned(),
        [one] if one == "1" => "1 argument".to_owned(),
        numbers => format!("{} arguments", words::list(numbers, "or")),
    };
    let got = Some(count.to_string()).filter(|_| count > 0);
    let got = got.as_deref().unwrap_or("none");
    Failure::usage(format!("{name} takes {takes}, got {got}"))
}

/// Returns true for literals, which aren't connections.
fn is_literal(expression: &Expr) -> bool {
    expression.is_constant()
        || matches!(
            expression,
            Expr::Map(..) | Expr::Array(..) | Expr::InterpolatedString(..)
        )
}
