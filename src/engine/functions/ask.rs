//! `secret`, `ask`, `ask_secret`: input for a script, from its environment or from the user.

use crate::config::set;
use crate::engine::call::{Call, Function};
use crate::engine::connecting::profiles;
use crate::engine::describe::{ExamplePlace, Family, Takes};
use crate::engine::types::{Gives, ScriptType};
use crate::error::{Failure, Kind};
use crate::secret::{Secret, is_place, remember};
use crate::session::Session;
use rhai::Dynamic;

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Script.table([
    Function::new(
        &["secret(name)"],
        "returns a secret, masked in output: from variable NAME, the file in NAME_FILE, config.toml or the terminal",
        "connect(#{\n  endpoint: \"https://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com\",\n  token: secret(\"PROD_KEY\"),\n})",
        secret,
    )
    .takes(&[Takes::Variable])
    .gives(Gives::One(Secret::TYPE))
    .example_in(ExamplePlace::ZillizCloud)
    .related(&["connect", "env", "ask_secret"]),
    Function::new(
        &["ask(question)", "ask(question, default)"],
        "asks at the terminal and returns the answer as text; without a terminal, the default",
        "ask(\"which collection?\", \"books\")",
        ask,
    )
    .gives(Gives::Text)
    .related(&["ask_secret"]),
    Function::new(
        &["ask_secret(question)"],
        "asks for a secret, which the terminal doesn't show",
        "ask_secret(\"API key:\")",
        ask_secret,
    )
    .gives(Gives::One(Secret::TYPE))
    .example_in(ExamplePlace::Terminal)
    .related(&["secret", "ask"]),
]);

fn secret(call: &Call) -> Result<Dynamic, Failure> {
    let name = call.text(0, "the secret's name")?;
    if !is_place(&name) {
        // The argument isn't quoted in the error, because it may be the secret.
        return Err(Failure::usage(
            "secret: takes the name of an environment variable (letters, digits and _), not the secret",
        )
        .with_hint("secret(\"PROD_KEY\") with PROD_KEY set, or ask_secret(\"the key:\")"));
    }
    let found = lookup(call, &name)?;
    remember(&found);
    Ok(Dynamic::from(found))
}

fn lookup(call: &Call, name: &str) -> Result<Secret, Failure> {
    if let Some(value) = set(name) {
        return Ok(Secret::new(value));
    }
    let file_variable = format!("{name}_FILE");
    if let Some(path) = set(&file_variable) {
        let text = call.session.read_text(&path).map_err(|failure| {
            let message = format!("secret {name:?}: {}", failure.message);
            match failure.kind {
                Kind::Refused => Failure::usage(message),
                _ => failure,
            }
        })?;
        return Ok(Secret::new(text.trim_end_matches(['\r', '\n'])));
    }
    if let Some(secret) = of_profile(call, name)? {
        return Ok(secret);
    }
    if Session::can_ask() {
        let question = format!("secret {name}, not shown:");
        let label = format!("the secret {name}");
        let answer = call.session.ask_once(&label, &question)?;
        return answer.ok_or_else(|| Failure::usage(format!("no secret {name:?} was given")));
    }
    Err(
        Failure::usage(format!("no secret {name:?}")).with_hint(format!(
            "set the environment variable {name}, or {file_variable} to a file that holds it, or write it into [secrets] of config.toml"
        )),
    )
}

/// Returns a secret of the current connection's profile, or of the profile that `connect()` would use. If the profile
/// has none, the secrets for all profiles are searched.
fn of_profile(call: &Call, name: &str) -> Result<Option<Secret>, Failure> {
    let mut config = profiles::load(call.session)?;
    let profile = match call.session.current() {
        Some(connection) => connection.profile.clone(),
        None => profiles::chosen(call.session, &config),
    };
    let profile = profile.and_then(|profile| config.profiles.remove(&profile));
    let own = profile.and_then(|profile| profile.secret(name).cloned());
    Ok(own.or_else(|| config.secrets.remove(name)))
}

fn ask(call: &Call) -> Result<Dynamic, Failure> {
    let question = call.text(0, "the question")?;
    let default = call.args.get(1);
    if !Session::can_ask() {
        let Some(default) = default else {
            return Err(nobody(
                "ask",
                "give a default, ask(question, default), or take the answer from args or env(\"NAME\")",
            ));
        };
        call.session.notice(&format!(
            "{question} {default} (the default: no terminal to ask at)"
        ));
        return Ok(default.clone());
    }
    let shown = match default {
        Some(default) => format!("{} [{default}]", question.trim_end()),
        None => question,
    };
    let answer = call.session.ask(&shown)?.ok_or_else(|| unanswered("ask"))?;
    Ok(match default {
        Some(default) if answer.trim().is_empty() => default.clone(),
        _ => answer.into(),
    })
}

fn ask_secret(call: &Call) -> Result<Dynamic, Failure> {
    let question = call.text(0, "the question")?;
    if !Session::can_ask() {
        return Err(nobody(
            "ask_secret",
            "take it from the environment or a file: secret(\"NAME\")",
        ));
    }
    let answer = call.session.ask_hidden(&question)?;
    let secret = answer.ok_or_else(|| unanswered("ask_secret"))?;
    remember(&secret);
    Ok(Dynamic::from(secret))
}

fn nobody(call: &str, hint: &str) -> Failure {
    Failure::refused(format!(
        "{call}: can't ask: standard input or standard error is no terminal"
    ))
    .with_hint(hint)
}

fn unanswered(call: &str) -> Failure {
    Failure::refused(format!("{call}: no answer was given"))
}
