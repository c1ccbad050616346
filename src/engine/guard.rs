//! What stands between a protected connection and a call that destroys something.

use super::call::{Call, as_text};
use super::registry::Confirm;
use super::values::Job;
use crate::connection::Connection;
use crate::error::{Failure, Kind};
use crate::render::words;
use std::rc::Rc;

/// Lets the call pass, or asks whoever sits at the prompt, or refuses.
pub(super) fn check(call: &Call) -> Result<(), Failure> {
    let Some(confirm) = call.function.destroys else {
        return Ok(());
    };
    if call.session.choices().yes {
        return Ok(());
    }
    // What the function will refuse anyway needs no confirmation.
    let Some((what, connection)) = target(call, confirm)? else {
        return Ok(());
    };
    if !connection.protected {
        return Ok(());
    }
    let deed = format!("{}({})", call.function.name, words::quote(&what));
    if !(call.session.at_prompt() && call.session.can_ask()) {
        return Err(Failure::new(
            Kind::Refused,
            format!("{:?} is protected: {deed} was not done", connection.name),
        )
        .with_hint("zshell --yes lets scripts and commands do it; the prompt asks"));
    }
    if confirmed(
        call,
        confirm,
        &what,
        &format!("{:?} is protected, {deed}", connection.name),
    )? {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Refused,
        format!("{deed} was not confirmed, and not done"),
    ))
}

fn confirmed(call: &Call, confirm: Confirm, what: &str, deed: &str) -> Result<bool, Failure> {
    match confirm {
        Confirm::Yes => call.session.confirm(&format!("{deed}: go on?"), false),
        Confirm::Name => {
            let question = format!("{deed}: type {} to go on:", words::safe_line(what));
            let answer = call.session.ask(&question)?;
            Ok(answer.is_some_and(|answer| answer.trim() == what.trim()))
        }
    }
}

/// What the call would destroy, and on which connection.
fn target(call: &Call, confirm: Confirm) -> Result<Option<(String, Rc<Connection>)>, Failure> {
    let first = call.arg(0, "what it is about")?;
    Ok(match confirm {
        Confirm::Name => match as_text(first) {
            Some(name) => Some((name, call.connection()?)),
            None => None,
        },
        Confirm::Yes => {
            let Job { id, connection, .. } = call.job(first)?;
            Some((id, connection))
        }
    })
}
