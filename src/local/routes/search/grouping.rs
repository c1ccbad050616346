//! Reads the parameters that group a search's rows.

use super::params::SearchParams;
use crate::formats::{DataType, Schema};
use crate::local::routes::{Result, ServiceCall, ServiceError};
use crate::local::search::scan::Grouping;

/// Most rows of a group, as in Milvus (`quotaAndLimits.limits.maxGroupSize`).
const MAX_SIZE: i64 = 10;

/// Reads `groupingField` and `groupSize` for a search in this vector field (Milvus: `parseGroupByInfo` in
/// `internal/proxy/search_util.go`). A size without a field, or a size below 1, has no effect in Milvus
/// (`httpserver/handler_v2.go`, `search`).
pub(super) fn read(
    call: &ServiceCall,
    schema: &Schema,
    (vectors, params): (usize, &SearchParams),
) -> Result<Option<Grouping>> {
    let refused = |message: &str| Err(ServiceError::invalid(message));
    let Some(name) = call.text(&["groupingField"]) else {
        return Ok(None);
    };
    let name = name.trim();
    if name.is_empty() {
        return Ok(None);
    }
    let field = field(name, schema)?;
    let size = match call.integer("groupSize", 1) {
        Some(size @ ..=0) => size.max(1),
        Some(size @ 1..=MAX_SIZE) => size,
        Some(size) => {
            return Err(ServiceError::invalid(format!(
                "input group size:{size} exceeds configured max group size:{MAX_SIZE}"
            )));
        }
        None => return refused("groupSize must be a whole number"),
    };
    if params.radius.is_some() {
        return refused("Not allowed to do range-search when doing search-group-by");
    }
    let searched = schema.fields.get(vectors).map(|field| &field.data_type);
    if matches!(searched, Some(DataType::BinaryVector { .. })) {
        return refused("not support search_group_by operation based on binary vector column");
    }
    Ok(Some(Grouping {
        field,
        size: usize::try_from(size).unwrap_or(1),
    }))
}

/// Returns the number of the field that groups the rows. Milvus groups by fields of the types in
/// `exec/operator/search-groupby/SearchGroupByOperator.cpp`; JSON and dynamic fields aren't supported here.
fn field(name: &str, schema: &Schema) -> Result<usize> {
    let base = name.split('[').next().unwrap_or(name);
    let mut fields = schema.fields.iter().enumerate();
    match fields.find(|(_, field)| field.name == base) {
        None if schema.dynamic => Err(ServiceError::unsupported(format!(
            "groupingField {name}: grouping by a dynamic field is"
        ))),
        None => Err(ServiceError::new(
            1700,
            format!("groupBy field not found in schema: field not found[field={name}]"),
        )),
        Some((number, field)) => match field.data_type {
            DataType::Bool
            | DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Timestamptz { .. }
            | DataType::VarChar { .. } => Ok(number),
            DataType::Json => Err(ServiceError::unsupported(format!(
                "groupingField {name}: grouping by a JSON field is"
            ))),
            _ => Err(ServiceError::new(
                2001,
                format!(
                    "unsupported data type {} for group by operator: segcore unsupported error",
                    field.data_type.name()
                ),
            )),
        },
    }
}
