//! `zshell run FILE`: reads a script and runs it.

use super::{Outcome, input};
use crate::engine::Interpreter;
use crate::session::Session;
use std::path::{Path, PathBuf};

/// Runs a script file, or standard input for `-`.
pub(super) fn run(
    session: &Session,
    interpreter: &impl Fn(PathBuf) -> Interpreter,
    file: &str,
    words: &[String],
) -> Outcome {
    let text = input::read(session, file)?;
    let (name, script_dir) = if file == "-" {
        ("standard input", current_folder())
    } else {
        (file, folder_of(Path::new(file)))
    };
    let how = format!("zshell run {file}");
    interpreter(script_dir).run_with(name, &text, words, &how)
}

/// Returns the folder in which a script without a file looks up modules.
pub(super) fn current_folder() -> PathBuf {
    std::env::current_dir().unwrap_or_default()
}

fn folder_of(file: &Path) -> PathBuf {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
}
