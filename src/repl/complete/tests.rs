//! Checks that the tables of functions agree with Tab and help. That the engine has every function is proved by calling
//! each one through the binary (`tests/suite/shell/help.rs`); `tests/suite/readme` holds the guide's tables.

use super::Completer;
use crate::engine::help;
use crate::engine::registry::{self, Function, Opt, Takes, VARIABLES};
use crate::engine::types::{SharedNames, TYPES};
use crate::render::Screen;
use crate::repl::commands::{self, COMMANDS};
use crate::session::Session;
use std::path::Path;
use std::rc::Rc;

/// Returns the texts that Tab offers after this text.
fn offered(completer: &Completer, text: &str) -> Vec<String> {
    let (_, pairs) = completer.complete(text, text.len());
    pairs.into_iter().map(|pair| pair.replacement).collect()
}

fn page(name: &str) -> String {
    help::about(name, &[], &Screen::plain()).unwrap_or_default()
}

/// Checks that each option, also of nested maps, is offered inside `call` and explained on the page.
fn check_options(completer: &Completer, page: &str, call: &str, options: &[Opt]) {
    let keys = offered(completer, &format!("{call}#{{"));
    for option in options {
        let name = option.name;
        let is_offered = keys.contains(&format!("{name}: "));
        assert!(is_offered, "Tab: {call}#{{{name}");
        let is_explained = page.contains(&format!(" {name} "));
        assert!(is_explained, "help: {call}#{{{name}");
        if let Takes::Keys(inner) = option.takes {
            check_options(completer, page, &format!("{call}#{{{name}: "), inner);
        }
    }
}

/// Returns true if the overview has a line that begins with the word.
fn names(overview: &str, word: &str) -> bool {
    let mut lines = overview.lines().filter_map(|line| line.strip_prefix("  "));
    lines.any(|line| {
        let rest = line.strip_prefix(word);
        rest.is_some_and(|rest| rest.starts_with(['(', ' ']))
    })
}

#[test]
fn tables_tab_and_help_agree() {
    let session = Rc::new(Session::for_tests(Path::new(".")));
    let completer = Completer::new(session, SharedNames::default());
    let overview = help::overview(&commands::described(), &Screen::plain());
    for function in registry::functions() {
        check_function(&completer, &overview, function);
    }
    for command in COMMANDS {
        let name = format!(":{}", command.name);
        let tabs = offered(&completer, &name);
        let is_offered = tabs.iter().any(|text| text.trim() == command.name);
        assert!(is_offered, "Tab: {name}");
        assert!(names(&overview, &name), ":help: {name}");
    }
    for it in TYPES {
        let page = page(it.name);
        assert!(names(&overview, it.name), "help(): {}", it.name);
        for key in it.properties {
            assert!(page.contains(key.help), "help: {}.{}", it.name, key.name);
        }
    }
    for (name, _) in VARIABLES {
        assert!(names(&overview, name), "help(): {name}");
    }
}

/// Checks one function with its forms and options.
fn check_function(completer: &Completer, overview: &str, function: &Function) {
    let name = function.name;
    let page = page(name);
    let bracket = if function.arity.1 == 0 { "()" } else { "(" };
    let call = format!("{name}{bracket}");
    assert!(offered(completer, name).contains(&call), "Tab: {call}");
    assert!(names(overview, name), "help(): {name}");
    assert!(page.contains(function.help), "help: {name}");
    let methods = offered(completer, &format!("connect(\"local\").{name}"));
    let is_method = methods.contains(&call);
    assert_eq!(is_method, function.method, "Tab: Connection.{name}");
    for form in function.forms {
        assert!(page.contains(form), "help: {form}");
    }
    for related in function.related {
        assert!(registry::find(related).is_some(), "{name}: {related}");
    }
    // The forms say at which argument the option map is.
    let mut forms = function.forms.iter();
    let map = forms.find_map(|form| Some(form.split_once("#{")?.0));
    if !function.options.is_empty() {
        check_options(completer, &page, map.unwrap_or(&call), function.options);
    }
}
