//! The types of a script's parameters, and the values that texts of the command line have in them.

use crate::engine::times::parse_duration;
use crate::engine::types::list_of;
use rhai::Dynamic;
use std::path::Path;

/// The type of a parameter's value.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::VariantNames,
)]
#[strum(serialize_all = "lowercase")]
pub enum ParamType {
    /// A text.
    #[strum(to_string = "text", serialize = "string")]
    Text,
    /// An integer.
    #[strum(to_string = "int", serialize = "integer")]
    Int,
    /// A number.
    #[strum(to_string = "number", serialize = "float")]
    Number,
    /// A flag: `--name` is true, `--no-name` false.
    #[strum(to_string = "flag", serialize = "bool")]
    Flag,
    /// A list of texts. The option may be repeated.
    List,
    /// A duration: text such as `90s`, or seconds.
    Duration,
    /// A file or folder that exists, a glob pattern that matches one, or the URL of an object.
    Path,
    /// A list of paths. The option may be repeated.
    Paths,
}

impl ParamType {
    /// Returns the type of each value, if the option may be repeated.
    pub(super) const fn item(self) -> Option<Self> {
        match self {
            Self::List => Some(Self::Text),
            Self::Paths => Some(Self::Path),
            _ => None,
        }
    }

    /// Returns true if a default of the type `other` fits.
    pub(super) fn accepts(self, other: Self) -> bool {
        match self {
            Self::Number => matches!(other, Self::Number | Self::Int),
            Self::Duration => matches!(other, Self::Text | Self::Int | Self::Number),
            Self::Path => other == Self::Text,
            Self::Paths => other == Self::List,
            kind => kind == other,
        }
    }

    /// Returns the type of a default value.
    pub(super) fn of(value: &Dynamic) -> Option<Self> {
        if value.is_string() {
            Some(Self::Text)
        } else if value.is_int() {
            Some(Self::Int)
        } else if value.is_float() {
            Some(Self::Number)
        } else if value.is_bool() {
            Some(Self::Flag)
        } else if list_of(value).is_some() {
            Some(Self::List)
        } else {
            None
        }
    }

    /// Converts the text of the command line. Returns `None` if the text isn't of this type.
    pub(super) fn convert(self, text: &str) -> Option<Dynamic> {
        match self {
            Self::Text | Self::List | Self::Paths => Some(text.to_owned().into()),
            Self::Duration => {
                parse_duration(text)?;
                let seconds = Self::Int
                    .convert(text)
                    .or_else(|| Self::Number.convert(text));
                seconds.or_else(|| Some(text.to_owned().into()))
            }
            Self::Path => is_there(text).then(|| text.to_owned().into()),
            Self::Int => text.parse::<i64>().ok().map(Dynamic::from),
            Self::Number => {
                let number = text.parse::<f64>().ok()?;
                number.is_finite().then(|| Dynamic::from(number))
            }
            Self::Flag => text.parse::<bool>().ok().map(Dynamic::from),
        }
    }
}

/// Returns true if a path names an object by a URL, or something on the disk.
fn is_there(path: &str) -> bool {
    match path.split_once("://") {
        Some((scheme, rest)) => !scheme.is_empty() && !rest.is_empty(),
        None => {
            Path::new(path).exists()
                || glob::glob(path).is_ok_and(|mut found| found.next().is_some())
        }
    }
}
