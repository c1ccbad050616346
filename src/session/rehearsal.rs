//! What a dry run writes: commands, and the script's own lines as comments in between.

use super::Session;
use crate::api::DryRun;
use crate::error::Failure;
use crate::interrupt::{Interrupt, Stop};
use std::io::{self, Write};

/// Writes each line as a shell's comment.
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
    /// Says what a dry run leaves undone; false where this is none, and it is to be done.
    pub fn would(&self, what: &str) -> Result<bool, Failure> {
        let dry_run = self.choices().dry_run;
        if dry_run {
            self.write(|out| writeln!(out, "would {what}"))?;
        }
        Ok(dry_run)
    }
}

/// A dry run that writes its commands to standard output, in between the script's own lines.
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
