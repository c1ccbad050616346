//! Schemas as the REST API writes them: the body of `collections/create` and the answer of `describe`.
//!
//! Liberal where the field is: numbers may be text, type names come in any case and with underscores
//! (`FLOAT_VECTOR`) or as Milvus' type codes, parameters in any of the places clients put them.

use serde_json::{Map, Value};

use super::{DataType, Field, Schema, SchemaError};
use crate::formats::cell::describe;

const KNOWN: &str = "Bool, Int8, Int16, Int32, Int64, Float, Double, VarChar, JSON, Array, FloatVector, \
    BinaryVector, Float16Vector, BFloat16Vector, Int8Vector, SparseFloatVector";

type Object = Map<String, Value>;

impl Schema {
    /// The schema that the body of a v2 `collections/create` call asks for: the quick form (`dimension` …,
    /// which enables dynamic fields unless told otherwise, as Milvus does) or `schema`. A bare schema
    /// object (`fields` at the top) and a bare list of fields are taken too.
    pub fn from_create_body(body: &Value) -> Result<Self, SchemaError> {
        let schema = match body {
            Value::Array(fields) => full(&Map::new(), fields)?,
            Value::Object(body) => match body.get("schema").filter(|schema| !schema.is_null()) {
                Some(Value::Object(schema)) => full(schema, list(schema, "schema.fields")?)?,
                Some(other) => return Err(shape("schema to be an object", Some(other))),
                None if body.contains_key("fields") => full(body, list(body, "fields")?)?,
                None => quick(body)?,
            },
            other => return Err(shape("the body of a collections/create call", Some(other))),
        };
        schema.validate()?;
        Ok(schema)
    }

    /// The schema in the `data` of a v2 `collections/describe` answer.
    pub fn from_describe(data: &Value) -> Result<Self, SchemaError> {
        let Value::Object(object) = data else {
            return Err(shape(
                "the data of a collections/describe answer",
                Some(data),
            ));
        };
        let schema = full(object, list(object, "fields")?)?;
        schema.validate()?;
        Ok(schema)
    }
}

fn full(schema: &Object, fields: &[Value]) -> Result<Schema, SchemaError> {
    let functions = get(schema, &["functions"]).and_then(Value::as_array);
    if functions.is_some_and(|functions| !functions.is_empty()) {
        return Err(SchemaError::NotSupported {
            what: "a schema with functions (e.g. BM25)".to_owned(),
        });
    }
    for key in ["structFields", "structArrayFields", "struct_fields"] {
        let list = schema.get(key).and_then(Value::as_array);
        if list.is_some_and(|list| !list.is_empty()) {
            return Err(SchemaError::NotSupported {
                what: format!("a schema with {key} (type ArrayOfStruct)"),
            });
        }
    }
    let auto_id = flag(schema, &["autoId", "autoID", "auto_id"])?;
    let dynamic = flag(schema, &["enableDynamicField", "enable_dynamic_field"])?;
    let mut fields: Vec<Field> = fields.iter().map(field).collect::<Result<_, _>>()?;
    // Milvus adds the dynamic column itself and some answers list it.
    fields.retain(|field| field.name != "$meta");
    for field in fields.iter_mut().filter(|field| field.primary) {
        field.auto_id |= auto_id.unwrap_or(false);
    }
    Ok(Schema {
        fields,
        dynamic: dynamic.unwrap_or(false),
    })
}

fn quick(body: &Object) -> Result<Schema, SchemaError> {
    let params = body.get("params").and_then(Value::as_object);
    let name = |keys: &[&str], default: &str| match get(body, keys) {
        None => Ok(default.to_owned()),
        Some(Value::String(name)) => Ok(name.clone()),
        Some(other) => Err(shape(
            &format!("{} to be a text", keys.concat()),
            Some(other),
        )),
    };
    let Some(dim) = number(body, &["dimension", "dim"])? else {
        return Err(shape("dimension or schema in the body", None));
    };
    let id_type = name(&["idType"], "Int64")?;
    let key = match id_type.to_ascii_lowercase().as_str() {
        "int64" | "int" => DataType::Int64,
        "varchar" | "string" => {
            let own = number(body, &["max_length", "maxLength"])?;
            let length = match params {
                Some(params) => number(params, &["max_length", "maxLength"])?.or(own),
                None => own,
            };
            DataType::VarChar {
                max_length: length.unwrap_or(super::validate::MAX_LENGTH),
            }
        }
        _ => {
            let problem = format!("idType must be Int64 or VarChar, found {id_type:?}");
            return Err(SchemaError::Rule(problem));
        }
    };
    let dynamic_keys = ["enableDynamicField", "enable_dynamic_field"];
    let dynamic = match params {
        Some(params) => flag(params, &dynamic_keys)?,
        None => None,
    };
    let dynamic = dynamic.or(flag(body, &dynamic_keys)?).unwrap_or(true);
    let mut id = plain(name(&["primaryFieldName"], "id")?, key);
    id.primary = true;
    id.auto_id = flag(body, &["autoID", "autoId", "auto_id"])?.unwrap_or(false);
    let vector = plain(
        name(&["vectorFieldName"], "vector")?,
        DataType::FloatVector { dim },
    );
    Ok(Schema {
        fields: vec![id, vector],
        dynamic,
    })
}

fn plain(name: String, data_type: DataType) -> Field {
    Field {
        name,
        data_type,
        primary: false,
        auto_id: false,
        partition_key: false,
        nullable: false,
        default: None,
    }
}

fn field(value: &Value) -> Result<Field, SchemaError> {
    let Value::Object(object) = value else {
        return Err(shape("each of the fields to be an object", Some(value)));
    };
    let name = match get(object, &["fieldName", "name", "field_name"]) {
        Some(Value::String(name)) => name.clone(),
        other => return Err(shape("fieldName in each of the fields", other)),
    };
    let in_field = |error| match error {
        SchemaError::Shape { expected, found } => {
            SchemaError::field(&name, format!("expected {expected}, found {found}"))
        }
        other => other,
    };
    let data_type = data_type(&name, object).map_err(in_field)?;
    let flag = |keys: &[&str]| {
        flag(object, keys)
            .map(|f| f.unwrap_or(false))
            .map_err(in_field)
    };
    Ok(Field {
        primary: flag(&["isPrimary", "primaryKey", "is_primary", "isPrimaryKey"])?,
        auto_id: flag(&["autoId", "autoID", "auto_id"])?,
        partition_key: flag(&["isPartitionKey", "partitionKey", "is_partition_key"])?,
        nullable: flag(&["nullable"])?,
        default: get(object, &["defaultValue", "default_value"]).map(default_value),
        data_type,
        name,
    })
}

/// Milvus describes a default as its wire type, `{"Data": {"LongData": 5}}`: the innermost value counts.
fn default_value(value: &Value) -> Value {
    let mut value = value;
    while let Value::Object(object) = value
        && let (1, Some(inner)) = (object.len(), object.values().next())
    {
        value = inner;
    }
    value.clone()
}

fn data_type(name: &str, field: &Object) -> Result<DataType, SchemaError> {
    let params = Params::of(field);
    let word = type_word(
        name,
        get(field, &["dataType", "type", "data_type"]),
        "dataType",
    )?;
    if word != "array" {
        return single_type(name, &word, &params);
    }
    let element = get(field, &["elementDataType", "elementType", "element_type"]);
    let element = single_type(name, &type_word(name, element, "elementDataType")?, &params)?;
    Ok(DataType::Array {
        element: Box::new(element),
        max_capacity: params.need(name, "max_capacity", &["max_capacity", "maxCapacity"])?,
    })
}

/// The type's name in lower case without underscores; Milvus' type codes become their names.
fn type_word(field: &str, value: Option<&Value>, key: &str) -> Result<String, SchemaError> {
    let word = match value {
        Some(Value::String(word)) => word.clone(),
        Some(Value::Number(code)) => code.to_string(),
        other => return Err(shape(key, other)),
    };
    // describe of some releases writes "DataType.INT64" or "DataType_Int64".
    let word = word.to_ascii_lowercase().replace('_', "");
    let word = word.strip_prefix("datatype").unwrap_or(&word);
    let word = word.trim_start_matches('.');
    let known = match word {
        "1" | "bool" | "boolean" => "bool",
        "2" | "int8" => "int8",
        "3" | "int16" => "int16",
        "4" | "int32" => "int32",
        "5" | "int64" => "int64",
        "10" | "float" => "float",
        "11" | "double" => "double",
        "20" | "21" | "varchar" | "string" => "varchar",
        "22" | "array" => "array",
        "23" | "json" => "json",
        "100" | "binaryvector" => "binaryvector",
        "101" | "floatvector" => "floatvector",
        "102" | "float16vector" => "float16vector",
        "103" | "bfloat16vector" => "bfloat16vector",
        "104" | "sparsefloatvector" | "sparsevector" => "sparsefloatvector",
        "105" | "int8vector" => "int8vector",
        "24" | "geometry" => return Err(newer(field, "Geometry")),
        "26" | "timestamptz" => return Err(newer(field, "Timestamptz")),
        "25" | "text" => return Err(newer(field, "Text")),
        "106" | "arrayofvector" => return Err(newer(field, "ArrayOfVector")),
        "200" | "arrayofstruct" => return Err(newer(field, "ArrayOfStruct")),
        "201" | "struct" => return Err(newer(field, "Struct")),
        _ => {
            let problem = format!("unknown type {word:?}; the types are {KNOWN}");
            return Err(SchemaError::field(field, problem));
        }
    };
    Ok(known.to_owned())
}

fn newer(field: &str, name: &str) -> SchemaError {
    SchemaError::NotSupported {
        what: format!("field {field:?}: type {name}"),
    }
}

fn single_type(name: &str, word: &str, params: &Params<'_>) -> Result<DataType, SchemaError> {
    let dim = || params.need(name, "dim", &["dim", "dimension"]);
    Ok(match word {
        "bool" => DataType::Bool,
        "int8" => DataType::Int8,
        "int16" => DataType::Int16,
        "int32" => DataType::Int32,
        "int64" => DataType::Int64,
        "float" => DataType::Float,
        "double" => DataType::Double,
        "varchar" => DataType::VarChar {
            max_length: params.need(name, "max_length", &["max_length", "maxLength"])?,
        },
        "json" => DataType::Json,
        "binaryvector" => DataType::BinaryVector { dim: dim()? },
        "floatvector" => DataType::FloatVector { dim: dim()? },
        "float16vector" => DataType::Float16Vector { dim: dim()? },
        "bfloat16vector" => DataType::BFloat16Vector { dim: dim()? },
        "sparsefloatvector" => DataType::SparseFloatVector,
        "int8vector" => DataType::Int8Vector { dim: dim()? },
        _ => {
            let problem = format!("the elements of an Array cannot be {word}");
            return Err(SchemaError::field(name, problem));
        }
    })
}

/// The type parameters of a field, from wherever the writer put them.
struct Params<'a> {
    objects: Vec<&'a Object>,
    pairs: &'a [Value],
}

impl<'a> Params<'a> {
    fn of(field: &'a Object) -> Self {
        let places = ["elementTypeParams", "typeParams", "params", "type_params"];
        let objects = places.iter().filter_map(|key| field.get(*key)?.as_object());
        let pairs = places.iter().find_map(|key| field.get(*key)?.as_array());
        Self {
            objects: objects.chain([field]).collect(),
            pairs: pairs.map_or(&[], Vec::as_slice),
        }
    }

    fn need(&self, field: &str, what: &str, keys: &[&str]) -> Result<usize, SchemaError> {
        for object in &self.objects {
            if let Some(value) = number(object, keys)? {
                return Ok(value);
            }
        }
        for pair in self.pairs.iter().filter_map(Value::as_object) {
            let key = pair.get("key").and_then(Value::as_str).unwrap_or_default();
            if keys.contains(&key)
                && let Some(value) = number(pair, &["value"])?
            {
                return Ok(value);
            }
        }
        Err(SchemaError::field(field, format!("{what} is missing")))
    }
}

fn get<'a>(object: &'a Object, keys: &[&str]) -> Option<&'a Value> {
    let mut values = keys.iter().filter_map(|key| object.get(*key));
    values.find(|value| !value.is_null())
}

fn list<'a>(object: &'a Object, expected: &str) -> Result<&'a [Value], SchemaError> {
    match object.get("fields") {
        Some(Value::Array(fields)) => Ok(fields),
        other => Err(shape(&format!("{expected} to be a list"), other)),
    }
}

/// A flag, also as text ("true").
fn flag(object: &Object, keys: &[&str]) -> Result<Option<bool>, SchemaError> {
    match get(object, keys) {
        None => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        other => Err(shape(
            &format!("{} to be true or false", first(keys)),
            other,
        )),
    }
}

/// A whole number of at least 0, also as text ("384").
fn number(object: &Object, keys: &[&str]) -> Result<Option<usize>, SchemaError> {
    let number = match get(object, keys) {
        None => return Ok(None),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(value) => value.as_u64().and_then(|n| usize::try_from(n).ok()),
    };
    match number {
        Some(number) => Ok(Some(number)),
        None => Err(shape(
            &format!("{} to be a whole number", first(keys)),
            get(object, keys),
        )),
    }
}

fn first<'a>(keys: &[&'a str]) -> &'a str {
    keys.first().copied().unwrap_or_default()
}

fn shape(expected: &str, found: Option<&Value>) -> SchemaError {
    SchemaError::Shape {
        expected: expected.to_owned(),
        found: found.map_or_else(
            || "nothing".to_owned(),
            |value| describe(&value.to_string()),
        ),
    }
}
