//! `zshell completions` and `zshell man`, generated from the command line's definition.

use super::args::Args;
use crate::error::{Failure, Kind};
use crate::session::Session;
use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

/// The exit codes for the manual page.
const EXITS: [(&str, &str); 12] = [
    ("0", "done"),
    (
        "1",
        "the script threw, or does not parse; lint found something",
    ),
    (
        "2",
        "wrong command line, or arguments that the script does not take",
    ),
    ("3", "could not connect, or the key was refused"),
    ("4", "an import job failed"),
    ("5", "timed out while waiting"),
    ("6", "the outcome of a submission is not known"),
    (
        "7",
        "the request was refused, by the service or by zshell's own checks",
    ),
    ("75", "the service is busy; the same run may succeed later"),
    ("130", "interrupted"),
    ("141", "standard output was closed"),
    ("143", "terminated"),
];

/// Prints the completion script of a shell.
pub(super) fn completions(session: &Session, shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "zshell", &mut script);
    session.write(|out| out.write_all(&script))
}

/// Prints the manual page, or writes one page per command to a folder.
pub(super) fn man(session: &Session, folder: Option<&Path>) -> Result<(), Failure> {
    let command = Args::command().disable_help_subcommand(true);
    let Some(folder) = folder else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page).map_err(|error| {
            Failure::new(Kind::Refused, format!("cannot make the page: {error}"))
        })?;
        page.extend(exit_status().into_bytes());
        return session.write(|out| out.write_all(&page));
    };
    fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(command, folder))
        .and_then(|()| {
            let mut page = OpenOptions::new()
                .append(true)
                .open(folder.join("zshell.1"))?;
            page.write_all(exit_status().as_bytes())
        })
        .map_err(|error| {
            let message = format!("cannot write to {}: {error}", folder.display());
            Failure::new(Kind::Refused, message)
        })?;
    session.notice(&format!("wrote the pages to {}", folder.display()));
    Ok(())
}

/// Returns the section of exit codes in roff.
fn exit_status() -> String {
    let rows = EXITS.map(|(code, meaning)| format!(".TP\n\\fB{code}\\fR\n{meaning}\n"));
    format!(".SH EXIT STATUS\n{}", rows.concat())
}
