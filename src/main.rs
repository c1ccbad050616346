//! The `zshell` binary: parse arguments, run, turn the error into an exit code.
fn main() {}
