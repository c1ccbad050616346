//! Completion of arguments and options of zshell's functions.

use super::files::{FileOrder, files};
use super::filter;
use super::listed;
use super::names::{self, fits, is_free};
use super::offer::Offer;
use super::place::CallSlot;
use super::{CompletionAnswer, CompletionContext};
use crate::api::endpoint::Endpoint;
use crate::api::model::JobState;
use crate::config::Config;
use crate::engine::help;
use crate::engine::registry::{Function, Opt, Takes};
use crate::engine::types::Shape;
use crate::error::Kind as ErrorKind;
use crate::render::OutputFormat;
use crate::repl::signature::parameters;
use crate::text::words;
use clap::ValueEnum;
use jiff::Timestamp;

/// Returns the option keys for the map at a slot.
pub(super) fn keys(look: &CompletionContext<'_>, map: &CallSlot<'_>, given: &[&str]) -> Vec<Offer> {
    let function = look.function(map);
    let options = function.and_then(|function| options(function, &map.keys));
    let left = options.unwrap_or_default().iter();
    let left = left.filter(|option| !given.iter().any(|key| option.matches(key)));
    let quote = look.place.quote;
    left.filter_map(|option| {
        let default = match option.default {
            "" => String::new(),
            default => format!(" (default {default})"),
        };
        let offer = Offer::new(option.name, format!("{}{default}", option.help));
        match quote {
            Some(_) => offer.quoted(quote),
            None => Some(offer.then(": ")),
        }
    })
    .collect()
}

/// Returns the values for a slot.
pub(super) fn values(look: &CompletionContext<'_>, slot: &CallSlot<'_>) -> CompletionAnswer {
    let found = look.function(slot);
    let takes = found.map_or(Takes::Anything, |function| takes(function, slot));
    let mut answer = of(look, takes);
    if look.place.quote.is_some() {
        return answer;
    }
    if is_free(takes) {
        let names = names::names(look.code, look.names, look.place.typed);
        answer.offers.extend(names);
        return answer;
    }
    let of_map = |function| slot.keys.is_empty() && takes_map(function, slot.argument);
    if found.is_some_and(of_map) && takes != Takes::Options {
        answer.offers.push(Offer::new("#{", "options by name"));
    }
    let typed = look.place.typed;
    let fitting = |shape: &Shape| fits(takes, shape);
    let mut offers = names::variables(look.code, look.names, typed, fitting);
    offers.append(&mut answer.offers);
    // Functions that return such a value are offered if no candidate starts with the typed text.
    if !typed.is_empty() && !offers.iter().any(|offer| offer.name.starts_with(typed)) {
        offers.extend(names::functions(look.names));
    }
    answer.offers = offers;
    answer
}

/// Returns the candidates for a kind of value.
pub(super) fn of(look: &CompletionContext<'_>, takes: Takes) -> CompletionAnswer {
    let quote = look.place.quote;
    let typed = look.place.typed;
    let bare = quote.is_none();
    let offers = match takes {
        Takes::Anything | Takes::Text(_) if !bare => text(look),
        Takes::Options | Takes::Keys(_) if bare => vec![Offer::new("#{", "options by name")],
        Takes::Flag if bare => vec![Offer::new("true", ""), Offer::new("false", "")],
        Takes::Count => look.quoted([Offer::new("all", "")]),
        Takes::Words(words) => look.quoted(words.iter().map(|word| Offer::new(*word, ""))),
        Takes::State => {
            let active = Offer::new("active", "every state that a job can still leave");
            look.quoted(states().chain([active]))
        }
        Takes::Format => look.quoted(formats()),
        Takes::Variable => look.quoted(variables()),
        Takes::Profile => look.quoted(profiles()),
        Takes::Function => help_pages(look),
        Takes::Path => files(typed, quote, FileOrder::Any, false),
        Takes::Data if reads_here(look) => files(typed, quote, FileOrder::Data, true),
        Takes::Column => listed::columns(look),
        Takes::ImportKey => listed::import_keys(look),
        Takes::Filter if !bare => return filter::words(look),
        Takes::SettingValue => listed::setting_values(look),
        Takes::Job => return jobs(look),
        Takes::Filter => Vec::new(),
        takes if takes.is_listed() => return listed::names(look, takes),
        _ => Vec::new(),
    };
    CompletionAnswer::of(offers)
}

/// Returns the values that a property may be compared with.
pub(super) fn compared(look: &CompletionContext<'_>, property: &str) -> Vec<Offer> {
    match property {
        "state" => look.quoted(states()),
        "kind" => {
            let kinds = ErrorKind::ALL.iter();
            look.quoted(kinds.map(|kind| Offer::new(kind.word(), "")))
        }
        "api" => look.quoted(["v1", "v2", "milvus"].map(|word| Offer::new(word, ""))),
        _ if look.place.quote.is_some() => text(look),
        _ => names::names(look.code, look.names, look.place.typed),
    }
}

/// Returns candidates for an unclassified text: paths if it looks like one.
pub(super) fn text(look: &CompletionContext<'_>) -> Vec<Offer> {
    let typed = look.place.typed;
    if typed.contains('/') || typed.starts_with('.') {
        files(typed, look.place.quote, FileOrder::Data, true)
    } else {
        Vec::new()
    }
}

/// Returns the options of the nested map at these keys.
fn options(function: &'static Function, keys: &[&str]) -> Option<&'static [Opt]> {
    keys.iter().try_fold(function.options, |options, key| {
        match option(options, key)?.takes {
            Takes::Keys(inner) => Some(inner),
            _ => None,
        }
    })
}

fn option(options: &'static [Opt], key: &str) -> Option<&'static Opt> {
    options.iter().find(|option| option.matches(key))
}

fn takes(function: &'static Function, slot: &CallSlot<'_>) -> Takes {
    let takes = match slot.keys.split_last() {
        None => function.takes.get(slot.argument).copied(),
        Some((last, path)) => options(function, path)
            .and_then(|options| option(options, last))
            .map(|option| option.takes),
    };
    takes.unwrap_or_default()
}

/// Returns true if one of the function's forms has a map as this argument.
fn takes_map(function: &Function, argument: usize) -> bool {
    let mut forms = function.forms.iter();
    forms.any(|form| {
        let parameters = parameters(form);
        let parameter = parameters.get(argument);
        parameter.is_some_and(|parameter| parameter.starts_with("#{"))
    })
}

fn states() -> impl Iterator<Item = Offer> {
    let states = JobState::ALL.iter().copied();
    states.map(|state| Offer::new(state.word(), ""))
}

/// Returns the output formats.
fn formats() -> impl Iterator<Item = Offer> {
    let formats = OutputFormat::value_variants().iter();
    formats.filter_map(|format| {
        let value = format.to_possible_value()?;
        let help = value.get_help().map(ToString::to_string);
        Some(Offer::new(value.get_name(), help.unwrap_or_default()))
    })
}

fn variables() -> impl Iterator<Item = Offer> {
    let mut names: Vec<String> = std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .collect();
    names.sort_unstable();
    names.into_iter().map(|name| Offer::new(name, ""))
}

/// Returns `local` and the profiles of `config.toml`.
fn profiles() -> Vec<Offer> {
    let profiles = Config::load().unwrap_or_default().profiles;
    let own = profiles.iter().map(|(name, profile)| {
        let endpoint = profile.text("endpoint");
        let endpoint = endpoint.and_then(|text| Endpoint::parse(text).ok());
        let host = endpoint.and_then(|it| it.url.host_str().map(str::to_owned));
        Offer::new(name, host.unwrap_or_else(|| "a profile".to_owned()))
    });
    let about = "the import service in this process: no account needed";
    own.chain([Offer::new("local", about)]).collect()
}

/// Returns the pages of `help()`. Names of functions and types need no quotes.
fn help_pages(look: &CompletionContext<'_>) -> Vec<Offer> {
    let pages = help::pages().map(|(name, about)| Offer::new(name, about));
    match look.place.quote {
        Some(_) => look.quoted(pages),
        None => pages
            .filter(|page| !page.name.starts_with(':'))
            .map(|page| page.then(")"))
            .collect(),
    }
}

/// Returns true if the connection's paths are paths of this machine, as far as known.
fn reads_here(look: &CompletionContext<'_>) -> bool {
    let connection = look.connection();
    connection.is_none_or(|connection| connection.client.is_local_service())
}

fn jobs(look: &CompletionContext<'_>) -> CompletionAnswer {
    let connection = look.connection();
    let address = connection.map(|connection| connection.address());
    let jobs = look.session.known.jobs(address.as_deref());
    if jobs.is_empty() {
        return CompletionAnswer::notice("no job seen yet: jobs() lists them");
    }
    let now = Timestamp::now();
    CompletionAnswer::of(look.quoted(jobs.into_iter().map(|job| {
        let state = match &*job.state {
            "" => "submitted",
            state => state,
        };
        let since = words::ago(&job.since.to_string(), now);
        let about = [job.collection.as_str(), state, &since];
        let about: Vec<&str> = about.into_iter().filter(|part| !part.is_empty()).collect();
        Offer::new(job.id, about.join("  "))
    })))
}
