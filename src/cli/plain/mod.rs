//! Plain commands: every function that calls a service or reads data is a subcommand, made from the function's one
//! description. `query(collection, #{filter, limit})` is `zshell query COLLECTION --filter … --limit N`.
//!
//! [`form`] derives arguments from the description, [`command`] makes the clap command, [`values`] turns the command
//! line into the call's arguments, [`own`] holds additions of single commands, and [`shell`] writes script calls as
//! shell commands.

mod command;
mod form;
mod own;
pub(crate) mod shell;
mod values;

use super::{Outcome, input};
use crate::engine::describe::{ExamplePlace, Family, Takes};
use crate::engine::registry;
use crate::engine::types::as_texts;
use crate::error::{Failure, Kind};
use crate::session::Session;
use clap::error::ErrorKind;
use clap::{ArgMatches, Command, FromArgMatches, Subcommand};
use form::CommandForm;
use rhai::Dynamic;
use std::rc::Rc;

/// The global options, which functions' options with the same names leave to the whole run.
const GLOBAL: &[&str] = &[
    "profile",
    "output",
    "color",
    "quiet",
    "verbose",
    "timeout",
    "yes",
    "log-format",
    "dry-run",
    "lib",
    "data-dir",
    "no-init",
    "no-commands",
    "help",
    "version",
    "body",
];

/// Returns the family of the function that a command is made from.
pub(super) fn family(command: &str) -> Option<Family> {
    form::function(command).map(|function| function.family)
}

/// An example of a command, and the place where it works.
pub(super) type PlacedExample = (ExamplePlace, String);

/// Returns a command's examples and the commands related to it, for its manual page.
pub(super) fn page(command: &str) -> Option<(Vec<PlacedExample>, Vec<String>)> {
    let function = form::function(command)?;
    let related = function.related.iter();
    let related = related.filter_map(|name| registry::find(name));
    let related = related.filter(|it| form::is_command(it));
    let related = related.map(form::path).collect();
    Some((command::examples(&CommandForm::of(function)), related))
}

/// The id of the argument that names a command's collection.
pub(super) const COLLECTION: &str = "argument collection";

/// Returns the ids of a command's arguments, and the kinds of their values.
pub(super) fn arguments(command: &str) -> Vec<(String, Takes)> {
    let Some(function) = form::function(command) else {
        return Vec::new();
    };
    let form = CommandForm::of(function);
    let places = form.positionals.iter();
    let places = places.map(|it| (command::argument_id(&it.name), it.takes));
    let options = form.options();
    let options = options.map(|it| (command::option_id(it), it.takes));
    places.chain(options).collect()
}

/// A plain command with its arguments.
#[derive(Debug)]
pub(crate) struct PlainCommand {
    form: CommandForm,
    matches: ArgMatches,
}

impl FromArgMatches for PlainCommand {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let (function, matches) = match matches.subcommand() {
            Some((name, matches)) => (form::function(name), matches),
            None => (registry::find(JOURNAL_LIST), matches),
        };
        let function = function.ok_or_else(|| clap::Error::new(ErrorKind::MissingSubcommand))?;
        Ok(Self {
            form: CommandForm::of(function),
            matches: matches.clone(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Subcommand for PlainCommand {
    fn augment_subcommands(command: Command) -> Command {
        command.subcommands(form::functions().map(command::command))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        form::function(name).is_some()
    }
}

/// The function of `zshell journal list`, the only plain command that's below another command.
const JOURNAL_LIST: &str = "submissions";

impl clap::Args for PlainCommand {
    fn augment_args(command: Command) -> Command {
        match registry::find(JOURNAL_LIST) {
            Some(function) => command::with_arguments(command, &CommandForm::of(function)),
            None => command,
        }
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// Runs a plain command. A usage error of the function is one of the command line.
pub(super) fn run(session: &Rc<Session>, plain: &PlainCommand) -> Outcome {
    let (form, matches) = (&plain.form, &plain.matches);
    let result = values::arguments(session, form, matches).and_then(|args| {
        check_paths(session, form, &args, own::uploads(matches))?;
        own::run(session, form.function.name, matches, args)
    });
    Ok(result.map_err(|failure| match failure.kind {
        Kind::Usage => of_the_command_line(form, failure),
        _ => failure,
    })?)
}

/// Words a usage error for a shell: options are flags, and the usage line takes the place of the script's forms.
fn of_the_command_line(form: &CommandForm, mut failure: Failure) -> Failure {
    let name = form.function.name;
    let message = failure.message.strip_prefix(&format!("{name}: "));
    let mut message = message.unwrap_or(&failure.message).to_owned();
    for option in form.function.options {
        let flag = format!("--{}", form::kebab(option.name));
        message = message.replace(&format!("the option {} ", option.name), &format!("{flag} "));
    }
    failure.message = message;
    let hint = failure.hint.as_ref();
    if hint.is_none_or(|hint| hint.starts_with("its forms: ")) {
        let path = form::path(form.function);
        failure.hint = Some(format!("zshell {path} --help shows how to call it"));
    }
    failure.of_the_command_line()
}

/// Refuses paths of data on this machine that don't exist, before the call.
fn check_paths(
    session: &Rc<Session>,
    form: &CommandForm,
    args: &[Dynamic],
    uploads: bool,
) -> Result<(), Failure> {
    let places = form.positionals.iter().zip(args);
    let places = places.filter(|(it, _)| matches!(it.takes, Takes::Data | Takes::Path));
    // An import's paths are read by the service, unless they're uploaded.
    let is_import = form.function.name.starts_with("import") && !uploads;
    for path in places.filter_map(|(_, value)| as_texts(value)).flatten() {
        let is_here = if is_import {
            input::is_read_here(session, &path)?
        } else {
            !path.contains("://")
        };
        if is_here {
            input::exist(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Common;
    use clap::Args as _;

    #[test]
    fn global_options_are_those_of_the_command_line() {
        let command = Common::augment_args(Command::new("zshell"));
        let own = command.get_arguments().filter_map(clap::Arg::get_long);
        // The options that only the prompt, clap or a command's body has.
        let mut names: Vec<_> = own
            .chain(["no-init", "help", "version", command::BODY])
            .collect();
        let mut global = GLOBAL.to_vec();
        names.sort_unstable();
        global.sort_unstable();
        assert_eq!(global, names);
    }
}
