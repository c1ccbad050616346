//! Types of values and keys of maps, kept without the values. Completion uses these shapes.

use super::{Gives, List, Property, Record, ScriptType, Type};
use crate::connection::Connection;
use crate::secret::Secret;
use rhai::{Array, Dynamic, FnPtr, Map};
use std::cell::RefCell;
use std::rc::Rc;

/// Maximum depth of nested maps and arrays.
const DEPTH: usize = 4;
/// Maximum number of keys kept per map.
const MAX_KEYS: usize = 200;

/// The type of a value, in enough detail to complete text after a dot.
#[derive(Clone, Debug, Default)]
pub(crate) enum Shape {
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
    /// A connection, and which one if it's a variable's value.
    Connection(Option<Rc<Connection>>),
    /// A value of another type of zshell's.
    Own(&'static Type),
    /// An array, with the shape of its first item.
    List(Box<Shape>),
    /// A map with its keys.
    Map(Vec<(String, Shape)>),
}

impl Shape {
    /// Returns the shape of a value.
    pub(crate) fn of(value: &Dynamic) -> Self {
        Self::within(value, DEPTH)
    }

    fn within(value: &Dynamic, depth: usize) -> Self {
        if let Some(connection) = value.read_lock::<Rc<Connection>>() {
            return Self::Connection(Some(Rc::clone(&connection)));
        }
        if let Some(list) = value.read_lock::<Array>() {
            return Self::of_items(&list, depth);
        }
        if let Some(list) = value.read_lock::<List>() {
            return Self::of_items(list.items(), depth);
        }
        if let Some(map) = value.read_lock::<Map>() {
            let pairs = map.iter().map(|(key, value)| (key.as_str(), value));
            return Self::of_pairs(pairs, depth);
        }
        if let Some(record) = value.read_lock::<Record>() {
            return Self::of_pairs(record.pairs(), depth);
        }
        match () {
            () if value.is_bool() => Self::Flag,
            () if value.is_int() || value.is_float() => Self::Number,
            () if value.is_string() => Self::Text,
            () if value.is::<FnPtr>() => Self::Function,
            () => Type::of(value).map_or(Self::Unknown, Self::Own),
        }
    }

    fn of_items(items: &Array, depth: usize) -> Self {
        let first = items.first().filter(|_| depth > 0);
        Self::list(first.map_or(Self::Unknown, |item| Self::within(item, depth - 1)))
    }

    fn of_pairs<'p>(pairs: impl Iterator<Item = (&'p str, &'p Dynamic)>, depth: usize) -> Self {
        let pairs = pairs.take(if depth > 0 { MAX_KEYS } else { 0 });
        let keys = pairs.map(|(key, value)| (key.to_owned(), Self::within(value, depth - 1)));
        Self::Map(keys.collect())
    }

    /// Returns the shape of an array of `item`.
    pub(crate) fn list(item: Self) -> Self {
        Self::List(Box::new(item))
    }

    /// Returns the shape of a function's result.
    pub(crate) fn given(gives: Gives) -> Self {
        let map = |keys: &[&str]| {
            let keys = keys.iter().map(|key| ((*key).to_owned(), Self::Unknown));
            Self::Map(keys.collect())
        };
        match gives {
            Gives::Nothing | Gives::Json => Self::Unknown,
            Gives::Flag => Self::Flag,
            Gives::Number => Self::Number,
            Gives::Text => Self::Text,
            Gives::One(it) | Gives::Each(it) => Self::one(it),
            Gives::Many(it) => Self::list(Self::one(it)),
            Gives::Texts => Self::list(Self::Text),
            Gives::Map(keys) => map(keys),
            Gives::Maps(keys) => Self::list(map(keys)),
        }
    }

    fn one(it: &'static Type) -> Self {
        if it == Rc::<Connection>::TYPE {
            Self::Connection(None)
        } else {
            Self::Own(it)
        }
    }

    /// Returns the shape of an item, by index or key.
    #[must_use]
    pub(crate) fn item(&self, key: &str) -> Self {
        match self {
            Self::List(item) => (**item).clone(),
            Self::Map(_) => self.member(key),
            _ => Self::Unknown,
        }
    }

    /// Returns the shape of a property.
    #[must_use]
    pub(crate) fn member(&self, name: &str) -> Self {
        match (self, name) {
            (Self::Map(keys), _) => keys
                .iter()
                .find(|(key, _)| key == name)
                .map_or(Self::Unknown, |(_, shape)| shape.clone()),
            _ => self
                .properties()
                .iter()
                .find(|getter| getter.name == name)
                .map_or(Self::Unknown, |getter| Self::given(getter.gives)),
        }
    }

    /// Returns the shape of a method's result.
    #[must_use]
    pub(crate) fn call(&self, name: &str) -> Self {
        match (self, name) {
            (Self::List(_), "filter" | "extract" | "drain" | "retain" | "splice") => self.clone(),
            (Self::List(item), "pop" | "shift" | "get" | "find" | "remove") => (**item).clone(),
            (_, "to_json" | "to_string" | "sub_string" | "to_upper" | "to_lower") => Self::Text,
            (Self::Map(_), "keys") | (Self::Text, "split") => Self::list(Self::Text),
            (_, "len" | "index_of") => Self::Number,
            (_, "is_empty" | "contains" | "starts_with" | "ends_with") => Self::Flag,
            _ => Self::Unknown,
        }
    }

    /// Returns zshell's type, if the value is of one.
    pub(crate) fn own(&self) -> Option<&'static Type> {
        match self {
            Self::Connection(_) => Some(Rc::<Connection>::TYPE),
            Self::Own(it) => Some(it),
            _ => None,
        }
    }

    /// Returns true for a secret, which has no members.
    pub(crate) fn is_secret(&self) -> bool {
        self.own() == Some(Secret::TYPE)
    }

    /// Returns the properties of the type.
    pub(crate) fn properties(&self) -> &'static [Property] {
        self.own().map(|it| it.properties).unwrap_or_default()
    }

    /// Returns the kind of value in a word or two.
    pub(crate) fn words(&self) -> &'static str {
        match self {
            Self::Unknown => "a value",
            Self::Flag => "true or false",
            Self::Number => "a number",
            Self::Text => "text",
            Self::Function => "a closure",
            Self::List(_) => "an array",
            Self::Map(_) => "a map",
            Self::Connection(_) => Rc::<Connection>::WORDS,
            Self::Own(it) => it.words,
        }
    }
}

/// A function defined at the prompt or in a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Defined {
    /// The function's name.
    pub name: String,
    /// Names of the parameters.
    pub parameters: Vec<String>,
}

/// A module imported at the prompt.
#[derive(Clone, Debug, Default)]
pub(crate) struct Imported {
    /// The name it was imported as.
    pub name: String,
    /// The module's functions.
    pub functions: Vec<Defined>,
    /// The module's variables.
    pub variables: Vec<(String, Shape)>,
}

/// Names defined at the prompt, in addition to zshell's own.
#[derive(Clone, Debug, Default)]
pub(crate) struct DefinedNames {
    /// Variables, the latest first.
    pub variables: Vec<(String, Shape)>,
    /// Variables that hold a short text, the latest first.
    pub texts: Vec<(String, String)>,
    /// Functions.
    pub functions: Vec<Defined>,
    /// Modules.
    pub modules: Vec<Imported>,
}

/// The names of a prompt, shared by the interpreter, which sets them, and completion, which reads them.
#[derive(Clone, Default)]
pub(crate) struct SharedNames(Rc<RefCell<Rc<DefinedNames>>>);

impl SharedNames {
    /// Returns the current names.
    pub(crate) fn get(&self) -> Rc<DefinedNames> {
        Rc::clone(&self.0.borrow())
    }

    /// Replaces the names.
    pub(crate) fn set(&self, names: DefinedNames) {
        *self.0.borrow_mut() = Rc::new(names);
    }
}

impl DefinedNames {
    /// Returns the shape of a variable.
    pub(crate) fn variable(&self, name: &str) -> Option<&Shape> {
        let (_, shape) = self.variables.iter().find(|(known, _)| known == name)?;
        Some(shape)
    }
}
