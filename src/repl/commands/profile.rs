//! `:profile`

use super::{Command, Next, Outcome, arguments};
use crate::config::Config;
use crate::engine::registry::Takes;
use crate::render::{OutputFormat, Shown};
use crate::repl::shell::Shell;
use serde_json::{Value, json};

pub(super) const COMMAND: Command = Command {
    name: "profile",
    aliases: &["profiles"],
    arguments: "[NAME]",
    help: "lists the profiles, or connects to one",
    example: ":profile local",
    takes: &[Takes::Profile],
    run,
};

fn run(shell: &mut Shell, rest: &str) -> Outcome {
    if let Some(name) = arguments::whole(rest) {
        // As if it was typed: `:save` needs it, and `last` is the connection.
        let name = name.replace('\\', "\\\\").replace('"', "\\\"");
        shell.statement(&format!("connect(\"{name}\")"))?;
        return Ok(Next::Prompt);
    }
    let session = shell.session();
    let config = Config::load()?;
    let current = session.current().map(|it| it.name.clone());
    let standard = config.default_profile.as_deref();
    let row = |name: &str, endpoint: String| {
        let is_current = current.as_deref() == Some(name);
        json!({
            "profile": name,
            "use": match (is_current, standard == Some(name)) {
                (true, true) => "current, default",
                (true, false) => "current",
                (false, true) => "default",
                (false, false) => "",
            },
            "endpoint": endpoint,
        })
    };
    let mut rows: Vec<Value> = config
        .profiles
        .iter()
        .map(|(name, keys)| {
            let of = |key: &str| keys.get(key).and_then(Value::as_str);
            let place = [
                "endpoint",
                "cluster",
                "cluster_id",
                "uri",
                "url",
                "base_url",
            ];
            let place = place.into_iter().find_map(of).unwrap_or_default();
            row(name, place.to_owned())
        })
        .collect();
    if cfg!(feature = "local") {
        rows.push(row(
            "local",
            "the import service in this process".to_owned(),
        ));
    }
    session.show_as(Shown::Value(&Value::Array(rows)), OutputFormat::Table)?;
    Ok(Next::Prompt)
}
