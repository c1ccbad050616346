//! `partitions`, `databases`, `indexes` and their changes.

use crate::api::{ApiError, ServiceReason};
use crate::api::{CallForm, catalog as calls};
use crate::connection::Connection;
use crate::engine::call::{Call, Function};
use crate::engine::describe::{Confirm, Family, Opt, SessionEffect, Takes, opt};
use crate::engine::types::{Gives, List, ScriptType, ordered};
use crate::error::{Failure, Kind};
use crate::text::words;
use rhai::Dynamic;
use serde_json::{Value, json};
use std::rc::Rc;

const INDEX_OPTIONS: &[Opt] = &[
    opt("type", "index type")
        .alias(&["indexType", "index_type"])
        .or("\"AUTOINDEX\""),
    opt(
        "metric",
        "metric of vectors; by default the server's choice for the field",
    )
    .alias(&["metricType", "metric_type"])
    .of(Takes::Words(&[
        "COSINE", "L2", "IP", "HAMMING", "JACCARD", "BM25",
    ])),
    opt("name", "the index's name; by default that of the field")
        .alias(&["indexName", "index_name"]),
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

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Collections.table([
    Function::new(
        &["partitions(collection)"],
        "lists the names of a collection's partitions",
        "partitions(\"books\")",
        |call| names(call, calls::PARTITIONS, &COLLECTION, "partition"),
    )
    .takes(&[Takes::Collection])
    .gives(Gives::Texts)
    .related(&["create_partition", "drop_partition", "import"]),
    Function::new(
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
    Function::new(
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
    Function::new(
        &["databases()"],
        "lists the names of the databases",
        "databases()",
        |call| names(call, calls::DATABASES, &[], "database"),
    )
    .gives(Gives::Texts)
    .related(&["use_database", "collections", "connect"]),
    Function::new(
        &["use_database(name)"],
        "makes a connection with this database the current one, and returns it",
        "use_database(\"default\")",
        use_database,
    )
    .takes(&[Takes::Database])
    .gives(Gives::One(<Rc<Connection> as ScriptType>::TYPE))
    .related(&["databases", "connect"])
    .script_only(),
    Function::new(
        &["indexes(collection)"],
        "lists a collection's indexes with their type, metric and state",
        "indexes(\"books\")",
        indexes,
    )
    .takes(&[Takes::Collection])
    .gives(Gives::Maps(INDEX))
    .related(&["create_index", "drop_index", "describe"]),
    Function::new(
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
    Function::new(
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
]);

/// The keys of the bodies that name a collection, a partition or an index. The arguments have the same order.
const COLLECTION: [&str; 1] = ["collectionName"];
const PARTITION: [&str; 2] = ["collectionName", "partitionName"];
const NAMED_INDEX: [&str; 2] = ["collectionName", "indexName"];

impl Call<'_> {
    /// Returns the pairs of these keys of a body and the text arguments in this order.
    fn pairs<'k>(&self, keys: &[&'k str]) -> Result<Vec<(&'k str, String)>, Failure> {
        let pair = |(index, key): (usize, &&'k str)| {
            let what = match *key {
                "collectionName" => "the collection",
                "aliasName" => "the alias",
                _ => "the name",
            };
            Ok((*key, self.text(index, what)?))
        };
        keys.iter().enumerate().map(pair).collect()
    }
}

/// Borrows the values of pairs.
fn borrowed<'p>(pairs: &'p [(&'p str, String)]) -> Vec<(&'p str, &'p str)> {
    pairs.iter().map(|(key, value)| (*key, &**value)).collect()
}

/// Returns listed names. The noun names one of them.
fn names(
    call: &Call,
    list: CallForm,
    keys: &[&str],
    noun: &'static str,
) -> Result<Dynamic, Failure> {
    let body = call.pairs(keys)?;
    let client = &call.connection()?.client;
    let names = client.catalog_names(list, &borrowed(&body))?;
    let names = names.into_iter().map(Dynamic::from).collect();
    Ok(Dynamic::from(List::of(noun, names)))
}

/// Makes a change to what the last of these keys names.
pub(super) fn change(
    call: &Call,
    change: CallForm,
    keys: &[&str],
    done: &str,
) -> Result<Dynamic, Failure> {
    let pairs = call.pairs(keys)?;
    let Some((_, name)) = pairs.last() else {
        return Ok(Dynamic::UNIT);
    };
    let client = &call.connection()?.client;
    let made = done.starts_with("created").then_some("");
    client.catalog_change(change, &borrowed(&pairs), None, (name, made))?;
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
    list: CallForm,
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
    let pairs = call.pairs(&PARTITION)?;
    let client = &call.connection()?.client;
    let body = borrowed(&pairs);
    let (_, name) = body[1];
    let drop = || client.catalog_change(calls::DROP_PARTITION, &body, None, (name, None));
    let is_loaded = call.session.choices().dry_run
        || match drop() {
            Ok(()) => false,
            Err(error) if error.reason() == Some(ServiceReason::PartitionLoaded) => true,
            Err(error) => return Err(error.into()),
        };
    if is_loaded {
        let more = Some(("partitionNames", json!([name])));
        client.catalog_change(calls::RELEASE_PARTITIONS, &body[..1], more, ("", None))?;
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
    let collection = call.pairs(&COLLECTION)?;
    let client = &call.connection()?.client;
    let mut rows = Vec::new();
    for name in client.catalog_names(calls::INDEXES, &borrowed(&collection))? {
        let mut body = borrowed(&collection);
        body.push(("indexName", &name));
        match client.catalog_objects(calls::DESCRIBE_INDEX, &body) {
            // The index may be one that a dry run would have created.
            Err(_) if call.session.choices().dry_run => rows.push(json!({"indexName": name})),
            found => rows.extend(found?),
        }
    }
    let rows = rows.into_iter().map(index_row).collect();
    Ok(Dynamic::from(List::of("index", rows)))
}

/// Returns the known keys of an index in their order, without the server's internal ones.
fn index_row(mut index: Value) -> Dynamic {
    let pairs = INDEX.iter().map(|key| {
        let value = index.get_mut(*key).map_or(Value::Null, Value::take);
        ((*key).to_owned(), value)
    });
    ordered(Value::Object(pairs.collect()))
}

fn create_index(call: &Call) -> Result<Dynamic, Failure> {
    let mut pairs = call.pairs(&COLLECTION)?;
    let field = call.text(1, "the field")?;
    let options = call.options(2)?;
    let name = options.text("name")?.unwrap_or_else(|| field.clone());
    let mut params = options.object("params")?;
    let kind = options.text("type")?;
    // All versions from 2.4 on read the type here.
    params.insert(
        "index_type".to_owned(),
        kind.as_deref().unwrap_or("AUTOINDEX").into(),
    );
    let mut index = json!({"fieldName": field, "indexName": name, "params": params});
    if let Some(metric) = options.text("metric")? {
        index["metricType"] = metric.into();
    }
    let more = Some(("indexParams", json!([index])));
    let client = &call.connection()?.client;
    client.catalog_change(
        calls::CREATE_INDEX,
        &borrowed(&pairs),
        more,
        (&name, Some("")),
    )?;
    pairs.push(("indexName", name));
    call.session
        .changed(&format!("created index {}", place(&pairs)));
    Ok(Dynamic::UNIT)
}
