//! Types of values and keys of maps, kept without the values. Completion uses these shapes.

use super::types::{self, FILE_KEYS};
use super::{BatchValue, Job, ProgressValue, SummaryValue};
use crate::connection::Connection;
use crate::engine::registry::{self, Gives};
use crate::error::Failure;
use crate::secret::Secret;
use rhai::{Array, Dynamic, FnPtr, Map};
use std::rc::Rc;

/// Maximum depth of nested maps and arrays.
const DEPTH: usize = 4;
/// Maximum number of keys kept per map.
const KEYS: usize = 200;

/// The type of a value, in enough detail to complete text after a dot.
#[derive(Clone, Debug, Default)]
pub enum Shape {
    /// Unknown, or without members.
    #[default]
    Unknown,
    /// `true` or `false`.
    Flag,
    /// A number.
    Number,
    /// Text.
    Text,
    /// A function pointer or closure.
    Function,
    /// A secret.
    Secret,
    /// A connection, and which one if it's a variable's value.
    Connection(Option<Rc<Connection>>),
    /// A submitted job.
    Job,
    /// A row of `jobs()`.
    Summary,
    /// A reading of a job.
    Progress,
    /// The result of many imports.
    Batch,
    /// A caught error.
    Error,
    /// An array, with the shape of its first item.
    List(Box<Shape>),
    /// A map with its keys.
    Map(Vec<(String, Shape)>),
}

impl Shape {
    /// Returns the shape of a value.
    pub fn of(value: &Dynamic) -> Self {
        Self::within(value, DEPTH)
    }

    fn within(value: &Dynamic, depth: usize) -> Self {
        if let Some(connection) = value.read_lock::<Rc<Connection>>() {
            return Self::Connection(Some(Rc::clone(&connection)));
        }
        if let Some(list) = value.read_lock::<Array>() {
            let first = list.first().filter(|_| depth > 0);
            return Self::list(first.map_or(Self::Unknown, |item| Self::within(item, depth - 1)));
        }
        if let Some(map) = value.read_lock::<Map>() {
            let items = map.iter().take(if depth > 0 { KEYS } else { 0 });
            let keys = items.map(|(key, value)| (key.to_string(), Self::within(value, depth - 1)));
            return Self::Map(keys.collect());
        }
        match () {
            () if value.is_bool() => Self::Flag,
            () if value.is_int() || value.is_float() => Self::Number,
            () if value.is_string() => Self::Text,
            () if value.is::<FnPtr>() => Self::Function,
            () if value.is::<Secret>() => Self::Secret,
            () if value.is::<Job>() => Self::Job,
            () if value.is::<SummaryValue>() => Self::Summary,
            () if value.is::<ProgressValue>() => Self::Progress,
            () if value.is::<BatchValue>() => Self::Batch,
            () if value.is::<Failure>() => Self::Error,
            () => Self::Unknown,
        }
    }

    /// Returns the shape of an array of `item`.
    pub fn list(item: Self) -> Self {
        Self::List(Box::new(item))
    }

    /// Returns the shape of a function's result.
    pub fn given(gives: Gives) -> Self {
        let map = |keys: &[&str]| {
            Self::Map(
                keys.iter()
                    .map(|key| ((*key).to_owned(), Self::Unknown))
                    .collect(),
            )
        };
        match gives {
            Gives::Nothing | Gives::Anything => Self::Unknown,
            Gives::Flag => Self::Flag,
            Gives::Number => Self::Number,
            Gives::Text => Self::Text,
            Gives::Secret => Self::Secret,
            Gives::Connection => Self::Connection(None),
            Gives::Job => Self::Job,
            Gives::Progress | Gives::Readings => Self::Progress,
            Gives::Batch => Self::Batch,
            Gives::Jobs => Self::list(Self::Summary),
            Gives::Texts => Self::list(Self::Text),
            Gives::Map(keys) => map(keys),
            Gives::Maps(keys) => Self::list(map(keys)),
        }
    }

    /// Returns the shape of an item, by index or key.
    #[must_use]
    pub fn item(&self, key: &str) -> Self {
        match self {
            Self::List(item) => (**item).clone(),
            Self::Map(_) => self.member(key),
            _ => Self::Unknown,
        }
    }

    /// Returns the shape of a property.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        match (self, name) {
            (Self::Map(keys), _) => keys
                .iter()
                .find(|(key, _)| key == name)
                .map_or(Self::Unknown, |(_, shape)| shape.clone()),
            (Self::Progress, "details") => Self::given(Gives::Maps(FILE_KEYS)),
            (Self::Progress, "warnings") => Self::given(Gives::Texts),
            (Self::Progress | Self::Summary, "percent" | "rows" | "total_rows" | "size") => {
                Self::Number
            }
            (Self::Batch, "jobs") => Self::given(Gives::Maps(&[
                "job", "key", "state", "files", "rows", "reason",
            ])),
            (Self::Batch, _) if self.getters().iter().any(|(getter, _)| *getter == name) => {
                Self::Number
            }
            (Self::Error, "jobs") => Self::list(Self::Text),
            (Self::Error, "code" | "exit") => Self::Number,
            _ if self.getters().iter().any(|(getter, _)| *getter == name) => Self::Text,
            _ => Self::Unknown,
        }
    }

    /// Returns the shape of a method's result.
    #[must_use]
    pub fn call(&self, name: &str) -> Self {
        match (self, name) {
            (Self::Connection(_), _) => registry::find(name)
                .filter(|function| function.method)
                .map_or(Self::Unknown, |function| Self::given(function.gives)),
            (Self::List(_), "filter" | "extract" | "drain" | "retain" | "splice") => self.clone(),
            (Self::List(item), "pop" | "shift" | "get" | "find" | "remove") => (**item).clone(),
            (_, "to_json" | "to_string" | "sub_string" | "to_upper" | "to_lower") => Self::Text,
            (Self::Map(_), "keys") | (Self::Text, "split") => Self::list(Self::Text),
            (_, "len" | "index_of") => Self::Number,
            (_, "is_empty" | "contains" | "starts_with" | "ends_with") => Self::Flag,
            _ => Self::Unknown,
        }
    }

    /// Returns the name of the type in scripts, if the type is zshell's own.
    pub fn type_name(&self) -> Option<&'static str> {
        match self {
            Self::Connection(_) => Some("Connection"),
            Self::Job => Some("Job"),
            Self::Summary => Some("JobSummary"),
            Self::Progress => Some("Progress"),
            Self::Batch => Some("Batch"),
            Self::Error => Some("Error"),
            Self::Secret => Some("Secret"),
            _ => None,
        }
    }

    /// Returns the getters of the type, each with a description.
    pub fn getters(&self) -> &'static [(&'static str, &'static str)] {
        self.type_name()
            .and_then(types::find)
            .map_or(&[], |it| it.getters)
    }

    /// Returns the kind of value in a word or two.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Unknown => "a value",
            Self::Flag => "true or false",
            Self::Number => "a number",
            Self::Text => "text",
            Self::Function => "a closure",
            Self::List(_) => "an array",
            Self::Map(_) => "a map",
            Self::Connection(_) => "a Connection",
            Self::Job => "a Job",
            Self::Summary => "a JobSummary",
            Self::Progress => "a Progress",
            Self::Batch => "a Batch",
            Self::Error => "an Error",
            Self::Secret => "a Secret",
        }
    }
}

/// A function defined at the prompt or in a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defined {
    /// The function's name.
    pub name: String,
    /// Names of the parameters.
    pub parameters: Vec<String>,
}

/// A module imported at the prompt.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// The name it was imported as.
    pub name: String,
    /// The module's functions.
    pub functions: Vec<Defined>,
    /// The module's variables.
    pub variables: Vec<(String, Shape)>,
}

/// Names defined at the prompt, in addition to zshell's own.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Variables, the latest first.
    pub variables: Vec<(String, Shape)>,
    /// Functions.
    pub functions: Vec<Defined>,
    /// Modules.
    pub modules: Vec<Imported>,
}

impl Names {
    /// Returns the shape of a variable.
    pub fn variable(&self, name: &str) -> Option<&Shape> {
        let (_, shape) = self.variables.iter().find(|(known, _)| known == name)?;
        Some(shape)
    }
}
