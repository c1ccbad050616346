//! The collection calls: enough of them to prepare an import's target and to verify its result.

use super::lookup::{self, DIALECT, MAX_NAME, check_name, find};
use super::settings::CollectionSettings;
use super::{App, Map, Result, Routes, ServiceCall, ServiceError, Value, indexes, json, keys};
use crate::formats::Schema;
use crate::local::storage::collections::{Collection, DEFAULT_PARTITION};

/// Adds the routes for collections and partitions below `/v2/vectordb`.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .post("collections/list", keys::ONLY_DATABASE, list)
        .post("collections/has", keys::NAMED_COLLECTION, has)
        .post("collections/describe", keys::NAMED_COLLECTION, describe)
        .write("collections/create", keys::CREATE_COLLECTION, create)
        .write("collections/drop", keys::NAMED_COLLECTION, drop)
        .write("collections/rename", keys::RENAME, rename)
        .write(
            "collections/alter_properties",
            keys::COLLECTION_PROPERTIES,
            alter_properties,
        )
        .write(
            "collections/drop_properties",
            keys::DROP_COLLECTION_PROPERTIES,
            drop_properties,
        )
        .post("collections/flush", keys::NAMED_COLLECTION, flush)
        .post("collections/refresh_load", keys::NAMED_COLLECTION, flush)
        .post("collections/compact", keys::COMPACT, compact)
        .post(
            "collections/get_compaction_state",
            keys::COMPACTION_STATE,
            compaction_state,
        )
        .write("collections/load", keys::NAMED_COLLECTION, load)
        .write("collections/release", keys::NAMED_COLLECTION, release)
        .post(
            "collections/get_load_state",
            keys::NAMED_COLLECTION,
            load_state,
        )
        .post("collections/get_stats", keys::NAMED_COLLECTION, stats)
        .write("partitions/create", keys::NAMED_PARTITION, create_partition)
        .post("partitions/list", keys::NAMED_COLLECTION, partitions)
        .post("partitions/has", keys::NAMED_PARTITION, has_partition)
        .post(
            "partitions/get_stats",
            keys::NAMED_PARTITION,
            partition_stats,
        )
        .write("partitions/load", keys::NAMED_PARTITIONS, load_partitions)
        .post(
            "partitions/release",
            keys::NAMED_PARTITIONS,
            release_partitions,
        )
        .write("partitions/drop", keys::NAMED_PARTITION, drop_partition)
}

/// Returns the names of the database's collections.
pub(crate) fn list(app: &App, call: &ServiceCall) -> Result<Value> {
    let database = lookup::database(app, call)?;
    Ok(Value::from(app.store.collection_names(&database)?))
}

fn has(app: &App, call: &ServiceCall) -> Result<Value> {
    let (database, name) = lookup::named(app, call)?;
    Ok(json!({ "has": app.store.collection(&database, &name)?.is_some() }))
}

/// Returns a collection's schema, indexes and load state.
pub(crate) fn describe(app: &App, call: &ServiceCall) -> Result<Value> {
    let collection = find(app, call)?;
    let schema = collection.schema()?;
    let body = &collection.body;
    let inner = body.get("schema").unwrap_or(&Value::Null);
    let mut bodies = [body, inner].into_iter();
    let description = bodies.find_map(|body| body.get("description")?.as_str());
    let settings = CollectionSettings::read(body, &schema)?;
    Ok(json!({
        "aliases": app.store.aliases(&lookup::database(app, call)?, Some(collection.id))?,
        "autoId": schema.auto_id(),
        "collectionID": collection.id,
        "collectionName": collection.name,
        "consistencyLevel": settings.consistency,
        "description": description.unwrap_or_default(),
        "enableDynamicField": schema.dynamic,
        "fields": schema.to_describe_fields(),
        "functions": schema.to_describe_functions(),
        "indexes": indexes::in_short(&collection, &schema),
        "load": load_word(&collection),
        "partitionsNum": app.store.partitions(collection.id)?.len(),
        "properties": schema.to_describe_properties(),
        "shardsNum": settings.shards,
        "structFields": schema.to_describe_structs(),
    }))
}

fn load_word(collection: &Collection) -> &'static str {
    if collection.loaded {
        "LoadStateLoaded"
    } else {
        "LoadStateNotLoad"
    }
}

fn create(app: &App, call: &ServiceCall) -> Result<Value> {
    create_from(app, call, call.object.params.clone())
}

/// Creates a collection with this body. If it already exists, nothing changes: with the same schema the call succeeds,
/// with another schema it's refused, as in Milvus.
pub(crate) fn create_from(
    app: &App,
    call: &ServiceCall,
    body: Map<String, Value>,
) -> Result<Value> {
    let (database, name) = lookup::named(app, call)?;
    check_name("collection", &name).map_err(ServiceError::invalid)?;
    let body = Value::Object(body);
    let schema = Schema::from_create_body(&body)?;
    let settings = CollectionSettings::read(&body, &schema)?;
    let asked = indexes::asked(&body, &schema)?;
    // A collection that is created with its indexes is loaded immediately; without one it waits for `load`. If it can't
    // be loaded, it's there nevertheless (Milvus: `handler_v2.go`, `createCollection`).
    let loadable = indexes::check_loadable(&name, &schema, &asked);
    let is_loaded = loadable.is_ok();
    let loaded = if asked.is_empty() { Ok(()) } else { loadable };
    let partitions = settings.partition_names();
    let store = &app.store;
    if store.create_collection(&database, &name, &body, &partitions, is_loaded)? {
        return loaded.map(|()| json!({}));
    }
    let same = match store.collection(&database, &name)? {
        Some(there) if there.name != name => {
            let message = format!(
                "collection name [{name}] conflicts with an existing alias, please choose a unique name"
            );
            return Err(ServiceError::new(1601, message));
        }
        Some(there) => {
            let known = there.schema()?;
            known == schema && CollectionSettings::read(&there.body, &known)? == settings
        }
        None => false,
    };
    if same {
        return loaded.map(|()| json!({}));
    }
    let why = format!("create duplicate collection with different parameters, collection: {name}");
    Err(ServiceError::unexpected(why))
}

/// Checks a partition's name, which may begin with a digit and contain `-` (Milvus: proxy/util.go, `validatePartitionTag`).
fn check_partition_name(name: &str) -> Result<(), String> {
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let name = name.trim();
    if (1..=MAX_NAME).contains(&name.len()) && name.chars().all(sound) && !name.starts_with('-') {
        return Ok(());
    }
    Err(format!(
        "Invalid partition name: {name:?}: expected 1 to {MAX_NAME} letters, digits, underscores and hyphens, not beginning with a hyphen"
    ))
}

/// Removes a collection with its rows. A missing collection is success, as in Milvus.
pub(crate) fn drop(app: &App, call: &ServiceCall) -> Result<Value> {
    let (database, name) = lookup::named(app, call)?;
    if let Some(collection) = app.store.collection(&database, &name)? {
        check_unaliased(app, &database, &collection, &name)?;
        app.store.drop_collection(collection.id)?;
        app.shared.nudge();
    }
    Ok(json!({}))
}

/// Refuses a call on an alias, and a call after which an alias would have no collection.
fn check_unaliased(app: &App, database: &str, collection: &Collection, name: &str) -> Result<()> {
    let refused = |message| Err(ServiceError::unexpected(message));
    if collection.name != name {
        return refused(format!("cannot drop the collection via alias = {name}"));
    }
    let aliases = app.store.aliases(database, Some(collection.id))?;
    if aliases.is_empty() {
        return Ok(());
    }
    refused(format!(
        "unable to drop the collection [{name}] because it has associated aliases {aliases:?}, please remove all aliases before dropping the collection"
    ))
}

/// Renames a collection, in its own database or into `newDbName`. Its jobs, including running ones, follow the
/// collection.
fn rename(app: &App, call: &ServiceCall) -> Result<Value> {
    let collection = find(app, call)?;
    let name = call.required(DIALECT, &["newCollectionName"])?;
    check_name("collection", &name).map_err(ServiceError::invalid)?;
    let own = lookup::database(app, call)?;
    let database = match call.text(&["newDbName"]) {
        Some(database) if app.store.database(&database)?.is_none() => {
            return Err(ServiceError::no_database(&database));
        }
        Some(database) => database,
        None => own.clone(),
    };
    if database != own && !app.store.aliases(&own, Some(collection.id))?.is_empty() {
        let why = "fail to rename db name, must drop all aliases of this collection before rename";
        return Err(ServiceError::unexpected(why));
    }
    let store = &app.store;
    if store.rename_collection(collection.id, &database, &name)? {
        return Ok(json!({}));
    }
    Err(ServiceError::unexpected(format!(
        "duplicated new collection name {database}:{name} with other collection name or alias"
    )))
}

fn alter_properties(app: &App, call: &ServiceCall) -> Result<Value> {
    let given = call.get(&["properties"]).and_then(Value::as_object);
    change_properties(app, call, given.unwrap_or(&Map::new()), &[])
}

fn drop_properties(app: &App, call: &ServiceCall) -> Result<Value> {
    let keys = call.get(&["propertyKeys"]).and_then(lookup::texts);
    change_properties(app, call, &Map::new(), &keys.unwrap_or_default())
}

/// Sets and removes properties of a collection (Milvus: proxy/task.go, `alterCollectionTask.PreExecute`).
fn change_properties(
    app: &App,
    call: &ServiceCall,
    set: &Map<String, Value>,
    remove: &[String],
) -> Result<Value> {
    let collection = find(app, call)?;
    let loaded_only = |key: &&String| key.starts_with("mmap") || key.starts_with("warmup");
    if let Some(key) = set.keys().find(loaded_only).filter(|_| collection.loaded) {
        let kind = key.split('.').next().unwrap_or_default();
        let message = format!(
            "can not alter {kind} properties if collection loaded: collection already loaded[collection={}]",
            collection.name
        );
        return Err(ServiceError::new(104, message));
    }
    let schema = collection.schema()?;
    let body = schema.with_properties(&collection.body, set, remove);
    Schema::from_create_body(&body)?;
    if app.store.set_body(&collection, &body)? {
        return Ok(json!({}));
    }
    let why = "the collection was changed meanwhile; repeat the call";
    Err(ServiceError::unexpected(why))
}

/// Returns an id for the compaction. Nothing is compacted, since the service removes deleted rows by itself.
fn compact(app: &App, call: &ServiceCall) -> Result<Value> {
    Ok(json!({ "compactionID": find(app, call)?.id }))
}

/// Returns that the compaction is completed, whatever its id.
fn compaction_state(_: &App, call: &ServiceCall) -> Result<Value> {
    let id = call.get(&["jobID", "jobId", "compactionID", "compactionId"]);
    let id = id.ok_or_else(|| ServiceError::missing(DIALECT, "jobID"))?;
    Ok(json!({
        "compactionID": id,
        "state": "Completed",
        "executingPlanNumber": 0,
        "timeoutPlanNumber": 0,
        "completedPlanNumber": 0,
    }))
}

/// Does nothing: rows are visible as soon as they're written, and they're on disk before that.
fn flush(app: &App, call: &ServiceCall) -> Result<Value> {
    find(app, call).map(|_| json!({}))
}

fn load(app: &App, call: &ServiceCall) -> Result<Value> {
    let collection = find(app, call)?;
    let schema = collection.schema()?;
    let indexes = indexes::of(&collection, &schema);
    indexes::check_loadable(&collection.name, &schema, &indexes)?;
    app.store.set_loaded(collection.id, true)?;
    Ok(json!({}))
}

fn release(app: &App, call: &ServiceCall) -> Result<Value> {
    app.store.set_loaded(find(app, call)?.id, false)?;
    Ok(json!({}))
}

fn load_state(app: &App, call: &ServiceCall) -> Result<Value> {
    let collection = find(app, call)?;
    let progress = if collection.loaded { 100 } else { 0 };
    Ok(json!({ "loadState": load_word(&collection), "loadProgress": progress, "message": "" }))
}

fn stats(app: &App, call: &ServiceCall) -> Result<Value> {
    let collection = find(app, call)?;
    Ok(json!({ "rowCount": app.store.count(collection.id, None)? }))
}

fn create_partition(app: &App, call: &ServiceCall) -> Result<Value> {
    let collection = find(app, call)?;
    let name = call.required(DIALECT, &["partitionName"])?;
    check_partition_name(&name).map_err(ServiceError::invalid)?;
    if collection.schema()?.has_partition_key() {
        let why = "disable create partition if partition key mode is used";
        return Err(ServiceError::unexpected(why));
    }
    app.store.create_partition(collection.id, &name)?;
    Ok(json!({}))
}

fn partitions(app: &App, call: &ServiceCall) -> Result<Value> {
    Ok(Value::from(app.store.partitions(find(app, call)?.id)?))
}

fn has_partition(app: &App, call: &ServiceCall) -> Result<Value> {
    let collection = find(app, call)?;
    let name = call.required(DIALECT, &["partitionName"])?;
    let partition = app.store.partition(collection.id, Some(&name))?;
    Ok(json!({ "has": partition.is_some() }))
}

fn partition_stats(app: &App, call: &ServiceCall) -> Result<Value> {
    let collection = find(app, call)?;
    let name = call.required(DIALECT, &["partitionName"])?;
    let partition = lookup::partition(app, &collection, &name)?;
    Ok(json!({ "rowCount": app.store.count(collection.id, Some(partition))? }))
}

/// Loads the whole collection, since partitions can't be loaded one by one.
fn load_partitions(app: &App, call: &ServiceCall) -> Result<Value> {
    let (collection, partitions) = named_partitions(app, call)?;
    app.store.set_released(&partitions, false)?;
    app.store.set_loaded(collection.id, true)?;
    Ok(json!({}))
}

/// Marks the partitions as released, so they can be dropped. Queries still return their rows.
fn release_partitions(app: &App, call: &ServiceCall) -> Result<Value> {
    let (_, partitions) = named_partitions(app, call)?;
    app.store.set_released(&partitions, true)?;
    Ok(json!({}))
}

/// Returns the collection and the ids of the partitions in `partitionNames`, which have to exist.
fn named_partitions(app: &App, call: &ServiceCall) -> Result<(Collection, Vec<i64>)> {
    let collection = find(app, call)?;
    let ids = lookup::partitions(app, call, &collection)?;
    if ids.is_empty() {
        return Err(ServiceError::missing(DIALECT, "partitionNames"));
    }
    Ok((collection, ids))
}

/// Removes a partition with its rows. A missing partition is success, and a loaded one is refused (Milvus:
/// `internal/proxy/task.go`, `dropPartitionTask`).
fn drop_partition(app: &App, call: &ServiceCall) -> Result<Value> {
    let collection = find(app, call)?;
    let name = call.required(DIALECT, &["partitionName"])?;
    if name == DEFAULT_PARTITION {
        return Err(ServiceError::invalid("default partition cannot be deleted"));
    }
    if let Some(partition) = app.store.partition(collection.id, Some(&name))? {
        if collection.loaded && !app.store.is_released(partition)? {
            let why = "partition cannot be dropped, partition is loaded, please release it first";
            return Err(ServiceError::invalid(why));
        }
        app.store.drop_partition(partition)?;
        app.shared.nudge();
    }
    Ok(json!({}))
}
