//! Checks that the tables of functions agree with Tab and help. That the engine has every function is proved by calling
//! each one through the binary (`tests/suite/shell/help.rs`); `tests/suite/readme` holds the guide's tables.

use super::Completer;
use crate::engine::help;
use crate::engine::registry::{self, Function, Opt, Takes, VARIABLES};
use crate::engine::types::{Key, SharedNames, TYPES};
use crate::render::Screen;
use crate::repl::commands::{self, COMMANDS};
use crate::session::Session;
use rustyline::Context;
use rustyline::completion::Completer as _;
use rustyline::history::MemHistory;
use std::path::Path;
use std::rc::Rc;

/// Returns the texts that Tab offers after this text.
fn offered(completer: &Completer, text: &str) -> Vec<String> {
    let history = MemHistory::new();
    let (_, pairs) = completer
        .complete(text, text.len(), &Context::new(&history))
        .expect("an answer");
    pairs.into_iter().map(|pair| pair.replacement).collect()
}

fn check(wrong: &mut Vec<String>, is: bool, what: &str) {
    if !is {
        wrong.push(what.to_owned());
    }
}

/// Checks that each option, also of nested maps, is offered inside `call` and explained on the page.
fn options(
    wrong: &mut Vec<String>,
    completer: &Completer,
    page: &str,
    call: &str,
    options: &[Opt],
) {
    let keys = offered(completer, &format!("{call}#{{"));
    for option in options {
        let name = option.name;
        check(
            wrong,
            keys.contains(&format!("{name}: ")),
            &format!("Tab: {call}#{{{name}"),
        );
        check(
            wrong,
            page.contains(&format!(" {name} ")),
            &format!("help: {call}#{{{name}"),
        );
        if let Takes::Keys(inner) = option.takes {
            self::options(wrong, completer, page, &format!("{call}#{{{name}: "), inner);
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
    let mut wrong = Vec::new();
    for function in registry::functions() {
        self::function(&mut wrong, &completer, &overview, function);
    }
    for command in COMMANDS {
        let name = format!(":{}", command.name);
        let tabs = offered(&completer, &name);
        check(
            &mut wrong,
            tabs.iter().any(|text| text.trim() == command.name),
            &format!("Tab: {name}"),
        );
        check(
            &mut wrong,
            names(&overview, &name),
            &format!(":help: {name}"),
        );
    }
    for it in TYPES {
        let page = help::about(it.name, &[], &Screen::plain()).unwrap_or_default();
        check(
            &mut wrong,
            names(&overview, it.name),
            &format!("help(): {}", it.name),
        );
        for Key {
            name: getter, help, ..
        } in it.keys()
        {
            check(
                &mut wrong,
                page.contains(help),
                &format!("help: {}.{getter}", it.name),
            );
        }
    }
    for (name, _) in VARIABLES {
        check(
            &mut wrong,
            names(&overview, name),
            &format!("help(): {name}"),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Checks one function with its forms and options.
fn function(wrong: &mut Vec<String>, completer: &Completer, overview: &str, function: &Function) {
    let name = function.name;
    let page = help::about(name, &[], &Screen::plain()).unwrap_or_default();
    let bracket = if function.arity.1 == 0 { "()" } else { "(" };
    let call = format!("{name}{bracket}");
    check(
        wrong,
        offered(completer, name).contains(&call),
        &format!("Tab: {call}"),
    );
    check(wrong, names(overview, name), &format!("help(): {name}"));
    check(
        wrong,
        page.contains(function.help),
        &format!("help: {name}"),
    );
    let methods = offered(completer, &format!("connect(\"local\").{name}"));
    check(
        wrong,
        methods.contains(&call) == function.method,
        &format!("Tab: Connection.{name}"),
    );
    for form in function.forms {
        check(wrong, page.contains(form), &format!("help: {form}"));
    }
    for related in function.related {
        check(
            wrong,
            registry::find(related).is_some(),
            &format!("{name}: {related}"),
        );
    }
    // The forms say at which argument the option map is.
    let map = function
        .forms
        .iter()
        .find_map(|form| Some(form.split_once("#{")?.0));
    if !function.options.is_empty() {
        options(
            wrong,
            completer,
            &page,
            map.unwrap_or(&call),
            function.options,
        );
    }
}
