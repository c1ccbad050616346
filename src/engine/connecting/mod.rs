//! Connecting: from a name, options, a profile or the environment to a connection.
//!
//! [`by_default`] and [`by_name`] choose the source, `build` makes the connection, `key` finds its API key, and
//! [`profiles`] reads the saved connections of `config.toml`.

mod build;
mod key;
pub(crate) mod profiles;

pub(super) use build::{account, aws, build};

use super::describe::{Opt, Takes, flag, opt};
use super::options::Options;
use crate::config::{Config, set};
use crate::connection::Connection;
use crate::credentials;
use crate::error::{Failure, Kind};
use crate::session::Session;
use build::STORAGE;
use rhai::Map;
use std::rc::Rc;

/// The source of the options. It names the connection, and says where an API key came from.
pub(super) enum Origin {
    /// The call's own arguments.
    Options,
    /// A profile of `config.toml`.
    Profile(String),
    /// Environment variables or the official CLI's files.
    Environment,
}

/// The keys of `connect(#{…})` and of a profile.
pub(crate) const OPTIONS: &[Opt] = &[
    opt("endpoint", "the service's address").alias(&["uri", "url", "base_url"]),
    opt("token", "API key, or user:password").alias(&["api_key"]),
    opt("cluster", "a cluster's name or id, looked up in clusters()"),
    opt("cluster_id", "a cluster's id, taken as it is"),
    opt("cluster_endpoint", "where collection calls go"),
    opt("region", "cloud region, e.g. aws-us-east1").alias(&["region_id"]),
    opt("project_id", "with region, instead of a cluster"),
    opt("db", "database").alias(&["db_name", "database"]),
    opt(
        "api",
        "\"v1\", \"v2\" or \"milvus\" instead of what the endpoint suggests",
    )
    .of(Takes::Words(&["v1", "v2", "milvus"])),
    opt(
        "storage",
        "#{url, endpoint, region, access_key, secret_key, session_token}: the server's bucket and keys",
    )
    .of(Takes::Keys(STORAGE)),
    opt(
        "storage_keys",
        "\"aws\": imports send the keys of the AWS environment or of ~/.aws",
    )
    .of(Takes::Words(&["aws"])),
    opt(
        "protected",
        "true asks before anything is destroyed; scripts need --yes",
    )
    .of(Takes::Flag),
    opt("ca_cert", "a PEM file of certificates to trust").of(Takes::Path),
    opt("timeout", "deadline of one call").or("\"30s\""),
    opt("connect_timeout", "time to set up a connection").or("\"10s\""),
    opt(
        "settle",
        "maximum time until a new job shows in the job list",
    )
    .or("\"30s\""),
    opt(
        "remembers",
        "time that the service remembers finished jobs, or \"forever\"; a missing older job proves nothing",
    )
    .or("\"1h\"")
    .of(Takes::Words(&["forever"])),
    opt(
        "busy_wait",
        "time to retry an import if the service is busy (import_all: 2 minutes)",
    )
    .or("\"10s\""),
    flag(
        "honours_keys",
        "true for a server that honours the Idempotency-Key header (Milvus 2.6.24, 3.0.2 and later)",
    ),
    opt(
        "verify",
        "false skips the list call that proves endpoint and key",
    )
    .or("true")
    .of(Takes::Flag),
];

/// Connects like `connect()`: with the profile from `-p` or `ZSHELL_PROFILE`, else the default profile, else the
/// environment and the official CLI's files. The result becomes the current connection.
pub(crate) fn by_default(session: &Session) -> Result<Rc<Connection>, Failure> {
    let connection = match profiles::chosen(session, &profiles::load(session)?) {
        Some(name) => by_name(session, &name)?,
        None => from_environment(session)?,
    };
    session.use_connection(Rc::clone(&connection));
    Ok(connection)
}

/// Connects to a profile, an endpoint or `local`, without making the result the current connection.
pub(super) fn by_name(session: &Session, name: &str) -> Result<Rc<Connection>, Failure> {
    if name == "local" {
        return local(session);
    }
    let mut config = profiles::load(session)?;
    if let Some(profile) = config.profiles.remove(name) {
        return profiles::connect(session, name, profile);
    }
    if profiles::is_address(name) {
        let map = Map::from([("endpoint".into(), name.into())]);
        let options = Options::parse("connect", OPTIONS, map)?;
        return build(session, &options, &Origin::Options).map(Rc::new);
    }
    let failure = Failure {
        kind: Kind::Connect,
        ..profiles::unknown(&config, name)
    };
    let hint = "connect(\"local\"), connect(\"https://…\"), or a profile: zshell profile list";
    Err(failure.with_any_hint(config.profiles.is_empty().then_some(hint)))
}

/// Returns true if [`by_default`] has a profile or an address to connect to.
pub(crate) fn has_default(session: &Session, config: &Config) -> bool {
    profiles::chosen(session, config).is_some() || environment().is_some()
}

fn from_environment(session: &Session) -> Result<Rc<Connection>, Failure> {
    let Some(map) = environment() else {
        return Err(Failure::new(Kind::Connect, "nothing to connect to").with_hint(
            "connect(\"local\") needs no account; connect(\"https://…\") takes a cluster's public endpoint; \
             zshell profile add NAME saves a connection; or set ZILLIZ_ENDPOINT or MILVUS_URI",
        ));
    };
    let options = Options::parse("connect", OPTIONS, map)?;
    build(session, &options, &Origin::Environment).map(Rc::new)
}

/// Returns the options of `connect` that the environment or the official CLI's files give, if they name a cluster.
fn environment() -> Option<Map> {
    let context = credentials::cli_context();
    let given = if let Some(endpoint) = set("ZILLIZ_ENDPOINT").or_else(|| set("MILVUS_URI")) {
        vec![("endpoint", Some(endpoint))]
    } else if context.endpoint.is_some() || context.cluster_id.is_some() {
        // An endpoint of a cluster already identifies the cluster. Without an endpoint, the control plane and the id do.
        vec![
            ("endpoint", context.endpoint.or(context.base_url)),
            ("cluster_id", context.cluster_id),
            ("db", context.database),
        ]
    } else {
        return None;
    };
    let given = given.into_iter();
    let given = given.filter_map(|(key, value)| Some((key.into(), value?.into())));
    Some(given.collect())
}

#[cfg(feature = "local")]
fn local(session: &Session) -> Result<Rc<Connection>, Failure> {
    use crate::api::model::Dialect;
    use crate::api::{Client, Settings};
    let (url, token) = session.local().start(&session.interrupt)?;
    let base = url::Url::parse(&url)
        .map_err(|error| Failure::usage(format!("the local service's address {url:?}: {error}")))?;
    let settings = Settings {
        collection_base: Some(base.clone()),
        cluster_id: Some("local".to_owned()),
        token: Some(token),
        key_source: crate::api::OWN_KEY.to_owned(),
        lasting_name: Some(lasting_name(&session.choices().data_dir)),
        log: Some(session.http_log()),
        dry_run: session.dry_run(),
        ..Settings::new(Dialect::V2, base)
    };
    let client = Client::new(settings, session.interrupt.clone());
    client.verify()?;
    Ok(Rc::new(Connection {
        name: "local".to_owned(),
        client,
        storage: crate::connection::Storage::default(),
        profile: None,
        protected: false,
        made_from: crate::config::Profile::default(),
    }))
}

/// Returns the local service's name in the journal: its data folder, because the port changes with every start.
#[cfg(feature = "local")]
fn lasting_name(data_dir: &std::path::Path) -> String {
    let whole = data_dir.canonicalize();
    format!("local {}", whole.as_deref().unwrap_or(data_dir).display())
}

#[cfg(not(feature = "local"))]
fn local(_session: &Session) -> Result<Rc<Connection>, Failure> {
    Err(
        Failure::usage("this zshell was built without the local import service")
            .with_hint("build it with the cargo feature \"local\", which is on by default"),
    )
}
