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
        None => {
            return Err(SchemaError::field(
                field,
                format!("dataType is missing; the types are {KNOWN}"),
            ));
        }
        other => return Err(shape("dataType to be a text", other)),
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
    single_type(field, kind, params)
}

/// Returns a scalar type or dense vector type, which takes its parameters.
pub(super) fn single_type(
    field: &str,
    kind: &str,
    params: &mut TypeParams,
) -> Result<DataType, SchemaError> {
    Ok(match kind {
        "Bool" => DataType::Bool,
        "Int8" => DataType::Int8,
        "Int16" => DataType::Int16,
        "Int32" => DataType::Int32,
        "Int64" => DataType::Int64,
        "Float" => DataType::Float,
        "Double" => DataType::Double,
        "VarChar" => DataType::VarChar {
            max_length: params.need(field, "max_length")?,
        },
        vector => {
            if dense(vector, 0).is_none() {
                let problem = format!("the elements of an Array cannot be {kind}");
                return Err(SchemaError::field(field, problem));
            }
            let dim = params.need(field, "dim")?;
            dense(vector, dim).unwrap_or(DataType::FloatVector { dim })
        }
    })
}

/// Returns the dense vector type with this name.
pub(super) fn dense(name: &str, dim: usize) -> Option<DataType> {
    Some(match name {
        "BinaryVector" => DataType::BinaryVector { dim },
        "FloatVector" => DataType::FloatVector { dim },
        "Float16Vector" => DataType::Float16Vector { dim },
        "BFloat16Vector" => DataType::BFloat16Vector { dim },
        "Int8Vector" => DataType::Int8Vector { dim },
        _ => return None,
    })
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
        for key in keys {
            if node.form() == Form::Liberal || rest.is_empty() && Some(key) == keys.first() {
                rest.extend(node.params(&[key])?);
            }
        }
        if node.form() == Form::Liberal {
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
        let problem = format!("{name} must be a whole number, found {text}");
        SchemaError::field(field, problem)
    })
}
