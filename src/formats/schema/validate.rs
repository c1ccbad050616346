//! What makes a schema one that a collection can have.

use std::collections::HashSet;

use serde_json::Value;

use super::{DataType, Field, Schema};

/// The largest dimension of a dense vector.
pub(super) const MAX_DIM: usize = 32_768;
/// The largest `max_length` of a `VarChar`, in bytes.
pub(super) const MAX_LENGTH: usize = 65_535;
/// The largest `max_capacity` of an `Array`, in elements.
pub(super) const MAX_CAPACITY: usize = 4_096;

/// Why a schema is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// The JSON does not have the shape of a schema.
    #[error("schema: expected {expected}, found {found}")]
    Shape {
        /// What belongs there, with its place.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// One field breaks a rule.
    #[error("field {field:?}: {problem}")]
    Field {
        /// The field's name.
        field: String,
        /// The rule, and what was given.
        problem: String,
    },
    /// The schema as a whole breaks a rule.
    #[error("schema: {0}")]
    Rule(String),
    /// A type or feature that exists in the service, and not here.
    #[error("{what} is not supported yet")]
    NotSupported {
        /// The feature, with the field that uses it.
        what: String,
    },
}

impl SchemaError {
    pub(super) fn field(field: &str, problem: impl Into<String>) -> Self {
        Self::Field {
            field: field.to_owned(),
            problem: problem.into(),
        }
    }
}

impl Schema {
    /// Checks every rule: names, one primary key, at least one vector, ranges of the type parameters,
    /// defaults that fit their type. Both constructors call it.
    pub fn validate(&self) -> Result<(), SchemaError> {
        let mut names = HashSet::new();
        for field in &self.fields {
            if !names.insert(field.name.as_str()) {
                return Err(SchemaError::field(&field.name, "the name is used twice"));
            }
            valid_name(&field.name)?;
            valid_type(&field.name, &field.data_type)?;
            valid_role(field)?;
            valid_default(field)?;
        }
        let count = |test: fn(&Field) -> bool| self.fields.iter().filter(|f| test(f)).count();
        let rule = |text: &str| Err(SchemaError::Rule(text.to_owned()));
        match count(|field| field.primary) {
            0 => return rule("no field is the primary key (isPrimary)"),
            1 => {}
            _ => return rule("only one field may be the primary key (isPrimary)"),
        }
        if count(|field| field.partition_key) > 1 {
            return rule("only one field may be the partition key (isPartitionKey)");
        }
        if count(|field| field.data_type.is_vector()) == 0 {
            return rule("at least one vector field is needed");
        }
        Ok(())
    }
}

fn valid_name(name: &str) -> Result<(), SchemaError> {
    let first = name.chars().next();
    let starts = first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let consists = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if starts && consists && name.len() <= 255 {
        return Ok(());
    }
    Err(SchemaError::field(
        name,
        "a name consists of at most 255 letters, digits and underscores and does not start with a digit",
    ))
}

fn valid_type(name: &str, data_type: &DataType) -> Result<(), SchemaError> {
    let within = |what: &str, value: usize, max: usize| {
        if (1..=max).contains(&value) {
            return Ok(());
        }
        let problem = format!("{what} must be 1 to {max}, found {value}");
        Err(SchemaError::field(name, problem))
    };
    match data_type {
        DataType::VarChar { max_length } => within("max_length", *max_length, MAX_LENGTH),
        DataType::Array {
            element,
            max_capacity,
        } => {
            if element.is_vector() || matches!(**element, DataType::Json | DataType::Array { .. }) {
                let problem = format!("the elements of an Array cannot be {}", element.name());
                return Err(SchemaError::field(name, problem));
            }
            within("max_capacity", *max_capacity, MAX_CAPACITY)?;
            valid_type(name, element)
        }
        DataType::BinaryVector { dim } if dim % 8 != 0 => {
            let problem = format!("dim of a BinaryVector must be a multiple of 8, found {dim}");
            Err(SchemaError::field(name, problem))
        }
        _ => match data_type.dim() {
            Some(dim) => within("dim", dim, MAX_DIM),
            None => Ok(()),
        },
    }
}

fn valid_role(field: &Field) -> Result<(), SchemaError> {
    let is_key = matches!(field.data_type, DataType::Int64 | DataType::VarChar { .. });
    let problem = if field.primary && !is_key {
        format!(
            "a primary key is Int64 or VarChar, found {}",
            field.data_type
        )
    } else if field.primary && field.nullable {
        "a primary key cannot be nullable".to_owned()
    } else if field.primary && field.default.is_some() {
        "a primary key cannot have a default value".to_owned()
    } else if field.auto_id && !field.primary {
        "only the primary key can have autoId".to_owned()
    } else if field.partition_key && field.primary {
        "the primary key cannot be the partition key".to_owned()
    } else if field.partition_key && !is_key {
        format!(
            "a partition key is Int64 or VarChar, found {}",
            field.data_type
        )
    } else {
        return Ok(());
    };
    Err(SchemaError::field(&field.name, problem))
}

fn valid_default(field: &Field) -> Result<(), SchemaError> {
    let Some(default) = &field.default else {
        return Ok(());
    };
    let fits_int = |min: i64, max: i64| default.as_i64().is_some_and(|n| (min..=max).contains(&n));
    let fits = match &field.data_type {
        DataType::Bool => default.is_boolean(),
        DataType::Int8 => fits_int(i8::MIN.into(), i8::MAX.into()),
        DataType::Int16 => fits_int(i16::MIN.into(), i16::MAX.into()),
        DataType::Int32 => fits_int(i32::MIN.into(), i32::MAX.into()),
        DataType::Int64 => default.is_i64(),
        DataType::Float => default
            .as_f64()
            .is_some_and(|n| n.abs() <= f64::from(f32::MAX)),
        DataType::Double => default.is_number(),
        DataType::VarChar { max_length } => {
            matches!(default, Value::String(text) if text.len() <= *max_length)
        }
        other => {
            let problem = format!("a {} field cannot have a default value", other.name());
            return Err(SchemaError::field(&field.name, problem));
        }
    };
    if fits {
        return Ok(());
    }
    let found = crate::formats::cell::describe(&default.to_string());
    let problem = format!(
        "the default value must fit {}, found {found}",
        field.data_type
    );
    Err(SchemaError::field(&field.name, problem))
}
