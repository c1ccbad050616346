//! The types of the script language that aren't Rhai's: connections, jobs, readings, batches, errors, secrets, and the
//! lists and records that zshell's functions return.
//!
//! Each type is a file with one [`ScriptType`] implementation: its name, its getters with help, and its JSON form.
//! [`TYPES`] lists the types for help, completion, lint and registration. [`json_of`] and [`ordered`] convert between
//! values and JSON, [`show`] hands a value to `render`, and [`Shape`] is a value's type without the value.

mod batch;
mod connection;
mod convert;
mod error;
mod job;
mod list;
pub(crate) mod methods;
mod progress;
mod record;
mod report;
mod secret;
mod shape;
mod show;
mod summary;
mod wrap;

pub(crate) use batch::{BatchTotals, BatchValue};
pub(crate) use convert::{
    answered, as_text, as_texts, dynamic_of, found, json_of, json_with, list_of, map_of, ordered,
};
pub(crate) use job::Job;
pub(crate) use list::{List, ListKind};
pub(crate) use progress::ProgressValue;
pub(crate) use record::Record;
pub(crate) use report::ReportValue;
pub(crate) use shape::{Defined, DefinedNames, Imported, Shape, SharedNames};
pub(crate) use show::show;
pub(crate) use summary::SummaryValue;

use crate::connection::Connection;
use crate::error::Failure;
use crate::secret::Secret;
use crate::text::words;
use rhai::{Dynamic, Engine, ImmutableString, Map};
use serde_json::Value;
use std::rc::Rc;

/// The type of a function's result or of a getter, for help and for completion after a dot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gives {
    /// Nothing.
    #[default]
    Nothing,
    /// Any value that JSON can hold.
    Json,
    /// `true` or `false`.
    Flag,
    /// A number.
    Number,
    /// Text.
    Text,
    /// A value of one of zshell's types.
    One(&'static Type),
    /// One value of this type, or an array of them for an array of arguments.
    Each(&'static Type),
    /// An array of values of this type.
    Many(&'static Type),
    /// An array of texts.
    Texts,
    /// A map with at least these keys.
    Map(&'static [&'static str]),
    /// An array of maps with at least these keys.
    Maps(&'static [&'static str]),
}

impl Gives {
    /// Returns the type in words.
    pub fn words(self) -> String {
        match self {
            Self::Nothing => "nothing".to_owned(),
            Self::Json => "a map, an array, text, a number, true, false or ()".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Text => "text".to_owned(),
            Self::One(it) => it.words.to_owned(),
            Self::Each(it) => format!("{}, or an array of them", it.words),
            Self::Many(it) => format!("an array of {}", it.name),
            Self::Texts => "an array of texts".to_owned(),
            Self::Map([]) => "a map".to_owned(),
            Self::Map(keys) => format!("a map with {}", words::list(keys, "and")),
            Self::Maps([]) => "an array of maps".to_owned(),
            Self::Maps(keys) => format!("an array of maps with {}", words::list(keys, "and")),
        }
    }
}

/// A property that scripts can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Property {
    /// The property's name.
    pub name: &'static str,
    /// A short description.
    pub help: &'static str,
    /// The type of the value.
    pub gives: Gives,
}

impl Property {
    const fn new(name: &'static str, gives: Gives, help: &'static str) -> Self {
        Self { name, help, gives }
    }

    const fn number(name: &'static str, help: &'static str) -> Self {
        Self::new(name, Gives::Number, help)
    }

    const fn text(name: &'static str, help: &'static str) -> Self {
        Self::new(name, Gives::Text, help)
    }
}

/// Returns the job that a value is or describes, and its state if the value describes a job that was read.
type JobOf<T> = fn(&T) -> (Job, &'static str);

/// A type of the language that isn't Rhai's.
pub(crate) trait ScriptType: Clone + Sized + 'static {
    /// The name, as `type_of` returns it.
    const NAME: &'static str;
    /// The name with its article, for messages.
    const WORDS: &'static str;
    /// A short description.
    const HELP: &'static str;
    /// The properties that scripts can read, which are keys of the plain form. `id` is another name of `job`.
    const PROPERTIES: &'static [Property];

    /// Returns the plain form: an object.
    fn json(&self) -> Value;

    /// Returns a property; unit if it's unknown. This default builds the whole plain form, so a type with many values or
    /// with large ones has its own.
    fn get(&self, name: &str) -> Dynamic {
        let value = self.json().get_mut(name).map(Value::take);
        value.map_or(Dynamic::UNIT, ordered)
    }

    /// The reader of the job, if each value is or describes one.
    const JOB: Option<JobOf<Self>> = None;

    /// Registers what the type has beyond getters and plain forms.
    fn register(_engine: &mut Engine) {}

    /// The type's entry in [`TYPES`].
    const TYPE: &'static Type = &Type {
        name: Self::NAME,
        words: Self::WORDS,
        help: Self::HELP,
        is_job: Self::JOB.is_some(),
        properties: Self::PROPERTIES,
        register: register::<Self>,
        is: |value| value.is::<Self>(),
        json: |value| Some(value.read_lock::<Self>()?.json()),
        job: |value| Some(Self::JOB?(&*value.read_lock::<Self>()?)),
    };
}

/// A [`ScriptType`] without its Rust type.
pub struct Type {
    /// The name, as `type_of` returns it.
    pub name: &'static str,
    /// The name with its article, for messages.
    pub words: &'static str,
    /// A short description.
    pub help: &'static str,
    /// True if each value is or describes a job.
    pub is_job: bool,
    /// The properties that scripts can read.
    pub properties: &'static [Property],
    register: fn(&mut Engine),
    is: fn(&Dynamic) -> bool,
    json: fn(&Dynamic) -> Option<Value>,
    job: fn(&Dynamic) -> Option<(Job, &'static str)>,
}

impl Type {
    /// Returns the type of a value, if it's one of zshell's.
    pub fn of(value: &Dynamic) -> Option<&'static Self> {
        TYPES.iter().copied().find(|it| (it.is)(value))
    }
}

impl PartialEq for Type {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Type {}

impl std::fmt::Debug for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Every type, in the order of `help()`.
pub const TYPES: &[&Type] = &[
    <Rc<Connection> as ScriptType>::TYPE,
    Job::TYPE,
    SummaryValue::TYPE,
    ProgressValue::TYPE,
    BatchValue::TYPE,
    ReportValue::TYPE,
    Failure::TYPE,
    Secret::TYPE,
];

/// Returns the script's value of a property.
fn property(value: impl Into<Value>) -> Dynamic {
    ordered(value.into())
}

/// Returns the script's value of a property whose text is empty if it's unknown.
fn text_property(text: &str) -> Dynamic {
    property(Some(text).filter(|text| !text.is_empty()))
}

/// Returns the type with this name, in any case.
pub(crate) fn find(name: &str) -> Option<&'static Type> {
    let mut types = TYPES.iter().copied();
    types.find(|it| it.name.eq_ignore_ascii_case(name))
}

/// Returns the job that a value is or describes, and the state if it was read.
pub(crate) fn job_of(value: &Dynamic) -> Option<(Job, &'static str)> {
    TYPES.iter().find_map(|it| (it.job)(value))
}

/// Registers every type.
pub(crate) fn register_all(engine: &mut Engine) {
    for it in TYPES {
        (it.register)(engine);
    }
    wrap::register(engine);
    // Rhai's own `to_json` doesn't support lists or zshell's types inside of maps.
    engine
        .register_fn("to_json", text_of::<rhai::Array>)
        .register_fn("to_json", text_of::<Map>)
        .register_fn("to_json", text_of::<List>)
        .register_fn("to_json", text_of::<Record>);
}

/// Returns a value as JSON text.
fn text_of<T: rhai::Variant + Clone>(value: T) -> String {
    json_of(&Dynamic::from(value)).to_string()
}

/// Registers a type with its getters and text forms.
fn register<T: ScriptType>(engine: &mut Engine) {
    engine.register_type_with_name::<T>(T::NAME);
    for it in T::PROPERTIES {
        let name = if it.name == "id" { "job" } else { it.name };
        engine.register_get(it.name, move |it: &mut T| it.get(name));
    }
    if !T::PROPERTIES.is_empty() {
        let text = |it: &mut T| ImmutableString::from(it.json().to_string());
        for name in ["to_json", "to_string", "to_debug"] {
            engine.register_fn(name, text);
        }
        engine.register_fn("as_map", |it: &mut T| ordered(it.json()));
    }
    T::register(engine);
}

#[cfg(test)]
mod tests;
