//! The `zshell` binary: parse arguments, run, turn the error into an exit code.

use std::process::ExitCode;

/// Stack sizes to try in bytes. Comparing, printing and dropping nested script values recurses. The system only maps
/// the pages that are used.
const STACKS: [usize; 2] = [512 << 20, 64 << 20];

fn main() -> ExitCode {
    for size in STACKS {
        let run = std::thread::Builder::new()
            .name("main".to_owned())
            .stack_size(size);
        if let Ok(thread) = run.spawn(zshell::main) {
            return thread.join().unwrap_or(ExitCode::from(101));
        }
    }
    zshell::main()
}
