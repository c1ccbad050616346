//! The clap command of a function, made from the function's description.

use super::form::{self, CommandForm, Positional, kebab};
use super::{PlacedExample, own, shell};
use crate::api::model::JobState;
use crate::cli::duration;
use crate::cli::overview::examples_help;
use crate::engine::describe::{Opt, Takes};
use crate::engine::registry::Function;
use crate::render::OutputFormat;
use clap::{Arg, ArgAction, Command, ValueHint};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use std::fmt::Write;

/// The id of the option that takes all options at once.
pub(super) const BODY: &str = "body";

/// Returns the id of a positional argument. Options have the ids of [`option_id`].
pub(super) fn argument_id(name: &str) -> String {
    format!("argument {name}")
}

/// Returns the id of an option.
pub(super) fn option_id(option: &Opt) -> String {
    format!("option {}", option.name)
}

/// Returns the command with its name and description. Arguments and examples are made only for the command that runs,
/// since every start of zshell makes this list.
pub(super) fn command(function: &'static Function) -> Command {
    let path = form::path(function);
    let command = Command::new(&path).about(about(function.help));
    let alias = Some(function.name).filter(|name| *name != path);
    let command = command.aliases(alias);
    command.defer(|command| match form::function(command.get_name()) {
        Some(function) => {
            let form = CommandForm::of(function);
            let command = own::adapt(function.name, with_arguments(command, &form));
            command.after_help(examples_help(&examples(&form)))
        }
        None => command,
    })
}

/// Adds a function's arguments and options to a command.
pub(super) fn with_arguments(mut command: Command, form: &CommandForm) -> Command {
    for positional in &form.positionals {
        command = command.arg(argument(positional));
    }
    for option in form.options() {
        let mut arg = flag(option);
        if form.positionals.iter().any(|it| it.option == Some(option)) {
            arg = arg.conflicts_with(argument_id(option.name));
        }
        command = command.arg(arg);
    }
    if form.options_at.is_some() {
        command = command.arg(
            Arg::new(BODY)
                .long(BODY)
                .value_name("JSON")
                .help("All options as a JSON object, or @FILE; other options override it"),
        );
    }
    command
}

/// Returns a description in the imperative, with a capital: `returns rows` is `Show rows`.
fn about(help: &str) -> String {
    let (verb, rest) = help.split_once(' ').unwrap_or((help, ""));
    let verb = match verb {
        "returns" => "show",
        verb => verb
            .strip_suffix("ches")
            .and_then(|_| verb.strip_suffix("es"))
            .or_else(|| verb.strip_suffix('s'))
            .unwrap_or(verb),
    };
    shell::reworded(&capital(&format!("{verb} {rest}")), None)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|it| it.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn argument(positional: &Positional) -> Arg {
    let help = match positional.takes {
        Takes::Text(help) => help,
        Takes::Job => "Job id",
        Takes::Collection => "Collection",
        Takes::Field => "Field of the collection",
        Takes::Partition => "Partition of the collection",
        Takes::Index => "Index of the collection",
        Takes::Alias => "Alias of a collection",
        Takes::Data => "Files, folders, patterns and URLs",
        Takes::Path => "Files, folders and patterns",
        Takes::Json => "JSON, or @FILE",
        Takes::Number => "Whole number",
        _ => &positional.name,
    };
    let help = positional.option.map_or(help, |option| option.help);
    let arg = Arg::new(argument_id(&positional.name))
        .value_name(kebab(&positional.name).to_ascii_uppercase())
        .required(positional.required)
        .allow_hyphen_values(positional.takes == Takes::Json)
        .help(with_words(help, positional.takes));
    let arg = if positional.repeated {
        arg.num_args(1..).action(ArgAction::Append)
    } else {
        arg
    };
    typed(arg, positional.takes)
}

fn flag(option: &'static Opt) -> Arg {
    let name = kebab(option.name);
    let aliases = option.aliases.iter().map(|alias| kebab(alias));
    let aliases: Vec<String> = aliases
        .filter(|alias| *alias != name && !super::GLOBAL.contains(&alias.as_str()))
        .collect();
    let arg = Arg::new(option_id(option))
        .long(name)
        .aliases(aliases)
        .value_name(value_name(option))
        .allow_hyphen_values(true)
        .help(flag_help(option));
    let arg = if option.list {
        arg.action(ArgAction::Append)
    } else {
        arg
    };
    typed(arg, option.takes)
}

fn value_name(option: &Opt) -> String {
    match option.takes {
        Takes::Number | Takes::Count => "N".to_owned(),
        Takes::Duration => "TIME".to_owned(),
        Takes::Path | Takes::Data => "PATH".to_owned(),
        Takes::Json | Takes::Keys(_) => "JSON".to_owned(),
        Takes::Flag => "true|false".to_owned(),
        _ => kebab(option.name).to_ascii_uppercase(),
    }
}

fn flag_help(option: &Opt) -> String {
    let help = ["false", "true"].iter().find_map(|word| {
        let rest = option.help.strip_prefix(word)?.strip_prefix(": ")?;
        Some(format!("if {word}, {rest}"))
    });
    let help = help.unwrap_or_else(|| option.help.to_owned());
    let help = if option.list {
        format!("{help} (repeatable)")
    } else {
        help
    };
    let mut help = with_words(&help, option.takes);
    let default = option.default.trim_matches('"');
    if !matches!(default, "" | "false" | "[]") {
        let default = shell::reworded(default, None);
        let _ = write!(
            help,
            " [default: {}]",
            default.trim_matches(['[', ']', '"'])
        );
    }
    help
}

/// Returns a description for a shell, with the words that the value can be.
fn with_words(help: &str, takes: Takes) -> String {
    let mut help = capital(&shell::reworded(help, None));
    let words = words(takes);
    for word in &words {
        // The quotes of the script language would be part of the value at a shell.
        help = help.replace(&format!("\"{word}\""), word);
    }
    if !words.is_empty() && !words.iter().all(|word| help.contains(word)) {
        let _ = write!(help, " [possible values: {}]", words.join(", "));
    }
    help
}

/// Returns the words that a value can be.
fn words(takes: Takes) -> Vec<&'static str> {
    match takes {
        Takes::Words(words) => words.to_vec(),
        Takes::State => JobState::ALL
            .iter()
            .copied()
            .map(JobState::word)
            .chain(["active"])
            .collect(),
        Takes::Format => OutputFormat::WORDS.to_vec(),
        _ => Vec::new(),
    }
}

/// Adds the value's parser and completions.
fn typed(arg: Arg, takes: Takes) -> Arg {
    match takes {
        Takes::Number => arg.value_parser(number),
        Takes::Count => arg.value_parser(count),
        Takes::Duration => arg.value_parser(|text: &str| duration(text).map(|_| text.to_owned())),
        Takes::Flag => arg
            .value_parser(["true", "false"])
            .hide_possible_values(true)
            .num_args(0..=1)
            .require_equals(true)
            .allow_hyphen_values(false)
            .default_missing_value("true"),
        Takes::Path | Takes::Data => arg.value_hint(ValueHint::AnyPath),
        Takes::Words(_) | Takes::State | Takes::Format => {
            arg.add(ArgValueCandidates::new(move || {
                let words = words(takes).into_iter();
                words.map(CompletionCandidate::new).collect()
            }))
        }
        _ => arg,
    }
}

/// Parses a whole number.
fn number(text: &str) -> Result<String, String> {
    match text.parse::<u64>() {
        Ok(number) if i64::try_from(number).is_ok() => Ok(number.to_string()),
        _ => Err("expected a whole number".to_owned()),
    }
}

fn count(text: &str) -> Result<String, String> {
    if text == "all" {
        return Ok(text.to_owned());
    }
    number(text).map_err(|problem| format!("{problem}, or all"))
}

/// Returns the examples as shell commands, each with its place.
pub(super) fn examples(form: &CommandForm) -> Vec<PlacedExample> {
    let own = own::examples(form.function.name);
    if !own.is_empty() {
        let own = own.iter();
        return own
            .map(|(place, text)| (*place, (*text).to_owned()))
            .collect();
    }
    let examples = form.function.examples();
    examples
        .filter_map(|(place, text)| Some((place, shell::example(text)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_in_the_imperative_and_describes_each_argument() {
        let mut arguments = 0;
        for function in form::functions() {
            let mut command = command(function);
            command.build();
            let about = command.get_about().map(ToString::to_string);
            let about = about.unwrap_or_default();
            let second = [" returns", " creates", ", and "];
            let second = second.iter().find(|verb| about.contains(**verb));
            assert_eq!(second, None, "{about}");
            for argument in command.get_positionals() {
                let help = argument.get_help().map(ToString::to_string);
                let help = help.unwrap_or_default();
                let name = argument.get_id().as_str().trim_start_matches("argument ");
                let bare = capital(name) == help && name != "collection";
                assert!(!bare, "{} {name}", function.name);
                arguments += 1;
            }
        }
        assert!(arguments > 20, "{arguments}");
    }
}
