//! `zshell completions`, `zshell man` and `zshell setup`, generated from the command line's definition.
//!
//! Completion scripts call zshell for each Tab, so they offer the profiles and files that exist, and never have to be
//! generated again.

use super::{candidates, overview, plain};
use crate::engine::functions::write::replace;
use crate::error::Failure;
use crate::guide;
use crate::session::Session;
use clap::Command;
use clap_complete::Shell;
use clap_complete::env::{CompleteEnv, Shells};
use clap_mangen::Man;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The environment variable with which completion scripts call zshell. Its value is the shell.
const COMPLETE: &str = "ZSHELL_COMPLETE";

/// The manual page's sections that come from the guide: title, page, and the heading of the table.
const SECTIONS: [(&str, &str, &str); 3] = [
    ("EXIT STATUS", "errors", "exit code"),
    ("ENVIRONMENT", "environment", "variable"),
    ("FILES", "environment", "file"),
];

/// Answers a completion script. Returns false if none is asking.
pub(super) fn complete() -> bool {
    let completed = CompleteEnv::with_factory(completed_command)
        .var(COMPLETE)
        .bin("zshell")
        .completer("zshell")
        .try_complete(env::args_os(), env::current_dir().ok().as_deref());
    // An error can't be shown, since the user is typing. There are no candidates then.
    completed.unwrap_or(true)
}

/// Returns the command line for completion. At an empty word, options are offered only if nothing else fits.
fn completed_command() -> Command {
    let mut command = overview::command();
    // Makes the arguments of plain commands, which clap defers.
    command.build();
    let command = candidates::add(command);
    let word = env::args_os().next_back();
    if word.is_some_and(|word| !word.is_empty()) {
        return command;
    }
    without_options(command)
}

fn without_options(command: Command) -> Command {
    let command = command.disable_help_flag(true).mut_args(|arg| {
        let positional = arg.is_positional();
        arg.hide(!positional)
    });
    command.mut_subcommands(without_options)
}

/// Prints the completion script of a shell.
pub(super) fn completions(session: &Session, shell: Shell) -> Result<(), Failure> {
    let script = script(shell)?;
    session.write(|out| out.write_all(&script))
}

fn script(shell: Shell) -> Result<Vec<u8>, Failure> {
    let mut script = Vec::new();
    let name = shell.to_string();
    let shells = Shells::builtins();
    let written = shells.completer(&name).map(|completer| {
        completer.write_registration(COMPLETE, "zshell", "zshell", "zshell", &mut script)
    });
    match written {
        Some(Ok(())) => Ok(script),
        _ => Err(Failure::refused(format!("no completion script for {name}"))),
    }
}

/// Prints the manual page, or writes one page per command to a folder.
pub(super) fn man(session: &Session, folder: Option<&Path>) -> Result<(), Failure> {
    let mut pages = pages()?;
    let Some(folder) = folder else {
        let page = pages.swap_remove(0).1;
        return session.write(|out| out.write_all(&page));
    };
    write_pages(folder, &pages)?;
    session.notice(&format!("wrote the pages to {}", folder.display()));
    Ok(())
}

fn write_pages(folder: &Path, pages: &[(String, Vec<u8>)]) -> Result<(), Failure> {
    pages
        .iter()
        .try_for_each(|(name, page)| write(&folder.join(name), page))
}

fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)
        .and_then(|()| replace(path, content))
        .map_err(|error| failed(&path.display().to_string(), &error))
}

fn failed(place: &str, error: &io::Error) -> Failure {
    Failure::refused(format!("cannot write {place}: {error}"))
}

/// Writes the completions of these shells, by default of the login shell, and the manual pages to the user's folders.
pub(super) fn setup(session: &Session, shells: Vec<Shell>) -> Result<(), Failure> {
    let data = dirs::data_dir().ok_or_else(|| {
        Failure::refused("this account has no home folder")
            .with_hint("zshell completions SHELL and zshell man --dir DIR write to other places")
    })?;
    let shells = match shells.as_slice() {
        [] => vec![Shell::from_env().ok_or_else(|| {
            Failure::usage("SHELL names no shell that zshell has completions for")
                .of_the_command_line()
                .with_hint("name one: zshell setup bash")
        })?],
        _ => shells,
    };
    for shell in shells {
        let (path, advice) = completion_file(shell, &data);
        write(&path, &script(shell)?)?;
        session.notice(&format!("wrote {}: {advice}", path.display()));
    }
    let folder = data.join("man").join("man1");
    let pages = pages()?;
    write_pages(&folder, &pages)?;
    session.notice(&format!(
        "wrote {} pages to {}: man zshell shows the first, and if it doesn't, add {} to MANPATH",
        pages.len(),
        folder.display(),
        data.join("man").display()
    ));
    Ok(())
}

/// Returns the place where a shell looks for a user's completions, and the user's next step.
fn completion_file(shell: Shell, data: &Path) -> (PathBuf, &'static str) {
    let config = || dirs::config_dir().unwrap_or_else(|| data.to_owned());
    match shell {
        Shell::Bash => (
            data.join("bash-completion/completions/zshell"),
            "new shells load it, if the package bash-completion is installed",
        ),
        Shell::Zsh => (
            data.join("zsh/site-functions/_zshell"),
            "add to ~/.zshrc, before compinit: fpath=(~/.local/share/zsh/site-functions $fpath)",
        ),
        Shell::Fish => (
            config().join("fish/completions/zshell.fish"),
            "new shells load it",
        ),
        Shell::Elvish => (
            config().join("elvish/lib/zshell.elv"),
            "add to ~/.config/elvish/rc.elv: use zshell",
        ),
        _ => (
            config().join("powershell/zshell.ps1"),
            "add to $PROFILE a line that runs it: . PATH",
        ),
    }
}

/// Returns the manual pages with their file names, the page of zshell itself first.
fn pages() -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut command = overview::command();
    command.build();
    let mut pages = Vec::new();
    let collected = collect(&command, "", &mut pages);
    collected.map_err(|error| failed("the manual pages", &error))?;
    Ok(pages)
}

fn collect(command: &Command, path: &str, pages: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    // Examples have a section of their own.
    let man = Man::new(command.clone().after_help(None));
    let mut page = Vec::new();
    man.render(&mut page)?;
    page.extend(sections(path, command).into_bytes());
    pages.push((man.get_filename(), page));
    for inner in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        let path = format!("{path} {}", inner.get_name());
        collect(inner, path.trim(), pages)?;
    }
    Ok(())
}

/// Returns the sections of a command's page that clap doesn't know, in roff.
fn sections(path: &str, command: &Command) -> String {
    let (examples, related) = plain::page(path).unwrap_or_default();
    let own = overview::examples(path);
    let examples: Vec<_> = examples.into_iter().chain(own).collect();
    let mut text = String::new();
    for (heading, examples) in overview::headed(&examples) {
        let _ = writeln!(text, ".SH {}", heading.to_uppercase());
        for (_, example) in examples {
            let _ = writeln!(text, ".PP\n.nf\n{}\n.fi", escaped(example));
        }
    }
    let mut also: Vec<String> = Vec::new();
    if path.is_empty() {
        text.push_str(&SECTIONS.map(table).concat());
        let names = command.get_subcommands().map(Command::get_name);
        also.extend(names.map(|name| format!("zshell-{name}")));
    } else {
        also.push("zshell".to_owned());
        let related = related.iter().map(|path| path.replace(' ', "-"));
        also.extend(related.map(|name| format!("zshell-{name}")));
    }
    let also = also
        .iter()
        .map(|page| format!("\\fB{}\\fR(1)", escaped(page)));
    let _ = writeln!(
        text,
        ".SH \"SEE ALSO\"\n{}",
        also.collect::<Vec<_>>().join(", ")
    );
    text
}

/// Returns a section from a table of the guide.
fn table((title, page, heading): (&str, &str, &str)) -> String {
    let rows = guide::find(page).map(|page| page.table(heading));
    let rows = rows.unwrap_or_default().into_iter().map(|row| {
        let (name, meaning) = row.split_first()?;
        let meaning = escaped(&meaning.join(". "));
        Some(format!(".TP\n\\fB{}\\fR\n{meaning}\n", escaped(name)))
    });
    format!(".SH {title}\n{}", rows.flatten().collect::<String>())
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
