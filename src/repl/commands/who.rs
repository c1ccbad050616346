//! `:who`

use super::{CommandResult, PromptCommand, arguments, set};
use crate::config;
use crate::render::{OutputFormat, Shown};
use crate::repl::shell::Shell;
use serde_json::{Map, Value};

pub(super) const COMMAND: PromptCommand = PromptCommand {
    name: "who",
    aliases: &["whoami"],
    arguments: "",
    help: "the connection, where its key came from, changed settings, folders, version",
    example: ":who",
    takes: &[],
    run,
};

fn run(shell: &mut Shell, rest: &str) -> CommandResult {
    arguments::none("who", rest)?;
    let session = shell.session();
    let mut about = Map::new();
    let mut tell = |name: &str, value: &str| about.insert(name.to_owned(), value.into());
    match session.current() {
        None => {
            let first = shell.expected.as_ref().map_or_else(String::new, |it| {
                let mark = if it.protected {
                    ", which is protected"
                } else {
                    ""
                };
                format!(": the first call connects to {}{mark}", it.name)
            });
            tell("connection", &format!("none yet{first}"));
        }
        Some(connection) => {
            tell("connection", &connection.name);
            let Value::Object(facts) = connection.json() else {
                return Ok(());
            };
            for (name, value) in facts.iter().filter(|(name, _)| *name != "name") {
                if let Some(value) = value.as_str() {
                    tell(name, value);
                }
            }
        }
    }
    let changed = set::changed(&session);
    if !changed.is_empty() {
        tell("settings", &changed.join(", "));
    }
    let data = session.choices().data_dir.display().to_string();
    tell("data folder", &data);
    if let Some(file) = config::folder().map(|folder| folder.join("config.toml")) {
        let missing = if file.is_file() { "" } else { " (not there)" };
        tell("config file", &format!("{}{missing}", file.display()));
    }
    tell("version", env!("CARGO_PKG_VERSION"));
    Ok(session.show_as(Shown::Value(&Value::Object(about)), OutputFormat::Table)?)
}
