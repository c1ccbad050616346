//! The `zshell` binary: parse arguments, run, turn the error into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    zshell::cli::main()
}
