//! `check`: finds what an import would refuse or drop, on this machine.

use super::create_collection;
use crate::check::{
    self, CheckReport, CheckRequest, Inferred, MAX_SHARDS, StoreAccess, parse_shard,
};
use crate::connection::Storage;
use crate::credentials;
use crate::engine::call::{Call, Function};
use crate::engine::connecting::{aws, profiles};
use crate::engine::describe::{ExamplePlace, Family, Opt, Takes, flag, opt};
use crate::engine::options::Options;
use crate::engine::types::{
    Gives, ReportValue, ScriptType, as_text, as_texts, json_of, map_of, ordered,
};
use crate::error::{Failure, Kind};
use crate::formats::{CsvOptions, Schema, SchemaError};
use crate::render::{CheckBar, Screen};
use crate::secret::StorageKeys;
use crate::session::Session;
use crate::stores::bucket::Endpoints;
use crate::text::words;
use rhai::Dynamic;
use serde_json::{Map, Value};

const SEPARATOR: Opt = opt("sep", "CSV: the character between cells")
    .alias(&["separator"])
    .or("\",\"");
const NULL: Opt = opt("nullkey", "CSV: the text of a null cell")
    .alias(&["null"])
    .or("\"\"");
pub(super) const STORAGE_KEYS: Opt = opt(
    "storage_keys",
    "\"aws\": the keys of the AWS environment or of ~/.aws",
)
.of(Takes::Words(&["aws"]));

const INFER_OPTIONS: &[Opt] = &[SEPARATOR, NULL, STORAGE_KEYS];

const OPTIONS: &[Opt] = &[
    opt(
        "target",
        "the collection, schema or schema file, instead of the second argument",
    )
    .of(Takes::Collection)
    .map_only(),
    flag("strict", "count warnings as errors"),
    opt(
        "sample",
        "check only this many rows of each file, spread over it",
    )
    .of(Takes::Number),
    opt(
        "shard",
        "check only a part of the files, or of the parts of large ones: \"3/16\" is the third of 16 parts",
    ),
    opt(
        "keys_out",
        "file for the shard's sorted key hashes, for zshell check --merge",
    )
    .of(Takes::Path),
    SEPARATOR,
    NULL,
    STORAGE_KEYS,
];

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Data.table([
    Function::new(
        &[
            "check(paths)",
            "check(paths, target)",
            "check(paths, target, #{strict, sample, shard, keys_out, sep, nullkey, storage_keys})",
        ],
        "finds what an import of these files would refuse or drop, without sending anything",
        "write_text(\"books.jsonl\", `{\"id\": 1, \"vector\": [0.1, 0.2, 0.3, 0.4]}`);\ncheck(\"books.jsonl\", \"books\")",
        run,
    )
    .takes(&[Takes::Data, Takes::Collection, Takes::Options])
    .options(OPTIONS)
    .gives(Gives::One(ReportValue::TYPE))
    .also_in(
        ExamplePlace::Bucket,
        "check(\"s3://my-bucket/books/*.parquet\", \"books\", #{storage_keys: \"aws\"})",
    )
    .related(&["infer", "import", "import_all"]),
    Function::new(
        &[
            "infer(paths)",
            "infer(paths, #{sep, nullkey, storage_keys})",
        ],
        "proposes the schema of a collection for these files, as create_collection() takes it",
        "write_text(\"tales.jsonl\", `{\"id\": 1, \"vector\": [0.1, 0.2, 0.3, 0.4]}`);\ncreate_collection(\"tales\", infer(\"tales.jsonl\"))",
        infer,
    )
    .takes(&[Takes::Data, Takes::Options])
    .options(INFER_OPTIONS)
    .gives(Gives::Map(&["schema", "indexParams"]))
    .related(&["check", "create_collection"]),
]);

fn run(call: &Call) -> Result<Dynamic, Failure> {
    let (target, options) = arguments(call)?;
    let (schema, metrics) = match target {
        Some(target) => target_of(call, &target)?,
        None => {
            let inferred = infer_schema(call, &options)?;
            call.session.notice(
                "no target is given: the rows are checked against the schema that infer() proposes",
            );
            let metrics = inferred.metrics();
            (inferred.schema, metrics)
        }
    };
    let request = CheckRequest {
        paths: paths(call)?,
        schema,
        metrics,
        csv: csv(call, &options)?,
        stores: stores(call, &options)?,
        sample: match options.number("sample")? {
            Some(0) => return Err(call.misused("the option sample is at least 1")),
            rows => rows,
        },
        shard: shard(call, &options)?,
        keys_out: options.text("keys_out")?.map(Into::into),
        strict: options.flag("strict")?.unwrap_or(false),
    };
    let report = watched(call.session, request)?;
    Ok(Dynamic::from(ReportValue::new(report)))
}

/// Runs a check with its display.
pub(super) fn watched(session: &Session, request: CheckRequest) -> Result<CheckReport, Failure> {
    let mut bar = ByteBar::new(session);
    let mut began = false;
    let report = check::run(request, &session.interrupt, |count| {
        if count.total == 0 {
            return;
        }
        if !std::mem::replace(&mut began, true) && count.remote > 0 {
            let size = words::bytes(count.remote);
            session.notice(&format!("reading {size} from object stores"));
        }
        let rows = words::count(count.rows, "row");
        bar.update(count.bytes, count.total, &rows, count.remote > 0);
    });
    bar.finish();
    Ok(report?)
}

/// Proposes a schema, and says why on standard error.
fn infer(call: &Call) -> Result<Dynamic, Failure> {
    let inferred = infer_schema(call, &call.options(1)?)?;
    for reason in &inferred.reasons {
        call.session.notice(reason);
    }
    Ok(ordered(inferred.json()))
}

fn infer_schema(call: &Call, options: &Options) -> Result<Inferred, Failure> {
    let (stores, csv) = (stores(call, options)?, csv(call, options)?);
    let interrupt = &call.session.interrupt;
    Ok(check::infer(paths(call)?, stores, csv, interrupt)?)
}

/// Returns the target and the options. A map in second place is a schema, or options with or without a target.
fn arguments(call: &Call) -> Result<(Option<Dynamic>, Options), Failure> {
    let is_options = |second: &Dynamic| {
        let keys = ["schema", "fields", "dimension", "dim"];
        map_of(second).is_some_and(|map| keys.iter().all(|key| !map.contains_key(*key)))
    };
    let second = call.args.get(1);
    if call.args.len() < 3 && second.is_none_or(is_options) {
        let options = call.options(1)?;
        return Ok((options.get("target").cloned(), options));
    }
    let target = second.filter(|target| !target.is_unit()).cloned();
    Ok((target, call.options(2)?))
}

pub(super) fn paths(call: &Call) -> Result<Vec<String>, Failure> {
    let given = call.arg(0, "the paths")?;
    match as_texts(given) {
        Some(paths) if !paths.is_empty() => Ok(paths),
        _ => Err(call.wrong_type("the paths are text or a list of texts", given)),
    }
}

/// Returns the schema of a target and the metrics of its vectors: a schema map, a file in the form of a create call, or a
/// collection.
fn target_of(call: &Call, target: &Dynamic) -> Result<(Schema, Vec<(String, String)>), Failure> {
    let body = match as_text(target) {
        None => json_of(target),
        // A collection's name has no dot and no slash.
        Some(path) if path.contains(['.', '/', '\\']) => {
            let text = call.session.read_text(&path);
            let text = text.map_err(|failure| failure.refused_as(Kind::Usage))?;
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            serde_json::from_str(text)
                .map_err(|error| Failure::usage(format!("check: {path}: {error}")))?
        }
        Some(name) => call.connection()?.client.describe(&name)?.raw,
    };
    let Value::Object(body) = body else {
        return Err(call.wrong_type(
            "the target is a collection, a schema map or a schema file",
            target,
        ));
    };
    schema_of(body)
}

/// Returns the schema of a create call or a description, and the metrics of its vectors.
pub(super) fn schema_of(
    body: Map<String, Value>,
) -> Result<(Schema, Vec<(String, String)>), Failure> {
    let metrics = metrics(&body);
    let schema = if body.contains_key("fields") {
        Schema::from_describe(&Value::Object(body))
    } else {
        let body = create_collection::body_of_options(body)?;
        Schema::from_create_body(&Value::Object(body))
    };
    Ok((schema.map_err(|error| refused(&error))?, metrics))
}

fn refused(error: &SchemaError) -> Failure {
    Failure::usage(format!("check: {error}"))
        .with_hint("the schema is what create_collection() takes or describe() gives")
}

/// Returns the names of vector fields with their metrics, from a create call or a description.
fn metrics(body: &Map<String, Value>) -> Vec<(String, String)> {
    let text = |object: &Value, keys: &[&str]| {
        let mut found = keys.iter().filter_map(|key| object.get(key)?.as_str());
        found.next().map(str::to_owned)
    };
    let lists = ["indexParams", "indexes"].iter();
    let indexes = lists.filter_map(|key| body.get(*key)?.as_array()).flatten();
    let of_index = |index: &Value| {
        let metric = text(index, &["metricType", "metric_type"])
            .or_else(|| text(index.get("params")?, &["metric_type", "metricType"]));
        Some((text(index, &["fieldName", "field_name"])?, metric?))
    };
    let mut all: Vec<_> = indexes.filter_map(of_index).collect();
    if body.contains_key("dimension") {
        let value = Value::Object(body.clone());
        let field = text(&value, &["vectorFieldName"]).unwrap_or_else(|| "vector".to_owned());
        let metric = text(&value, &["metricType"]).unwrap_or_else(|| "COSINE".to_owned());
        all.push((field, metric));
    }
    all
}

fn csv(call: &Call, options: &Options) -> Result<CsvOptions, Failure> {
    let separator = options.text("sep")?.unwrap_or_default();
    let null = options.text("nullkey")?.unwrap_or_default();
    CsvOptions::new(&separator, &null).map_err(|error| call.misused(&error.to_string()))
}

/// Returns the number of the shard, from 0, and the number of shards.
fn shard(call: &Call, options: &Options) -> Result<Option<(u64, u64)>, Failure> {
    let Some(text) = options.text("shard")? else {
        return Ok(None);
    };
    let shard = parse_shard(&text);
    shard.map(Some).ok_or_else(|| {
        call.misused(&format!(
            "shard is text such as \"3/16\", from 1 to at most {MAX_SHARDS} shards, got {text:?}"
        ))
    })
}

/// Returns how object stores are reached: with the storage settings of the connection or chosen profile, or those of the
/// environment.
pub(super) fn stores(call: &Call, options: &Options) -> Result<StoreAccess, Failure> {
    let connection = call.receiver.clone().or_else(|| call.session.current());
    // A plain command such as upload doesn't connect.
    let has_url = || {
        let mut args = call.args.iter();
        args.any(|arg| json_of(arg).to_string().contains("://"))
    };
    let storage = match connection {
        Some(connection) => connection.storage.clone(),
        None if has_url() => profiles::chosen_storage(call.session)?,
        None => Storage::default(),
    };
    let keys = if aws(options)? || (storage.aws && storage.keys.is_empty()) {
        credentials::aws::find()?
    } else {
        storage.keys.clone()
    };
    Ok(store_access(storage, keys))
}

/// Returns how object stores are reached, with these storage settings and credentials.
pub(super) fn store_access(storage: Storage, keys: StorageKeys) -> StoreAccess {
    StoreAccess {
        endpoints: Endpoints::of(storage.url.as_deref(), storage.endpoint),
        region: storage.region,
        keys,
    }
}

/// A bar of read or sent bytes on standard error, if the terminal supports one; none with `-q`.
pub(super) struct ByteBar {
    /// The terminal, if a bar is wanted.
    screen: Option<Screen>,
    bar: Option<CheckBar>,
}

impl ByteBar {
    /// Returns a bar that's shown from the first update on.
    pub(super) fn new(session: &Session) -> Self {
        Self {
            screen: session.bar_screen(),
            bar: None,
        }
    }

    /// Shows the progress, with a text behind it.
    pub(super) fn update(&mut self, bytes: u64, total: u64, text: &str, remote: bool) {
        if let Some(screen) = self.screen.as_ref().filter(|_| total > 0) {
            let bar = self.bar.get_or_insert_with(|| CheckBar::stderr(screen));
            bar.update(bytes, total, text, remote);
        }
    }

    /// Removes the bar.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish();
        }
    }
}
