//! Completion at the start of an expression or statement: functions, variables, modules, keywords.

use super::chain::declared;
use super::code::CursorCode;
use super::offer::Offer;
use crate::engine::registry::{self, Function, Takes, VARIABLES};
use crate::engine::types::methods::{self, KEYWORDS};
use crate::engine::types::{Defined, DefinedNames, Shape};

/// Returns the offers for the start of an expression.
pub(super) fn names(code: &CursorCode<'_>, names: &DefinedNames, typed: &str) -> Vec<Offer> {
    let mut offers = variables(code, names, typed, |_| true);
    offers.extend(functions(names));
    if !typed.is_empty() {
        offers.extend(KEYWORDS.iter().map(|(word, help)| Offer::new(*word, *help)));
    }
    offers
}

/// Returns functions: the user's, those of modules, and zshell's.
pub(super) fn functions(names: &DefinedNames) -> Vec<Offer> {
    let mut offers: Vec<Offer> = names.functions.iter().map(defined).collect();
    let modules = names.modules.iter();
    offers.extend(modules.map(|module| Offer::new(&module.name, "a module").then("::")));
    let mut ours: Vec<&Function> = registry::functions().collect();
    ours.sort_by_key(|function| function.name);
    offers.extend(ours.into_iter().map(function));
    let print = methods::FUNCTIONS.iter().take(1);
    offers.extend(print.map(|(name, help)| Offer::new(*name, *help).then("(")));
    offers
}

/// Returns a module's members.
pub(super) fn of_module(name: &str, names: &DefinedNames) -> Vec<Offer> {
    let module = names.modules.iter().find(|module| module.name == name);
    let Some(module) = module else {
        return Vec::new();
    };
    let variables = module.variables.iter();
    let mut offers: Vec<Offer> = module.functions.iter().map(defined).collect();
    offers.extend(variables.map(|(name, shape)| Offer::new(name, shape.words())));
    offers
}

/// Returns the offer for a function of the table.
pub(super) fn function(function: &'static Function) -> Offer {
    let told = |form: &&&str| !form.ends_with("()");
    let form = function.forms.iter().find(told).or(function.forms.first());
    Offer::new(function.name, function.help)
        .labelled(*form.unwrap_or(&function.name))
        .then(if function.arity.1 == 0 { "()" } else { "(" })
}

fn defined(function: &Defined) -> Offer {
    let form = format!("{}({})", function.name, function.parameters.join(", "));
    let bare = function.parameters.is_empty();
    Offer::new(&function.name, "defined here")
        .labelled(form)
        .then(if bare { "()" } else { "(" })
}

/// Returns variables of this type from the typed text, the scope and the globals.
pub(super) fn variables(
    code: &CursorCode<'_>,
    names: &DefinedNames,
    typed: &str,
    fits: impl Fn(&Shape) -> bool,
) -> Vec<Offer> {
    let given = |name: &str| VARIABLES.iter().find(|(known, _)| *known == name);
    let above = declared(code).into_iter();
    let mut offers: Vec<Offer> = above
        .filter(|name| *name != typed)
        .filter(|_| fits(&Shape::Unknown))
        .map(|name| Offer::new(name, "a variable"))
        .collect();
    // Globals are offered after their first letter. The type of `last` changes with each statement.
    let asked = |name: &str| !typed.is_empty() || name == "last" || given(name).is_none();
    let scope = names.variables.iter();
    let scope = scope.filter(|(name, shape)| asked(name) && fits(shape));
    offers.extend(scope.map(|(name, shape)| {
        let help = given(name).map_or(shape.words(), |(_, help)| help);
        Offer::new(name, help)
    }));
    offers
}

/// Returns true for a kind whose values may be any expression.
pub(super) fn is_free(takes: Takes) -> bool {
    matches!(
        takes,
        Takes::Anything
            | Takes::Text(_)
            | Takes::Number
            | Takes::Duration
            | Takes::Json
            | Takes::Secret
            | Takes::Filter
    )
}

/// Returns true if a value of this shape fits.
pub(super) fn fits(takes: Takes, shape: &Shape) -> bool {
    match (takes, shape) {
        (_, Shape::Unknown) | (Takes::Profile, Shape::Connection(_)) | (Takes::Count, _) => true,
        (takes, _) if is_free(takes) => true,
        (Takes::Job, Shape::Own(it)) => it.is_job,
        (Takes::Job, Shape::List(item)) => fits(takes, item) && !matches!(**item, Shape::Text),
        (
            Takes::Data | Takes::State | Takes::Field | Takes::Partition | Takes::Column,
            Shape::List(item),
        ) => fits(takes, item),
        (Takes::Flag, shape) => matches!(shape, Shape::Flag),
        (Takes::Options | Takes::Keys(_), shape) => matches!(shape, Shape::Map(_)),
        (_, shape) => matches!(shape, Shape::Text),
    }
}
