//! Rules for a collection's schema.

use std::collections::HashSet;

use super::{DataType, Field, Schema, StructField, default, names};

/// Minimum dimension of a dense vector (Milvus: `proxy/util.go`, `validateDimension`).
const MIN_DIM: usize = 2;
/// Maximum dimension of a dense vector. A binary vector may have eight times as many bits.
const MAX_DIM: usize = 32_768;
/// Maximum `max_length` of a `VarChar`, in bytes.
pub(crate) const MAX_LENGTH: usize = 65_535;
/// Maximum `max_capacity` of an `Array`, in elements.
pub(crate) const MAX_CAPACITY: usize = 4_096;
/// Maximum number of fields in a collection, including sub-fields and structs: `proxy.maxFieldNum` of Milvus 3.0. It is
/// 64 in 2.6, which has neither `Text` nor two-phase imports. The local service has both, so the limit of 3.0 applies.
const MAX_FIELDS: usize = 256;
/// Maximum number of vector fields in a collection (Milvus: `proxy.maxVectorFieldNum`).
const MAX_VECTORS: usize = 10;

/// Reason for refusing a schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SchemaError {
    /// A value has the wrong JSON type.
    #[error("schema: expected {expected}, found {found}")]
    Shape {
        /// Expected value and its place in the schema.
        expected: String,
        /// Value found.
        found: String,
    },
    /// A required value is missing.
    #[error("schema: {0}")]
    Missing(String),
    /// A field's name isn't allowed.
    #[error("field {field:?}: {problem}")]
    Name {
        /// Name of the field.
        field: String,
        /// Rule that is broken.
        problem: String,
    },
    /// A field breaks a rule.
    #[error("field {field:?}: {problem}")]
    Field {
        /// Name of the field.
        field: String,
        /// Rule that is broken, and the value given.
        problem: String,
    },
    /// The schema as a whole breaks a rule.
    #[error("schema: {0}")]
    Rule(String),
    /// A type or feature that the service has but zshell doesn't support.
    #[error("{0} is not supported yet")]
    NotSupported(String),
}

impl SchemaError {
    pub(super) fn field(field: &str, problem: impl Into<String>) -> Self {
        Self::Field {
            field: field.to_owned(),
            problem: problem.into(),
        }
    }

    /// Returns the error for a missing type parameter.
    pub(super) fn missing(field: &str, what: &str) -> Self {
        Self::Missing(format!(
            "field {field:?}: {what} is missing in elementTypeParams"
        ))
    }
}

impl Schema {
    /// Checks all rules: names, exactly one primary key, at least one vector, ranges of type parameters, defaults that
    /// fit their types, functions, and properties. The parsers of create calls and descriptions call this method.
    pub(crate) fn validate(&self) -> Result<(), SchemaError> {
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
        if count(|field| field.partition_key) > 1 {
            return rule("only one field may be the partition key (isPartitionKey)".to_owned());
        }
        if count(|field| field.clustering_key) > 1 {
            return rule("only one field may be the clustering key (isClusteringKey)".to_owned());
        }
        // A struct array counts as a field, and so does each of its sub-fields (Milvus: `typeutil.GetTotalFieldsNum`).
        let (mut fields, mut vectors) = (self.fields.len(), 0);
        for field in &self.fields {
            if let DataType::ArrayOfStruct { fields: subs, .. } = &field.data_type {
                fields += subs.len();
                vectors += subs.iter().filter(|sub| sub.element.is_vector()).count();
            }
            vectors += usize::from(field.data_type.is_vector());
        }
        if fields > MAX_FIELDS {
            return rule(format!(
                "a collection has at most {MAX_FIELDS} fields, sub-fields and structs included, found {fields}"
            ));
        }
        match vectors {
            0 => rule("at least one vector field is needed".to_owned()),
            1..=MAX_VECTORS => Ok(()),
            found => rule(format!(
                "a collection has at most {MAX_VECTORS} vector fields, found {found}"
            )),
        }
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

/// Checks a type's parameters (Milvus: `proxy/util.go`, `validateDimension`, `validateMaxLengthPerRow` …).
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
        } => check_struct(name, fields, *max_capacity),
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

/// Checks a field's role as a key (Milvus: `proxy/task.go`, `validatePartitionKey`, `validateClusteringKey`;
/// `proxy/util.go`, `validatePrimaryKey`).
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
        "primary field not support default_value".to_owned()
    } else if field.auto_id && !field.primary {
        "only the primary key can have autoId".to_owned()
    } else if field.partition_key && field.primary {
        "the primary key cannot be the partition key".to_owned()
    } else if field.partition_key && field.nullable {
        "partition key field not support nullable".to_owned()
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

/// Checks a struct array's sub-fields (Milvus: `proxy/util.go`, `ValidateStructArrayField`). The struct's own name is
/// checked together with those of the other fields.
fn check_struct(
    name: &str,
    fields: &[StructField],
    max_capacity: usize,
) -> Result<(), SchemaError> {
    let mut known = HashSet::new();
    for field in fields {
        names::check(&field.name)?;
        let place = format!("{name}[{}]", field.name);
        if !known.insert(&field.name) {
            return Err(SchemaError::field(&place, "the name is used twice"));
        }
        check_type(&place, &field.element)?;
        check_capacity(&place, max_capacity)?;
    }
    Ok(())
}
