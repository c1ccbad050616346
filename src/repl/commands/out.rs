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
    let (file, overwrite) = arguments::target(rest, COMMAND.example)?;
    let name = file.display().to_string();
    let last = shell.interpreter.last();
    if last.is_unit() {
        return Err(Failure::usage("there is no result to write yet").into());
    }
    let mut options = Map::new();
    options.insert("file".into(), name.clone().into());
    options.insert("overwrite".into(), overwrite.into());
    let session = shell.session();
    let written = registry::call(&session, "show", vec![last, Dynamic::from_map(options)]);
    if let Err(failure) = written {
        let is_taken = !overwrite && file.is_file();
        return Err(if is_taken {
            failure
                .with_hint(format!(":out! {name} replaces it"))
                .into()
        } else {
            failure.into()
        });
    }
    session.notice(&format!("wrote {name}"));
    Ok(Next::Prompt)
}
