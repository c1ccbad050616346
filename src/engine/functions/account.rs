//! `clusters`, `projects`: the account of an API key.

use crate::api::Client;
use crate::api::endpoint::{Endpoint, Route};
use crate::api::model::Dialect;
use crate::config::set;
use crate::connection::Connection;
use crate::credentials;
use crate::engine::call::{Call, Function};
use crate::engine::connecting::{self, Origin, account, profiles};
use crate::engine::describe::{ExamplePlace, Family, Opt, Takes, opt};
use crate::engine::options::Options;
use crate::engine::types::{Gives, List, ListKind, ordered};
use crate::error::Failure;
use crate::session::Session;
use rhai::{Dynamic, Map};
use serde_json::json;

const ENDPOINT: Opt = opt("endpoint", "address of Zilliz Cloud's API")
    .alias(&["uri", "url", "base_url"])
    .or("\"https://api.cloud.zilliz.com\"");
const TOKEN: Opt = opt("token", "API key")
    .alias(&["api_key"])
    .of(Takes::Secret);
const CA_CERT: Opt = opt("ca_cert", "a PEM file of certificates to trust").of(Takes::Path);
const TIMEOUT: Opt = opt("timeout", "deadline of one call")
    .or("\"30s\"")
    .of(Takes::Duration);

const CLUSTERS_OPTIONS: &[Opt] = &[
    ENDPOINT,
    TOKEN,
    opt("project_id", "only this project's clusters"),
    CA_CERT,
    TIMEOUT,
];
const PROJECTS_OPTIONS: &[Opt] = &[ENDPOINT, TOKEN, CA_CERT, TIMEOUT];

/// The keys of a cluster.
const CLUSTER: &[&str] = &[
    "clusterId",
    "clusterName",
    "regionId",
    "plan",
    "cuType",
    "cuSize",
    "status",
    "connectAddress",
    "projectId",
    "createTime",
];

/// The keys of a project.
const PROJECT: &[&str] = &[
    "projectId",
    "projectName",
    "plan",
    "instanceCount",
    "createTime",
];

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Connect.table([
    Function::new(
        &["clusters()", "clusters(#{endpoint, token, project_id})"],
        "lists the Zilliz Cloud clusters that the API key can access",
        "clusters()",
        clusters,
    )
    .takes(&[Takes::Options])
    .options(CLUSTERS_OPTIONS)
    .example_in(ExamplePlace::ZillizCloud)
    .gives(Gives::Maps(CLUSTER))
    .related(&["connect", "projects"]),
    Function::new(
        &["projects()", "projects(#{endpoint, token})"],
        "lists the Zilliz Cloud projects that the API key can access",
        "projects()",
        projects,
    )
    .takes(&[Takes::Options])
    .options(PROJECTS_OPTIONS)
    .example_in(ExamplePlace::ZillizCloud)
    .gives(Gives::Maps(PROJECT))
    .related(&["clusters", "connect"]),
]);

fn clusters(call: &Call) -> Result<Dynamic, Failure> {
    let clusters = client(call)?.clusters()?;
    let rows = clusters.iter().map(|cluster| ordered(json!(cluster)));
    let rows = rows.collect();
    Ok(Dynamic::from(List::new(ListKind::Clusters, rows)))
}

fn projects(call: &Call) -> Result<Dynamic, Failure> {
    let projects = client(call)?.projects()?;
    let rows = projects.iter().map(|project| ordered(json!(project)));
    Ok(Dynamic::from(List::of("project", rows.collect())))
}

/// Returns the client that the call's options describe. Without options it's the connection's client, if that belongs
/// to Zilliz Cloud. Else it's a client with the API key from the profile, environment or files.
fn client(call: &Call) -> Result<Client, Failure> {
    if !call.args.is_empty() {
        return account(call.session, &call.options(0)?, &Origin::Options);
    }
    if let Some(receiver) = &call.receiver {
        return of_connection(receiver);
    }
    match call.session.current() {
        Some(current) if current.client.settings().dialect != Dialect::Milvus => {
            of_connection(&current)
        }
        _ => by_default(call.session),
    }
}

/// A v1 connection's account is on its site's control plane, which accepts the connection's API key.
pub(super) fn of_connection(connection: &Connection) -> Result<Client, Failure> {
    let client = &connection.client;
    let settings = client.settings();
    let base = Endpoint::parse(settings.import_base.as_str())?;
    let Some(site) = base.site.filter(|_| settings.dialect == Dialect::V1) else {
        return Ok(client.clone());
    };
    let mut settings = settings.clone();
    settings.dialect = Dialect::V2;
    settings.import_base = Route::to_control_plane(site)?.import_base;
    Ok(Client::new(settings, client.interrupt().clone()))
}

fn by_default(session: &Session) -> Result<Client, Failure> {
    let mut config = profiles::load(session)?;
    let name = profiles::chosen(session, &config);
    if let Some(name) = name
        && let Some(profile) = config.profiles.remove(&name)
    {
        let options = profiles::options(profile)?;
        let endpoint = options.text("endpoint")?;
        // A profile of a self-hosted server has no account.
        let own =
            endpoint.is_some_and(|text| Endpoint::parse(&text).is_ok_and(|it| !it.is_zilliz()));
        if !own || options.text("api")?.as_deref() == Some("v2") {
            return account(session, &options, &Origin::Profile(name));
        }
    }
    let context = credentials::cli_context();
    let endpoint = set("ZILLIZ_ENDPOINT").or(context.base_url);
    let zilliz = |text: &String| Endpoint::parse(text).is_ok_and(|endpoint| endpoint.is_zilliz());
    let mut map = Map::new();
    if let Some(endpoint) = endpoint.filter(zilliz) {
        map.insert("endpoint".into(), endpoint.into());
    }
    let options = Options::parse("connect", connecting::OPTIONS, map)?;
    account(session, &options, &Origin::Environment)
}
