//! Completion of arguments and options of zshell's functions.

use super::CompletionAnswer;
use super::code::CursorCode;
use super::files::{FileOrder, files};
use super::members;
use super::names::{self, fits};
use super::offer::Offer;
use super::place::{CallSlot, CompletionPlace};
use crate::api::endpoint::Endpoint;
use crate::api::model::JobState;
use crate::config::Config;
use crate::connection::Connection;
use crate::engine::help;
use crate::engine::registry::{self, Function, Opt, Takes};
use crate::engine::types::{DefinedNames, Shape};
use crate::error::Kind as ErrorKind;
use crate::render::OutputFormat;
use crate::session::Session;
use crate::session::known::Collections;
use crate::text::words;
use clap::ValueEnum;
use jiff::Timestamp;
use std::rc::Rc;
use std::time::Duration;

/// Maximum time that Tab waits for a service.
const PATIENCE: Duration = Duration::from_millis(200);

/// The state that sources use.
pub(super) struct CompletionContext<'a, 't> {
    pub(super) session: &'a Rc<Session>,
    pub(super) names: &'a DefinedNames,
    pub(super) code: &'a CursorCode<'t>,
    pub(super) place: &'a CompletionPlace<'t>,
}

/// Returns the option keys for the map at a slot.
pub(super) fn keys(
    look: &CompletionContext<'_, '_>,
    map: &CallSlot<'_>,
    given: &[&str],
) -> Vec<Offer> {
    let options = function(look, map).and_then(|function| options(function, &map.keys));
    let left = options.unwrap_or(&[]).iter();
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
pub(super) fn values(look: &CompletionContext<'_, '_>, slot: &CallSlot<'_>) -> CompletionAnswer {
    let found = function(look, slot);
    let takes = found.map_or(Takes::Anything, |function| takes(function, slot));
    let mut answer = of(look, takes, Some(slot));
    if look.place.quote.is_some() {
        return answer;
    }
    if matches!(
        takes,
        Takes::Anything
            | Takes::Text(_)
            | Takes::Number
            | Takes::Duration
            | Takes::Json
            | Takes::Secret
    ) {
        answer
            .offers
            .extend(names::names(look.code, look.names, look.place.typed));
        return answer;
    }
    let map = found
        .is_some_and(|function| slot.argument == 0 && slot.keys.is_empty() && takes_map(function));
    if map {
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

/// Returns the candidates for a kind of value. The slot determines the connection.
pub(super) fn of(
    look: &CompletionContext<'_, '_>,
    takes: Takes,
    slot: Option<&CallSlot<'_>>,
) -> CompletionAnswer {
    let quote = look.place.quote;
    let typed = look.place.typed;
    let bare = quote.is_none();
    let offers = match takes {
        Takes::Anything | Takes::Text(_) if !bare => text(look),
        Takes::Options | Takes::Keys(_) if bare => vec![Offer::new("#{", "options by name")],
        Takes::Flag if bare => vec![Offer::new("true", ""), Offer::new("false", "")],
        Takes::Count => quoted(look, [Offer::new("all", "")]),
        Takes::Words(words) => quoted(look, words.iter().map(|word| Offer::new(*word, ""))),
        Takes::State => {
            let active = Offer::new("active", "every state that a job can still leave");
            quoted(look, states().chain([active]))
        }
        Takes::Format => quoted(look, formats()),
        Takes::Variable => quoted(look, variables()),
        Takes::Profile => quoted(look, profiles()),
        Takes::Function => help_pages(look),
        Takes::Path => files(typed, quote, FileOrder::Any, false),
        Takes::Data if reads_here(look, slot) => files(typed, quote, FileOrder::Data, true),
        Takes::Anything
        | Takes::Text(_)
        | Takes::Options
        | Takes::Keys(_)
        | Takes::Flag
        | Takes::Data
        | Takes::Number
        | Takes::Duration
        | Takes::Json
        | Takes::Secret => Vec::new(),
        Takes::Job => return jobs(look, slot),
        Takes::Collection => return collections(look, slot),
    };
    CompletionAnswer::of(offers)
}

/// Returns the values that a property may be compared with.
pub(super) fn compared(look: &CompletionContext<'_, '_>, property: &str) -> Vec<Offer> {
    match property {
        "state" => quoted(look, states()),
        "kind" => quoted(look, ErrorKind::ALL.map(|kind| Offer::new(kind.word(), ""))),
        "api" => quoted(
            look,
            ["v1", "v2", "milvus"].map(|word| Offer::new(word, "")),
        ),
        _ if look.place.quote.is_some() => text(look),
        _ => names::names(look.code, look.names, look.place.typed),
    }
}

/// Returns candidates for an unclassified text: paths if it looks like one.
pub(super) fn text(look: &CompletionContext<'_, '_>) -> Vec<Offer> {
    let typed = look.place.typed;
    if typed.contains('/') || typed.starts_with('.') {
        files(typed, look.place.quote, FileOrder::Data, true)
    } else {
        Vec::new()
    }
}

/// Returns the function of a slot.
fn function(look: &CompletionContext<'_, '_>, slot: &CallSlot<'_>) -> Option<&'static Function> {
    let function = registry::find(slot.function)?;
    let own = look
        .names
        .functions
        .iter()
        .any(|own| own.name == slot.function);
    let is_it = match &slot.receiver {
        None => !own,
        Some(chain) => {
            let shape = members::shape(chain, look.code, look.names);
            function.method && matches!(shape, Shape::Connection(_) | Shape::Unknown)
        }
    };
    is_it.then_some(function)
}

/// Returns the options of the nested map at these keys.
fn options(function: &'static Function, keys: &[&str]) -> Option<&'static [Opt]> {
    keys.iter().try_fold(function.options, |options, key| {
        match options.iter().find(|option| option.matches(key))?.takes {
            Takes::Keys(inner) => Some(inner),
            _ => None,
        }
    })
}

fn takes(function: &'static Function, slot: &CallSlot<'_>) -> Takes {
    match slot.keys.split_last() {
        None => function
            .takes
            .get(slot.argument)
            .copied()
            .unwrap_or_default(),
        Some((last, path)) => options(function, path)
            .and_then(|options| options.iter().find(|option| option.matches(last)))
            .map_or(Takes::Anything, |option| option.takes),
    }
}

/// Returns true if the function accepts a map as its only argument.
fn takes_map(function: &Function) -> bool {
    let form = format!("{}(#{{", function.name);
    function.forms.iter().any(|known| known.starts_with(&form))
}

/// Quotes each offer for the open quote, or with its own.
fn quoted(look: &CompletionContext<'_, '_>, offers: impl IntoIterator<Item = Offer>) -> Vec<Offer> {
    let quote = look.place.quote;
    let offers = offers.into_iter();
    offers.filter_map(|offer| offer.quoted(quote)).collect()
}

fn states() -> impl Iterator<Item = Offer> {
    let states = JobState::ALL.into_iter();
    states.map(|state| Offer::new(state.word(), ""))
}

/// Returns the output formats.
pub(super) fn formats() -> impl Iterator<Item = Offer> {
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
pub(super) fn profiles() -> Vec<Offer> {
    let profiles = Config::load()
        .map(|config| config.profiles)
        .unwrap_or_default();
    let own = profiles.iter().map(|(name, profile)| {
        let endpoint = profile.text("endpoint");
        let endpoint = endpoint.and_then(|text| Endpoint::parse(text).ok());
        let host = endpoint.and_then(|it| it.url.host_str().map(str::to_owned));
        Offer::new(name, host.unwrap_or_else(|| "a profile".to_owned()))
    });
    let local = Offer::new(
        "local",
        "the import service in this process: no account needed",
    );
    own.chain([local]).collect()
}

/// Returns the pages of `help()`. Names of functions and types need no quotes.
fn help_pages(look: &CompletionContext<'_, '_>) -> Vec<Offer> {
    let pages = help::pages().map(|(name, about)| Offer::new(name, about));
    match look.place.quote {
        Some(_) => quoted(look, pages),
        None => pages
            .filter(|page| !page.name.starts_with(':'))
            .map(|page| page.then(")"))
            .collect(),
    }
}

/// Returns the connection that a slot's call uses, if known.
fn connection(
    look: &CompletionContext<'_, '_>,
    slot: Option<&CallSlot<'_>>,
) -> Option<Rc<Connection>> {
    let receiver = slot.and_then(|slot| slot.receiver.as_ref());
    match receiver.map(|chain| members::shape(chain, look.code, look.names)) {
        None => look.session.current(),
        Some(Shape::Connection(connection)) => connection,
        Some(_) => None,
    }
}

/// Returns true if the connection's paths are paths of this machine, as far as known.
fn reads_here(look: &CompletionContext<'_, '_>, slot: Option<&CallSlot<'_>>) -> bool {
    connection(look, slot).is_none_or(|connection| connection.client.is_local_service())
}

fn jobs(look: &CompletionContext<'_, '_>, slot: Option<&CallSlot<'_>>) -> CompletionAnswer {
    let connection = connection(look, slot);
    let address = connection.map(|connection| connection.address());
    let jobs = look.session.known.jobs(address.as_deref());
    if jobs.is_empty() {
        return CompletionAnswer::notice("no job seen yet: jobs() lists them");
    }
    let now = Timestamp::now();
    CompletionAnswer::of(quoted(
        look,
        jobs.into_iter().map(|job| {
            let state = if job.state.is_empty() {
                "submitted"
            } else {
                &job.state
            };
            let since = words::ago(&job.since.to_string(), now);
            let about = [job.collection.as_str(), state, &since];
            let about: Vec<&str> = about.into_iter().filter(|part| !part.is_empty()).collect();
            Offer::new(job.id, about.join("  "))
        }),
    ))
}

fn collections(look: &CompletionContext<'_, '_>, slot: Option<&CallSlot<'_>>) -> CompletionAnswer {
    let Some(connection) = connection(look, slot) else {
        return CompletionAnswer::notice("not connected yet: connect() first");
    };
    match look.session.known.ask_collections(&connection, PATIENCE) {
        Collections::Named(names) if names.is_empty() => {
            CompletionAnswer::notice("no collections yet")
        }
        Collections::Named(mut names) => {
            names.sort_unstable();
            CompletionAnswer::of(quoted(
                look,
                names.into_iter().map(|name| Offer::new(name, "")),
            ))
        }
        Collections::Asked => CompletionAnswer::notice("asking the service: Tab again"),
        Collections::Refused => CompletionAnswer::notice("the service does not tell its names"),
    }
}
