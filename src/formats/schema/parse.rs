//! Parser of schemas from the REST API: the body of `collections/create` and the response of `describe`.
//!
//! A create call is read as Milvus reads it (`handler_v2.go`, `createCollection`): exact type names, and the create
//! call's keys. Stored bodies and descriptions are read liberally. Numbers and booleans may be strings. Type names come
//! in any case and with underscores (`FLOAT_VECTOR`), or as Milvus' type codes. Type parameters may be in any of the
//! places in which clients put them.

use serde_json::Value;

use super::node::{Form, Object, SchemaNode, shape};
use super::type_names::{TypeParams, data_type, element_type, type_name, whole};
use super::{
    DataType, Field, Schema, SchemaError, SchemaFunction, default, properties, structs, validate,
};

/// Keys of external collections, which read files in place. The local service doesn't support them.
const EXTERNAL: [&str; 2] = ["externalSource", "externalSpec"];

/// Vector types that the quick form can create.
const QUICK_VECTORS: [&str; 5] = [
    "FloatVector",
    "BinaryVector",
    "Float16Vector",
    "BFloat16Vector",
    "SparseFloatVector",
];

impl Schema {
    /// Parses the body of a v2 `collections/create` call, in the quick form (`dimension` …, which enables dynamic
    /// fields by default) or with a `schema`.
    pub(crate) fn from_create_body(body: &Value) -> Result<Self, SchemaError> {
        let Value::Object(object) = body else {
            return Err(shape("the body of a collections/create call", body));
        };
        let body = SchemaNode::new(object, Form::Create);
        let schema = match body.node(&["schema"])? {
            Some(schema) if !schema.list(&["fields"])?.is_empty() => full(body, schema)?,
            schema => {
                refuse_external(body, &EXTERNAL, "")?;
                if let Some(schema) = schema {
                    refuse_external(schema, &EXTERNAL, "")?;
                    if !schema.list(&["functions"])?.is_empty() {
                        let problem = "functions need schema.fields: the quick form has none";
                        return Err(SchemaError::Rule(problem.to_owned()));
                    }
                }
                quick(body)?
            }
        };
        schema.validate()?;
        Ok(schema)
    }

    /// Parses a create body that was accepted before, in any spelling.
    pub(crate) fn from_stored_body(body: &Value) -> Result<Self, SchemaError> {
        let empty = Object::new();
        match body {
            Value::Array(_) => {
                let object: Object = std::iter::once(("fields".to_owned(), body.clone())).collect();
                full(
                    SchemaNode::new(&empty, Form::Liberal),
                    SchemaNode::new(&object, Form::Liberal),
                )
            }
            Value::Object(object) => {
                let body = SchemaNode::new(object, Form::Liberal);
                match body.node(&["schema"])? {
                    Some(schema) => full(body, schema),
                    None if object.contains_key("fields") => full(body, body),
                    None => quick(body),
                }
            }
            other => Err(shape("the body of a collections/create call", other)),
        }
    }

    /// Parses the `data` of a v2 `collections/describe` response.
    pub(crate) fn from_describe(data: &Value) -> Result<Self, SchemaError> {
        let Value::Object(object) = data else {
            return Err(shape("the data of a collections/describe answer", data));
        };
        let answer = SchemaNode::new(object, Form::Liberal);
        let schema = full(answer, answer)?;
        schema.validate()?;
        Ok(schema)
    }
}

/// Returns an error if one of the keys has a text. `place` is put before the key.
fn refuse_external(node: SchemaNode<'_>, keys: &[&str], place: &str) -> Result<(), SchemaError> {
    for key in keys {
        if node.text(&[key])?.is_some_and(|text| !text.is_empty()) {
            let what = format!("{place}{key} (an external collection)");
            return Err(SchemaError::NotSupported(what));
        }
    }
    Ok(())
}

fn full(body: SchemaNode<'_>, schema: SchemaNode<'_>) -> Result<Schema, SchemaError> {
    refuse_external(body, &EXTERNAL, "")?;
    refuse_external(schema, &EXTERNAL, "")?;
    let properties = properties::read(body)?;
    let timezone = properties::timezone(&properties);
    let auto_id = schema.flag(&["autoID", "autoId", "auto_id"])?;
    let mut fields = Vec::new();
    for node in schema.nodes(&["fields"])? {
        let mut field = field(node, timezone)?;
        // Milvus adds the dynamic column itself, and some responses list it.
        if schema.is_liberal() && field.name == "$meta" {
            continue;
        }
        field.auto_id |= field.primary && auto_id;
        fields.push(field);
    }
    for node in schema.nodes(&["structFields", "structArrayFields", "struct_fields"])? {
        fields.push(structs::read(node)?);
    }
    let functions = schema.nodes(&["functions"])?.into_iter();
    let schema = Schema {
        fields,
        dynamic: schema.flag(&["enableDynamicField", "enable_dynamic_field"])?,
        functions: functions
            .map(SchemaFunction::read)
            .collect::<Result<_, _>>()?,
        properties,
    };
    Ok(schema.marked())
}

fn quick(body: SchemaNode<'_>) -> Result<Schema, SchemaError> {
    let params = body.node(&["params"])?;
    let param = |key: &str| params.and_then(|params| params.get(&[key]));
    let rule = |problem: String| Err(SchemaError::Rule(problem));
    let named = |keys: &[&str], default: &str| {
        let name = body.text(keys)?.filter(|name| !name.is_empty());
        Ok(name.unwrap_or(default).to_owned())
    };
    let key = match named(&["idType"], "Int64")?.as_str() {
        "Int64" | "int64" => DataType::Int64,
        "VarChar" | "Varchar" => DataType::VarChar {
            max_length: match param("max_length").map(super::node::plain) {
                Some(text) => whole("idType VarChar", "max_length", &text)?,
                None if body.is_liberal() => validate::MAX_LENGTH,
                None => {
                    return Err(SchemaError::Missing(
                        "params.max_length is missing: idType VarChar needs it".to_owned(),
                    ));
                }
            },
        },
        other => return rule(format!("idType must be Int64 or VarChar, found {other:?}")),
    };
    let mut id = Field::new(named(&["primaryFieldName"], "id")?, key);
    id.primary = true;
    id.auto_id = body.flag(&["autoID", "autoId", "auto_id"])?;
    let vector = quick_vector(body, &named(&["vectorFieldType"], "FloatVector")?)?;
    let dynamic = match param("enableDynamicField").map(super::node::plain) {
        None => true,
        Some(text) if super::functions::is_true(&text) => true,
        Some(text) if matches!(text.as_str(), "0" | "f" | "F" | "false" | "FALSE" | "False") => {
            false
        }
        Some(text) => {
            return rule(format!(
                "params.enableDynamicField must be true or false, found {text:?}"
            ));
        }
    };
    let vector = Field::new(named(&["vectorFieldName"], "vector")?, vector);
    let schema = Schema {
        fields: vec![id, vector],
        dynamic,
        properties: properties::read(body)?,
        ..Schema::default()
    };
    Ok(schema.marked())
}

/// Returns the vector type of the quick form.
fn quick_vector(body: SchemaNode<'_>, name: &str) -> Result<DataType, SchemaError> {
    let rule = |problem: String| Err(SchemaError::Rule(problem));
    let Some(name) = QUICK_VECTORS.iter().find(|known| **known == name) else {
        let known = QUICK_VECTORS.join(", ");
        return rule(format!(
            "vectorFieldType can only be [{known}], default: FloatVector, found {name:?}"
        ));
    };
    let whole = |value: &Value| match value {
        Value::Number(number) if number.is_i64() => Some(number.to_string()),
        Value::String(text) if body.is_liberal() => Some(text.clone()),
        _ => None,
    };
    let dimension = body.read(&["dimension", "dim"], "a whole number", whole)?;
    match (*name, dimension.filter(|text| text != "0")) {
        ("SparseFloatVector", Some(_)) => {
            rule("dimension should not be specified for SparseFloatVector quick create".to_owned())
        }
        ("SparseFloatVector", None) => Ok(DataType::SparseFloatVector),
        (_, None) => rule(
            "dimension is missing: give dimension (the quick form) or schema.fields".to_owned(),
        ),
        (name, Some(text)) => {
            let rest = vec![("dim".to_owned(), text)];
            data_type("the vector", name, &mut TypeParams { rest })
        }
    }
}

fn field(node: SchemaNode<'_>, timezone: &str) -> Result<Field, SchemaError> {
    let name = node.text(&["fieldName", "name", "field_name"])?;
    let name = name.unwrap_or_default();
    refuse_external(node, &["externalField"], &format!("field {name:?}: "))?;
    let form = node.form();
    let mut params = TypeParams::read(
        node,
        &["elementTypeParams", "typeParams", "params", "type_params"],
    )?;
    let kind = type_name(name, form, node.get(&["dataType", "type", "data_type"]))?;
    if matches!(kind, "ArrayOfStruct" | "ArrayOfVector") {
        let problem = format!("{kind} is only possible in structFields");
        return Err(SchemaError::field(name, problem));
    }
    let mut data_type = data_type(name, kind, &mut params)?;
    match &mut data_type {
        DataType::Array {
            element,
            max_capacity,
        } => {
            let own = node.get(&["elementDataType", "elementType", "element_type"]);
            **element = element_type(name, form, own, &mut params)?;
            *max_capacity = params.need(name, "max_capacity")?;
        }
        DataType::Timestamptz { timezone: own } => timezone.clone_into(own),
        _ => {}
    }
    let auto_id = node.flag(&["autoID", "autoId", "auto_id"])?;
    if auto_id && form == Form::Create {
        // Milvus ignores the flag on fields, where only the schema's own flag counts, and would create a different
        // collection.
        let problem = "autoID belongs beside fields, not into one: schema.autoID";
        return Err(SchemaError::field(name, problem));
    }
    let default = node.get(&["defaultValue", "default_value"]);
    let default = default.map(|value| match form {
        Form::Create => value.clone(),
        Form::Liberal => default::unwrap(value),
    });
    Ok(Field {
        primary: node.flag(&["isPrimary", "primaryKey", "is_primary", "isPrimaryKey"])?,
        auto_id,
        partition_key: node.flag(&["isPartitionKey", "partitionKey", "is_partition_key"])?,
        clustering_key: node.flag(&["isClusteringKey", "clusteringKey", "is_clustering_key"])?,
        nullable: node.flag(&["nullable"])?,
        default: default.map(|value| default::convert(&data_type, &value)),
        description: node.text(&["description"])?.unwrap_or_default().to_owned(),
        params: params.rest,
        ..Field::new(name, data_type)
    })
}
