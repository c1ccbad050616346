//! Writes schemas in the form of a `describe` response.

use serde_json::{Value, json};

use super::{DataType, Field, Schema, StructField, default};

/// Number of a collection's first field (Milvus: `common.StartOfUserFieldID`).
const FIRST_FIELD: usize = 100;

impl Schema {
    /// Returns the `fields[]` of a v2 `collections/describe` response. [`Schema::from_describe`] reads them back.
    pub(crate) fn to_describe_fields(&self) -> Vec<Value> {
        let fields = self.fields.iter().zip(FIRST_FIELD..);
        let plain = fields.filter(|(field, _)| sub_fields(field).is_none());
        plain.map(|(field, id)| describe(field, id)).collect()
    }

    /// Returns the `structFields[]` of a v2 `collections/describe` response.
    pub(crate) fn to_describe_structs(&self) -> Vec<Value> {
        let mut id = FIRST_FIELD + self.to_describe_fields().len();
        let describe = |field: &Field| {
            let (subs, max_capacity) = sub_fields(field)?;
            let answer = describe_struct(field, subs, max_capacity, id);
            id += subs.len() + 1;
            Some(answer)
        };
        self.fields.iter().filter_map(describe).collect()
    }
}

fn sub_fields(field: &Field) -> Option<(&[StructField], usize)> {
    match &field.data_type {
        DataType::ArrayOfStruct {
            fields,
            max_capacity,
        } => Some((fields, *max_capacity)),
        _ => None,
    }
}

/// Describes a field (Milvus: `httpserver/utils.go`, `printFieldDetail`).
fn describe(field: &Field, id: usize) -> Value {
    let mut params = type_params(&field.data_type);
    params.extend(field.params.iter().cloned());
    let mut answer = json!({
        "id": id,
        "name": field.name,
        "type": field.data_type.name(),
        "primaryKey": field.primary,
        "autoId": field.auto_id,
        "partitionKey": field.partition_key,
        "clusteringKey": field.clustering_key,
        "nullable": field.nullable,
        "description": field.description,
    });
    if !params.is_empty() {
        answer["params"] = pairs(&params).into();
    }
    if let DataType::Array { element, .. } = &field.data_type {
        answer["elementType"] = element.name().into();
    }
    if let Some(value) = &field.default {
        answer["defaultValue"] = default::wire(field, value);
    }
    if field.output.is_some() {
        answer["isFunctionOutput"] = true.into();
    }
    answer
}

/// Returns the type parameters of a type.
fn type_params(data_type: &DataType) -> Vec<(String, String)> {
    let pair = |key: &str, value: usize| (key.to_owned(), value.to_string());
    match data_type {
        DataType::VarChar { max_length } => vec![pair("max_length", *max_length)],
        DataType::Array {
            element,
            max_capacity,
        } => {
            let mut all = type_params(element);
            all.push(pair("max_capacity", *max_capacity));
            all
        }
        _ => (data_type.dim().iter())
            .map(|dim| pair("dim", *dim))
            .collect(),
    }
}

/// Returns settings in Milvus' form: `[{"key": …, "value": …}, …]`.
pub(super) fn pairs(settings: &[(String, String)]) -> Vec<Value> {
    let pair = |(key, value): &(String, String)| json!({"key": key, "value": value});
    settings.iter().map(pair).collect()
}

/// Describes a struct array as an entry of `structFields` in a `describe` response (Milvus: `httpserver/utils.go`,
/// `printStructArrayFieldsV2`).
fn describe_struct(field: &Field, fields: &[StructField], max_capacity: usize, id: usize) -> Value {
    let subs = fields.iter().zip(id + 1..).map(|(sub, id)| {
        let vector = sub.element.is_vector();
        let mut params = type_params(&sub.element);
        params.push(("max_capacity".to_owned(), max_capacity.to_string()));
        params.extend(sub.params.iter().cloned());
        json!({
            "name": sub.name,
            "id": id,
            "type": if vector { "ArrayOfVector" } else { "Array" },
            "elementType": sub.element.name(),
            "params": pairs(&params),
            "primaryKey": false,
            "partitionKey": false,
            "clusteringKey": false,
            "autoId": false,
            "nullable": field.nullable,
            "description": sub.description,
        })
    });
    let mut answer = json!({
        "name": field.name,
        "id": id,
        "type": field.data_type.name(),
        "nullable": field.nullable,
        "description": field.description,
        "fields": subs.collect::<Vec<_>>(),
    });
    if !field.params.is_empty() {
        answer["params"] = pairs(&field.params).into();
    }
    answer
}
