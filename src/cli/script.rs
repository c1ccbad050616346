//! `zshell run FILE`: reads a script and runs it.

use super::{Outcome, input};
use crate::engine::{Interpreter, Setup};
use crate::session::Session;
use std::path::{Path, PathBuf};

/// Runs a script file, or standard input for `-`.
pub(super) fn run(
    session: &Session,
    interpreter: &impl Fn(Setup) -> Interpreter,
    file: &str,
    words: &[String],
) -> Outcome {
    let text = input::read(session, file)?;
    let (name, setup) = if file == "-" {
        ("standard input", setup_here())
    } else {
        let script_dir = folder_of(Path::new(file));
        (file, Setup { script_dir })
    };
    let how = format!("zshell run {file}");
    interpreter(setup).run_with(name, &text, words, &how)
}

/// Sets up a script without a file: modules are looked up in the current folder.
pub(super) fn setup_here() -> Setup {
    Setup {
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
