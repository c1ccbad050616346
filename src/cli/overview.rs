//! The list of commands in `zshell --help`, grouped by task.

use super::args::Args;
use super::plain::PlacedExample;
use super::{plain, usage};
use crate::engine::describe::{ExamplePlace, Family};
use crate::engine::help;
use crate::error::Failure;
use crate::render::{OutputFormat, Shown};
use crate::repl::commands;
use crate::session::Session;
use clap::builder::{StyledStr, Styles};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Command, CommandFactory, FromArgMatches};
use std::ffi::OsString;
use std::fmt::Write;

/// The heading of commands that manage files and settings of zshell itself.
const SETTINGS: &str = "Settings";

/// Returns the examples of a command that isn't made from a function, or of zshell itself for an empty path.
pub(super) fn examples(path: &str) -> Vec<PlacedExample> {
    let examples: &[&str] = match path {
        "" => &[
            "zshell -p local",
            "zshell profile add prod --endpoint https://in03-….api.aws-us-east1.zillizcloud.com",
            "zshell check data/*.parquet --collection books",
            "zshell import books s3://my-bucket/books/1.parquet --wait",
            "zshell -p prod query books 'year > 1999' --fields title -o json",
            "zshell run nightly.rhai --collection books",
        ],
        "run" => &[
            "zshell run nightly.rhai --collection books",
            "zshell run nightly.rhai --help",
            "zshell -p prod --dry-run run nightly.rhai",
        ],
        "eval" => &["zshell -p local eval 'collections().len()'"],
        "lint" => &["zshell lint scripts/", "zshell -o json lint nightly.rhai"],
        "serve" => &["zshell serve --listen 127.0.0.1:19530 --bucket-dir data"],
        "profile add" => &["zshell profile add prod --cluster my-cluster --default"],
        "journal list" => &["zshell journal list --state unresolved"],
        "journal settle" => &["zshell journal settle 01m8h3908gaxxn --job job-01m8h3908g"],
        "completions" => &["source <(zshell completions bash)"],
        "setup" => &["zshell setup", "zshell setup bash zsh fish"],
        "man" => &["zshell man | man -l -"],
        "help" => &[
            "zshell help import",
            "zshell help filters",
            "zshell help --find key_prefix",
        ],
        _ => &[],
    };
    let examples = examples.iter();
    examples
        .map(|text| (ExamplePlace::default(), (*text).to_owned()))
        .collect()
}

/// Parses the command line. The help texts are made only if one is shown, since they take longer than the parser.
pub(super) fn parse(words: &[OsString]) -> Result<Args, clap::Error> {
    let matches = Args::command().try_get_matches_from(words);
    let matches = matches.or_else(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            command().try_get_matches_from(words)
        }
        _ => Err(error),
    })?;
    let mut args = Args::from_arg_matches(&matches)?;
    let ids = matches.ids().map(clap::Id::as_str);
    let given = ids.filter(|id| matches.value_source(id) == Some(ValueSource::CommandLine));
    args.common.given = given.map(str::to_owned).collect();
    Ok(args)
}

/// Returns the command line's definition with its help texts.
pub(super) fn command() -> Command {
    let mut command = Args::command();
    command.build();
    let commands = groups(&command);
    let command = Args::command().help_template(commands);
    command.mut_subcommands(|command| match &*examples(command.get_name()) {
        [] => command,
        own => command.after_help(examples_help(own)),
    })
}

/// Shows the help of a command, or the page or the places that the words name.
pub(super) fn help(session: &Session, name: &[String], find: &[String]) -> Result<(), Failure> {
    let is_command = |name: &String| Args::command().find_subcommand(name).is_some();
    if find.is_empty() && name.first().is_none_or(is_command) {
        let name = name.iter().map(String::as_str);
        let words = ["zshell"].into_iter().chain(name).chain(["--help"]);
        let words: Vec<OsString> = words.map(OsString::from).collect();
        let Err(shown) = parse(&words) else {
            return Ok(());
        };
        if shown.use_stderr() {
            return Err(usage::failure(&shown));
        }
        let text = shown.render();
        let text = if session.out().color {
            text.ansi().to_string()
        } else {
            text.to_string()
        };
        return session.write(|out| out.write_all(text.as_bytes()));
    }
    let (commands, screen) = (commands::described(), session.out());
    let own = |(usage, _): &(String, String)| {
        let name = usage.split(' ').nth(1);
        name.and_then(plain::family).is_none()
    };
    let shell: Vec<(String, String)> = rows().into_iter().filter(own).collect();
    let text = match find {
        [] => help::about(&name.join(" "), &commands, &screen)?,
        words => help::find(&words.join(" "), &commands, &shell, &screen)?,
    };
    session.show_as(Shown::Text(text.trim_end()), OutputFormat::Table)
}

/// Returns each command's usage and description, for the guide.
pub fn rows() -> Vec<(String, String)> {
    let mut command = command();
    command.build();
    let rows = command.get_subcommands().map(|it| {
        let usage = it.clone().render_usage().to_string();
        let about = it.get_about().map(ToString::to_string).unwrap_or_default();
        (usage.trim_start_matches("Usage: ").to_owned(), about)
    });
    rows.collect()
}

/// Returns examples as the last part of a help text, with a heading for each place.
pub(super) fn examples_help(examples: &[PlacedExample]) -> StyledStr {
    let mut text = StyledStr::new();
    let styles = Styles::styled();
    let header = styles.get_header();
    for (index, (heading, examples)) in headed(examples).into_iter().enumerate() {
        let gap = if index == 0 { "" } else { "\n\n" };
        let _ = write!(text, "{gap}{header}{heading}:{header:#}");
        for (_, example) in examples {
            let _ = write!(text, "\n  {example}");
        }
    }
    text
}

/// Returns the examples under the headings of their places.
pub(super) fn headed(examples: &[PlacedExample]) -> Vec<(String, &[PlacedExample])> {
    let groups: Vec<_> = examples.chunk_by(|(a, _), (b, _)| a == b).collect();
    let is_only = groups.len() == 1;
    let groups = groups.into_iter();
    let headed = groups.map(|group| (group[0].0.heading("Examples", is_only), group));
    headed.collect()
}

/// Returns the heading of a command. Scripts have the first one.
fn heading(name: &str) -> &'static str {
    let family = plain::family(name).or_else(|| (name == "journal").then_some(Family::Jobs));
    match family {
        Some(Family::Connect) => "Account",
        Some(Family::Jobs) => "Import jobs",
        Some(Family::Data) => "Data files",
        Some(Family::Collections) => "Collections",
        Some(Family::Script) => "Commands",
        None if ["run", "eval", "lint", "serve"].contains(&name) => "Commands",
        None => SETTINGS,
    }
}

fn groups(command: &Command) -> StyledStr {
    let styles = Styles::styled();
    let (header, literal) = (styles.get_header(), styles.get_literal());
    let mut text = StyledStr::new();
    let _ = write!(
        text,
        "{{before-help}}{{about-with-newline}}\n{{usage-heading}} {{usage}}\n"
    );
    let names = command.get_subcommands().map(Command::get_name);
    let width = names.map(str::len).max().unwrap_or(0);
    for title in [
        "Commands",
        "Import jobs",
        "Data files",
        "Collections",
        "Account",
        SETTINGS,
    ] {
        let _ = write!(text, "\n{header}{title}:{header:#}\n");
        let commands = command.get_subcommands();
        for command in commands.filter(|it| heading(it.get_name()) == title) {
            let (name, about) = (command.get_name(), command.get_about());
            let about = about.map(ToString::to_string).unwrap_or_default();
            let gap = " ".repeat(width - name.len() + 2);
            let _ = writeln!(text, "  {literal}{name}{literal:#}{gap}{about}");
        }
    }
    let _ = write!(
        text,
        "\n{header}Options:{header:#}\n{{options}}{{after-help}}"
    );
    text
}
