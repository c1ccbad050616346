//! The output of a dry run: shell commands, with the script's own output as comments.

use super::Session;
use crate::api::DryRun;
use crate::error::Failure;
use crate::interrupt::{Interrupt, Stop};
use crate::secret::hidden;
use std::io::{self, Write};

/// Writes each line as a shell comment.
pub(super) fn comment(
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut text = Vec::new();
    write(&mut text)?;
    for line in String::from_utf8_lossy(&text).lines() {
        writeln!(out, "{}", format!("# {line}").trim_end())?;
    }
    Ok(())
}

impl Session {
    /// Reports a change that a dry run skips. Returns false if this isn't a dry run.
    pub fn would(&self, what: &str) -> Result<bool, Failure> {
        let dry_run = self.choices().dry_run;
        if dry_run {
            self.write(|out| writeln!(out, "would {what}"))?;
        }
        Ok(dry_run)
    }

    /// Fails under `--no-commands`.
    pub fn allow_command(&self, command: &str) -> Result<(), Failure> {
        if !self.choices().no_commands {
            return Ok(());
        }
        let message = format!("{command:?} was not run, because of --no-commands");
        Err(Failure::refused(hidden(&message))
            .with_hint("run without --no-commands to run programs"))
    }
}

/// A dry run whose commands go to standard output, between the script's own lines.
pub(super) fn dry_run(interrupt: &Interrupt) -> DryRun {
    let interrupt = interrupt.clone();
    DryRun::new(move |command| {
        let mut out = io::stdout().lock();
        let written = out.write_all(command.as_bytes()).and_then(|()| out.flush());
        if let Err(error) = &written
            && error.kind() == io::ErrorKind::BrokenPipe
        {
            interrupt.raise(Stop::ClosedPipe);
        }
        written
    })
}
