//! The fields that a filter names, and the kinds of their values.

use super::token::PathKey;
use super::value::Constant;
use crate::formats::batch::META;
use crate::formats::{DataType, Schema};

/// A field, or the part of it at the end of a path.
#[derive(Clone, Debug)]
pub(super) struct FieldRef {
    /// Column number.
    pub(super) column: usize,
    /// Kind of the field itself.
    pub(super) kind: ValueKind,
    /// Kind of an array's elements.
    pub(super) element: ValueKind,
    /// Keys of the path into a JSON value.
    pub(super) keys: Vec<String>,
    /// Index of an array's element.
    pub(super) index: Option<usize>,
}

impl FieldRef {
    /// Returns the field with this name, or the key of the dynamic field.
    pub(super) fn resolve(schema: &Schema, name: &str, keys: &[PathKey]) -> Result<Self, String> {
        let fields = &schema.fields;
        let mut numbered = fields.iter().enumerate();
        let found = numbered.find(|(_, field)| field.name == name);
        let data_type = found.map(|(_, field)| &field.data_type);
        if data_type.is_none() && name.eq_ignore_ascii_case("null") {
            let why = "NULL literal is not supported in expressions; use '<field> is null'";
            return Err(why.to_owned());
        }
        if data_type.is_none() && !schema.dynamic {
            return Err(format!("field {name} not exist"));
        }
        let (kind, element) = data_type.map_or((ValueKind::Json, ValueKind::Other), kinds);
        let mut field = Self {
            column: found.map_or(fields.len(), |(number, _)| number),
            kind,
            element,
            keys: Vec::new(),
            index: None,
        };
        if kind == ValueKind::Array {
            field.index = keys.first().map(index).transpose()?;
            if keys.len() > 1 {
                return Err(format!("{name} is an array, whose elements have no keys"));
            }
            return Ok(field);
        }
        if !keys.is_empty() && kind != ValueKind::Json {
            let why = format!("{name} is no JSON or array field, to be accessed with []");
            return Err(why);
        }
        if data_type.is_none() && name != META {
            field.keys.push(name.to_owned());
        }
        field.keys.extend(keys.iter().map(|key| key.text.clone()));
        Ok(field)
    }

    /// Returns the kind of the values at the end of the path.
    pub(super) fn value_kind(&self) -> ValueKind {
        if self.index.is_some() {
            self.element
        } else {
            self.kind
        }
    }

    pub(super) fn is_whole_array(&self) -> bool {
        self.kind == ValueKind::Array && self.index.is_none()
    }

    /// Refuses a whole array (utils.go: checkDirectComparisonBinaryField).
    pub(super) fn check_not_whole(&self) -> Result<(), String> {
        if self.is_whole_array() {
            let why = "arrays can only be compared by == and != with a list, or by an element";
            return Err(why.to_owned());
        }
        Ok(())
    }
}

fn index(key: &PathKey) -> Result<usize, String> {
    let index = key.text.parse().ok().filter(|_| key.is_index);
    index.ok_or_else(|| "can only access array field with integer index".to_owned())
}

/// The kinds of values that filters distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueKind {
    Bool,
    Int,
    /// 32-bit floats.
    Single,
    Double,
    Text,
    Json,
    Array,
    /// A list without a common kind, or a field that can't be compared.
    Other,
}

impl ValueKind {
    pub(super) fn is_float(self) -> bool {
        matches!(self, Self::Single | Self::Double)
    }

    pub(super) fn is_number(self) -> bool {
        self == Self::Int || self.is_float()
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::Int => "an integer",
            Self::Single | Self::Double => "a float",
            Self::Text => "a text",
            Self::Json => "JSON",
            Self::Array => "an array",
            Self::Other => "a value of its type",
        }
    }

    pub(super) fn of(constant: &Constant) -> Self {
        match constant {
            Constant::Bool(_) => Self::Bool,
            Constant::Int(_) => Self::Int,
            Constant::Float(_) => Self::Double,
            Constant::Text(_) => Self::Text,
            Constant::List(_) => Self::Array,
        }
    }

    /// Returns the kind of all elements of a list, or `Other` if they differ.
    pub(super) fn of_elements(constant: &Constant) -> Self {
        let Constant::List(values) = constant else {
            return Self::Other;
        };
        let mut kinds = values.iter().map(Self::of);
        let first = kinds.next().unwrap_or(Self::Other);
        if kinds.all(|kind| kind == first) {
            first
        } else {
            Self::Other
        }
    }

    /// Returns whether values of the two kinds can be compared (utils.go: canBeComparedDataType).
    pub(super) fn is_comparable(self, other: Self) -> bool {
        match self {
            Self::Bool | Self::Text => other == self || other == Self::Json,
            Self::Int | Self::Single | Self::Double => other.is_number() || other == Self::Json,
            Self::Json => true,
            Self::Array | Self::Other => false,
        }
    }

    /// Returns whether the two kinds can be calculated with (utils.go: canArithmeticDataType).
    pub(super) fn is_calculable(self, other: Self) -> bool {
        match self {
            Self::Int => matches!(other, Self::Int | Self::Json),
            Self::Single | Self::Double => other.is_number() || other == Self::Json,
            Self::Json => other.is_number(),
            _ => false,
        }
    }

    /// Converts a constant for a comparison with values of this kind (utils.go: castValue).
    pub(super) fn cast(self, constant: Constant) -> Result<Constant, String> {
        match (self, constant) {
            (Self::Json | Self::Array, Constant::List(values)) => {
                let is_list = |value: &Constant| matches!(value, Constant::List(_));
                if values.iter().any(is_list) {
                    return Err("lists in lists can't be compared".to_owned());
                }
                Ok(Constant::List(values))
            }
            (Self::Json, constant)
            | (Self::Bool, constant @ Constant::Bool(_))
            | (Self::Text, constant @ Constant::Text(_))
            | (Self::Int, constant @ Constant::Int(_))
            | (Self::Single | Self::Double, constant @ Constant::Float(_)) => Ok(constant),
            (Self::Single | Self::Double, Constant::Int(value)) => {
                Ok(Constant::Float(value as f64))
            }
            (Self::Int, Constant::Float(value)) => Err(format!(
                "an integer field can't be compared with {value:?}, a float"
            )),
            (kind, constant) => Err(format!("{} can't be compared with {constant}", kind.name())),
        }
    }
}

/// Returns the kind of a type, and the kind of its elements.
fn kinds(data_type: &DataType) -> (ValueKind, ValueKind) {
    let kind = match data_type {
        DataType::Bool => ValueKind::Bool,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => ValueKind::Int,
        DataType::Float => ValueKind::Single,
        DataType::Double => ValueKind::Double,
        DataType::VarChar { .. } => ValueKind::Text,
        DataType::Json => ValueKind::Json,
        DataType::Array { element, .. } => return (ValueKind::Array, kinds(element).0),
        _ => ValueKind::Other,
    };
    (kind, ValueKind::Other)
}
