//! `zshell profile`: saved connections.

mod add;

use super::args::ProfileCommand;
use crate::config::Edit;
use crate::engine::connecting::profiles;
use crate::error::Failure;
use crate::render::{OutputFormat, Shown};
use crate::session::Session;
use serde_json::Value;

/// Runs a subcommand.
pub(super) fn run(session: &Session, action: ProfileCommand) -> Result<(), Failure> {
    match action {
        ProfileCommand::List => list(session),
        ProfileCommand::Show { name } => {
            let config = profiles::load(session)?;
            let row =
                profiles::row(&config, &name).ok_or_else(|| profiles::unknown(&config, &name))?;
            session.show(Shown::Value(&row))
        }
        ProfileCommand::Add(options) => add::run(session, options),
        ProfileCommand::Remove { name } => {
            known(session, &name)?;
            remove(session, &name)
        }
        ProfileCommand::Default { name } => {
            known(session, &name)?;
            make_default(session, &name)
        }
    }
}

fn list(session: &Session) -> Result<(), Failure> {
    let rows = profiles::rows(&profiles::load(session)?);
    if rows.is_empty() && session.choices().output == OutputFormat::Table {
        session.notice("no profiles; zshell profile add NAME saves one");
        return Ok(());
    }
    session.show(Shown::Value(&Value::Array(rows)))
}

fn remove(session: &Session, name: &str) -> Result<(), Failure> {
    if session.would(&format!("remove profile {name:?} and its API key"))? {
        return Ok(());
    }
    let yes = session.choices().yes;
    if !yes && !Session::can_ask() {
        return Err(Failure::refused(format!(
            "profile {name:?} wasn't removed: there is no terminal to confirm it"
        ))
        .with_hint("--yes removes it without asking"));
    }
    if !yes && !session.confirm(&format!("remove profile {name:?} and its API key?"), false)? {
        let message = format!("profile {name:?} was not removed");
        return Err(Failure::refused(message));
    }
    let mut edit = Edit::begin(&session.interrupt)?;
    let was_default = edit.default() == Some(name);
    edit.remove_profile(name);
    let path = edit.save()?;
    session.notice(&format!("removed {name:?} from {}", path.display()));
    if was_default {
        session.notice("there is no default profile now; zshell profile default NAME sets one");
    }
    Ok(())
}

fn make_default(session: &Session, name: &str) -> Result<(), Failure> {
    if session.would(&format!("make {name:?} the default profile"))? {
        return Ok(());
    }
    let mut edit = Edit::begin(&session.interrupt)?;
    edit.set_default(name);
    edit.save()?;
    session.notice(&format!("{name:?} is the default profile now"));
    Ok(())
}

fn known(session: &Session, name: &str) -> Result<(), Failure> {
    let config = profiles::load(session)?;
    if config.profiles.contains_key(name) {
        Ok(())
    } else {
        Err(profiles::unknown(&config, name))
    }
}
