//! `params(#{…})`: the declaration of a script's options.

use super::param_type::ParamType;
use crate::engine::options::plain;
use crate::engine::times::duration_of;
use crate::engine::types::{as_text, found, json_of, list_of, map_of};
use crate::error::{Failure, Kind};
use crate::session::arguments::{Given, Raw};
use crate::text::words;
use rhai::{Array, Dynamic, Map};

/// The keys of a parameter's long form.
const KEYS: [&str; 6] = ["value", "default", "type", "required", "help", "choices"];

/// The default of an option.
#[derive(Clone, Debug)]
pub enum Default {
    /// None: the option is required.
    Required,
    /// This value.
    Value(Dynamic),
    /// A value that is computed when the script runs, as far as parsing shows.
    Computed,
}

/// One parameter of a script.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its key in `opts`. On the command line `_` may be written `-`.
    pub name: String,
    /// The type of its value. `None` if parsing doesn't show it.
    pub kind: Option<ParamType>,
    /// The default.
    pub default: Default,
    /// The help text, which may be empty.
    pub help: String,
    /// The allowed values; empty for any.
    pub choices: Vec<Dynamic>,
}

impl Param {
    /// Returns the option as typed: `--batch-size`.
    pub fn option(&self) -> String {
        format!("--{}", self.name.replace('_', "-"))
    }

    /// Returns true if the option has to be given.
    pub fn is_required(&self) -> bool {
        matches!(self.default, Default::Required)
    }
}

/// All parameters of a script, in the order of the source if that's known.
#[derive(Clone, Debug, std::default::Default)]
pub struct Declaration {
    /// The parameters.
    pub params: Vec<Param>,
}

impl Declaration {
    /// Reads the map given to `params`.
    pub fn read(
        map: impl IntoIterator<Item = (impl Into<String>, Written)>,
    ) -> Result<Self, Failure> {
        let params = map.into_iter();
        let params = params.map(|(name, fields)| param(name.into(), fields));
        let params = params.collect::<Result<_, _>>()?;
        Ok(Self { params })
    }

    /// Returns the parameter for a name on the command line.
    pub fn param(&self, name: &str) -> Option<&Param> {
        self.params.iter().find(|it| same(&it.name, name))
    }

    /// Checks the given options and adds defaults. Returns the map for `opts`, without values that are only known when
    /// the script runs.
    pub fn complete(&self, given: &Given) -> Result<Map, Failure> {
        for (name, _) in &given.opts {
            if self.param(name).is_none() {
                return Err(self.unknown(name));
            }
        }
        let mut opts = Map::new();
        let mut missing = Vec::new();
        for param in &self.params {
            let raws: Vec<&Raw> = given.of(&param.name).collect();
            let value = match (raws.is_empty(), &param.default) {
                (true, Default::Required) => {
                    missing.push(param.option());
                    continue;
                }
                (true, Default::Computed) => continue,
                (true, Default::Value(value)) => value.clone(),
                (false, _) => param.convert(&raws)?,
            };
            opts.insert(param.name.as_str().into(), value);
        }
        if missing.is_empty() {
            Ok(opts)
        } else {
            let verb = if missing.len() == 1 { "is" } else { "are" };
            let names = words::list(&missing, "and");
            Err(wrong(format!("{names} {verb} missing")))
        }
    }

    fn unknown(&self, name: &str) -> Failure {
        let failure = wrong(format!("no option --{name}"));
        let names: Vec<String> = self.params.iter().map(Param::option).collect();
        let names = names.iter().map(String::as_str);
        failure.with_any_hint(words::did_you_mean(&format!("--{name}"), names))
    }
}

/// The fields of a parameter's long form. A lone value is the field `value`. `None` is computed at run time.
pub(crate) type Written = Vec<(String, Option<Dynamic>)>;

/// Returns the fields of a known value.
pub(crate) fn written(value: Dynamic) -> Written {
    match map_of(&value) {
        Some(map) => {
            let fields = map
                .into_iter()
                .map(|(key, value)| (key.into(), Some(value)));
            fields.collect()
        }
        None => vec![("value".to_owned(), Some(value))],
    }
}

fn param(name: String, fields: Written) -> Result<Param, Failure> {
    let misused = |problem: &str| Failure::usage(format!("params: {name}: {problem}"));
    let (mut given, mut is_computed, mut type_word) = (None, false, None);
    let (mut required, mut help, mut choices) = (None, String::new(), Vec::new());
    for (key, value) in fields {
        match (key.as_str(), value) {
            ("value" | "default", value) => {
                is_computed = value.is_none();
                given = value;
            }
            (_, None) => {}
            ("type", Some(value)) => type_word = Some(value),
            ("required", Some(value)) => {
                let flag = value.as_bool();
                required = Some(flag.map_err(|_| misused("required is true or false"))?);
            }
            ("help", Some(value)) => {
                help = as_text(&value).ok_or_else(|| misused("help is text"))?;
            }
            ("choices", Some(value)) => {
                choices = list_of(&value).ok_or_else(|| misused("choices are a list"))?;
            }
            (other, _) => {
                let failure = misused(&format!("no key {other:?}"));
                let hint = words::did_you_mean(other, KEYS)
                    .unwrap_or_else(|| format!("it has {}", words::list(&KEYS, "and")));
                return Err(failure.with_hint(hint));
            }
        }
    }
    let wrong = |problem: String| misused(&problem);
    let named = type_word
        .map(|word| named_type(&word).map_err(wrong))
        .transpose()?;
    let (kind, default) = if is_computed {
        (named, Default::Computed)
    } else {
        default(named, given, required).map_err(wrong)?
    };
    Ok(Param {
        name,
        kind,
        default,
        help,
        choices,
    })
}

fn named_type(word: &Dynamic) -> Result<ParamType, String> {
    let text = as_text(word).unwrap_or_else(|| found(word));
    text.parse().map_err(|_| {
        let words = words::list(<ParamType as strum::VariantNames>::VARIANTS, "or");
        format!("no type {text:?}: it is {words}")
    })
}

/// Returns the type and the default of a parameter. If one is missing, the other determines it.
fn default(
    named: Option<ParamType>,
    value: Option<Dynamic>,
    required: Option<bool>,
) -> Result<(Option<ParamType>, Default), String> {
    let value = match value {
        Some(value) if !value.is_unit() => value,
        // Without a default a flag is false and a list is empty. Other types are required, unless `required` is false.
        none => {
            let kind = named.unwrap_or(ParamType::Text);
            let default = match (kind, required) {
                (_, Some(true)) => Default::Required,
                (ParamType::Flag, _) => Default::Value(false.into()),
                (kind, None) if kind.item().is_some() && none.is_none() => {
                    Default::Value(Array::new().into())
                }
                (_, Some(false)) => Default::Value(Dynamic::UNIT),
                (_, None) => Default::Required,
            };
            return Ok((Some(kind), default));
        }
    };
    let of_value = ParamType::of(&value).ok_or_else(|| {
        let found = found(&value);
        format!("its default is text, a number, true or false, or a list, got {found}")
    })?;
    let kind = named.unwrap_or(of_value);
    if !kind.accepts(of_value) {
        return Err(format!("its type is {kind}, but its default is {of_value}"));
    }
    if kind == ParamType::Duration && duration_of(&value).is_none() {
        let default = plain(&value);
        return Err(format!("its default is no duration: {default:?}"));
    }
    let default = Some(Default::Value(value)).filter(|_| required != Some(true));
    Ok((Some(kind), default.unwrap_or(Default::Required)))
}

impl Param {
    /// Converts the given value to the parameter's type. The last one wins, except in a list.
    fn convert(&self, raws: &[&Raw]) -> Result<Dynamic, Failure> {
        let option = self.option();
        let kind = self.kind.unwrap_or(ParamType::Text);
        if let Some(item) = kind.item() {
            let items = raws.iter().map(|raw| self.one(raw, item));
            return Ok(items.collect::<Result<Array, _>>()?.into());
        }
        if raws.len() > 1 {
            return Err(wrong(format!("{option} is given {} times", raws.len())));
        }
        let Some(raw) = raws.first() else {
            return Ok(Dynamic::UNIT);
        };
        self.one(raw, kind)
    }

    fn one(&self, raw: &Raw, kind: ParamType) -> Result<Dynamic, Failure> {
        let option = self.option();
        let value = match (raw, kind) {
            (Raw::Flag(set), ParamType::Flag) => Dynamic::from(*set),
            // If parsing didn't show that it's a flag, it may be one.
            (Raw::Flag(true), _) if self.kind.is_none() => Dynamic::from(true),
            (Raw::Flag(true), _) => return Err(wrong(format!("{option} needs a value"))),
            (Raw::Flag(false), _) => return Err(wrong(format!("{option} is no flag"))),
            (Raw::Text(text), _) => kind.convert(text).ok_or_else(|| {
                let wanted = match kind {
                    ParamType::Int => "a whole number",
                    ParamType::Number => "a number",
                    ParamType::Duration => "a duration such as 90s or 1h45m, or seconds",
                    ParamType::Path => "a file or folder that exists, or the URL of an object",
                    _ => "true or false",
                };
                wrong(format!(
                    "invalid value {text:?} for {option}: expected {wanted}"
                ))
            })?,
        };
        let json = json_of(&value);
        if self.choices.is_empty() || self.choices.iter().any(|choice| json_of(choice) == json) {
            return Ok(value);
        }
        let known: Vec<String> = self.choices.iter().map(plain).collect();
        let given = plain(&value);
        let failure = wrong(format!(
            "invalid value {given:?} for {option}: expected {}",
            words::list(&known, "or")
        ));
        let near = words::did_you_mean(&given, known.iter().map(String::as_str));
        Err(failure.with_any_hint(near))
    }
}

/// Returns true if a name on the command line means the parameter: `--batch-size` is `batch_size`.
pub(super) fn same(name: &str, typed: &str) -> bool {
    name.replace('-', "_") == typed.replace('-', "_")
}

fn wrong(message: String) -> Failure {
    Failure::new(Kind::Arguments, message)
}
