//! What a script needs around imports: `env`, `secret`, `read_text`, `parse_json`, `sleep`, `exit`.

use crate::config::set;
use crate::engine::call::Call;
use crate::engine::options::duration_of;
use crate::engine::registry::{Family, Function, Gives, Takes};
use crate::engine::values::{dynamic_of, found};
use crate::error::Failure;
use crate::secret::Secret;
use rhai::Dynamic;

/// This family's table.
pub const FUNCTIONS: &[Function] = &[
    Function::new(
        Family::Script,
        "env",
        &["env(name)", "env(name, default)"],
        "an environment variable; () or the default where it is not set",
        "env(\"HOME\")",
        env,
    )
    .arity(1, 2)
    .takes(&[Takes::Variable])
    .gives(Gives::Text)
    .related(&["secret"]),
    Function::new(
        Family::Script,
        "secret",
        &["secret(name)"],
        "a secret, masked where it is shown: environment variable NAME, or the file that NAME_FILE names",
        "connect(#{endpoint: \"https://…\", token: secret(\"PROD_KEY\")})",
        secret,
    )
    .takes(&[Takes::Variable])
    .gives(Gives::Secret)
    .related(&["connect", "env"]),
    Function::new(
        Family::Script,
        "read_text",
        &["read_text(path)"],
        "a text file's content, up to 64 MiB; \"-\" is standard input",
        "read_text(\"body.json\")",
        read_text,
    )
    .takes(&[Takes::Path])
    .gives(Gives::Text)
    .related(&["parse_json"]),
    Function::new(
        Family::Script,
        "parse_json",
        &["parse_json(text)"],
        "JSON text as a value; whole numbers of 64 bits stay exact",
        "import(parse_json(read_text(\"body.json\")))",
        parse_json,
    )
    .gives(Gives::Anything)
    .related(&["read_text"])
    .replaces(),
    Function::new(
        Family::Script,
        "sleep",
        &["sleep(seconds)", "sleep(\"1m30s\")"],
        "waits; Ctrl-C ends it",
        "sleep(\"5s\")",
        sleep,
    )
    .replaces(),
    Function::new(
        Family::Script,
        "exit",
        &["exit()", "exit(code)"],
        "ends the script with this exit code (0 to 255)",
        "exit(4)",
        exit,
    )
    .arity(0, 1)
    .replaces(),
];

fn env(call: &Call) -> Result<Dynamic, Failure> {
    let name = call.text(0, "the variable's name")?;
    match std::env::var_os(&name) {
        None => Ok(call.args.get(1).cloned().unwrap_or(Dynamic::UNIT)),
        Some(value) => value.into_string().map(Dynamic::from).map_err(|_| {
            Failure::usage(format!("the environment variable {name} is not UTF-8 text"))
        }),
    }
}

fn secret(call: &Call) -> Result<Dynamic, Failure> {
    let name = call.text(0, "the secret's name")?;
    if let Some(value) = set(&name) {
        return Ok(Dynamic::from(Secret::new(value)));
    }
    let file_variable = format!("{name}_FILE");
    if let Some(path) = set(&file_variable) {
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Failure::usage(format!("secret {name:?}: cannot read {path}: {error}"))
        })?;
        return Ok(Dynamic::from(Secret::new(
            text.trim_end_matches(['\r', '\n']),
        )));
    }
    Err(
        Failure::usage(format!("no secret {name:?}")).with_hint(format!(
            "set the environment variable {name}, or {file_variable} to a file that holds it"
        )),
    )
}

fn read_text(call: &Call) -> Result<Dynamic, Failure> {
    let path = call.text(0, "the path")?;
    Ok(call.session.read_text(&path)?.into())
}

fn parse_json(call: &Call) -> Result<Dynamic, Failure> {
    let text = call.text(0, "the JSON")?;
    serde_json::from_str(&text)
        .map(dynamic_of)
        .map_err(|error| Failure::usage(format!("parse_json: {error}")))
}

fn sleep(call: &Call) -> Result<Dynamic, Failure> {
    let value = call.arg(0, "the time")?;
    let time = duration_of(value).ok_or_else(|| {
        call.misused(&format!(
            "takes seconds or text such as \"1m30s\", got {}",
            found(value)
        ))
    })?;
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
