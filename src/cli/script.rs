//! `zshell run FILE`: read the script, run it.

use super::Outcome;
use crate::engine::{Interpreter, Setup};
use crate::error::Failure;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Runs a script file, or standard input for `-`. The outer error is one of the command line: no such file.
pub(super) fn run(
    interpreter: &impl Fn(Setup) -> Interpreter,
    file: &str,
    args: Vec<String>,
) -> Result<Outcome, Failure> {
    let (name, text) = if file == "-" {
        ("standard input", read_stdin())
    } else {
        (file, std::fs::read_to_string(file))
    };
    let text = text.map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
    let setup = if file == "-" {
        setup_here(args)
    } else {
        Setup {
            args,
            script_dir: folder_of(Path::new(file)),
        }
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

fn read_stdin() -> std::io::Result<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}
