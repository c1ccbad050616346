//! Completion after a dot: getters and methods by the value's type.

use super::chain::{Binding, Chain, ChainLink, ChainRoot, binding};
use super::code::CursorCode;
use super::offer::Offer;
use crate::engine::registry;
use crate::engine::types::methods::{LIST, MAP, OWN, TEXT, is_bare};
use crate::engine::types::{DefinedNames, ScriptType, Shape};
use crate::error::Failure;

/// Maximum number of assignments to follow to find the type of a variable.
const STEPS: usize = 8;

/// Returns the members of a value.
pub(super) fn members(shape: &Shape) -> Vec<Offer> {
    let getters = shape.properties().iter();
    let mut offers: Vec<Offer> = getters.map(|key| Offer::new(key.name, key.help)).collect();
    offers.extend(keys(shape).filter(|key| is_name(&key.name)));
    if matches!(shape, Shape::Connection(_)) {
        let methods = registry::functions().filter(|function| function.method);
        offers.extend(methods.map(super::names::function));
    }
    let methods = match shape {
        Shape::List(_) => LIST,
        Shape::Text => TEXT,
        Shape::Map(_) => MAP,
        _ if shape.is_secret() => &[],
        _ if shape.own().is_some() => OWN,
        _ => &[],
    };
    offers.extend(methods.iter().map(|(name, help)| {
        let bare = is_bare(name, help);
        Offer::new(*name, *help).then(if bare { "()" } else { "(" })
    }));
    offers
}

/// Returns a map's keys.
pub(super) fn keys(shape: &Shape) -> impl Iterator<Item = Offer> + '_ {
    let keys = match shape {
        Shape::Map(keys) => keys.as_slice(),
        _ => &[],
    };
    keys.iter()
        .map(|(key, shape)| Offer::new(key, shape.words()))
}

/// Returns true for a key that may follow a dot.
fn is_name(key: &str) -> bool {
    let mut letters = key.chars();
    letters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
}

/// Returns the shape of an expression's value, derived from names, the registry and the typed text.
pub(super) fn shape(chain: &Chain<'_>, code: &CursorCode<'_>, names: &DefinedNames) -> Shape {
    follow(chain, code, names, STEPS)
}

fn follow(chain: &Chain<'_>, code: &CursorCode<'_>, names: &DefinedNames, steps: usize) -> Shape {
    let root = match &chain.root {
        ChainRoot::Name(name) => named(name, code, names, steps),
        ChainRoot::Call(name) => {
            registry::find(name).map_or(Shape::Unknown, |function| Shape::given(function.gives))
        }
        ChainRoot::Text => Shape::Text,
        ChainRoot::Array => Shape::list(Shape::Unknown),
        ChainRoot::Map(keys) => {
            let keys = keys.iter().map(|key| ((*key).to_owned(), Shape::Unknown));
            Shape::Map(keys.collect())
        }
        ChainRoot::Unknown => Shape::Unknown,
    };
    chain.links.iter().fold(root, |shape, link| match link {
        ChainLink::Member(name) => shape.member(name),
        ChainLink::Call(name) => match registry::find(name) {
            Some(function) if function.method && matches!(shape, Shape::Connection(_)) => {
                Shape::given(function.gives)
            }
            _ => shape.call(name),
        },
        ChainLink::Index(key) => shape.item(key),
    })
}

/// Returns the shape of a variable in the typed text or in the scope.
fn named(name: &str, code: &CursorCode<'_>, names: &DefinedNames, steps: usize) -> Shape {
    let steps = steps.saturating_sub(1);
    match binding(code, name).filter(|_| steps > 0) {
        Some(Binding { chain, item }) => {
            let shape = match &chain.root {
                // In `let x = x.y` the second `x` is an earlier variable.
                ChainRoot::Name(root) if *root == name => scope(name, names),
                _ => follow(&chain, code, names, steps),
            };
            if item { shape.item("") } else { shape }
        }
        None if super::chain::catches(code, name) => Shape::Own(Failure::TYPE),
        None => scope(name, names),
    }
}

fn scope(name: &str, names: &DefinedNames) -> Shape {
    names.variable(name).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::place::{CompletionKind, place};
    use super::*;
    use crate::engine::syntax::SourceText;

    fn offered(text: &str, names: &DefinedNames) -> Vec<String> {
        let source = SourceText::read(text);
        let code = CursorCode::at_end(&source);
        let CompletionKind::Member(chain) = place(&code).kind else {
            panic!("{text} is no member");
        };
        let offers = members(&shape(&chain, &code, names));
        offers.into_iter().map(|offer| offer.name).collect()
    }

    #[test]
    fn members_follow_the_type() {
        let map = Shape::Map(vec![
            ("title".to_owned(), Shape::Text),
            ("two words".to_owned(), Shape::Text),
        ]);
        let names = DefinedNames {
            variables: vec![
                ("book".to_owned(), map.clone()),
                ("books".to_owned(), Shape::list(map)),
                ("conn".to_owned(), Shape::Connection(None)),
            ],
            ..DefinedNames::default()
        };
        for (text, there, not_there) in [
            ("import(\"a\", \"b\").", "id", "state"),
            ("jobs()[0].", "state", "len"),
            ("jobs().", "filter", "state"),
            ("jobs().filter(|j| j.percent > 5)[0].", "reason", "len"),
            ("jobs().filter(|j| j.", "reason", "len"),
            ("for j in jobs() { j.", "reason", "len"),
            ("let j = import(\"a\", \"b\");\nj.", "collection", "state"),
            ("let p = wait(j); p.details[0].", "file", "job"),
            ("connect(\"local\").", "import", "env"),
            ("connect(\"local\").jobs().", "filter", "import"),
            ("conn.", "endpoint", "title"),
            ("conn.wait(x).", "rows", "endpoint"),
            ("book.", "title", "two words"),
            ("book.title.", "split", "title"),
            ("books[0].", "title", "filter"),
            ("collections()[0].", "split", "push"),
            ("\"a\".", "to_upper", "push"),
            ("#{a: 1}.", "a", "push"),
            ("try { } catch (e) { e.", "message", "push"),
            ("describe(\"a\").", "fields", "push"),
            ("secret(\"A\") + x; let c = connect(); c.", "jobs", "push"),
        ] {
            let offered = offered(text, &names);
            assert!(
                offered.iter().any(|name| name == there),
                "{text}: {offered:?}"
            );
            assert!(
                !offered.iter().any(|name| name == not_there),
                "{text}: {offered:?}"
            );
        }
        assert!(offered("nobody.", &names).is_empty());
    }

    /// Each offered method is registered in the engine, whatever its arguments.
    #[test]
    fn offered_methods_exist_in_rhai() {
        let engine = rhai::Engine::new();
        for (value, methods) in [("[1, 2]", LIST), ("\"text\"", TEXT), ("#{a: 1}", MAP)] {
            for (name, help) in methods.iter().filter(|(name, _)| *name != "to_json") {
                let calls = [
                    "",
                    "\"a\"",
                    "1",
                    "|x| true",
                    "\"a\", \"b\"",
                    "|x, y| x, 0",
                    "#{}",
                    "|| 1",
                    "0, 1",
                    "\"a\", 1",
                ];
                let known = calls.iter().any(|arguments| {
                    let text = format!("let v = {value}; v.{name}({arguments})");
                    !matches!(
                        engine.eval::<rhai::Dynamic>(&text).map_err(|error| *error),
                        Err(rhai::EvalAltResult::ErrorFunctionNotFound(..))
                    )
                });
                assert!(known, "{value}.{name}");
                let bare = engine.eval::<rhai::Dynamic>(&format!("let v = {value}; v.{name}()"));
                let needs = bare.is_err_and(|error| {
                    matches!(*error, rhai::EvalAltResult::ErrorFunctionNotFound(..))
                });
                assert!(!needs || !is_bare(name, help), "{value}.{name}()");
            }
        }
    }
}
