//! Chooses the dialect and the base URLs of a connection.

use super::address::parse;
use super::region::{check_region, controller};
use super::{EXAMPLES, Endpoint, EndpointKind, Site, control_plane, refused, shown, unknown_host};
use crate::api::model::Dialect;
use crate::error::Failure;
use url::Url;

/// The settings given for a connection. Empty texts count as missing.
#[derive(Clone, Debug, Default)]
pub(crate) struct GivenSettings {
    /// The endpoint.
    pub endpoint: Option<Endpoint>,
    /// The cluster's own endpoint, for collection calls.
    pub cluster_endpoint: Option<Endpoint>,
    /// The cluster's id.
    pub cluster_id: Option<String>,
    /// The cluster's region.
    pub region: Option<String>,
    /// The project's id, in place of a cluster's.
    pub project_id: Option<String>,
    /// The dialect, if the user has set it.
    pub api: Option<Dialect>,
}

/// The dialect and the base URLs of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// The dialect to speak.
    pub dialect: Dialect,
    /// Base URL of import calls and, on Zilliz Cloud in v2, of calls about clusters and volumes; see [`join`].
    pub import_base: Url,
    /// Base URL of collection calls. `None` if only the cluster's `connectAddress` has it.
    pub collection_base: Option<Url>,
    /// The cluster's id, from the settings or an endpoint.
    pub cluster_id: Option<String>,
    /// The region in lower case, from the settings or an endpoint.
    pub region: Option<String>,
    /// The project's id.
    pub project_id: Option<String>,
}

impl Route {
    /// Returns a route without a cluster, which only serves account-level calls such as the list of clusters.
    pub(crate) fn to_control_plane(site: Site) -> Result<Self, Failure> {
        Ok(Self {
            dialect: Dialect::V2,
            import_base: parse(control_plane(site))?,
            collection_base: None,
            cluster_id: None,
            region: None,
            project_id: None,
        })
    }
}

/// Chooses the dialect and the base URLs.
///
/// | given | dialect | import calls | collection calls |
/// | --- | --- | --- | --- |
/// | region and cluster id, or a controller and a cluster id | v1 | the region's controller | the cluster's endpoint, if given |
/// | a cluster's or project's endpoint | v2 | its site's control plane | that endpoint |
/// | a control plane, or none, with cluster id or project id and region | v2 | the site's control plane | the cluster's endpoint, if given |
/// | any other host | milvus | that host | that host |
///
/// Without an endpoint, the region decides the site ([`Site::of_region`]); a cluster id alone means the global site. A
/// project id makes it v2 even with a region and a cluster id, since v1 has no projects.
///
/// `api` overrides the dialect. On Zilliz Cloud the base URL then comes from the region (v1) or the site (v2). An
/// endpoint on any other host becomes the dialect's base URL for all calls, and the host decides whether a cluster id
/// is needed.
///
/// # Errors
/// Returns an error if the dialect needs more settings, or if a setting contradicts an endpoint. The error's hint is
/// the line to type.
pub(crate) fn choose(given: &GivenSettings) -> Result<Route, Failure> {
    let endpoint = given.endpoint.as_ref().or(lone_cluster_endpoint(given));
    let target = given.merged()?;
    let dialect = match given.api {
        Some(dialect) => dialect,
        None => dialect(endpoint, &target)?,
    };
    let own = given.cluster_endpoint.as_ref();
    // For any other host than Zilliz's, the endpoint is the base URL.
    if let Some(endpoint) = endpoint.filter(|it| it.kind == EndpointKind::Other) {
        let own = own.unwrap_or(endpoint);
        return Ok(target.into_route(dialect, endpoint.url.clone(), Some(own)));
    }
    let site = endpoint.and_then(|endpoint| endpoint.site);
    let site = site.unwrap_or_else(|| {
        target
            .region
            .as_deref()
            .map_or(Site::Global, Site::of_region)
    });
    let import_base = match dialect {
        Dialect::V1 => v1_base(endpoint, site, &target)?,
        Dialect::V2 => v2_base(site, &target)?,
        Dialect::Milvus => {
            return Err(match endpoint {
                None => refused(
                    "api \"milvus\" needs the server's endpoint",
                    "connect(#{endpoint: \"http://localhost:19530\", api: \"milvus\"})",
                ),
                Some(endpoint) => refused(
                    format!(
                        "api \"milvus\" is spoken by self-hosted servers, not by {}",
                        endpoint.host()
                    ),
                    "leave api out, or give \"v2\" or \"v1\"",
                ),
            });
        }
    };
    let own = own.or(endpoint.filter(|own| has_collections(own)));
    Ok(target.into_route(dialect, import_base, own))
}

/// Returns the cluster's endpoint if it can replace a missing endpoint. If region and cluster id are given, they decide
/// the dialect, and the cluster's endpoint only serves collection calls.
fn lone_cluster_endpoint(given: &GivenSettings) -> Option<&Endpoint> {
    let named =
        some(given.cluster_id.as_deref()).is_some() && some(given.region.as_deref()).is_some();
    let own = given.cluster_endpoint.as_ref();
    own.filter(|own| !named && is_cluster(own))
}

fn is_cluster(endpoint: &Endpoint) -> bool {
    matches!(endpoint.kind, EndpointKind::Cluster { .. })
}

/// Returns true for an endpoint that serves collection calls.
fn has_collections(endpoint: &Endpoint) -> bool {
    is_cluster(endpoint) || matches!(endpoint.kind, EndpointKind::Project { .. })
}

fn dialect(endpoint: Option<&Endpoint>, target: &GivenSettings) -> Result<Dialect, Failure> {
    let Some(endpoint) = endpoint else {
        return match (&target.cluster_id, &target.region, &target.project_id) {
            (None, None, None) => Err(refused("nothing to connect to was given", EXAMPLES)),
            (Some(_), Some(_), None) => Ok(Dialect::V1),
            _ => Ok(Dialect::V2),
        };
    };
    match &endpoint.kind {
        EndpointKind::Cluster { .. }
        | EndpointKind::Project { .. }
        | EndpointKind::ControlPlane => Ok(Dialect::V2),
        EndpointKind::Controller { .. } => Ok(Dialect::V1),
        EndpointKind::Other if endpoint.is_zilliz() => Err(unknown_host(&endpoint.host())),
        EndpointKind::Other => Ok(Dialect::Milvus),
    }
}

fn v1_base(
    endpoint: Option<&Endpoint>,
    site: Site,
    target: &GivenSettings,
) -> Result<Url, Failure> {
    if target.cluster_id.is_none() {
        let region = target.region.as_deref().unwrap_or("aws-us-west-2");
        return Err(refused(
            "the v1 API needs a cluster id",
            format!("connect(#{{region: \"{region}\", cluster_id: \"in03-…\"}})"),
        ));
    }
    if let Some(endpoint) = endpoint
        && matches!(endpoint.kind, EndpointKind::Controller { .. })
    {
        return Ok(endpoint.url.clone());
    }
    let Some(region) = &target.region else {
        return Err(refused(
            "the v1 API needs the cluster's region",
            "connect(#{region: \"aws-us-west-2\", cluster_id: \"in03-…\"})",
        ));
    };
    parse(&controller(site, region)?)
}

fn v2_base(site: Site, target: &GivenSettings) -> Result<Url, Failure> {
    match (&target.cluster_id, &target.project_id, &target.region) {
        (Some(_), _, _) | (None, Some(_), Some(_)) => parse(control_plane(site)),
        (None, Some(project_id), None) => Err(refused(
            "a project id alone does not say which region is meant",
            format!("connect(#{{project_id: \"{project_id}\", region: \"aws-us-west-2\"}})"),
        )),
        _ => Err(refused(
            "the v2 API needs a cluster id, or a project id and a region",
            "connect(#{endpoint: \"https://api.cloud.zilliz.com\", cluster_id: \"in03-…\"}), \
             or project_id: \"proj-…\" with region: \"aws-us-west-2\"; clusters() and projects() list them",
        )),
    }
}

impl GivenSettings {
    /// Returns the settings with the cluster, project and region that the endpoints name. Empty texts are left out.
    fn merged(&self) -> Result<Self, Failure> {
        let mut target = Self {
            cluster_id: check_id("cluster_id", self.cluster_id.as_deref())?,
            region: some(self.region.as_deref()).map(check_region).transpose()?,
            project_id: check_id("project_id", self.project_id.as_deref())?,
            ..self.clone()
        };
        for endpoint in [&self.endpoint, &self.cluster_endpoint]
            .into_iter()
            .flatten()
        {
            match &endpoint.kind {
                EndpointKind::Cluster { cluster_id, region } => {
                    merge("cluster_id", &mut target.cluster_id, cluster_id)?;
                    merge("region", &mut target.region, region)?;
                }
                EndpointKind::Project { project_id, region } => {
                    merge("project_id", &mut target.project_id, project_id)?;
                    merge("region", &mut target.region, region)?;
                }
                EndpointKind::Controller { region } => {
                    merge("region", &mut target.region, region)?;
                }
                EndpointKind::ControlPlane | EndpointKind::Other => {}
            }
        }
        Ok(target)
    }

    fn into_route(self, dialect: Dialect, import_base: Url, own: Option<&Endpoint>) -> Route {
        Route {
            dialect,
            import_base,
            collection_base: own.map(|endpoint| endpoint.url.clone()),
            cluster_id: self.cluster_id,
            region: self.region,
            project_id: self.project_id,
        }
    }
}

fn some(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// Returns an id if it's plain enough to become part of a URL.
fn check_id(setting: &str, text: Option<&str>) -> Result<Option<String>, Failure> {
    let Some(id) = some(text) else {
        return Ok(None);
    };
    if id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    {
        return Ok(Some(id.to_owned()));
    }
    Err(refused(
        format!("{} is not a valid {setting}", shown(id)),
        "an id has letters, digits, `-` and `_` only, e.g. \"in03-3bf3c31f4248e22\"",
    ))
}

/// Fills a setting from the endpoint, or returns an error if the setting has another value.
fn merge(setting: &str, held: &mut Option<String>, told: &str) -> Result<(), Failure> {
    match held {
        Some(given) if !given.eq_ignore_ascii_case(told) => Err(refused(
            format!(
                "{setting} is {}, but the endpoint has {}",
                shown(given),
                shown(told)
            ),
            format!("leave {setting} out, or give the endpoint it belongs to"),
        )),
        _ => {
            *held = Some(told.to_owned());
            Ok(())
        }
    }
}
