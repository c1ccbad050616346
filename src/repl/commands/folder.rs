//! `:cd`, `:pwd`

use super::{CommandResult, PromptCommand, arguments};
use crate::engine::registry::Takes;
use crate::error::Failure;
use crate::render::{OutputFormat, Shown};
use crate::repl::shell::Shell;
use std::env;
use std::path::{self, PathBuf};

pub(super) const CD: PromptCommand = PromptCommand {
    name: "cd",
    aliases: &[],
    arguments: "[DIR]",
    help: "changes the current folder, without DIR to the home folder",
    example: ":cd data",
    takes: &[Takes::Path],
    run: cd,
};

pub(super) const PWD: PromptCommand = PromptCommand {
    name: "pwd",
    aliases: &[],
    arguments: "",
    help: "shows the current folder",
    example: ":pwd",
    takes: &[],
    run: pwd,
};

fn cd(shell: &mut Shell, rest: &str) -> CommandResult {
    let home = || dirs::home_dir().ok_or_else(|| Failure::usage("this account has no home folder"));
    let folder = arguments::file(rest).map_or_else(home, Ok)?;
    let absolute = |folder: &mut PathBuf| {
        if let Ok(path) = path::absolute(&folder) {
            *folder = path;
        }
    };
    // The library folders stay where they are.
    let session = shell.session();
    session.choose(|choices| choices.lib.iter_mut().for_each(absolute));
    env::set_current_dir(&folder).map_err(|error| {
        let message = format!("cannot change to {}: {error}", folder.display());
        Failure::refused(message)
    })?;
    shell.enter_folder(current()?);
    Ok(())
}

fn pwd(shell: &mut Shell, rest: &str) -> CommandResult {
    arguments::none("pwd", rest)?;
    let folder = current()?.display().to_string();
    let session = shell.session();
    Ok(session.show_as(Shown::Text(&folder), OutputFormat::Table)?)
}

fn current() -> Result<PathBuf, Failure> {
    env::current_dir().map_err(|error| {
        let message = format!("cannot find the current folder: {error}");
        Failure::refused(message)
    })
}
