//! What can be compared with what.

use crate::formats::DataType;
use crate::local::filter::{Key, Scalar};

/// What a field's values can be compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Number,
    Text,
    /// JSON: anything.
    Any,
    /// An array as a whole, or a vector: nothing.
    Whole,
}

/// The kind of a field's values, or of the part of them that the keys lead to.
pub(super) fn kind(name: &str, data_type: &DataType, keys: &[Key]) -> Result<Kind, String> {
    match (data_type, keys) {
        (DataType::Json, _) => Ok(Kind::Any),
        (DataType::Array { element, .. }, [Key::Index(_)]) => kind(name, element, &[]),
        (_, [_, ..]) => Err(format!("{name}, a {data_type}, has no such element")),
        (DataType::Bool, []) => Ok(Kind::Bool),
        (DataType::VarChar { .. }, []) => Ok(Kind::Text),
        (DataType::Array { .. }, []) => Ok(Kind::Whole),
        (vector, []) if vector.is_vector() => Ok(Kind::Whole),
        (_, []) => Ok(Kind::Number),
    }
}

/// The value as the field's values are compared with it, where the two are of one kind; cut where those are `single`.
pub(super) fn comparable(
    single: bool,
    kind: Kind,
    value: Scalar<'static>,
) -> Result<Scalar<'static>, String> {
    let fits = match &value {
        Scalar::Bool(_) => matches!(kind, Kind::Bool | Kind::Any),
        Scalar::Int(_) | Scalar::Float(_) => matches!(kind, Kind::Number | Kind::Any),
        Scalar::Text(_) => matches!(kind, Kind::Text | Kind::Any),
    };
    if !fits {
        let kind = match kind {
            Kind::Bool => "true or false",
            Kind::Number => "a number",
            Kind::Text => "a text",
            Kind::Any => "JSON",
            Kind::Whole => "a whole array or vector",
        };
        return Err(format!("{kind} cannot be compared with {value}"));
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what is compared has that width"
    )]
    match value.number() {
        Some(number) if single => Ok(Scalar::Float((number as f32).into())),
        _ => Ok(value),
    }
}
