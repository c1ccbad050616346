//! From options to a connection: the route, the time limits, and a call that verifies both.

use super::Origin;
use super::key::{KeyPlaces, host};
use crate::api::endpoint::{Endpoint, GivenSettings, Route, Site, choose};
use crate::api::model::Dialect;
use crate::api::{ApiError, Client, Cluster, REMEMBERS, Settings};
use crate::config::{Profile, Setting};
use crate::connection::{Connection, Storage};
use crate::engine::describe::{Opt, opt};
use crate::engine::options::Options;
use crate::engine::types::{as_text, json_of, map_of};
use crate::error::{Failure, Kind};
use crate::secret::{Secret, is_secret};
use crate::session::Session;
use crate::text::words;
use rhai::Dynamic;
use std::path::PathBuf;
use std::time::Duration;

/// The keys of `storage: #{…}`.
pub(super) const STORAGE: &[Opt] = &[
    opt("url", "the server's bucket, e.g. s3://milvus-bucket").alias(&["bucket"]),
    opt(
        "endpoint",
        "address of the object store, if it isn't the provider's own",
    ),
    opt("region", "the store's region"),
    opt("access_key", "access key id of the storage credentials"),
    opt("secret_key", "secret access key of the storage credentials"),
    opt(
        "session_token",
        "session token of temporary storage credentials",
    ),
];

/// Builds a connection and, unless `verify: false`, verifies it with one list call.
pub(crate) fn build(
    session: &Session,
    options: &Options,
    origin: &Origin,
) -> Result<Connection, Failure> {
    let mut target = target(options)?;
    let keys = KeyPlaces {
        session,
        options,
        origin,
    };
    if let Some(wanted) = options.text("cluster")? {
        look_up(&mut target, &keys, &wanted)?;
    }
    let route = choose(&target)?;
    let mut client = client(&keys, &route)?;
    if options.flag("verify")?.unwrap_or(true) {
        client = proven(&keys, client)?;
    }
    Ok(Connection {
        name: name(origin, &route),
        client,
        storage: storage(options)?,
        profile: match origin {
            Origin::Profile(name) => Some(name.clone()),
            Origin::Options | Origin::Environment => None,
        },
        protected: options.flag("protected")?.unwrap_or_default(),
        made_from: made_from(options.iter()),
    })
}

/// Returns options as a profile.
fn made_from<'a>(options: impl Iterator<Item = (&'a str, &'a Dynamic)>) -> Profile {
    let settings = options.map(|(name, value)| (name.to_owned(), setting(name, value)));
    Profile::new(settings.collect())
}

/// Returns an option as a profile's setting.
fn setting(name: &str, value: &Dynamic) -> Setting {
    let secret = value.read_lock::<Secret>();
    let secret = secret.map(|secret| Secret::clone(&secret));
    let typed = || is_secret(name).then(|| as_text(value).map(Secret::new))?;
    match (secret.or_else(typed), map_of(value)) {
        (Some(secret), _) => Setting::Secret(secret),
        (None, Some(map)) => Setting::Table(made_from(
            map.iter().map(|(key, value)| (key.as_str(), value)),
        )),
        (None, None) => Setting::Plain(json_of(value)),
    }
}

/// Returns a client with the API key found for this route.
fn client(keys: &KeyPlaces<'_>, route: &Route) -> Result<Client, Failure> {
    let mut settings = settings(keys.session, keys.options, route)?;
    keys.give(&mut settings, is_zilliz(route))?;
    Ok(Client::new(settings, keys.session.interrupt.clone()))
}

/// Returns the client after a successful list call. If the service requires an API key and none was found, the user at
/// the terminal is asked for one.
fn proven(keys: &KeyPlaces<'_>, client: Client) -> Result<Client, Failure> {
    let failure = match client.verify() {
        Ok(()) => return Ok(client),
        // The collections and rows of such a service can still be read.
        Err(
            error @ ApiError::TooOld {
                dialect: Dialect::V1,
                ..
            },
        ) => {
            keys.session.warn(&error.to_string());
            return Ok(client);
        }
        Err(error) => Failure::from(error),
    };
    let mut settings = client.settings().clone();
    if failure.kind != Kind::Auth || !keys.ask_after(&mut settings)? {
        return Err(failure);
    }
    let client = Client::new(settings, keys.session.interrupt.clone());
    client.verify().map_err(|error| {
        keys.forget(client.settings());
        Failure::from(error)
    })?;
    Ok(client)
}

/// Returns the options that say where to connect.
pub(super) fn target(options: &Options) -> Result<GivenSettings, Failure> {
    Ok(GivenSettings {
        endpoint: endpoint(options, "endpoint")?,
        cluster_endpoint: endpoint(options, "cluster_endpoint")?,
        cluster_id: options.text("cluster_id")?,
        region: options.text("region")?,
        project_id: options.text("project_id")?,
        api: options.text("api")?.as_deref().map(dialect).transpose()?,
    })
}

fn endpoint(options: &Options, name: &str) -> Result<Option<Endpoint>, Failure> {
    let text = options.text(name)?;
    text.as_deref().map(Endpoint::parse).transpose()
}

/// Returns true if a key that the user didn't name may be sent to this target. Without a route yet, the endpoint
/// decides.
pub(super) fn is_zilliz_target(target: &GivenSettings) -> bool {
    match choose(target) {
        Ok(route) => is_zilliz(&route),
        Err(_) => target.endpoint.as_ref().is_none_or(Endpoint::is_zilliz),
    }
}

/// Finds the cluster by name or id on the control plane, and stores its id, region and endpoint.
fn look_up(target: &mut GivenSettings, keys: &KeyPlaces<'_>, wanted: &str) -> Result<(), Failure> {
    let route = account_route(target.endpoint.as_ref(), target.region.as_deref())?;
    let client = client(keys, &route)?;
    let clusters = client.clusters();
    if clusters.is_err() {
        keys.forget(client.settings());
    }
    let cluster = find_cluster(clusters?, wanted)?;
    target.cluster_id = Some(cluster.id);
    target.region = Some(cluster.region).filter(|region| !region.is_empty());
    if target.cluster_endpoint.is_none() && !cluster.connect_address.is_empty() {
        target.cluster_endpoint = Some(Endpoint::parse(&cluster.connect_address)?);
    }
    if target.endpoint.is_none() {
        target.endpoint = Some(Endpoint::parse(route.import_base.as_str())?);
    }
    Ok(())
}

/// Returns the route of calls about an account: the endpoint itself if it isn't a Zilliz host, else its site's control
/// plane.
fn account_route(endpoint: Option<&Endpoint>, region: Option<&str>) -> Result<Route, Failure> {
    let site = endpoint
        .and_then(|endpoint| endpoint.site)
        .or_else(|| region.map(Site::of_region))
        .unwrap_or(Site::Global);
    let route = Route::to_control_plane(site)?;
    Ok(match endpoint {
        Some(endpoint) if !endpoint.is_zilliz() => Route {
            import_base: endpoint.url.clone(),
            ..route
        },
        _ => route,
    })
}

/// Builds a client for the calls about an account, which need an API key and nothing else.
pub(crate) fn account(
    session: &Session,
    options: &Options,
    origin: &Origin,
) -> Result<Client, Failure> {
    let endpoint = endpoint(options, "endpoint")?;
    let region = options.text("region")?;
    let route = Route {
        project_id: options.text("project_id")?,
        ..account_route(endpoint.as_ref(), region.as_deref())?
    };
    let keys = KeyPlaces {
        session,
        options,
        origin,
    };
    client(&keys, &route)
}

fn find_cluster(clusters: Vec<Cluster>, wanted: &str) -> Result<Cluster, Failure> {
    let is_wanted = |cluster: &Cluster| cluster.id == wanted || cluster.name == wanted;
    let (mut found, others): (Vec<_>, Vec<_>) = clusters.into_iter().partition(is_wanted);
    let (problem, hint) = match (found.pop(), found.len() + 1) {
        (Some(cluster), 1) => return Ok(cluster),
        (Some(_), count) => (
            format!("{count} clusters are named {wanted:?}"),
            "give the id instead: connect(#{cluster: \"in03-…\"})".to_owned(),
        ),
        (None, _) => {
            let names: Vec<&str> = others.iter().map(|cluster| &*cluster.name).collect();
            let near = words::did_you_mean(wanted, names.iter().copied());
            let all = || format!("the key sees {}", words::list(&names, "and"));
            (format!("no cluster {wanted:?}"), near.unwrap_or_else(all))
        }
    };
    Err(Failure::usage(problem).with_hint(hint))
}

fn dialect(word: &str) -> Result<Dialect, Failure> {
    word.parse().map_err(|_| {
        Failure::usage(format!("no api {word:?}")).with_hint("one of \"v1\", \"v2\" and \"milvus\"")
    })
}

/// Returns all settings but the API key.
fn settings(session: &Session, options: &Options, route: &Route) -> Result<Settings, Failure> {
    let usual = Settings::new(route.dialect, route.import_base.clone());
    let time = |name, usual| Ok::<_, Failure>(options.duration(name)?.unwrap_or(usual));
    Ok(Settings {
        collection_base: route.collection_base.clone(),
        cluster_id: route.cluster_id.clone(),
        region: route.region.clone(),
        project_id: route.project_id.clone(),
        database: options.text("db")?,
        ca_cert: options.text("ca_cert")?.map(PathBuf::from),
        log: Some(session.http_log()),
        dry_run: session.dry_run(),
        read_timeout: time("timeout", usual.read_timeout)?,
        connect_timeout: time("connect_timeout", usual.connect_timeout)?,
        settle: time("settle", usual.settle)?,
        busy_wait: options.duration("busy_wait")?,
        remembers: remembers(options)?,
        honours_keys: options.flag("honours_keys")?.unwrap_or(false),
        ..usual
    })
}

/// Returns how long the service remembers finished jobs; `None` if forever.
fn remembers(options: &Options) -> Result<Option<Duration>, Failure> {
    match options.get("remembers").and_then(as_text) {
        Some(word) if word == "forever" => Ok(None),
        _ => match options.duration("remembers") {
            Ok(time) => Ok(Some(time.unwrap_or(REMEMBERS))),
            Err(failure) => Err(failure.with_hint("remembers is a duration, or \"forever\"")),
        },
    }
}

/// Returns true if every host that would receive the API key is Zilliz's. Only then is a key sent that the user didn't
/// name.
fn is_zilliz(route: &Route) -> bool {
    [Some(&route.import_base), route.collection_base.as_ref()]
        .into_iter()
        .flatten()
        .all(|base| Endpoint::parse(base.as_str()).is_ok_and(|endpoint| endpoint.is_zilliz()))
}

pub(super) fn storage(options: &Options) -> Result<Storage, Failure> {
    let aws = aws(options)?;
    let map = options.map("storage")?.unwrap_or_default();
    let options = Options::parse("storage", STORAGE, map)?;
    Ok(Storage {
        aws,
        url: options.text("url")?,
        endpoint: options.text("endpoint")?,
        region: options.text("region")?,
        keys: options.storage_keys()?,
    })
}

/// Returns true for `storage_keys: "aws"`.
pub(crate) fn aws(options: &Options) -> Result<bool, Failure> {
    match options.text("storage_keys")?.as_deref() {
        None => Ok(false),
        Some("aws") => Ok(true),
        Some(other) => Err(Failure::usage(format!("no storage_keys {other:?}"))
            .with_hint("\"aws\" sends the keys of the AWS environment or of ~/.aws")),
    }
}

fn name(origin: &Origin, route: &Route) -> String {
    match (origin, &route.cluster_id) {
        (Origin::Profile(name), _) => name.clone(),
        (_, Some(cluster)) => cluster.clone(),
        _ => host(&route.import_base),
    }
}
