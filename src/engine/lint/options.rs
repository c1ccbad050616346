//! Keys of written-out option maps, and the options that a script declares.

use super::LintedSource;
use crate::engine::arguments::{self, Declaration, FoundParams};
use crate::engine::call::Function;
use crate::engine::compile::call_at;
use crate::engine::describe::{Opt, Takes};
use crate::engine::options::unknown_key;
use crate::engine::registry;
use crate::engine::syntax::SourceText;
use crate::error::Failure;
use crate::text::words;
use rhai::{ASTNode, Expr, FnCallExpr, Token};
use std::ops::Range;

/// Checks a source; `main` is false for a module, which may be used by scripts that declare different options.
pub(super) fn check(source: &LintedSource<'_>, main: bool) {
    let found = arguments::find(&source.ast);
    if let FoundParams::Wrong(failure, position) = &found {
        source.error(*position, failure.clone());
    }
    let declared = found.declaration().filter(|_| main);
    // A variable of the script's own hides ours.
    let declared = declared.filter(|_| !source.words.variables.contains("opts"));
    source.ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some((call, _, is_method)) = call_at(path).filter(|(call, ..)| !call.is_qualified())
        {
            keys(source, call, is_method);
        }
        if let (Some(declared), Some(ASTNode::Expr(Expr::Dot(pair, ..)))) = (declared, path.last())
        {
            opts(source, declared, &pair.lhs, &pair.rhs);
        }
        true
    });
}

/// The keys of a call's option map, if it is written out.
fn keys(source: &LintedSource<'_>, call: &FnCallExpr, method: bool) {
    let own = source.functions.own.contains_key(call.name.as_str());
    let function = registry::find(&call.name).filter(|it| !own && !it.options.is_empty());
    let Some(function) = function else {
        return;
    };
    for (index, argument) in call.args.iter().enumerate() {
        let Expr::Map(map, _) = argument else {
            continue;
        };
        if !takes_options(function, call.args.len(), index, method) {
            continue;
        }
        for (key, value) in &map.0 {
            match function.options.iter().find(|it| it.matches(&key.name)) {
                Some(option) => inner_keys(source, function.name, option, value),
                None => {
                    let failure = unknown_key(function.name, function.options, &key.name);
                    source.error(key.pos, failure);
                }
            }
        }
    }
}

/// Reports keys of maps in an option map that almost match a known key. The service may know more keys than zshell.
fn inner_keys(source: &LintedSource<'_>, call: &str, option: &Opt, value: &Expr) {
    let Takes::Keys(known) = option.takes else {
        return;
    };
    let map = match value {
        Expr::Map(map, _) => map,
        Expr::Array(items, _) => {
            for item in items {
                inner_keys(source, call, option, item);
            }
            return;
        }
        _ => return,
    };
    for (key, value) in &map.0 {
        if let Some(inner) = known.iter().find(|it| it.matches(&key.name)) {
            inner_keys(source, call, inner, value);
            continue;
        }
        let names = known.iter().map(|it| it.name);
        if let Some(near) = words::did_you_mean(&key.name, names) {
            let outer = option.name;
            let failure = Failure::usage(format!("{call}: {outer} has no key {:?}", key.name));
            source.warning(key.pos, failure.with_hint(near));
        }
    }
}

/// Returns true if one of the function's forms with this many arguments has its options at this place. The receiver of a
/// method may be the connection, or the first argument.
fn takes_options(function: &Function, count: usize, index: usize, method: bool) -> bool {
    let mut places = function
        .forms
        .iter()
        .filter_map(|form| place_of_options(form));
    let connected = !method && function.method;
    places.any(|place| {
        place == (count, index)
            || (method && place == (count + 1, index + 1))
            || (connected && (place.0 + 1, place.1 + 1) == (count, index))
    })
}

/// Returns the number of a form's arguments and the index of the option map.
fn place_of_options(form: &str) -> Option<(usize, usize)> {
    let form = SourceText::read(form);
    let items = form.items(1, form.len());
    let is_map = |item: &Range<usize>| form.token(item.start) == Some(&Token::MapStart);
    Some((items.len(), items.iter().position(is_map)?))
}

/// `opts.name`, where a script declares its options.
fn opts(source: &LintedSource<'_>, declared: &Declaration, left: &Expr, right: &Expr) {
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
    source.error(
        *position,
        failure.with_any_hint(words::did_you_mean(name, names)),
    );
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
