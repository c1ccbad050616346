//! `:out`

use super::{CommandResult, Next, PromptCommand, arguments};
use crate::engine::registry::{self, Takes};
use crate::error::Failure;
use crate::repl::shell::Shell;
use rhai::{Dynamic, Map};

pub(super) const COMMAND: PromptCommand = PromptCommand {
    name: "out",
    aliases: &[],
    arguments: "FILE",
    help: "writes the last result to a file, in the format of its ending; :out! overwrites",
    example: ":out books.csv",
    takes: &[Takes::Path],
    run,
};

fn run(shell: &mut Shell, rest: &str) -> CommandResult {
    let (overwrite, rest) = match rest.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let file =
        arguments::file(rest).ok_or_else(|| arguments::missing("the file", COMMAND.example))?;
    let file = file.display().to_string();
    let last = shell.interpreter.last();
    if last.is_unit() {
        return Err(Failure::usage("there is no result to write yet").into());
    }
    let mut options = Map::new();
    options.insert("file".into(), file.clone().into());
    options.insert("overwrite".into(), overwrite.into());
    let session = shell.session();
    let written = registry::call(&session, "show", vec![last, Dynamic::from_map(options)]);
    let _ = written.map_err(|failure| match failure.hint.as_deref() {
        Some(hint) if hint.contains("overwrite: true") => {
            failure.with_hint(format!(":out! {file} replaces it"))
        }
        _ => failure,
    })?;
    session.notice(&format!("wrote {file}"));
    Ok(Next::Prompt)
}
