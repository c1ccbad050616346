//! `zshell completions` and `zshell man`, generated from the command line's definition.

use super::args::Args;
use crate::error::{Failure, Kind};
use crate::guide;
use crate::session::Session;
use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

/// The manual page's sections that come from the guide: title, page, and the heading of the table.
const SECTIONS: [(&str, &str, &str); 3] = [
    ("EXIT STATUS", "errors", "exit code"),
    ("ENVIRONMENT", "environment", "variable"),
    ("FILES", "environment", "file"),
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
        page.extend(sections().into_bytes());
        return session.write(|out| out.write_all(&page));
    };
    fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(command, folder))
        .and_then(|()| {
            let mut page = OpenOptions::new()
                .append(true)
                .open(folder.join("zshell.1"))?;
            page.write_all(sections().as_bytes())
        })
        .map_err(|error| {
            let message = format!("cannot write to {}: {error}", folder.display());
            Failure::new(Kind::Refused, message)
        })?;
    session.notice(&format!("wrote the pages to {}", folder.display()));
    Ok(())
}

/// Returns the sections from the guide's tables in roff.
fn sections() -> String {
    let section = |(title, page, heading)| {
        let rows = guide::find(page).map(|page| page.table(heading));
        let rows = rows.unwrap_or_default().into_iter().map(|row| {
            let (name, meaning) = row.split_first()?;
            let meaning = escaped(&meaning.join(". "));
            Some(format!(".TP\n\\fB{}\\fR\n{meaning}\n", escaped(name)))
        });
        format!(".SH {title}\n{}", rows.flatten().collect::<String>())
    };
    SECTIONS.map(section).concat()
}

/// Escapes roff's control characters.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('-', "\\-");
    if text.starts_with(['.', '\'']) {
        format!("\\&{text}")
    } else {
        text
    }
}
