//! Aliases of collections. Calls accept an alias in place of a collection's name.

use super::lookup::{self, DIALECT, check_name};
use super::{App, Result, Routes, ServiceCall, ServiceError, Value, json, keys};
use crate::local::storage::aliases::Named;

/// Adds the routes below `/v2/vectordb/aliases`.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .post("aliases/list", keys::ONE_OR_ALL, list)
        .post("aliases/describe", keys::ALIAS, describe)
        .write("aliases/create", keys::ALIAS_OF, |app, call| {
            set(app, call, false)
        })
        .write("aliases/alter", keys::ALIAS_OF, |app, call| {
            set(app, call, true)
        })
        .write("aliases/drop", keys::ALIAS, drop)
}

/// Returns the aliases of a database, or of one of its collections.
fn list(app: &App, call: &ServiceCall) -> Result<Value> {
    let database = lookup::database(app, call)?;
    let collection = match call.get(&["collectionName"]) {
        Some(_) => Some(lookup::find(app, call)?.id),
        None => None,
    };
    Ok(Value::from(app.store.aliases(&database, collection)?))
}

fn describe(app: &App, call: &ServiceCall) -> Result<Value> {
    let database = lookup::database(app, call)?;
    let name = call.required(DIALECT, &["aliasName"])?;
    let collection = app.store.alias(&database, &name)?;
    let collection = collection.ok_or_else(|| missing(&database, &name))?;
    Ok(json!({ "dbName": database, "collectionName": collection, "aliasName": name }))
}

/// Creates an alias, or with `change` points an existing one at another collection.
fn set(app: &App, call: &ServiceCall, change: bool) -> Result<Value> {
    let database = lookup::database(app, call)?;
    let name = call.required(DIALECT, &["aliasName"])?;
    check_name("collection alias", &name).map_err(ServiceError::invalid)?;
    let collection = lookup::find(app, call)?;
    let place = format!("[database={database}][alias={name}]");
    let store = &app.store;
    match store.set_alias(&database, &name, collection.id, change)? {
        Named::Done => Ok(json!({})),
        Named::Missing => Err(missing(&database, &name)),
        Named::Gone => {
            let name = &collection.name;
            Err(ServiceError::no_collection(DIALECT, &database, name))
        }
        Named::Collection => Err(ServiceError::new(
            1601,
            format!(
                "collection name [{name}] conflicts with an existing collection, please choose a unique name{place}"
            ),
        )),
        Named::Other(other) => Err(ServiceError::new(
            1602,
            format!("{name} is alias to another collection: {other}: alias already exist{place}"),
        )),
    }
}

/// Removes an alias. A missing alias is success, as in Milvus.
fn drop(app: &App, call: &ServiceCall) -> Result<Value> {
    let database = lookup::database(app, call)?;
    let name = call.required(DIALECT, &["aliasName"])?;
    app.store.drop_alias(&database, &name)?;
    Ok(json!({}))
}

fn missing(database: &str, name: &str) -> ServiceError {
    let message = format!("alias not found[database={database}][alias={name}]");
    ServiceError::new(1600, message)
}
