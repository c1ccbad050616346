//! From the words of a command line to the arguments of a call.

use super::command::{BODY, argument_id, option_id};
use super::form::CommandForm;
use crate::cli::input;
use crate::engine::describe::{Opt, Takes};
use crate::engine::types::dynamic_of;
use crate::error::Failure;
use crate::session::Session;
use clap::ArgMatches;
use rhai::{Array, Dynamic, Map};
use serde_json::Value;

/// Returns the arguments of the call.
pub(super) fn arguments(
    session: &Session,
    form: &CommandForm,
    matches: &ArgMatches,
) -> Result<Vec<Dynamic>, Failure> {
    let mut args = Vec::new();
    let mut options = body(session, matches)?;
    let values = |id: &str, takes: Takes, shown: &str| -> Result<Array, Failure> {
        // An argument that the command lacks has no values.
        let given = matches.try_get_many::<String>(id).ok().flatten();
        let given = given.into_iter().flatten();
        given
            .map(|text| value(session, takes, shown, text))
            .collect()
    };
    for positional in &form.positionals {
        let (id, shown) = (argument_id(&positional.name), &positional.name);
        let values = values(&id, positional.takes, &shown.to_ascii_uppercase())?;
        match positional.option {
            Some(option) => set(&mut options, option, values),
            None => args.push(one_or_all(values)),
        }
    }
    for option in form.options() {
        let shown = format!("--{}", super::form::kebab(option.name));
        let values = values(&option_id(option), option.takes, &shown)?;
        set(&mut options, option, values);
    }
    if let Some(at) = form.options_at
        && (!options.is_empty() || at < form.function.arity.0)
    {
        args.resize(at, Dynamic::UNIT);
        args.push(options.into());
    }
    while args.last().is_some_and(Dynamic::is_unit) {
        args.pop();
    }
    Ok(args)
}

/// Returns the option map of `--body`.
fn body(session: &Session, matches: &ArgMatches) -> Result<Map, Failure> {
    // A command without options has no such argument.
    let Ok(Some(text)) = matches.try_get_one::<String>(BODY) else {
        return Ok(Map::new());
    };
    let value = json(session, "--body", text)?;
    let kind = value.type_name();
    value
        .try_cast()
        .ok_or_else(|| Failure::usage(format!("--body is a JSON object, got {kind}")))
}

/// Sets an option, also if the map has it in another spelling.
fn set(options: &mut Map, option: &Opt, values: Array) {
    if !values.is_empty() {
        options.retain(|key, _| !option.matches(key));
        options.insert(option.name.into(), one_or_all(values));
    }
}

/// Returns unit for no value, the value if there's one, else all of them.
fn one_or_all(mut values: Array) -> Dynamic {
    match values.len() {
        0 | 1 => values.pop().unwrap_or_default(),
        _ => values.into(),
    }
}

fn value(session: &Session, takes: Takes, shown: &str, text: &str) -> Result<Dynamic, Failure> {
    Ok(match takes {
        Takes::Flag => (text == "true").into(),
        Takes::Number => text
            .parse::<i64>()
            .map_or_else(|_| text.into(), Dynamic::from),
        Takes::Json | Takes::Keys(_) => return json(session, shown, text),
        Takes::Anything | Takes::Field | Takes::Partition
            if text.trim_start().starts_with(['{', '[']) =>
        {
            serde_json::from_str::<Value>(text).map_or_else(|_| text.into(), dynamic_of)
        }
        _ => text.into(),
    })
}

/// Parses JSON, or the JSON in the file that `@FILE` names.
fn json(session: &Session, shown: &str, text: &str) -> Result<Dynamic, Failure> {
    let file = text.strip_prefix('@');
    let text = match file {
        Some(file) => input::read(session, file)?,
        None => text.to_owned(),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    serde_json::from_str(text).map(dynamic_of).map_err(|error| {
        let place = file.map_or_else(|| shown.to_owned(), |file| format!("{shown}: {file}"));
        Failure::usage(format!("{place} isn't JSON: {error}"))
            .with_hint("quote JSON for the shell: '{\"key\": 1}', or name a file: @FILE")
    })
}
