//! `zshell run FILE`: read the script, run it.

use super::Outcome;
use crate::engine::{Interpreter, Setup};
use crate::error::{Failure, Kind};
use crate::session::Session;
use std::path::{Path, PathBuf};

/// Runs a script file, or standard input for `-`. The outer error is one of the command line: no such file.
pub(super) fn run(
    session: &Session,
    interpreter: &impl Fn(Setup) -> Interpreter,
    file: &str,
    args: Vec<String>,
) -> Result<Outcome, Failure> {
    let text = match session.read_text(file) {
        Ok(text) => text,
        Err(failure) if failure.kind == Kind::Refused => return Err(failure),
        Err(stopped) => return Ok(Err(stopped.into())),
    };
    let (name, setup) = if file == "-" {
        ("standard input", setup_here(args))
    } else {
        let script_dir = folder_of(Path::new(file));
        (file, Setup { args, script_dir })
    };
    Ok(interpreter(setup).run(name, &text))
}

/// The set-up of a script that is no file: modules are looked for in the current folder.
pub(super) fn setup_here(args: Vec<String>) -> Setup {
    Setup {
        args,
        script_dir: std::env::current_dir().unwrap_or_default(),
    }
}

fn folder_of(file: &Path) -> PathBuf {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
}
