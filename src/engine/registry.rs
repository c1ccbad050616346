//! The table of all functions.
//!
//! The engine registers exactly these functions, and `help()` prints them. The command line, completion and the
//! README's reference are checked against the table.

use super::functions;
use super::syntax::SourceText;
use crate::error::Failure;
use crate::session::Session;
use rhai::{Dynamic, Token};
use std::rc::Rc;

pub use super::call::{Call, Function};
pub use super::describe::{ExamplePlace, Family, Opt, SessionEffect, Takes};

/// Returns every function, family by family.
pub fn functions() -> impl Iterator<Item = &'static Function> + Clone {
    [
        functions::connect::FUNCTIONS,
        functions::account::FUNCTIONS,
        functions::api::FUNCTIONS,
        functions::jobs::FUNCTIONS,
        functions::decision::FUNCTIONS,
        functions::import_all::FUNCTIONS,
        functions::wait::FUNCTIONS,
        functions::submissions::FUNCTIONS,
        functions::check::FUNCTIONS,
        functions::upload::FUNCTIONS,
        functions::volumes::FUNCTIONS,
        functions::collections::FUNCTIONS,
        functions::catalog::FUNCTIONS,
        functions::aliases::FUNCTIONS,
        functions::rows::FUNCTIONS,
        functions::script::FUNCTIONS,
        functions::lock::FUNCTIONS,
        functions::ask::FUNCTIONS,
        functions::files::FUNCTIONS,
        functions::time::FUNCTIONS,
        functions::output::FUNCTIONS,
        functions::log::FUNCTIONS,
        functions::command::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
}

/// Returns the function with this name.
pub fn find(name: &str) -> Option<&'static Function> {
    functions().find(|function| function.name == name)
}

/// Returns the function whose parenthesis opens at an index, and whether it's a method call.
pub(crate) fn callee(source: &SourceText, open: usize) -> Option<(&'static Function, bool)> {
    let name = open.checked_sub(1)?;
    let function = find(source.name(name)?)?;
    if source.before(name) == Some(&Token::Fn) {
        return None;
    }
    Some((function, source.is_member(name)))
}

/// Calls a function without a script, for the plain commands.
pub fn call(session: &Rc<Session>, name: &str, args: Vec<Dynamic>) -> Result<Dynamic, Failure> {
    let function = find(name).ok_or_else(|| Failure::usage(format!("no function {name:?}")))?;
    Call::new(session, function, args).and_then(|call| call.perform())
}

/// Names visible everywhere, even inside functions, with one line of help each.
pub const VARIABLES: &[(&str, &str)] = &[
    ("args", "the script's arguments, an array of text"),
    (
        "opts",
        "the script's options, a map: --name value, or what params() declares",
    ),
    ("script_dir", "the folder of the running script"),
    ("last", "the last value shown at the prompt"),
];
