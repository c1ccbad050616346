//! Parser of struct arrays: lists of objects with a value for every sub-field.

use super::node::SchemaNode;
use super::type_names::{TypeParams, element_type, type_name};
use super::{DataType, Field, SchemaError, StructField};

/// Reads an entry of `structFields` (Milvus: `request_v2.go`, `StructArrayFieldSchema.GetProto`).
pub(super) fn read(node: SchemaNode<'_>) -> Result<Field, SchemaError> {
    let name = node.text(&["fieldName", "name"])?.unwrap_or_default();
    let own = TypeParams::read(node, &["typeParams", "params", "elementTypeParams"])?;
    let subs = node.nodes(&["fields"])?;
    if subs.is_empty() {
        let problem = "a struct needs at least one sub-field";
        return Err(SchemaError::field(name, problem));
    }
    let mut fields = Vec::new();
    let mut capacity = None;
    for sub in subs {
        let (field, max_capacity) = sub_field(name, sub, &own)?;
        if *capacity.get_or_insert(max_capacity) != max_capacity {
            let problem = format!(
                "all sub-fields must have the same max_capacity, found {max_capacity} of {:?}",
                field.name
            );
            return Err(SchemaError::field(name, problem));
        }
        fields.push(field);
    }
    let data_type = DataType::ArrayOfStruct {
        fields,
        max_capacity: capacity.unwrap_or_default(),
    };
    Ok(Field {
        nullable: node.flag(&["nullable"])?,
        description: node.text(&["description"])?.unwrap_or_default().to_owned(),
        params: own.rest,
        ..Field::new(name, data_type)
    })
}

fn sub_field(
    of: &str,
    node: SchemaNode<'_>,
    parent: &TypeParams,
) -> Result<(StructField, usize), SchemaError> {
    let name = node.text(&["fieldName", "name"])?.unwrap_or_default();
    let place = format!("{of}[{name}]");
    let refuse = |problem: &str| Err(SchemaError::field(&place, problem));
    let kind = type_name(&place, node.form(), node.get(&["dataType", "type"]))?;
    if !matches!(kind, "Array" | "ArrayOfVector") {
        let problem = format!("a sub-field must be an Array or an ArrayOfVector, found {kind}");
        return refuse(&problem);
    }
    for (keys, what) in [
        (["isPrimary", "primaryKey"], "the primary key"),
        (["isPartitionKey", "partitionKey"], "the partition key"),
        (["isClusteringKey", "clusteringKey"], "the clustering key"),
    ] {
        if node.flag(&keys)? {
            return refuse(&format!("a sub-field can't be {what}"));
        }
    }
    // Milvus describes the sub-fields of a nullable struct as nullable, so only a create call is checked.
    if !node.is_liberal() && node.flag(&["nullable"])? {
        return refuse("a sub-field can't be nullable; the struct can");
    }
    if node.get(&["defaultValue"]).is_some() {
        return refuse("a sub-field can't have a default value");
    }
    let mut params = TypeParams::read(node, &["elementTypeParams", "params", "typeParams"])?;
    let element = node.get(&["elementDataType", "elementType"]);
    let element = element_type(&place, node.form(), element, &mut params)?;
    let fits = match kind {
        "Array" => element.is_scalar(),
        _ => element.dim().is_some(),
    };
    if !fits {
        let name = element.name();
        return refuse(&format!("the elements of an {kind} can't be {name}"));
    }
    let own = params.take(&place, "max_capacity")?;
    let capacity = own.or(parent.number(&place, "max_capacity")?);
    let field = StructField {
        name: name.to_owned(),
        element,
        description: node.text(&["description"])?.unwrap_or_default().to_owned(),
        params: params.rest,
    };
    let capacity = capacity.ok_or_else(|| SchemaError::missing(&place, "max_capacity"))?;
    Ok((field, capacity))
}
