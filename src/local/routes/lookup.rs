//! The targets that calls name: their database and collection, and the rules for names.

use super::{App, Result, ServiceCall, ServiceError, Value};
use crate::api::model::Dialect;
use crate::local::storage::collections::Collection;
use crate::local::storage::databases::DEFAULT_DATABASE;
use serde::Deserialize as _;

/// The dialect of calls on collections: they go to the cluster itself, which answers like Milvus.
pub(crate) const DIALECT: Dialect = Dialect::Milvus;

/// The longest name of a collection or partition, in bytes.
pub(crate) const MAX_NAME: usize = 255;

/// Returns the database of a call, which has to exist: `dbName`, else the `DB-Name` header, else `default`.
pub(crate) fn database(app: &App, call: &ServiceCall) -> Result<String> {
    let header = call.database.clone().filter(|name| !name.is_empty());
    let name = call.text(&["dbName"]).or(header);
    let name = name.unwrap_or_else(|| DEFAULT_DATABASE.to_owned());
    if name == DEFAULT_DATABASE || app.store.database(&name)?.is_some() {
        return Ok(name);
    }
    Err(ServiceError::no_database(&name))
}

/// Returns the database of a call, and `collectionName`.
pub(crate) fn named(app: &App, call: &ServiceCall) -> Result<(String, String)> {
    let database = database(app, call)?;
    Ok((database, call.required(DIALECT, &["collectionName"])?))
}

/// Returns the collection that `collectionName` names.
pub(crate) fn find(app: &App, call: &ServiceCall) -> Result<Collection> {
    let (database, name) = named(app, call)?;
    let found = app.store.collection(&database, &name)?;
    found.ok_or_else(|| ServiceError::no_collection(DIALECT, &database, &name))
}

/// Returns the id of a collection's partition, which has to exist.
pub(crate) fn partition(app: &App, collection: &Collection, name: &str) -> Result<i64> {
    let id = app.store.partition(collection.id, Some(name))?;
    id.ok_or_else(|| ServiceError::no_partition(name))
}

/// Returns the ids of the partitions in `partitionNames`, each once; empty if there are none, which means all.
pub(crate) fn partitions(
    app: &App,
    call: &ServiceCall,
    collection: &Collection,
) -> Result<Vec<i64>> {
    let mut ids = Vec::new();
    for name in names(call, "partitionNames")? {
        let id = partition(app, collection, &name)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// Checks a name, and returns the problem with it as a message.
pub(crate) fn check_name(what: &str, name: &str) -> Result<(), String> {
    let sound = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let has_digit_first = name.starts_with(|c: char| c.is_ascii_digit());
    if name.len() <= MAX_NAME && name.chars().all(sound) && !has_digit_first {
        return Ok(());
    }
    Err(format!(
        "Invalid {what} name: {name:?}: expected at most {MAX_NAME} letters, digits and underscores, not beginning with a digit"
    ))
}

/// Returns the texts of a list.
pub(crate) fn texts(names: &Value) -> Option<Vec<String>> {
    Vec::deserialize(names).ok()
}

/// Returns the names in a list of a call; empty if there is no such list.
pub(crate) fn names(call: &ServiceCall, key: &str) -> Result<Vec<String>> {
    let names = call.get(&[key]).map_or(Some(Vec::new()), texts);
    names.ok_or_else(|| ServiceError::invalid(format!("{key} must be a list of names")))
}
