//! Reads the names and parameters of types, in the forms of create calls and descriptions.

use serde_json::Value;

use super::node::{Form, SchemaNode, shape};
use super::{DataType, SchemaError};

/// Types of Milvus' API with their codes (`schemapb.DataType`).
const TYPES: [(&str, &str); 22] = [
    ("Bool", "1"),
    ("Int8", "2"),
    ("Int16", "3"),
    ("Int32", "4"),
    ("Int64", "5"),
    ("Float", "10"),
    ("Double", "11"),
    ("String", "20"),
    ("VarChar", "21"),
    ("Array", "22"),
    ("JSON", "23"),
    ("Geometry", "24"),
    ("Text", "25"),
    ("Timestamptz", "26"),
    ("BinaryVector", "100"),
    ("FloatVector", "101"),
    ("Float16Vector", "102"),
    ("BFloat16Vector", "103"),
    ("SparseFloatVector", "104"),
    ("Int8Vector", "105"),
    ("ArrayOfVector", "106"),
    ("ArrayOfStruct", "200"),
];

/// The types that a create call may name, for messages.
const KNOWN: &str = "Bool, Int8, Int16, Int32, Int64, Float, Double, VarChar, JSON, Array, FloatVector, \
    BinaryVector, Float16Vector, BFloat16Vector, Int8Vector, SparseFloatVector, Geometry, Timestamptz, Text; \
    struct arrays go to structFields";

/// Returns the API's name for a field's type.
pub(super) fn type_name(
    field: &str,
    form: Form,
    value: Option<&Value>,
) -> Result<&'static str, SchemaError> {
    let word = match value {
        Some(Value::String(word)) => word.clone(),
        Some(Value::Number(code)) if form == Form::Liberal => code.to_string(),
        Some(other) => return Err(shape("dataType to be a text", other)),
        None => {
            let problem = format!("dataType is missing; the types are {KNOWN}");
            return Err(SchemaError::field(field, problem));
        }
    };
    let plain = match form {
        Form::Create => word.clone(),
        // Descriptions by some releases have `DataType.INT64` or `DataType_Int64`.
        Form::Liberal => {
            let word = word.to_ascii_lowercase().replace(['_', '.'], "");
            word.strip_prefix("datatype").unwrap_or(&word).to_owned()
        }
    };
    let is = |(name, code): &&(&'static str, &str)| match form {
        Form::Create => *name == plain,
        Form::Liberal => name.eq_ignore_ascii_case(&plain) || *code == plain,
    };
    match (TYPES.iter().find(is), form) {
        (Some(("String", _)), Form::Create) => Err(SchemaError::field(
            field,
            "type String is not supported, use VarChar",
        )),
        (Some(("String", _)), Form::Liberal) => Ok("VarChar"),
        (Some((name, _)), _) => Ok(*name),
        (None, _) => {
            let problem = format!("unknown type {word:?} (case matters); the types are {KNOWN}");
            Err(SchemaError::field(field, problem))
        }
    }
}

/// Returns the type of an array's elements.
pub(super) fn element_type(
    field: &str,
    form: Form,
    value: Option<&Value>,
    params: &mut TypeParams,
) -> Result<DataType, SchemaError> {
    if value.is_none() {
        return Err(SchemaError::field(field, "elementDataType is missing"));
    }
    let kind = type_name(field, form, value)?;
    let element = data_type(field, kind, params)?;
    if element.is_scalar() || element.dim().is_some() {
        return Ok(element);
    }
    Err(no_element(field, kind))
}

fn no_element(field: &str, kind: &str) -> SchemaError {
    SchemaError::field(field, format!("the elements of an Array cannot be {kind}"))
}

/// Returns a type, with its parameters if it is a scalar type or dense vector type.
pub(super) fn data_type(
    field: &str,
    kind: &str,
    params: &mut TypeParams,
) -> Result<DataType, SchemaError> {
    let parsed = kind.parse::<DataType>();
    let mut data_type = parsed.map_err(|_| no_element(field, kind))?;
    match &mut data_type {
        DataType::VarChar { max_length } => *max_length = params.need(field, "max_length")?,
        DataType::BinaryVector { dim }
        | DataType::FloatVector { dim }
        | DataType::Float16Vector { dim }
        | DataType::BFloat16Vector { dim }
        | DataType::Int8Vector { dim } => *dim = params.need(field, "dim")?,
        _ => {}
    }
    Ok(data_type)
}

/// Type parameters of a field.
pub(super) struct TypeParams {
    /// Parameters that haven't been taken yet.
    pub(super) rest: Vec<(String, String)>,
}

impl TypeParams {
    /// Reads the parameters. A create call has them only under the first of these keys; otherwise they may be under all
    /// keys, or directly in the field.
    pub(super) fn read(node: SchemaNode<'_>, keys: &[&str]) -> Result<Self, SchemaError> {
        let mut rest = Vec::new();
        for key in node.allowed(keys) {
            rest.extend(node.params(&[key])?);
        }
        if node.is_liberal() {
            for (name, keys) in [
                ("dim", ["dim", "dimension"]),
                ("max_length", ["max_length", "maxLength"]),
                ("max_capacity", ["max_capacity", "maxCapacity"]),
            ] {
                let beside = node.get(&keys).map(super::node::plain);
                rest.extend(beside.map(|value| (name.to_owned(), value)));
            }
        }
        Ok(Self { rest })
    }

    /// Returns the parameter with this name as a number, and keeps the parameter.
    pub(super) fn number(&self, field: &str, name: &str) -> Result<Option<usize>, SchemaError> {
        let found = self.rest.iter().find(|(key, _)| key == name);
        found.map(|(_, text)| whole(field, name, text)).transpose()
    }

    /// Returns the parameter with this name as a number, and removes the parameter.
    pub(super) fn take(&mut self, field: &str, name: &str) -> Result<Option<usize>, SchemaError> {
        let number = self.number(field, name)?;
        self.rest.retain(|(key, _)| key != name);
        Ok(number)
    }

    /// Returns the parameter with this name as a number, removes it, and refuses a type without it.
    pub(super) fn need(&mut self, field: &str, name: &str) -> Result<usize, SchemaError> {
        let number = self.take(field, name)?;
        number.ok_or_else(|| SchemaError::missing(field, name))
    }
}

/// Parses a whole number of at least 0.
pub(super) fn whole(field: &str, name: &str, text: &str) -> Result<usize, SchemaError> {
    text.parse().map_err(|_| {
        SchemaError::field(
            field,
            format!("{name} must be a whole number, found {text}"),
        )
    })
}
