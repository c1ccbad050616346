//! Functions for scripts around imports: `params`, `env`, `assert`, `sleep`, `exit`.

use crate::engine::arguments::{Declaration, written};
use crate::engine::call::{Call, Function};
use crate::engine::describe::{Family, SessionEffect, Takes};
use crate::engine::options::plain;
use crate::engine::times::duration_of;
use crate::engine::types::{Gives, map_of};
use crate::error::{Failure, Kind};
use rhai::Dynamic;

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Script.table([
    Function::new(
        &[
            "params(#{name: default, …})",
            "params(#{name: #{value, type, required, help, choices}, …})",
        ],
        "declares the script's options, which go to opts and appear in zshell run FILE --help; () is a required text",
        "params(#{collection: \"books\", days: 7, full: false, mode: #{value: \"append\", choices: [\"append\", \"replace\"]}})",
        params,
    )
    .gives(Gives::Map(&[]))
    .effect(SessionEffect::DeclaresOptions)
    .related(&["env"]),
    Function::new(
        &["env(name)", "env(name, default)"],
        "returns an environment variable, or the default, or (), if it isn't set",
        "env(\"HOME\")",
        env,
    )
    .takes(&[Takes::Variable])
    .gives(Gives::Text)
    .related(&["secret"]),
    Function::new(
        &["dry_run()"],
        "returns true under --dry-run, so a script can skip checks of imported rows",
        "assert(dry_run() || count(\"books\") > 0)",
        |call| Ok(call.session.choices().dry_run.into()),
    )
    .gives(Gives::Flag),
    Function::new(
        &["assert(condition)", "assert(condition, message)"],
        "ends the script with exit code 1 if the condition is false",
        "assert(count(\"books\") > 0, \"books is empty\")",
        assert,
    ),
    Function::new(
        &["sleep(seconds)", "sleep(\"1m30s\")"],
        "waits; Ctrl-C ends it",
        "sleep(\"1s\")",
        sleep,
    )
    .replaces(),
    Function::new(
        &["exit()", "exit(code)"],
        "ends the script with this exit code (0 to 255)",
        "exit(4)",
        exit,
    )
    .effect(SessionEffect::Exits)
    .replaces(),
]);

fn env(call: &Call) -> Result<Dynamic, Failure> {
    let name = call.text(0, "the variable's name")?;
    match std::env::var_os(&name) {
        None => Ok(call.args.get(1).cloned().unwrap_or(Dynamic::UNIT)),
        Some(value) => value.into_string().map(Dynamic::from).map_err(|_| {
            Failure::usage(format!("the environment variable {name} is not UTF-8 text"))
        }),
    }
}

fn params(call: &Call) -> Result<Dynamic, Failure> {
    let given = call.arg(0, "the map of parameters")?;
    let map =
        map_of(given).ok_or_else(|| call.wrong_type("takes a map #{name: default, …}", given))?;
    let params = map.into_iter().map(|(name, value)| (name, written(value)));
    let declaration = Declaration::read(params)?;
    let mut arguments = call.session.arguments.borrow_mut();
    arguments.opts = declaration.complete(&arguments.given)?;
    Ok(arguments.opts.clone().into())
}

fn assert(call: &Call) -> Result<Dynamic, Failure> {
    let condition = call.arg(0, "the condition")?;
    let holds = condition
        .as_bool()
        .map_err(|_| call.wrong_type("the condition is true or false", condition))?;
    if holds {
        return Ok(Dynamic::UNIT);
    }
    let message = call
        .args
        .get(1)
        .map(|message| format!(": {}", plain(message)));
    let message = format!("assertion failed{}", message.unwrap_or_default());
    Err(Failure::new(Kind::Script, message))
}

fn sleep(call: &Call) -> Result<Dynamic, Failure> {
    let value = call.arg(0, "the time")?;
    let time = duration_of(value)
        .ok_or_else(|| call.wrong_type("takes seconds or text such as \"1m30s\"", value))?;
    call.session.interrupt.sleep(time)?;
    Ok(Dynamic::UNIT)
}

fn exit(call: &Call) -> Result<Dynamic, Failure> {
    let code = match call.args.first() {
        None => 0,
        Some(value) => value
            .as_int()
            .ok()
            .and_then(|code| u8::try_from(code).ok())
            .ok_or_else(|| call.misused("the code is a whole number from 0 to 255"))?,
    };
    call.session.request_exit(code);
    Ok(Dynamic::UNIT)
}
