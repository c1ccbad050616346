//! `zshell completions` and `zshell man`: made from the same definitions as the command line itself.

use super::args::Args;
use crate::error::{Failure, Kind};
use crate::session::Session;
use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;
use std::fs;
use std::path::Path;

/// Prints the completion script of a shell.
pub(super) fn completions(session: &Session, shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "zshell", &mut script);
    session.write(|out| out.write_all(&script))
}

/// Prints the manual page, or writes one page a command to a folder.
pub(super) fn man(session: &Session, folder: Option<&Path>) -> Result<(), Failure> {
    let command = Args::command().disable_help_subcommand(true);
    let Some(folder) = folder else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page).map_err(|error| {
            Failure::new(Kind::Refused, format!("cannot make the page: {error}"))
        })?;
        return session.write(|out| out.write_all(&page));
    };
    fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(command, folder))
        .map_err(|error| {
            let message = format!("cannot write to {}: {error}", folder.display());
            Failure::new(Kind::Refused, message)
        })?;
    session.notice(&format!("wrote the pages to {}", folder.display()));
    Ok(())
}
