//! Confirmation of destructive calls on protected connections.

use super::Call;
use crate::connection::Connection;
use crate::engine::describe::Confirm;
use crate::engine::functions::api;
use crate::engine::types::{Job, as_text};
use crate::error::Failure;
use crate::session::Session;
use crate::text::words;
use std::rc::Rc;

/// Returns an error if the call is destructive, the connection is protected, and the user doesn't confirm.
pub(super) fn check(call: &Call) -> Result<(), Failure> {
    let confirm = call
        .function
        .destroys
        .filter(|_| !call.session.choices().yes);
    let Some(confirm) = confirm else {
        return Ok(());
    };
    // A call without a valid target fails anyway, so it needs no confirmation.
    let target = target(call, confirm)?.filter(|(_, connection)| connection.protected);
    let Some((what, connection)) = target else {
        return Ok(());
    };
    let arguments = match confirm {
        Confirm::Name(last) => {
            let names = call.args.iter().take(last + 1).filter_map(as_text);
            let names: Vec<String> = names.map(|name| words::quote(&name)).collect();
            names.join(", ")
        }
        Confirm::Yes => words::quote(&what),
        Confirm::Change => what.clone(),
    };
    let deed = format!("{}({arguments})", call.function.name);
    if !(call.session.at_prompt() && Session::can_ask()) {
        return Err(Failure::refused(format!(
            "{:?} is protected: {deed} was not done",
            connection.name
        ))
        .with_hint("zshell --yes lets scripts and commands do it; the prompt asks"));
    }
    let question = format!("{:?} is protected, {deed}", connection.name);
    let confirmed = match confirm {
        Confirm::Yes | Confirm::Change => call
            .session
            .confirm(&format!("{question}: go on?"), false)?,
        Confirm::Name(_) => {
            let question = format!("{question}: type {} to confirm:", words::safe_line(&what));
            let answer = call.session.ask(&question)?;
            answer.is_some_and(|answer| answer.trim() == what.trim())
        }
    };
    if confirmed {
        return Ok(());
    }
    Err(Failure::refused(format!(
        "{deed} was not confirmed, and not done"
    )))
}

/// Returns the name or job that the call would destroy, or the call's method and path, and its connection.
fn target(call: &Call, confirm: Confirm) -> Result<Option<(String, Rc<Connection>)>, Failure> {
    let what = match confirm {
        Confirm::Name(index) => call.args.get(index).and_then(as_text),
        Confirm::Change => api::changes(call)?,
        Confirm::Yes => {
            let Job { id, connection, .. } = call.job(call.arg(0, "the job")?)?;
            return Ok(Some((id, connection)));
        }
    };
    what.map(|what| Ok((what, call.connection()?))).transpose()
}
