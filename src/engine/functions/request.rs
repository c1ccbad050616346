//! From the arguments of `import(…)` to a checked import request.

mod files;

use crate::api::model::{Dialect, ImportRequest, Source};
use crate::connection::Connection;
use crate::credentials;
use crate::engine::call::Call;
use crate::engine::connecting::aws;
use crate::engine::describe::{Opt, Takes, opt};
use crate::engine::options::{EXTRA, Options};
use crate::engine::types::map_of;
use crate::error::Failure;
use crate::secret::StorageKeys;
use files::source;
pub(super) use files::{check_local_files, located};
use rhai::{Dynamic, Map};
use std::time::Duration;

/// The API's own options that are known. Any other option is passed on too.
const API_OPTIONS: &[Opt] = &[
    opt("timeout", "the job fails after this time, e.g. \"1h45m\""),
    opt("auto_commit", "the import's option auto_commit, as text")
        .or("\"true\"")
        .of(Takes::Words(&["true", "false"])),
    opt("sep", "CSV: the character between cells").or("\",\""),
    opt("nullkey", "CSV: the text of a null cell"),
];

// The options that several functions take.
pub(super) const PARTITION: Opt = opt("partition", "target partition")
    .alias(&["partition_name"])
    .of(Takes::Partition);
pub(super) const DB: Opt = opt("db", "database")
    .alias(&["db_name", "database"])
    .of(Takes::Database);
pub(super) const ACCESS_KEY: Opt =
    opt("access_key", "access key id of the store").of(Takes::Secret);
pub(super) const SECRET_KEY: Opt = opt("secret_key", "secret key of the store").of(Takes::Secret);
pub(super) const SESSION_TOKEN: Opt = opt(
    "session_token",
    "session token of temporary storage credentials",
)
.alias(&["token"])
.of(Takes::Secret);
pub(super) const STORAGE_KEYS: Opt = opt(
    "storage_keys",
    "\"aws\": storage credentials from the AWS environment variables or ~/.aws",
)
.of(Takes::Words(&["aws"]));
pub(super) const BUSY_WAIT: Opt = opt(
    "busy_wait",
    "time to retry if the service is busy, instead of the connection's setting",
)
.of(Takes::Duration);
pub(super) const API: Opt = opt(
    "options",
    "the API's own options, e.g. #{timeout: \"300s\"}",
)
.of(Takes::Keys(API_OPTIONS));

/// The keys of `import(#{…})`: zshell's own first, then the keys of a request body saved from curl.
pub(super) const OPTIONS: &[Opt] = &[
    opt("collection", "target collection")
        .alias(&["collection_name"])
        .of(Takes::Collection)
        .map_only(),
    opt("url", "one object path")
        .alias(&["object_url", "path"])
        .of(Takes::Data)
        .map_only(),
    opt(
        "urls",
        "object paths; a nested list is one set of NumPy files",
    )
    .alias(&["object_urls"])
    .of(Takes::Data)
    .map_only(),
    opt("files", "Milvus' name for urls")
        .of(Takes::Data)
        .map_only(),
    opt("volume", "a Zilliz Cloud volume").alias(&["volume_name", "stage_name"]),
    opt(
        "paths",
        "paths inside the volume; without a volume, the same as urls",
    )
    .alias(&["data_paths"])
    .map_only(),
    PARTITION,
    DB,
    ACCESS_KEY,
    SECRET_KEY,
    SESSION_TOKEN,
    STORAGE_KEYS,
    opt(
        "auto_commit",
        "false: the job waits for commit() or abort() before its rows are visible",
    )
    .or("true")
    .of(Takes::Flag),
    API,
    opt(
        "key",
        "import key: repeating the call returns the same job (printable ASCII, at most 256)",
    )
    .of(Takes::ImportKey),
    BUSY_WAIT,
    opt("cluster_id", "must be the connection's cluster id").map_only(),
    opt("project_id", "must be the connection's project id").map_only(),
    opt("region_id", "must be the connection's region").map_only(),
    EXTRA,
];

/// A request with its idempotency key.
pub(super) struct ImportSubmission {
    /// The request to send.
    pub(super) request: ImportRequest,
    /// The idempotency key, if the caller chose one.
    pub(super) key: Option<String>,
    /// The time for which a busy service is retried, if the caller set one.
    pub(super) busy_wait: Option<Duration>,
    /// Warnings for the caller that don't prevent the import.
    pub(super) warnings: Vec<String>,
}

/// Reads every form of `import(…)`.
pub(super) fn read(call: &Call, connection: &Connection) -> Result<ImportSubmission, Failure> {
    match call.args.as_slice() {
        [only] if map_of(only).is_some() => from_options(call, connection, &call.options(0)?, None),
        [_] => Err(call.misused("the files are missing")),
        _ => from_options(call, connection, &call.options(2)?, call.args.get(1)),
    }
}

fn from_options(
    call: &Call,
    connection: &Connection,
    options: &Options,
    paths: Option<&Dynamic>,
) -> Result<ImportSubmission, Failure> {
    check_target(options, connection)?;
    let collection = match paths {
        Some(_) => call.text(0, "the collection")?,
        None => options
            .text("collection")?
            .ok_or_else(|| call.misused("the option collection is missing"))?,
    };
    if collection.trim().is_empty() {
        return Err(call.misused("the collection's name is empty"));
    }
    let (source, sets) = source(call, connection, options, paths)?;
    Ok(ImportSubmission {
        request: around(options, connection, collection, source)?,
        key: options.text("key")?,
        busy_wait: options.duration("busy_wait")?,
        warnings: files::warnings(connection, &sets),
    })
}

/// Returns a request from a map in the form of `import(#{…})`.
pub(super) fn from_map(
    call: &Call,
    connection: &Connection,
    map: Map,
) -> Result<ImportSubmission, Failure> {
    let options = Options::parse(call.function.name, OPTIONS, map)?;
    from_options(call, connection, &options, None)
}

/// Returns the request that the options describe, with this source.
pub(super) fn around(
    options: &Options,
    connection: &Connection,
    collection: String,
    source: Source,
) -> Result<ImportRequest, Failure> {
    Ok(ImportRequest {
        collection,
        partition: options.text("partition")?,
        database: options.text("db")?,
        source,
        keys: storage_keys(options, connection)?,
        options: api_options(options)?,
        extra: options.extra()?,
    })
}

/// Returns the import's own storage credentials, else those that it says to look up, else the connection's. No others
/// are ever sent.
fn storage_keys(options: &Options, connection: &Connection) -> Result<StorageKeys, Failure> {
    let own = options.storage_keys()?;
    let storage = &connection.storage;
    let gives = own.secrets().next().is_some();
    match (gives, aws(options)?) {
        (true, true) => Err(Failure::usage(
            "import: give storage keys once: as access_key and secret_key, or by storage_keys: \"aws\"",
        )),
        (true, false) => Ok(own),
        // A self-hosted server reads its bucket with its own keys. The connection's are for uploads and checks.
        (false, false) if connection.client.settings().dialect == Dialect::Milvus => Ok(own),
        (false, false) if !storage.keys.is_empty() => Ok(storage.keys.clone()),
        (false, false) if !storage.aws => Ok(own),
        // Read for each import, because short-term credentials are renewed during a long run.
        _ => credentials::aws::find(),
    }
}

/// Returns the API's own options, including `auto_commit`.
fn api_options(options: &Options) -> Result<Vec<(String, String)>, Failure> {
    let mut pairs = options.pairs("options")?.unwrap_or_default();
    if let Some(auto_commit) = options.flag("auto_commit")? {
        pairs.retain(|(name, _)| name != "auto_commit");
        pairs.push(("auto_commit".to_owned(), auto_commit.to_string()));
    }
    Ok(pairs)
}

/// Refuses a request body saved from curl if it names another cluster or project.
fn check_target(options: &Options, connection: &Connection) -> Result<(), Failure> {
    let settings = connection.client.settings();
    let checks = [
        ("cluster_id", &settings.cluster_id),
        ("project_id", &settings.project_id),
        ("region_id", &settings.region),
    ];
    for (name, ours) in checks {
        if let (Some(theirs), Some(ours)) = (options.text(name)?, ours)
            && theirs != *ours
        {
            let message =
                format!("the request names {name} {theirs:?}, the connection's is {ours:?}");
            let failure = Failure::refused(message);
            return Err(failure.with_hint("connect to the one it names, or leave it out"));
        }
    }
    Ok(())
}
