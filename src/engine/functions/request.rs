//! From the arguments of `import(…)` to a checked import request.

use crate::api::model::{Dialect, ImportRequest, Source};
use crate::connection::Connection;
use crate::credentials;
use crate::engine::call::Call;
use crate::engine::connecting::aws;
use crate::engine::describe::{Opt, Takes, opt, opt_as};
use crate::engine::options::{EXTRA, Options};
use crate::engine::types::{as_text, found, list_of, map_of};
use crate::error::{Failure, Kind};
use crate::location::{Location, cloud_mismatch};
use crate::secret::Secret;
use crate::text::words;
use rhai::{Dynamic, Map};
use std::path::Path;
use std::time::Duration;

/// Maximum number of files of a folder that are compared with a missing file's name.
const MAX_NEAR_FILES: usize = 1000;

/// The API's own options that are known (reference: Create). Any other option is passed on too.
const API_OPTIONS: &[Opt] = &[
    opt("timeout", "the job fails after this time, e.g. \"1h45m\""),
    opt("auto_commit", "the import's option auto_commit, as text")
        .or("\"true\"")
        .of(Takes::Words(&["true", "false"])),
    opt("sep", "CSV: the character between cells").or("\",\""),
    opt("nullkey", "CSV: the text of a null cell"),
];

/// The options that both `import` and `import_all` take.
pub(super) mod shared {
    use super::{API_OPTIONS, Opt, Takes, opt, opt_as};

    pub(in super::super) const PARTITION: Opt =
        opt_as("partition", &["partition_name"], "target partition").of(Takes::Partition);
    pub(in super::super) const DB: Opt =
        opt_as("db", &["db_name", "database"], "database").of(Takes::Database);
    pub(in super::super) const ACCESS_KEY: Opt =
        opt("access_key", "access key id of the store").of(Takes::Secret);
    pub(in super::super) const SECRET_KEY: Opt =
        opt("secret_key", "secret key of the store").of(Takes::Secret);
    pub(in super::super) const SESSION_TOKEN: Opt = opt_as(
        "session_token",
        &["token"],
        "session token of temporary storage credentials",
    )
    .of(Takes::Secret);
    pub(in super::super) const STORAGE_KEYS: Opt = opt(
        "storage_keys",
        "\"aws\": storage credentials from the AWS environment variables or ~/.aws",
    )
    .of(Takes::Words(&["aws"]));
    pub(in super::super) const AUTO_COMMIT: Opt = opt(
        "auto_commit",
        "false: the job waits for commit() or abort() before its rows are visible",
    )
    .or("true")
    .of(Takes::Flag);
    pub(in super::super) const BUSY_WAIT: Opt = opt(
        "busy_wait",
        "time to retry if the service is busy, instead of the connection's setting",
    )
    .of(Takes::Duration);
    pub(in super::super) const API: Opt = opt(
        "options",
        "the API's own options, e.g. #{timeout: \"300s\"}",
    )
    .of(Takes::Keys(API_OPTIONS));
}

/// The keys of `import(#{…})`: zshell's own first, then the keys of a request body saved from curl.
pub(super) const OPTIONS: &[Opt] = &[
    opt_as("collection", &["collection_name"], "target collection")
        .of(Takes::Collection)
        .map_only(),
    opt_as("url", &["object_url", "path"], "one object path")
        .of(Takes::Data)
        .map_only(),
    opt_as(
        "urls",
        &["object_urls"],
        "object paths; a nested list is one set of NumPy files",
    )
    .of(Takes::Data)
    .map_only(),
    opt("files", "Milvus' name for urls")
        .of(Takes::Data)
        .map_only(),
    opt_as(
        "volume",
        &["volume_name", "stage_name"],
        "a Zilliz Cloud volume",
    ),
    opt_as(
        "paths",
        &["data_paths"],
        "paths inside the volume; without a volume, the same as urls",
    )
    .map_only(),
    shared::PARTITION,
    shared::DB,
    shared::ACCESS_KEY,
    shared::SECRET_KEY,
    shared::SESSION_TOKEN,
    shared::STORAGE_KEYS,
    shared::AUTO_COMMIT,
    shared::API,
    opt(
        "key",
        "import key: repeating the call returns the same job (printable ASCII, at most 256)",
    )
    .of(Takes::ImportKey),
    shared::BUSY_WAIT,
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
        [_, paths] => from_options(call, connection, &call.options(2)?, Some(paths)),
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
    let mut files = RequestFiles {
        connection,
        locations: Vec::new(),
    };
    let source = source(call, options, paths, &mut files)?;
    Ok(ImportSubmission {
        request: around(options, connection, collection, source)?,
        key: options.text("key")?,
        busy_wait: options.duration("busy_wait")?,
        warnings: files.warnings(),
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
    let keys = storage_keys(options, connection)?;
    Ok(ImportRequest {
        collection,
        partition: options.text("partition")?,
        database: options.text("db")?,
        source,
        access_key: keys.access_key,
        secret_key: keys.secret_key,
        session_token: keys.session_token,
        options: api_options(options)?,
        extra: options.extra()?,
    })
}

/// Returns the files of a list, each a file or a set of `NumPy` files, and warnings for the caller.
pub(super) fn located(
    call: &Call,
    connection: &Connection,
    paths: &Dynamic,
) -> Result<(Vec<Vec<Location>>, Vec<String>), Failure> {
    let mut files = RequestFiles {
        connection,
        locations: Vec::new(),
    };
    let sets = files.each(call, paths, &|it, text| it.connection.locate(text))?;
    files.locations = sets.iter().flatten().cloned().collect();
    Ok((sets, files.warnings()))
}

/// Returns an error for the first file of these requests that doesn't exist, if the service in this process reads it
/// from disk. Under `--dry-run`, an earlier step that would write the file was only simulated.
pub(super) fn check_local_files<'a>(
    call: &Call,
    connection: &Connection,
    requests: impl IntoIterator<Item = &'a ImportRequest>,
) -> Result<(), Failure> {
    if connection.name != "local" || call.session.dry_run().is_some() {
        return Ok(());
    }
    let files = requests
        .into_iter()
        .filter_map(|request| match &request.source {
            Source::Files(sets) => Some(sets.iter().flatten()),
            Source::Volume { .. } => None,
        });
    for file in files.flatten().filter(|file| !file.contains("://")) {
        // `folder/*.npy` is a set of NumPy files.
        let path = Path::new(file.strip_suffix("/*.npy").unwrap_or(file));
        if let Err(error) = path.metadata() {
            let message = format!("cannot read {file}: {error}; nothing was sent");
            let failure = Failure::new(Kind::Refused, message);
            return Err(match near_file(path) {
                Some(near) => failure.with_hint(near),
                None => failure,
            });
        }
    }
    Ok(())
}

/// Returns files of the same folder with a similar name.
fn near_file(path: &Path) -> Option<String> {
    let entries = path.parent()?.read_dir().ok()?.take(MAX_NEAR_FILES);
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let names: Vec<String> = names.collect();
    let name = path.file_name()?.to_str()?;
    words::did_you_mean(name, names.iter().map(String::as_str))
}

/// The storage credentials of an import, all from one source.
struct RequestKeys {
    access_key: Option<Secret>,
    secret_key: Option<Secret>,
    session_token: Option<Secret>,
}

/// Returns the import's own storage credentials, else those that it says to look up, else the connection's. No others
/// are ever sent.
fn storage_keys(options: &Options, connection: &Connection) -> Result<RequestKeys, Failure> {
    let own = RequestKeys {
        access_key: options.secret("access_key")?,
        secret_key: options.secret("secret_key")?,
        session_token: options.secret("session_token")?,
    };
    let gives = [&own.access_key, &own.secret_key, &own.session_token];
    let gives = gives.into_iter().any(Option::is_some);
    let storage = &connection.storage;
    match (gives, aws(options)?) {
        (true, true) => Err(Failure::usage(
            "import: give storage keys once: as access_key and secret_key, or by storage_keys: \"aws\"",
        )),
        (true, false) => Ok(own),
        // A self-hosted server reads its bucket with its own keys. The connection's are for uploads and checks.
        (false, false) if connection.client.settings().dialect == Dialect::Milvus => Ok(own),
        (false, false) if storage.access_key.is_some() || storage.secret_key.is_some() => {
            Ok(RequestKeys {
                access_key: storage.access_key.clone(),
                secret_key: storage.secret_key.clone(),
                session_token: storage.session_token.clone(),
            })
        }
        (false, false) if !storage.aws => Ok(own),
        _ => {
            // Read for each import, because short-term credentials are renewed during a long run.
            let found = credentials::aws::find()?;
            Ok(RequestKeys {
                access_key: Some(found.access_key),
                secret_key: Some(found.secret_key),
                session_token: found.session_token,
            })
        }
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

fn source(
    call: &Call,
    options: &Options,
    paths: Option<&Dynamic>,
    files: &mut RequestFiles<'_>,
) -> Result<Source, Failure> {
    let volume = options.text("volume")?;
    let named = ["url", "urls", "files", "paths"].into_iter();
    let given: Vec<&Dynamic> = paths
        .into_iter()
        .chain(named.filter_map(|name| options.get(name)))
        .collect();
    let [paths] = given.as_slice() else {
        return Err(call.misused(match (given.is_empty(), volume) {
            (true, None) => "the files are missing: give url, urls, files, or volume with paths",
            (true, Some(_)) => "paths, the paths inside the volume, are missing",
            _ => "give the files once: as url, urls, files, or volume with paths",
        }));
    };
    Ok(match volume {
        Some(name) => volume_source(call, name, paths, files)?,
        None => match first_text(paths).and_then(|text| volume_of(&text)) {
            Some((name, _)) => volume_source(call, name, paths, files)?,
            None => Source::Files(files.sets(call, paths, &|it, text| it.connection.locate(text))?),
        },
    })
}

/// Returns paths in a volume, which may be written as `volume://NAME/path`.
fn volume_source(
    call: &Call,
    name: String,
    paths: &Dynamic,
    files: &mut RequestFiles<'_>,
) -> Result<Source, Failure> {
    let paths = files.sets(call, paths, &|_, text| match volume_of(text) {
        Some((volume, path)) if volume == name => Location::parse_volume(&path),
        _ => Location::parse_volume(text),
    })?;
    Ok(Source::Volume { name, paths })
}

/// Splits `volume://NAME/path`.
fn volume_of(text: &str) -> Option<(String, String)> {
    let (name, path) = text.strip_prefix("volume://")?.split_once('/')?;
    Some((name.to_owned(), path.to_owned()))
}

fn first_text(paths: &Dynamic) -> Option<String> {
    match list_of(paths) {
        Some(list) => first_text(list.first()?),
        None => as_text(paths),
    }
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
        match (options.text(name)?, ours) {
            (Some(theirs), Some(ours)) if theirs != *ours => {
                return Err(Failure::new(
                    Kind::Refused,
                    format!("the request names {name} {theirs:?}, the connection's is {ours:?}"),
                )
                .with_hint("connect to the one it names, or leave it out"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The parsed and checked paths of one request.
struct RequestFiles<'a> {
    connection: &'a Connection,
    locations: Vec<Location>,
}

type Locate<'f> =
    &'f dyn Fn(&RequestFiles<'_>, &str) -> Result<Location, crate::location::LocationError>;

impl RequestFiles<'_> {
    /// Returns the sets of paths. A text is one file. In a list, each text is one file and a nested list is one set of
    /// `NumPy` files.
    fn sets(
        &mut self,
        call: &Call,
        paths: &Dynamic,
        locate: Locate<'_>,
    ) -> Result<Vec<Vec<String>>, Failure> {
        let sets = self.each(call, paths, locate)?;
        let text = |location: &Location| location.text().to_owned();
        let texts = sets.iter().map(|set| set.iter().map(text).collect());
        let texts = texts.collect();
        self.locations.extend(sets.into_iter().flatten());
        Ok(texts)
    }

    fn each(
        &self,
        call: &Call,
        paths: &Dynamic,
        locate: Locate<'_>,
    ) -> Result<Vec<Vec<Location>>, Failure> {
        let list = match list_of(paths) {
            Some(list) => list,
            None => vec![paths.clone()],
        };
        if list.is_empty() {
            return Err(call.misused("the list of files is empty"));
        }
        list.iter()
            .map(|item| self.set(call, item, locate))
            .collect()
    }

    fn set(
        &self,
        call: &Call,
        item: &Dynamic,
        locate: Locate<'_>,
    ) -> Result<Vec<Location>, Failure> {
        let texts: Option<Vec<String>> = match list_of(item) {
            Some(list) => list.iter().map(as_text).collect(),
            None => as_text(item).map(|text| vec![text]),
        };
        let texts = texts.filter(|texts| !texts.is_empty()).ok_or_else(|| {
            call.misused(&format!(
                "a file is text, a set of NumPy files a list of texts, got {}",
                found(item)
            ))
        })?;
        let set: Vec<Location> = texts
            .iter()
            .map(|text| locate(self, text))
            .collect::<Result<_, _>>()?;
        Location::check_set(&set)?;
        Ok(set)
    }

    fn warnings(&self) -> Vec<String> {
        let Some(region) = &self.connection.client.settings().region else {
            return Vec::new();
        };
        let mut warnings: Vec<String> = self
            .locations
            .iter()
            .filter_map(|location| cloud_mismatch(location, region))
            .collect();
        warnings.dedup();
        warnings
    }
}
