//! Reasons why connection settings give no base URL, with the line to type instead.

use super::Site;
use crate::error::Failure;
use thiserror::Error;

/// The reason why an endpoint or a set of connection settings was refused. The fields hold no secrets.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Empty text.
    #[error("the endpoint is empty")]
    Empty,
    /// A blank, quote, angle bracket, line end or control character in the text, or a sign that no host name has.
    #[error("the endpoint has a blank or another character in it that no address has")]
    Characters,
    /// Text that isn't a URL.
    #[error("the endpoint is not a URL: {reason}")]
    Syntax {
        /// The URL parser's message, which repeats none of the text.
        reason: String,
    },
    /// A scheme other than http and https.
    #[error("the endpoint begins with {scheme}, but the API is spoken over http and https only")]
    Scheme {
        /// The scheme.
        scheme: String,
        /// The line to type instead, if the rest is a plain host.
        line: Option<String>,
    },
    /// A database file of Milvus Lite.
    #[error("a Milvus Lite file (.db) has no REST API to connect to")]
    LiteFile,
    /// The web console's address.
    #[error("{host} is the web console, not a service's endpoint")]
    Console {
        /// The console's host.
        host: String,
        /// The cluster id in the console's path.
        cluster: Option<String>,
    },
    /// The path of an API call after the base URL.
    #[error("the endpoint has the API's own path {path} in it")]
    ApiPath {
        /// The path, from the API's version on.
        path: String,
        /// The line to type instead.
        line: String,
    },
    /// `user:password@` in the URL.
    #[error("the endpoint carries a user or password")]
    Credentials,
    /// A query or fragment.
    #[error("the endpoint has a query (`?…`) or fragment (`#…`)")]
    Query,
    /// `http` with a host of Zilliz.
    #[error("http://{host} would send the key in clear text")]
    ClearText {
        /// The host.
        host: String,
        /// The line to type instead.
        line: String,
    },
    /// A path on a host of Zilliz.
    #[error("the endpoint has the path {path}, but only the base URL is wanted")]
    Path {
        /// The path.
        path: String,
        /// The line to type instead.
        line: String,
    },
    /// Text that can't be a region's name.
    #[error("{region} is not a region's name")]
    Region {
        /// The text.
        region: String,
    },
    /// Text that can't be an id.
    #[error("{text} is not a valid {setting}")]
    Id {
        /// `cluster_id` or `project_id`.
        setting: &'static str,
        /// The text.
        text: String,
    },
    /// Settings without an endpoint, cluster, project or region.
    #[error("nothing to connect to was given")]
    NothingGiven,
    /// A host of Zilliz that is neither a cluster, a control plane nor a controller.
    #[error(
        "{host} is neither a cluster's public endpoint, a project's endpoint nor a control plane"
    )]
    UnknownZillizHost {
        /// The host.
        host: String,
    },
    /// v1 without a cluster.
    #[error("the v1 API needs a cluster id")]
    ClusterMissing {
        /// The region, if it's known.
        region: Option<String>,
    },
    /// v1 without a region.
    #[error("the v1 API needs the cluster's region")]
    RegionMissing,
    /// v2 with neither cluster nor project and region.
    #[error("the v2 API needs a cluster id, or a project id and a region")]
    TargetMissing,
    /// A project without a region.
    #[error("a project id alone does not say which region is meant")]
    ProjectRegionMissing {
        /// The project.
        project_id: String,
    },
    /// The milvus dialect without an endpoint.
    #[error("api \"milvus\" needs the server's endpoint")]
    ServerMissing,
    /// The milvus dialect with a host of Zilliz Cloud.
    #[error("api \"milvus\" is spoken by self-hosted servers, not by {host}")]
    NotMilvus {
        /// The host.
        host: String,
    },
    /// A setting that contradicts the endpoint.
    #[error("{setting} is {given}, but the endpoint says {told}")]
    Conflict {
        /// `cluster_id` or `region`.
        setting: &'static str,
        /// The setting's value.
        given: String,
        /// The endpoint's value.
        told: String,
    },
}

impl EndpointError {
    /// Returns the remedy: the line to type, if there is one.
    pub fn hint(&self) -> String {
        let text = match self {
            Self::Scheme {
                line: Some(line), ..
            }
            | Self::ClearText { line, .. }
            | Self::Path { line, .. } => return line.clone(),
            Self::ApiPath { path, line } => return format!("write it without {path}: {line}"),
            Self::Console { host, cluster } => {
                let line = console_line(host, cluster.as_deref());
                return format!(
                    "give the cluster's public endpoint, which its page in the console shows, or {line}"
                );
            }
            Self::LiteFile => {
                "connect(\"local\") imports on this machine; a Milvus server is connect(\"http://localhost:19530\")"
            }
            Self::Empty | Self::NothingGiven => {
                "connect(\"https://in03-….api.aws-us-east1.zillizcloud.com\"), \
                 connect(\"http://localhost:19530\") or connect(\"local\")"
            }
            Self::Characters => "remove it",
            Self::Syntax { .. } | Self::Scheme { .. } => {
                "write it as https://host or http://host:19530"
            }
            Self::Credentials => {
                "connect(#{endpoint: \"http://host:19530\", token: \"user:password\"})"
            }
            Self::Query => "give the base URL only, up to and with the port",
            Self::Region { .. } => "a region is written as in \"aws-us-west-2\"",
            Self::Id { .. } => {
                "an id has letters, digits, `-` and `_` only, e.g. \"in03-3bf3c31f4248e22\""
            }
            Self::UnknownZillizHost { .. } => {
                "give the cluster's public endpoint, or the dialect this host speaks: \
                 connect(#{endpoint: …, api: \"v2\", cluster_id: \"in03-…\"})"
            }
            Self::ClusterMissing { region } => {
                let region = region.as_deref().unwrap_or("aws-us-west-2");
                return format!("connect(#{{region: \"{region}\", cluster_id: \"in03-…\"}})");
            }
            Self::RegionMissing => "connect(#{region: \"aws-us-west-2\", cluster_id: \"in03-…\"})",
            Self::TargetMissing => {
                "connect(#{endpoint: \"https://api.cloud.zilliz.com\", cluster_id: \"in03-…\"}), \
                 or project_id: \"proj-…\" with region: \"aws-us-west-2\"; clusters() and projects() list them"
            }
            Self::ProjectRegionMissing { project_id } => {
                return format!(
                    "connect(#{{project_id: \"{project_id}\", region: \"aws-us-west-2\"}})"
                );
            }
            Self::ServerMissing => {
                "connect(#{endpoint: \"http://localhost:19530\", api: \"milvus\"})"
            }
            Self::NotMilvus { .. } => "leave api out, or give \"v2\" or \"v1\"",
            Self::Conflict { setting, .. } => {
                return format!("leave {setting} out, or give the endpoint it belongs to");
            }
        };
        text.to_owned()
    }
}

impl From<EndpointError> for Failure {
    fn from(error: EndpointError) -> Self {
        Self::usage(error.to_string()).with_hint(error.hint())
    }
}

/// Quotes and shortens a text from outside for a message.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 80;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

/// Returns the line that connects to the cluster in the console's address.
fn console_line(host: &str, cluster: Option<&str>) -> String {
    let cluster = cluster.unwrap_or("name or id");
    if Site::of_host(host) == Some(Site::China) {
        let control_plane = super::control_plane(Site::China);
        return format!("connect(#{{endpoint: \"{control_plane}\", cluster: \"{cluster}\"}})");
    }
    format!("connect(#{{cluster: \"{cluster}\"}})")
}
