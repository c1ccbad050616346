//! `:profile`

use super::{CommandResult, PromptCommand, arguments};
use crate::api::TYPED_KEY;
use crate::config::{Profile, Setting};
use crate::connection::Connection;
use crate::engine::connecting::profiles;
use crate::engine::registry::Takes;
use crate::error::{Failure, Kind};
use crate::render::{OutputFormat, Shown};
use crate::repl::shell::Shell;
use crate::session::Session;
use serde_json::{Value, json};

pub(super) const COMMAND: PromptCommand = PromptCommand {
    name: "profile",
    aliases: &["profiles"],
    arguments: "[NAME|save NAME]",
    help: "lists the profiles, connects to one, or saves the current connection as one",
    example: ":profile local",
    takes: &[Takes::Profile],
    run,
};

/// The word that saves the current connection.
const SAVE: &str = "save";

fn run(shell: &mut Shell, rest: &str) -> CommandResult {
    if let Some((SAVE, name)) = rest.split_once(char::is_whitespace) {
        save(&shell.session(), name.trim())?;
        return Ok(());
    }
    if let Some(name) = arguments::whole(rest) {
        // Runs `connect` like a typed statement, because `:save` records it and `last` becomes the connection.
        let name = name.replace('\\', "\\\\").replace('"', "\\\"");
        shell.statement(&format!("connect(\"{name}\")"))?;
        return Ok(());
    }
    let session = shell.session();
    let config = profiles::load(&session)?;
    let current = session.current().map(|it| it.name.clone());
    let mut rows = profiles::rows(&config);
    if cfg!(feature = "local") {
        let endpoint = "the import service in this process";
        rows.push(json!({ "name": "local", "endpoint": endpoint }));
    }
    for row in &mut rows {
        let is_current = current.as_deref().is_some_and(|it| row["name"] == it);
        let uses = [(is_current, "current"), (row["default"] == true, "default")];
        let uses = uses.iter().filter_map(|(is, word)| is.then_some(*word));
        row["use"] = uses.collect::<Vec<_>>().join(", ").into();
        if let Some(columns) = row.as_object_mut() {
            columns.remove("default");
        }
    }
    Ok(session.show_as(Shown::Value(&Value::Array(rows)), OutputFormat::Table)?)
}

/// Saves the current connection as a profile.
fn save(session: &Session, name: &str) -> Result<(), Failure> {
    profiles::check_name(name)?;
    let hint = "connect(#{endpoint: \"https://…\", token: secret(\"NAME\")}) makes a connection";
    let connection = session
        .current()
        .ok_or_else(|| Failure::new(Kind::Connect, "no connection to save yet").with_hint(hint))?;
    let config = profiles::load(session)?;
    let replaces = config.profiles.contains_key(name);
    let question = format!("there is a profile {name:?}: replace it?");
    if replaces && !agrees(session, &question, false)? {
        return Err(profiles::taken(name).with_hint(":profile lists the profiles"));
    }
    let saved = connection.profile.as_ref();
    let mut profile = match saved.and_then(|name| config.profiles.get(name)) {
        Some(profile) => profile.clone(),
        None if connection.profile_word().as_deref() == Some("local") => {
            return Err(Failure::usage("the local import service needs no profile")
                .with_hint("connect(\"local\") or zshell -p local makes the connection again"));
        }
        None => of_options(session, &connection)?,
    };
    if let Some(database) = &connection.client.settings().database {
        profile.set("db", Setting::Plain(database.clone().into()));
    }
    profiles::save(session, name, &profile, replaces, false)
}

/// Returns a connection's options as a profile. Its keys are in it only if the user agrees.
fn of_options(session: &Session, connection: &Connection) -> Result<Profile, Failure> {
    let settings = connection.client.settings();
    let mut profile = connection.made_from.clone();
    if settings.key_source == TYPED_KEY
        && let Some(token) = &settings.token
    {
        profile.set("token", Setting::Secret(token.clone()));
    }
    let question = "save its keys too, in config.toml, which only you can read?";
    if profile.holds_secrets() && !agrees(session, question, true)? {
        session.notice("saved without keys: they are looked up, or asked for, at each use");
        return Ok(profile.without_secrets());
    }
    Ok(profile)
}

/// Asks a question. Without a terminal, or with `--yes`, nothing is replaced and no key is written.
fn agrees(session: &Session, question: &str, default: bool) -> Result<bool, Failure> {
    Ok(Session::can_ask() && !session.choices().yes && session.confirm(question, default)?)
}
