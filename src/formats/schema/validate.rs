//! The rules of a collection's schema.

use std::collections::HashSet;

use super::{DataType, Field, Schema, default, names, structs};

/// The smallest dimension of a dense vector (Milvus: proxy/util.go, `validateDimension`).
const MIN_DIM: usize = 2;
/// The largest dimension of a dense vector; a binary vector may have eight times as many bits.
const MAX_DIM: usize = 32_768;
/// The largest `max_length` of a `VarChar`, in bytes.
pub(super) const MAX_LENGTH: usize = 65_535;
/// The largest `max_capacity` of an `Array`, in elements.
const MAX_CAPACITY: usize = 4_096;
/// The most fields of a collection, sub-fields and structs included: `proxy.maxFieldNum` of 3.0. It's 64 in 2.6, which
/// knows neither Text nor two-phase imports; the local service has those, so it goes by 3.0.
const MAX_FIELDS: usize = 256;
/// The most vector fields of a collection (Milvus: `proxy.maxVectorFieldNum`).
const MAX_VECTORS: usize = 10;

/// Why a schema is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// A value has another JSON type than the schema needs there.
    #[error("schema: expected {expected}, found {found}")]
    Shape {
        /// What belongs there, with its place.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// Something is missing.
    #[error("schema: {0}")]
    Missing(String),
    /// A field has a name that it can't have.
    #[error("field {field:?}: {problem}")]
    Name {
        /// The field's name.
        field: String,
        /// The rule.
        problem: String,
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

    /// A type parameter isn't there.
    pub(super) fn missing(field: &str, what: &str) -> Self {
        Self::Missing(format!(
            "field {field:?}: {what} is missing in elementTypeParams"
        ))
    }
}

impl Schema {
    /// Checks every rule: names, one primary key, at least one vector, ranges of the type parameters, defaults that fit
    /// their type, functions, properties. The readers of create calls and descriptions call it.
    pub fn validate(&self) -> Result<(), SchemaError> {
        let mut known = HashSet::new();
        for field in &self.fields {
            if !known.insert(field.name.as_str()) {
                return Err(SchemaError::field(&field.name, "the name is used twice"));
            }
            names::check(&field.name)?;
            check_type(&field.name, &field.data_type)?;
            check_role(field)?;
            default::check(field)?;
        }
        self.check_counts()?;
        self.check_functions()?;
        self.check_properties()
    }

    fn check_counts(&self) -> Result<(), SchemaError> {
        let count = |test: fn(&Field) -> bool| self.fields.iter().filter(|f| test(f)).count();
        let rule = |text: String| Err(SchemaError::Rule(text));
        match count(|field| field.primary) {
            0 => {
                let problem = "no field is the primary key (isPrimary)";
                return Err(SchemaError::Missing(problem.to_owned()));
            }
            1 => {}
            _ => return rule("only one field may be the primary key (isPrimary)".to_owned()),
        }
        for (flagged, what) in [
            (
                count(|field| field.partition_key),
                "partition key (isPartitionKey)",
            ),
            (
                count(|field| field.clustering_key),
                "clustering key (isClusteringKey)",
            ),
        ] {
            if flagged > 1 {
                return rule(format!("only one field may be the {what}"));
            }
        }
        let fields: usize = self.fields.iter().map(|field| size(&field.data_type)).sum();
        if fields > MAX_FIELDS {
            return rule(format!(
                "a collection has at most {MAX_FIELDS} fields, sub-fields and structs included, found {fields}"
            ));
        }
        match self
            .fields
            .iter()
            .map(|field| vectors(&field.data_type))
            .sum()
        {
            0 => rule("at least one vector field is needed".to_owned()),
            1..=MAX_VECTORS => Ok(()),
            found => rule(format!(
                "a collection has at most {MAX_VECTORS} vector fields, found {found}"
            )),
        }
    }
}

/// Fields that a field counts as (Milvus: `typeutil.GetTotalFieldsNum`).
fn size(data_type: &DataType) -> usize {
    match data_type {
        DataType::ArrayOfStruct { fields, .. } => fields.len() + 1,
        _ => 1,
    }
}

/// Vector fields that a field counts as.
fn vectors(data_type: &DataType) -> usize {
    match data_type {
        DataType::ArrayOfStruct { fields, .. } => {
            let elements = fields.iter().filter(|field| field.element.is_vector());
            elements.count()
        }
        other => usize::from(other.is_vector()),
    }
}

fn within(name: &str, what: &str, value: usize, min: usize, max: usize) -> Result<(), SchemaError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    let problem = format!("{what} must be {min} to {max}, found {value}");
    Err(SchemaError::field(name, problem))
}

pub(super) fn check_capacity(name: &str, max_capacity: usize) -> Result<(), SchemaError> {
    within(name, "max_capacity", max_capacity, 1, MAX_CAPACITY)
}

/// Checks a type's parameters (Milvus: proxy/util.go, `validateDimension`, `validateMaxLengthPerRow` …).
pub(super) fn check_type(name: &str, data_type: &DataType) -> Result<(), SchemaError> {
    match data_type {
        DataType::VarChar { max_length } => within(name, "max_length", *max_length, 1, MAX_LENGTH),
        DataType::Array {
            element,
            max_capacity,
        } => {
            if !element.is_scalar() {
                let problem = format!("the elements of an Array cannot be {}", element.name());
                return Err(SchemaError::field(name, problem));
            }
            check_capacity(name, *max_capacity)?;
            check_type(name, element)
        }
        DataType::ArrayOfStruct {
            fields,
            max_capacity,
        } => structs::check(name, fields, *max_capacity),
        DataType::BinaryVector { dim } if dim % 8 != 0 => {
            let problem = format!("dim of a BinaryVector must be a multiple of 8, found {dim}");
            Err(SchemaError::field(name, problem))
        }
        DataType::BinaryVector { dim } => within(name, "dim", *dim, 8, MAX_DIM * 8),
        _ => match data_type.dim() {
            Some(dim) => within(name, "dim", dim, MIN_DIM, MAX_DIM),
            None => Ok(()),
        },
    }
}

/// Checks what a field is used as (Milvus: proxy/task.go, `validatePartitionKey`, `validateClusteringKey`; proxy/util.go,
/// `validatePrimaryKey`).
fn check_role(field: &Field) -> Result<(), SchemaError> {
    let data_type = &field.data_type;
    let is_key = matches!(data_type, DataType::Int64 | DataType::VarChar { .. });
    let is_sparse = matches!(data_type, DataType::SparseFloatVector);
    let clusters = data_type.is_scalar() && !matches!(data_type, DataType::Bool);
    let problem = if field.primary && !is_key {
        format!("a primary key is Int64 or VarChar, found {data_type}")
    } else if field.primary && field.nullable {
        "a primary key cannot be nullable".to_owned()
    } else if field.primary && field.default.is_some() {
        "a primary key cannot have a default value".to_owned()
    } else if field.auto_id && !field.primary {
        "only the primary key can have autoId".to_owned()
    } else if field.partition_key && field.primary {
        "the primary key cannot be the partition key".to_owned()
    } else if field.partition_key && field.nullable {
        "a partition key cannot be nullable".to_owned()
    } else if field.partition_key && !is_key {
        format!("a partition key is Int64 or VarChar, found {data_type}")
    } else if field.clustering_key && !clusters {
        format!("a clustering key is a number or a VarChar, found {data_type}")
    } else if is_sparse && field.params.iter().any(|(key, _)| key == "dim") {
        "dim must not be given for a SparseFloatVector".to_owned()
    } else {
        return Ok(());
    };
    Err(SchemaError::field(&field.name, problem))
}
