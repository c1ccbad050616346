//! `partitions`, `databases`, `indexes` and their changes.

use crate::api::catalog::{self as calls, CatalogCall};
use crate::api::{ApiError, ServiceReason};
use crate::connection::Connection;
use crate::engine::call::{Call, Function};
use crate::engine::describe::{Confirm, Family, Opt, SessionEffect, Takes, opt, opt_as};
use crate::engine::types::{Gives, List, ScriptType, json_of, ordered};
use crate::error::{Failure, Kind};
use crate::text::words;
use rhai::Dynamic;
use serde_json::{Map, Value, json};
use std::rc::Rc;

const INDEX_OPTIONS: &[Opt] = &[
    opt_as("type", &["indexType", "index_type"], "index type").or("\"AUTOINDEX\""),
    opt_as(
        "metric",
        &["metricType", "metric_type"],
        "metric of vectors; by default the server's choice for the field",
    )
    .of(Takes::Words(&[
        "COSINE", "L2", "IP", "HAMMING", "JACCARD", "BM25",
    ])),
    opt_as(
        "name",
        &["indexName", "index_name"],
        "the index's name; by default that of the field",
    ),
    opt("params", "settings of the index type, e.g. #{M: 16}"),
];

/// The keys of an index, first those that matter most.
const INDEX: &[&str] = &[
    "indexName",
    "fieldName",
    "indexType",
    "metricType",
    "indexState",
    "totalRows",
    "indexedRows",
    "pendingRows",
    "failReason",
];

/// Returns a function of this family, which is also a method of a connection.
pub(super) const fn function(
    name: &'static str,
    forms: &'static [&'static str],
    help: &'static str,
    example: &'static str,
    run: fn(&Call) -> Result<Dynamic, Failure>,
) -> Function {
    Function::new(Family::Collections, name, forms, help, example, run)
}

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &[
    function(
        "partitions",
        &["partitions(collection)"],
        "lists the names of a collection's partitions",
        "partitions(\"books\")",
        |call| {
            let collection = call.pair("collectionName", 0)?;
            names(call, calls::PARTITIONS, &[collection], "partition")
        },
    )
    .takes(&[Takes::Collection])
    .gives(Gives::Texts)
    .related(&["create_partition", "drop_partition", "import"]),
    function(
        "create_partition",
        &["create_partition(collection, name)"],
        "creates a partition, to which imports and queries can be limited",
        "create_partition(\"books\", \"year_2026\")",
        |call| {
            change(
                call,
                calls::CREATE_PARTITION,
                &PARTITION,
                "created partition",
            )
        },
    )
    .takes(&[Takes::Collection, Takes::Text("name of the new partition")])
    .effect(SessionEffect::ChangesNames)
    .related(&["partitions", "drop_partition", "import"]),
    function(
        "drop_partition",
        &["drop_partition(collection, name)"],
        "drops a partition with all its rows",
        "drop_partition(\"books\", \"year_2026\")",
        drop_partition,
    )
    .takes(&[Takes::Collection, Takes::Partition])
    .effect(SessionEffect::ChangesNames)
    .destroys(Confirm::Name(1))
    .unless_missing(|call| missing(call, calls::PARTITIONS, &PARTITION, "partition"))
    .related(&["partitions", "create_partition"]),
    function(
        "databases",
        &["databases()"],
        "lists the names of the databases",
        "databases()",
        |call| names(call, calls::DATABASES, &[], "database"),
    )
    .gives(Gives::Texts)
    .related(&["use_database", "collections", "connect"]),
    function(
        "use_database",
        &["use_database(name)"],
        "makes a connection with this database the current one, and returns it",
        "use_database(\"default\")",
        use_database,
    )
    .takes(&[Takes::Database])
    .gives(Gives::One(<Rc<Connection> as ScriptType>::TYPE))
    .related(&["databases", "connect"])
    .script_only(),
    function(
        "indexes",
        &["indexes(collection)"],
        "lists a collection's indexes with their type, metric and state",
        "indexes(\"books\")",
        indexes,
    )
    .takes(&[Takes::Collection])
    .gives(Gives::Maps(INDEX))
    .related(&["create_index", "drop_index", "describe"]),
    function(
        "create_index",
        &[
            "create_index(collection, field)",
            "create_index(collection, field, #{type, metric, name, params})",
        ],
        "creates an index on a field",
        "drop_index(\"books\", \"vector\");\ncreate_index(\"books\", \"vector\", #{metric: \"COSINE\"})",
        create_index,
    )
    .takes(&[Takes::Collection, Takes::Field, Takes::Options])
    .effect(SessionEffect::ChangesNames)
    .options(INDEX_OPTIONS)
    .related(&["indexes", "drop_index", "load"]),
    function(
        "drop_index",
        &["drop_index(collection, name)"],
        "drops an index; the rows stay",
        "drop_index(\"books\", \"vector\")",
        |call| change(call, calls::DROP_INDEX, &NAMED_INDEX, "dropped index"),
    )
    .takes(&[Takes::Collection, Takes::Index])
    .effect(SessionEffect::ChangesNames)
    .destroys(Confirm::Name(1))
    .unless_missing(|call| missing(call, calls::INDEXES, &NAMED_INDEX, "index"))
    .related(&["indexes", "create_index"]),
];

/// The keys of the bodies that name a partition or an index. The arguments have the same order.
const PARTITION: [&str; 2] = ["collectionName", "partitionName"];
const NAMED_INDEX: [&str; 2] = ["collectionName", "indexName"];

impl Call<'_> {
    /// Returns a key of the body with the text argument at `index`.
    fn pair<'k>(&self, key: &'k str, index: usize) -> Result<(&'k str, String), Failure> {
        let what = match key {
            "collectionName" => "the collection",
            "aliasName" => "the alias",
            _ => "the name",
        };
        Ok((key, self.text(index, what)?))
    }

    /// Returns the pairs of these keys and the text arguments in this order.
    fn pairs<'k>(&self, keys: &[&'k str]) -> Result<Vec<(&'k str, String)>, Failure> {
        let pairs = keys.iter().enumerate();
        pairs.map(|(index, key)| self.pair(key, index)).collect()
    }
}

/// Borrows the values of pairs.
fn borrowed<'p>(pairs: &'p [(&'p str, String)]) -> Vec<(&'p str, &'p str)> {
    pairs.iter().map(|(key, value)| (*key, &**value)).collect()
}

/// Returns listed names. The noun names one of them.
fn names(
    call: &Call,
    list: CatalogCall,
    body: &[(&str, String)],
    noun: &'static str,
) -> Result<Dynamic, Failure> {
    let names = call
        .connection()?
        .client
        .catalog_names(list, &borrowed(body))?;
    let names = names.into_iter().map(Dynamic::from).collect();
    Ok(Dynamic::from(List::of(noun, names)))
}

/// Makes a change to what the last of these keys names.
pub(super) fn change(
    call: &Call,
    change: CatalogCall,
    keys: &[&str],
    done: &str,
) -> Result<Dynamic, Failure> {
    let pairs = call.pairs(keys)?;
    let Some((_, name)) = pairs.last() else {
        return Ok(Dynamic::UNIT);
    };
    let client = &call.connection()?.client;
    client.catalog_change(
        change,
        &borrowed(&pairs),
        None,
        (name, done.starts_with("created").then_some("")),
    )?;
    call.session.changed(&format!("{done} {}", place(&pairs)));
    Ok(Dynamic::UNIT)
}

/// Returns a name for a notice: `year_2026 of books`.
fn place(pairs: &[(&str, String)]) -> String {
    let names: Vec<&str> = pairs.iter().rev().map(|(_, name)| &**name).collect();
    words::safe_line(&names.join(" of ")).into_owned()
}

/// Returns a notice if the last of these keys names nothing. Services report success for it.
pub(super) fn missing(
    call: &Call,
    list: CatalogCall,
    keys: &[&str],
    noun: &str,
) -> Result<Option<String>, Failure> {
    let pairs = call.pairs(keys)?;
    let Some(((_, name), within)) = pairs.split_last() else {
        return Ok(None);
    };
    let client = &call.connection()?.client;
    let known = if_listed(client.catalog_names(list, &borrowed(within)))?;
    let is_missing = known.is_some_and(|known| !known.contains(name));
    Ok(is_missing.then(|| format!("no {noun} {}; nothing dropped", place(&pairs))))
}

/// Returns listed names, or `None` if the service refuses to list them: a user may lack the right to list what the user
/// may change, and older servers lack some of the calls.
pub(super) fn if_listed(
    names: Result<Vec<String>, ApiError>,
) -> Result<Option<Vec<String>>, Failure> {
    names.map(Some).or_else(|error| {
        let failure = Failure::from(error);
        let is_refused = matches!(failure.kind, Kind::Auth | Kind::Refused);
        if is_refused { Ok(None) } else { Err(failure) }
    })
}

/// Drops a partition. Servers refuse to drop a partition that's loaded, so it's then released first.
fn drop_partition(call: &Call) -> Result<Dynamic, Failure> {
    let [collection, partition] = PARTITION;
    let pairs = [call.pair(collection, 0)?, call.pair(partition, 1)?];
    let [collection, (_, name)] = &pairs;
    let client = &call.connection()?.client;
    let body = borrowed(&pairs);
    let drop = || client.catalog_change(calls::DROP_PARTITION, &body, None, (name, None));
    let is_loaded = call.session.choices().dry_run
        || match drop() {
            Ok(()) => false,
            Err(error) if error.reason() == Some(ServiceReason::PartitionLoaded) => true,
            Err(error) => return Err(error.into()),
        };
    if is_loaded {
        let more = Some(("partitionNames", json!([name])));
        let body = borrowed(std::slice::from_ref(collection));
        client.catalog_change(calls::RELEASE_PARTITIONS, &body, more, ("", None))?;
        drop()?;
    }
    let place = place(&pairs);
    call.session.changed(&format!("dropped partition {place}"));
    Ok(Dynamic::UNIT)
}

fn use_database(call: &Call) -> Result<Dynamic, Failure> {
    let name = call.text(0, "the database")?;
    let connection = call.connection()?;
    let client = connection.client.with_database(&name)?;
    // Milvus 2.4 lists no databases.
    let known = if_listed(client.catalog_names(calls::DATABASES, &[]))?;
    if let Some(known) = known.filter(|known| !known.contains(&name)) {
        let near = words::did_you_mean(&name, known.iter().map(String::as_str));
        let create = format!(
            "databases() lists them; api(\"POST\", \"/v2/vectordb/databases/create\", #{{dbName: {}}}) creates it",
            words::quote(&name)
        );
        let failure = Failure::refused(format!("no database {name:?}"));
        return Err(failure.with_hint(near.unwrap_or(create)));
    }
    let used = Rc::new(Connection {
        client,
        ..Connection::clone(&connection)
    });
    call.session.use_connection(Rc::clone(&used));
    Ok(Dynamic::from(used))
}

fn indexes(call: &Call) -> Result<Dynamic, Failure> {
    let collection = call.pair("collectionName", 0)?;
    let client = &call.connection()?.client;
    let names =
        client.catalog_names(calls::INDEXES, &borrowed(std::slice::from_ref(&collection)))?;
    let mut rows = Vec::new();
    for name in names {
        let body = [collection.clone(), ("indexName", name)];
        match client.catalog_objects(calls::DESCRIBE_INDEX, &borrowed(&body)) {
            // The index may be one that a dry run would have created.
            Err(_) if call.session.choices().dry_run => {
                let [_, (key, name)] = body;
                rows.push(json!({ key: name }));
            }
            found => rows.extend(found?),
        }
    }
    let rows = rows.into_iter().map(index_row).collect();
    Ok(Dynamic::from(List::of("index", rows)))
}

/// Returns the known keys of an index in their order, without the server's internal ones.
fn index_row(mut index: Value) -> Dynamic {
    let mut value = |key: &&str| {
        (
            (*key).to_owned(),
            index.get_mut(*key).map_or(Value::Null, Value::take),
        )
    };
    ordered(Value::Object(INDEX.iter().map(&mut value).collect()))
}

fn create_index(call: &Call) -> Result<Dynamic, Failure> {
    let collection = call.pair("collectionName", 0)?;
    let field = call.text(1, "the field")?;
    let options = call.options(2)?;
    let name = options.text("name")?.unwrap_or_else(|| field.clone());
    let mut params: Map<String, Value> = options
        .map("params")?
        .unwrap_or_default()
        .iter()
        .map(|(key, value)| (key.to_string(), json_of(value)))
        .collect();
    let kind = options
        .text("type")?
        .unwrap_or_else(|| "AUTOINDEX".to_owned());
    // All versions from 2.4 on read the type here.
    params.insert("index_type".to_owned(), kind.into());
    let mut index = json!({"fieldName": field, "indexName": name, "params": params});
    if let (Some(metric), Some(index)) = (options.text("metric")?, index.as_object_mut()) {
        index.insert("metricType".to_owned(), metric.into());
    }
    let body = borrowed(std::slice::from_ref(&collection));
    let more = Some(("indexParams", json!([index])));
    let client = &call.connection()?.client;
    client.catalog_change(calls::CREATE_INDEX, &body, more, (&name, Some("")))?;
    let place = place(&[collection.clone(), ("indexName", name.clone())]);
    call.session.changed(&format!("created index {place}"));
    Ok(Dynamic::UNIT)
}
