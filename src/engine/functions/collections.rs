//! `collections`, `describe`, `create_collection`, `drop_collection`, `load`, `count`.

use super::catalog::if_listed;
use super::create_collection;
use crate::api::{ApiError, Client, ServiceReason};
use crate::engine::call::{Call, Function};
use crate::engine::describe::{Confirm, Family, Opt, SessionEffect, Takes, opt};
use crate::engine::options::{EXTRA, Options};
use crate::engine::types::{Gives, List, ListKind, Record, dynamic_of, ordered};
use crate::error::{Failure, Kind};
use crate::text::words;
use rhai::Dynamic;
use serde_json::Value;
use std::time::{Duration, Instant};

/// The default timeout of `load`.
pub(super) const LOAD_TIMEOUT: Duration = Duration::from_mins(10);
/// The time between two checks of the load state.
const LOAD_INTERVAL: Duration = Duration::from_millis(500);

const LOAD_OPTIONS: &[Opt] = &[
    opt("timeout", "gives up after this time")
        .or("\"10m\"")
        .of(Takes::Duration),
    EXTRA,
];

/// The keys of a description.
const DESCRIPTION: &[&str] = &[
    "collectionName",
    "description",
    "autoId",
    "enableDynamicField",
    "fields",
    "indexes",
    "load",
    "shardsNum",
];

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Collections.table([
    Function::new(
        &["collections()"],
        "returns the names of the database's collections",
        "collections()",
        collections,
    )
    .gives(Gives::Texts)
    .effect(SessionEffect::ListsCollections)
    .related(&["describe", "create_collection", "count"]),
    Function::new(
        &["describe(collection)"],
        "returns a collection's fields, indexes and load state",
        "describe(\"books\")",
        describe,
    )
    .takes(&[Takes::Collection])
    .gives(Gives::Map(DESCRIPTION))
    .related(&["collections", "create_collection"]),
    Function::new(
        &["create_collection(name, #{…})"],
        "creates a collection from a vector dimension, a schema, or the result of describe()",
        "create_collection(\"novels\", #{dimension: 768, metricType: \"COSINE\"})",
        create_collection::run,
    )
    .takes(&[Takes::Text("name of the new collection"), Takes::Options])
    .options(create_collection::OPTIONS)
    .effect(SessionEffect::ChangesNames)
    .related(&["describe", "import", "load", "drop_collection"]),
    Function::new(
        &["drop_collection(name)"],
        "drops a collection with all its rows",
        "create_collection(\"old_books\", #{dimension: 4});\ndrop_collection(\"old_books\")",
        drop_collection,
    )
    .destroys(Confirm::Name(0))
    .unless_missing(missing)
    .takes(&[Takes::Collection])
    .effect(SessionEffect::ChangesNames)
    .related(&["collections", "create_collection"]),
    Function::new(
        &["load(collection)", "load(collection, #{timeout})"],
        "loads a collection for queries and searches; ready when the call ends",
        "load(\"books\")",
        load,
    )
    .takes(&[Takes::Collection, Takes::Options])
    .options(LOAD_OPTIONS)
    .related(&["describe", "count"]),
    Function::new(
        &["count(collection)"],
        "counts the rows exactly, with count(*)",
        "count(\"books\")",
        count,
    )
    .takes(&[Takes::Collection])
    .gives(Gives::Number)
    .related(&["describe", "load", "query"]),
]);

fn collections(call: &Call) -> Result<Dynamic, Failure> {
    let names = call.connection()?.client.collections()?;
    let names = names.into_iter().map(Dynamic::from).collect();
    Ok(Dynamic::from(List::new(ListKind::Collections, names)))
}

fn describe(call: &Call) -> Result<Dynamic, Failure> {
    let name = call.text(0, "the collection")?;
    let description = call.connection()?.client.describe(&name)?;
    let value = ordered(description.raw);
    Ok(match value.try_cast_result::<Record>() {
        Ok(record) => Dynamic::from(record.description()),
        Err(other) => other,
    })
}

fn drop_collection(call: &Call) -> Result<Dynamic, Failure> {
    let name = call.text(0, "the collection")?;
    call.connection()?.client.drop_collection(&name)?;
    call.session.changed(&format!("dropped collection {name}"));
    Ok(Dynamic::UNIT)
}

fn load(call: &Call) -> Result<Dynamic, Failure> {
    let name = call.text(0, "the collection")?;
    let options: Options = call.options(1)?;
    let limit = options.duration("timeout")?.unwrap_or(LOAD_TIMEOUT);
    let client = &call.connection()?.client;
    client.load(&name, &options.extra()?)?;
    await_load(client, &name, limit)?;
    Ok(Dynamic::UNIT)
}

/// Waits until a collection is loaded.
pub(super) fn await_load(client: &Client, name: &str, limit: Duration) -> Result<(), Failure> {
    let began = Instant::now();
    loop {
        let state = client.load_state(name)?;
        if is_loaded(&state) {
            return Ok(());
        }
        if began.elapsed() >= limit {
            let message = format!("the collection {name:?} is not loaded yet: {state}");
            let call = format!("load({}, #{{timeout: \"30m\"}})", words::quote(name));
            let failure = Failure::new(Kind::Timeout, message);
            return Err(failure.with_hint(format!("wait longer: {call}")));
        }
        client.interrupt().sleep(LOAD_INTERVAL)?;
    }
}

/// Returns true for the load state of a loaded collection.
pub(super) fn is_loaded(state: &str) -> bool {
    state.eq_ignore_ascii_case("LoadStateLoaded")
}

fn count(call: &Call) -> Result<Dynamic, Failure> {
    let name = call.text(0, "the collection")?;
    let rows = call.connection()?.client.count(&name);
    let rows =
        rows.map_err(|error| with_load_hint(error, "count(*) needs a loaded collection", &name))?;
    Ok(dynamic_of(Value::from(rows)))
}

/// Returns the failure for an error of a read. If the collection `name` isn't loaded and the service's answer has no
/// hint of its own (for example, to wait), the hint is `need` and the call of `load`.
pub(super) fn with_load_hint(error: ApiError, need: &str, name: &str) -> Failure {
    let is_unloaded = error.reason() == Some(ServiceReason::NotLoaded);
    let failure = Failure::from(error);
    if is_unloaded {
        failure.or_hint(&format!("{need}: load({})", words::quote(name)))
    } else {
        failure
    }
}

/// Returns a notice if the collection doesn't exist, and an error if the name is an alias.
fn missing(call: &Call) -> Result<Option<String>, Failure> {
    let name = call.text(0, "the collection")?;
    let client = &call.connection()?.client;
    if if_listed(client.collections())?.is_none_or(|known| known.contains(&name)) {
        return Ok(None);
    }
    // Older servers have no aliases over REST.
    let aliases = client.aliases(None);
    if aliases.is_ok_and(|known| known.contains(&name)) {
        let message = format!("{name} is an alias, and not a collection; nothing dropped");
        let target = client.describe_alias(&name)?;
        return Err(Failure::refused(message).with_hint(format!(
            "drop_alias({}) drops the alias, drop_collection({}) the collection that it points to",
            words::quote(&name),
            words::quote(&target)
        )));
    }
    let name = words::safe_line(&name);
    Ok(Some(format!("no collection {name}; nothing dropped")))
}
