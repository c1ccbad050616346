//! `create_collection`: the API's create call with checked keys, or built from a description.

mod options;

use crate::api::ApiError;
use crate::api::collection_copy::{self, create_body};
use crate::api::model::Dialect;
use crate::connection::Connection;
use crate::engine::call::Call;
use crate::engine::options::{EXTRA, add_extra, checked};
use crate::engine::types::json_of;
use crate::error::Failure;
use crate::text::words;
use options::INDEX_PARAMS;
pub(super) use options::OPTIONS;
use rhai::Dynamic;
use serde_json::{Map, Value};

const NAME: &str = "create_collection";

/// Runs `create_collection(name, #{…})`.
pub(super) fn run(call: &Call) -> Result<Dynamic, Failure> {
    let name = call.text(0, "the collection")?;
    let argument = call.arg(1, "the map of settings")?;
    let Value::Object(mut settings) = json_of(argument) else {
        return Err(call.wrong_type("the settings are a map #{…}", argument));
    };
    let extra = settings.remove(EXTRA.name);
    let described = is_description(&settings);
    let mut body = if described {
        create_body(&settings)?
    } else {
        body_of_options(settings)?
    };
    body.shift_remove("collectionName");
    body.shift_insert(0, "collectionName".to_owned(), Value::from(name.as_str()));
    let missing = collection_copy::vectors_without_index(&body);
    if described && !missing.is_empty() {
        call.session.warn(&format!(
            "the description tells no index of {}, without which a server may not load {name}: add it to d.indexes",
            words::list(&missing, "and")
        ));
    }
    let connection = call.connection()?;
    add_extra(NAME, &mut body, extra)?;
    connection
        .client
        .create_collection(&Value::Object(body.clone()))?;
    call.session.changed(&format!("created collection {name}"));
    if described {
        carry_properties(&connection, &name, &body)?;
    }
    Ok(Dynamic::UNIT)
}

/// Sets the properties that the create call drops. Servers ignore unknown properties there (Milvus reads only a
/// handful).
fn carry_properties(
    connection: &Connection,
    name: &str,
    body: &Map<String, Value>,
) -> Result<(), Failure> {
    let client = &connection.client;
    let wanted = body.get("properties").and_then(Value::as_object);
    let v1 = client.settings().dialect == Dialect::V1;
    let Some(wanted) = wanted.filter(|_| client.settings().dry_run.is_none() && !v1) else {
        return Ok(());
    };
    let database = body.get("dbName").and_then(Value::as_str);
    let left = |error: ApiError| {
        let names: Vec<&String> = wanted.keys().collect();
        Failure::refused(format!(
            "the collection {name} was created, but its properties {} may be missing: {error}",
            words::list(&names, "and")
        ))
        .with_hint("set them on the server, or drop the collection: drop_collection(name)")
    };
    let missing = client
        .missing_properties(name, database, wanted)
        .map_err(left)?;
    if missing.is_empty() {
        return Ok(());
    }
    client
        .alter_properties(name, database, &missing)
        .map_err(left)
}

/// Returns true for an answer of `describe()`, which has fields with `name` and `type` at the top level.
fn is_description(settings: &Map<String, Value>) -> bool {
    settings
        .get("fields")
        .and_then(Value::as_array)
        .is_some_and(|fields| fields.iter().all(|field| field.get("name").is_some()))
}

/// Returns the create body for the options, with every key in the API's spelling and place.
pub(super) fn body_of_options(settings: Map<String, Value>) -> Result<Map<String, Value>, Failure> {
    let mut body = checked(NAME, "", OPTIONS, settings)?;
    if let Some(database) = body.shift_remove("db") {
        body.insert("dbName".to_owned(), database);
    }
    if let Some(Value::Object(schema)) = body.get_mut("schema") {
        settle_schema(schema);
    }
    for index in list(&mut body, "indexParams") {
        if let Some(Value::Object(params)) = index.get("params") {
            check_index_params(params)?;
        }
    }
    Ok(body)
}

/// Moves a field's settings from pymilvus' place to the place that the REST API reads.
fn settle_schema(schema: &mut Map<String, Value>) {
    let mut auto_id = false;
    for field in list(schema, "fields") {
        auto_id |= field.shift_remove("autoId") == Some(Value::Bool(true));
        settle_field(field);
    }
    if auto_id {
        schema.insert("autoID".to_owned(), Value::Bool(true));
    }
    for outer in list(schema, "structFields") {
        list(outer, "fields").for_each(settle_field);
    }
}

fn settle_field(field: &mut Map<String, Value>) {
    for key in ["dim", "max_length", "max_capacity"] {
        let Some(value) = field.shift_remove(key) else {
            continue;
        };
        let params = field
            .entry("elementTypeParams")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(params) = params {
            params.entry(key).or_insert(value);
        }
    }
}

fn list<'a>(
    object: &'a mut Map<String, Value>,
    key: &str,
) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    let list = object.get_mut(key).and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(Value::as_object_mut)
}

/// Refuses index settings that are probably misspelled.
fn check_index_params(params: &Map<String, Value>) -> Result<(), Failure> {
    for key in params.keys() {
        if INDEX_PARAMS.contains(&key.as_str()) {
            continue;
        }
        let other_case = INDEX_PARAMS
            .iter()
            .find(|known| known.eq_ignore_ascii_case(key));
        let near = match other_case {
            Some(known) => Some(format!("did you mean {known:?}?")),
            None => {
                words::did_you_mean(key, INDEX_PARAMS.iter().copied().filter(|it| it.len() > 2))
            }
        };
        if let Some(near) = near {
            let message = format!("{NAME}: no option {key:?} in indexParams.params");
            return Err(Failure::usage(message).with_hint(near));
        }
    }
    Ok(())
}
