//! Schemas as the `describe` answer writes them.

use serde_json::{Value, json};

use super::{DataType, Field, Schema};

impl Schema {
    /// The `fields[]` of a v2 `collections/describe` answer; [`Schema::from_describe`] reads it back.
    pub fn to_describe_fields(&self) -> Vec<Value> {
        self.fields.iter().map(describe).collect()
    }
}

fn describe(field: &Field) -> Value {
    let mut answer = json!({
        "name": field.name,
        "type": field.data_type.name(),
        "primaryKey": field.primary,
        "autoId": field.auto_id,
        "partitionKey": field.partition_key,
        "nullable": field.nullable,
        "description": "",
    });
    if let Value::Object(answer) = &mut answer {
        let params = params(&field.data_type);
        if !params.is_empty() {
            answer.insert("params".to_owned(), Value::Array(params));
        }
        if let DataType::Array { element, .. } = &field.data_type {
            answer.insert("elementType".to_owned(), Value::from(element.name()));
        }
        if let Some(default) = &field.default {
            answer.insert("defaultValue".to_owned(), default.clone());
        }
    }
    answer
}

fn params(data_type: &DataType) -> Vec<Value> {
    let pair = |key: &str, value: usize| json!({"key": key, "value": value.to_string()});
    match data_type {
        DataType::VarChar { max_length } => vec![pair("max_length", *max_length)],
        DataType::Array {
            element,
            max_capacity,
        } => {
            let mut all = params(element);
            all.push(pair("max_capacity", *max_capacity));
            all
        }
        _ => data_type
            .dim()
            .map(|dim| pair("dim", dim))
            .into_iter()
            .collect(),
    }
}
