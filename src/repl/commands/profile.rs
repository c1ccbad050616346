//! `:profile`

use super::{CommandResult, Next, PromptCommand, arguments};
use crate::engine::connecting::profiles;
use crate::engine::registry::Takes;
use crate::render::{OutputFormat, Shown};
use crate::repl::shell::Shell;
use serde_json::{Value, json};

pub(super) const COMMAND: PromptCommand = PromptCommand {
    name: "profile",
    aliases: &["profiles"],
    arguments: "[NAME]",
    help: "lists the profiles, or connects to one",
    example: ":profile local",
    takes: &[Takes::Profile],
    run,
};

fn run(shell: &mut Shell, rest: &str) -> CommandResult {
    if let Some(name) = arguments::whole(rest) {
        // Runs `connect` like a typed statement, because `:save` records it and `last` becomes the connection.
        let name = name.replace('\\', "\\\\").replace('"', "\\\"");
        shell.statement(&format!("connect(\"{name}\")"))?;
        return Ok(Next::Prompt);
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
        row["use"] = match (is_current, row["default"] == true) {
            (true, true) => "current, default",
            (true, false) => "current",
            (false, true) => "default",
            (false, false) => "",
        }
        .into();
        if let Some(columns) = row.as_object_mut() {
            columns.remove("default");
        }
    }
    session.show_as(Shown::Value(&Value::Array(rows)), OutputFormat::Table)?;
    Ok(Next::Prompt)
}
