//! Rules for which Parquet columns may fill a field.
//!
//! The rules are those of Milvus' importer (`importutilv2/parquet/util.go`, `isArrowDataTypeConvertible`). Integers and
//! floats may widen (also an integer to a float) but never narrow, even in lists. Strings must be annotated as UTF-8.
//! Bytes are lists of unsigned bytes or plain binary values.

use super::arrow::ArrowType;
use crate::formats::error::FoundColumn;
use crate::formats::schema::{DataType, Field};

/// Returns true if the column may fill the field.
pub(super) fn fits(column: &ArrowType, field: &Field) -> bool {
    if matches!(field.data_type, DataType::ArrayOfStruct { .. }) {
        // The members are matched with the sub-fields in `structs.rs`.
        let is_list = matches!(column, ArrowType::List(element) if matches!(element.as_ref(), ArrowType::Struct(_)));
        return is_list && plain(column) == *column;
    }
    match column {
        ArrowType::FixedList(_, element) => {
            let sized = field.data_type.dim().is_some()
                || matches!(field.data_type, DataType::Array { .. });
            sized && fits_list(element, field)
        }
        ArrowType::List(element) => fits_list(element, field),
        column => match target(&field.data_type) {
            // Vectors that are stored as bytes may also be one binary value per row.
            ArrowType::List(element) if *column == ArrowType::Bytes => {
                *element == ArrowType::Unsigned(8)
            }
            target => fits_value(column, &target, field),
        },
    }
}

fn fits_list(element: &ArrowType, field: &Field) -> bool {
    let ArrowType::List(target) = target(&field.data_type) else {
        return false;
    };
    match (&field.data_type, element) {
        // Milvus reads no other element type here (`field_reader.go`, `ReadNullableFloatVectorData`).
        (DataType::FloatVector { .. }, element) if field.nullable => *element == ArrowType::Float,
        (
            DataType::Float16Vector { .. } | DataType::BFloat16Vector { .. },
            ArrowType::Float | ArrowType::Double,
        ) => true,
        // Milvus' type check accepts such a column, but there is no reader for it (`list_like.go`).
        (_, ArrowType::Null) => false,
        (_, element) => fits_value(element, &target, field),
    }
}

/// Returns true if a value, or the element of a list, has the target's type or widens to it.
fn fits_value(value: &ArrowType, target: &ArrowType, field: &Field) -> bool {
    let float = matches!(target, ArrowType::Float | ArrowType::Double);
    match (value, target) {
        (ArrowType::Null, _) => field.nullable || field.default.is_some(),
        (ArrowType::Int(own), ArrowType::Int(bits)) => own <= bits,
        (ArrowType::Int(_) | ArrowType::Float | ArrowType::Double, _) if float => true,
        (ArrowType::Unsigned(8), ArrowType::Unsigned(8))
        | (ArrowType::Bool, ArrowType::Bool)
        | (ArrowType::Text, ArrowType::Text) => true,
        (ArrowType::Struct(_), _) => {
            field.data_type == DataType::SparseFloatVector && is_sparse(value)
        }
        _ => false,
    }
}

/// Returns true for a struct with lists `indices` and `values`, in any order, and any other members (Milvus:
/// `parquet/util.go`, `IsValidSparseVectorSchema`).
pub(super) fn is_sparse(column: &ArrowType) -> bool {
    let list = |name: &str| match column.member(name) {
        Some(ArrowType::List(element)) => Some(element.as_ref()),
        _ => None,
    };
    matches!(
        list("indices"),
        Some(ArrowType::Int(32 | 64) | ArrowType::Unsigned(32 | 64))
    ) && matches!(list("values"), Some(ArrowType::Float | ArrowType::Double))
}

/// Returns the type as which Milvus reads a field (`parquet/util.go`, `convertToArrowDataType`).
pub(super) fn target(data_type: &DataType) -> ArrowType {
    let list = |element: ArrowType| ArrowType::List(Box::new(element));
    match data_type {
        DataType::Bool => ArrowType::Bool,
        DataType::Int8 => ArrowType::Int(8),
        DataType::Int16 => ArrowType::Int(16),
        DataType::Int32 => ArrowType::Int(32),
        DataType::Int64 => ArrowType::Int(64),
        DataType::Float => ArrowType::Float,
        DataType::Double => ArrowType::Double,
        DataType::VarChar { .. }
        | DataType::Text
        | DataType::Geometry
        | DataType::Timestamptz { .. }
        | DataType::Json
        | DataType::SparseFloatVector => ArrowType::Text,
        DataType::ArrayOfStruct { .. } => list(ArrowType::Struct(Vec::new())),
        DataType::Array { element, .. } => list(target(element)),
        DataType::FloatVector { .. } => list(ArrowType::Float),
        DataType::Int8Vector { .. } => list(ArrowType::Int(8)),
        DataType::BinaryVector { .. }
        | DataType::Float16Vector { .. }
        | DataType::BFloat16Vector { .. } => list(ArrowType::Unsigned(8)),
    }
}

/// Describes the columns that a field accepts, for messages.
pub(super) fn wanted(field: &Field) -> String {
    let data_type = &field.data_type;
    let columns = match data_type {
        DataType::Geometry => "string, holding well-known text",
        DataType::Timestamptz { .. } => "string, holding RFC 3339 text",
        DataType::ArrayOfStruct { .. } => {
            return format!("{data_type} as a list of structs of exactly these members");
        }
        DataType::Json => "string, holding JSON text",
        DataType::Array { element, .. } => {
            return format!("{data_type} as a list of {}", scalars(element));
        }
        DataType::FloatVector { .. } if field.nullable => {
            "list<float>, the only list that Milvus reads for a nullable vector"
        }
        DataType::FloatVector { .. } => "list<float>",
        DataType::BinaryVector { .. } => "list<uint8> or binary",
        DataType::Float16Vector { .. } | DataType::BFloat16Vector { .. } => {
            "list<uint8> (two a value), binary or list<float>"
        }
        DataType::Int8Vector { .. } => "list<int8>",
        DataType::SparseFloatVector => {
            "string, holding JSON text, or a struct of indices (list of int32, uint32, int64 or uint64) and values (list of \
             float or double)"
        }
        scalar => scalars(scalar),
    };
    format!("{data_type} as {columns}")
}

/// Describes the columns that hold scalars of this type, for messages.
fn scalars(element: &DataType) -> &'static str {
    match element {
        DataType::Bool => "bool",
        DataType::Int8 => "int8",
        DataType::Int16 => "int16 or int8",
        DataType::Int32 => "int32 or smaller",
        DataType::Int64 => "int64 or smaller",
        DataType::Float | DataType::Double => "float, double or an integer type",
        _ => "string",
    }
}

/// Describes the column, and how to write it instead if [`wanted`] doesn't say that already.
pub(super) fn found(column: &ArrowType) -> FoundColumn {
    let plain = plain(column);
    if plain == *column {
        return format!("a column of {column}").into();
    }
    let element = innermost(&plain);
    FoundColumn {
        text: format!(
            "a column of {column} (as the Arrow schema stored in the file says), which Milvus does not read"
        ),
        instead: Some(format!(
            "write it as {plain}: with pyarrow table.cast(schema) to pa.{element}(), with polars df.to_arrow().cast(schema) \
             and pyarrow.parquet.write_table, with pandas df.to_parquet(path, schema=schema), or without the stored schema \
             (store_schema=False)"
        )),
    }
}

/// Returns the type without large strings, large bytes and dictionaries.
fn plain(column: &ArrowType) -> ArrowType {
    match column {
        ArrowType::LargeText => ArrowType::Text,
        ArrowType::LargeBytes => ArrowType::Bytes,
        ArrowType::Dictionary(values) => plain(values),
        ArrowType::List(element) => ArrowType::List(Box::new(plain(element))),
        ArrowType::FixedList(size, element) => {
            ArrowType::FixedList(*size, Box::new(plain(element)))
        }
        ArrowType::Struct(members) => ArrowType::Struct(
            members
                .iter()
                .map(|(name, member)| (name.clone(), plain(member)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// Returns the type of the values inside nested lists.
fn innermost(column: &ArrowType) -> &ArrowType {
    match column {
        ArrowType::List(element) | ArrowType::FixedList(_, element) => innermost(element),
        other => other,
    }
}
