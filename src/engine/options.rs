//! Option maps: `#{collection: "c", url: "s3://…"}`.
//!
//! Keys are zshell's own, in any case and with or without `_` and `-`. The spellings of the REST API and pymilvus are
//! accepted too. An unknown key is an error that suggests similar keys.

use super::describe::{Opt, Takes, opt};
use super::times::{duration_of, moment_of};
use super::types::{as_text, as_texts, found, json_of, map_of};
use crate::error::Failure;
use crate::secret::{Secret, StorageKeys};
use crate::text::words;
use jiff::Timestamp;
use rhai::{Dynamic, Map};
use serde_json::Value;
use std::time::Duration;

/// The option that every call with a request body accepts.
pub(crate) const EXTRA: Opt = opt(
    "extra",
    "keys for the request's body, sent as they are: for servers newer than zshell",
)
.of(Takes::Json);

/// A checked option map. Every key is one of the function's options.
pub struct Options {
    call: &'static str,
    values: Vec<(&'static str, Dynamic)>,
}

impl Options {
    /// Checks a map's keys. A unit value counts as left out.
    pub fn parse(call: &'static str, specs: &'static [Opt], map: Map) -> Result<Self, Failure> {
        let values = named(call, "", specs, map, Dynamic::is_unit)?;
        let values = values
            .into_iter()
            .map(|(spec, value)| (spec.name, value))
            .collect();
        Ok(Self { call, values })
    }

    /// Returns all given options.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Dynamic)> {
        self.values.iter().map(|(name, value)| (*name, value))
    }

    /// Returns the option's value as given.
    pub fn get(&self, name: &str) -> Option<&Dynamic> {
        let (_, value) = self.values.iter().find(|(known, _)| *known == name)?;
        Some(value)
    }

    /// Returns an option of text.
    pub fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        self.read(name, "text", as_text)
    }

    /// Returns an option of text that's a secret.
    pub fn secret(&self, name: &str) -> Result<Option<Secret>, Failure> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let secret = value
            .clone()
            .try_cast::<Secret>()
            .or_else(|| as_text(value).map(Secret::new));
        // The value isn't quoted in the error, because it may be the secret as a number.
        secret.map(Some).ok_or_else(|| {
            Failure::usage(format!(
                "{}: the option {name} is text or secret(\"NAME\")",
                self.call
            ))
        })
    }

    /// Returns the options of storage credentials.
    pub(crate) fn storage_keys(&self) -> Result<StorageKeys, Failure> {
        Ok(StorageKeys {
            access: self.secret("access_key")?,
            secret: self.secret("secret_key")?,
            session: self.secret("session_token")?,
        })
    }

    /// Returns an option that's true or false.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Failure> {
        self.read(name, "true or false", |value| match as_text(value) {
            Some(text) => text.parse().ok(),
            None => value.as_bool().ok(),
        })
    }

    /// Returns an option that's a whole number, at least 0.
    pub fn number(&self, name: &str) -> Result<Option<u64>, Failure> {
        self.read(name, "a whole number", |value| match as_text(value) {
            Some(text) => text.parse().ok(),
            None => u64::try_from(value.as_int().ok()?).ok(),
        })
    }

    /// Returns an option that's a whole number, or `usize::MAX` for `"all"`.
    pub(crate) fn count(&self, name: &str) -> Result<Option<usize>, Failure> {
        if self.get(name).and_then(as_text).as_deref() == Some("all") {
            return Ok(Some(usize::MAX));
        }
        let number = self.number(name).map_err(|failure| {
            failure.with_hint(format!("{name} is a whole number, or \"all\""))
        })?;
        Ok(number.map(|number| usize::try_from(number).unwrap_or(usize::MAX)))
    }

    /// Returns an option that's a duration: text such as `"90s"` or `"1h45m"`, or seconds.
    pub fn duration(&self, name: &str) -> Result<Option<Duration>, Failure> {
        self.read(
            name,
            "a duration such as \"90s\" or \"1h45m\", or seconds",
            duration_of,
        )
    }

    /// Returns an option that's a point in time: a duration before now, or a time.
    pub fn moment(&self, name: &str) -> Result<Option<Timestamp>, Failure> {
        self.read(
            name,
            "a duration such as \"90m\" or \"7d\", or a time such as \"2026-11-29T08:00:00Z\"",
            moment_of,
        )
    }

    /// Returns an option that's one text or a list of texts.
    pub fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Failure> {
        self.read(name, "text or a list of texts", as_texts)
    }

    /// Returns an option that's a map, as pairs of name and text (values of the API's `options` are texts).
    pub fn pairs(&self, name: &str) -> Result<Option<Vec<(String, String)>>, Failure> {
        self.read(name, "a map", |value| {
            let pairs = map_of(value)?.into_iter();
            Some(
                pairs
                    .map(|(key, value)| (key.into(), plain(&value)))
                    .collect(),
            )
        })
    }

    /// Returns an option that's a map.
    pub fn map(&self, name: &str) -> Result<Option<Map>, Failure> {
        self.read(name, "a map", map_of)
    }

    /// Returns an option that's a map, as JSON; empty if it wasn't given.
    pub(crate) fn object(&self, name: &str) -> Result<serde_json::Map<String, Value>, Failure> {
        let map = self.map(name)?.unwrap_or_default();
        let pairs = map.iter();
        Ok(pairs
            .map(|(key, value)| (key.to_string(), json_of(value)))
            .collect())
    }

    /// Returns the keys of `extra`.
    pub fn extra(&self) -> Result<serde_json::Map<String, Value>, Failure> {
        extra_of(self.call, self.get(EXTRA.name).map_or(Value::Null, json_of))
    }

    fn read<T>(
        &self,
        name: &str,
        expected: &str,
        convert: impl Fn(&Dynamic) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        convert(value).map(Some).ok_or_else(|| {
            Failure::usage(format!(
                "{}: the option {name} is {expected}, got {}",
                self.call,
                found(value)
            ))
        })
    }
}

impl Opt {
    /// Returns true if a map's key is a spelling of this option.
    pub fn matches(&self, key: &str) -> bool {
        let folded = fold(key);
        fold(self.name) == folded || self.aliases.iter().any(|alias| fold(alias) == folded)
    }
}

fn fold(key: &str) -> String {
    key.chars()
        .filter(|letter| !matches!(letter, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Returns the error for an option map with an unknown key.
pub(super) fn unknown_key(call: &str, specs: &[Opt], key: &str) -> Failure {
    let names = specs.iter().map(|spec| spec.name);
    let hint = match words::did_you_mean(key, names.clone()) {
        Some(near) => near,
        None if specs.is_empty() => format!("{call} takes no options"),
        None => format!(
            "{call} takes {}",
            words::list(&names.collect::<Vec<_>>(), "and")
        ),
    };
    Failure::usage(format!("{call}: no option {key:?}")).with_hint(hint)
}

fn extra_of(call: &str, value: Value) -> Result<serde_json::Map<String, Value>, Failure> {
    match value {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(serde_json::Map::new()),
        other => Err(Failure::usage(format!(
            "{call}: the option extra is a map, got {other}"
        ))),
    }
}

/// Adds the keys of `extra` to a request body. Returns an error if the call already sets one of them.
pub(super) fn add_extra(
    call: &str,
    body: &mut serde_json::Map<String, Value>,
    extra: Option<Value>,
) -> Result<(), Failure> {
    for (key, value) in extra_of(call, extra.unwrap_or_default())? {
        if body.contains_key(&key) {
            return Err(Failure::usage(format!(
                "{call}: extra gives {key:?}, which the call gives already"
            ))
            .with_hint("give it once"));
        }
        body.insert(key, value);
    }
    Ok(())
}

/// Returns the place of a key in a map of settings.
fn within(place: &str, name: &str) -> String {
    if place.is_empty() {
        name.to_owned()
    } else {
        format!("{place}.{name}")
    }
}

/// Returns the values of a map with the options that the keys name. Empty values count as left out.
fn named<'s, K: AsRef<str>, V>(
    call: &str,
    place: &str,
    specs: &'s [Opt],
    map: impl IntoIterator<Item = (K, V)>,
    is_empty: impl Fn(&V) -> bool,
) -> Result<Vec<(&'s Opt, V)>, Failure> {
    let mut values: Vec<(&Opt, V)> = Vec::new();
    for (key, value) in map {
        let key = key.as_ref();
        let Some(spec) = specs.iter().find(|spec| spec.matches(key)) else {
            let mut failure = unknown_key(call, specs, key);
            if !place.is_empty() {
                failure.message = format!("{} in {place}", failure.message);
            }
            return Err(failure);
        };
        if is_empty(&value) {
            continue;
        }
        if values.iter().any(|(known, _)| known.name == spec.name) {
            return Err(Failure::usage(format!(
                "{call}: the option {} is given twice, once as {key:?}",
                within(place, spec.name)
            )));
        }
        values.push((spec, value));
    }
    Ok(values)
}

/// Returns a map of settings with every key in the option's own spelling, also in inner maps and lists of maps. Null
/// counts as left out.
///
/// # Errors
/// Returns an error for an unknown key, with the key's place and similar keys, and for a key given twice.
pub(super) fn checked(
    call: &str,
    place: &str,
    specs: &[Opt],
    map: serde_json::Map<String, Value>,
) -> Result<serde_json::Map<String, Value>, Failure> {
    let mut settings = serde_json::Map::new();
    for (spec, value) in named(call, place, specs, map, Value::is_null)? {
        let inner = within(place, spec.name);
        let value = match spec.takes {
            Takes::Keys(specs) => checked_value(call, &inner, specs, value)?,
            _ => value,
        };
        settings.insert(spec.name.to_owned(), value);
    }
    Ok(settings)
}

fn checked_value(call: &str, place: &str, specs: &[Opt], value: Value) -> Result<Value, Failure> {
    let item = |(at, item)| checked_value(call, &format!("{place}[{at}]"), specs, item);
    match value {
        Value::Object(map) => checked(call, place, specs, map).map(Value::Object),
        Value::Array(items) => items.into_iter().enumerate().map(item).collect(),
        other => Ok(other),
    }
}

/// Returns text as is, and any other value as JSON.
pub(crate) fn plain(value: &Dynamic) -> String {
    match json_of(value) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
