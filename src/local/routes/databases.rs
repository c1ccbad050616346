//! The database calls, and the choice of a database for other calls.

use super::lookup::{DIALECT, check_name, texts};
use super::{App, Map, Result, Routes, ServiceCall, ServiceError, Value, json, keys};
use crate::local::storage::databases::DEFAULT_DATABASE;

/// Adds the routes below `/v2/vectordb/databases`.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .post("databases/list", keys::ONLY_DATABASE, list)
        .post("databases/describe", keys::NAMED_DATABASE, describe)
        .write("databases/create", keys::DATABASE_PROPERTIES, create)
        .write("databases/alter", keys::DATABASE_PROPERTIES, alter)
        .write(
            "databases/alter_properties",
            keys::DATABASE_PROPERTIES,
            alter,
        )
        .write(
            "databases/drop_properties",
            keys::DROP_DATABASE_PROPERTIES,
            drop_properties,
        )
        .write("databases/drop", keys::NAMED_DATABASE, drop)
}

fn list(app: &App, _: &ServiceCall) -> Result<Value> {
    Ok(Value::from(app.store.databases()?))
}

fn describe(app: &App, call: &ServiceCall) -> Result<Value> {
    let name = call.required(DIALECT, &["dbName"])?;
    let found = app.store.database(&name)?;
    let found = found.ok_or_else(|| ServiceError::no_database(&name))?;
    let pair = |(key, value)| json!({ "key": key, "value": value });
    let pairs: Vec<_> = found.properties.into_iter().map(pair).collect();
    Ok(json!({ "dbID": found.id, "dbName": name, "properties": pairs }))
}

fn create(app: &App, call: &ServiceCall) -> Result<Value> {
    let name = call.required(DIALECT, &["dbName"])?;
    check_name("database", &name).map_err(|message| ServiceError::new(802, message))?;
    if app.store.create_database(&name, &properties(call))? {
        return Ok(json!({}));
    }
    let message = format!("database already exist: {name}");
    Err(ServiceError::unexpected(message))
}

fn alter(app: &App, call: &ServiceCall) -> Result<Value> {
    change(app, call, &properties(call), &[])
}

fn drop_properties(app: &App, call: &ServiceCall) -> Result<Value> {
    let keys = call.get(&["propertyKeys"]).and_then(texts);
    change(app, call, &Map::new(), &keys.unwrap_or_default())
}

fn change(
    app: &App,
    call: &ServiceCall,
    set: &Map<String, Value>,
    remove: &[String],
) -> Result<Value> {
    let name = call.required(DIALECT, &["dbName"])?;
    if app.store.alter_database(&name, set, remove)? {
        return Ok(json!({}));
    }
    Err(ServiceError::no_database(&name))
}

/// Returns the call's `properties` as texts, which is how Milvus stores them.
fn properties(call: &ServiceCall) -> Map<String, Value> {
    let given = call.get(&["properties"]).and_then(Value::as_object);
    let pairs = given.into_iter().flatten();
    pairs
        .map(|(key, value)| (key.clone(), Value::from(printed(value))))
        .collect()
}

/// Formats a JSON value like Go's `%v` (Milvus: `handler_v2.go`, `createDatabase`), except that Go shortens numbers from
/// 21 digits on.
fn printed(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Removes a database without collections. A missing database is success (Milvus: `internal/rootcoord/root_coord.go`,
/// `DropDatabase`).
fn drop(app: &App, call: &ServiceCall) -> Result<Value> {
    let name = call.required(DIALECT, &["dbName"])?;
    if name == DEFAULT_DATABASE {
        return Err(ServiceError::unexpected("can not drop default database"));
    }
    if app.store.drop_database(&name)? {
        return Ok(json!({}));
    }
    let why = format!("database:{name} not empty, must drop all collections before drop database");
    Err(ServiceError::unexpected(why))
}
