//! Derives the API's dialect and base URLs from the connection settings.
//!
//! [`Endpoint::parse`] identifies an address: a cluster's public endpoint, a control plane, a controller of the older
//! API, or any other host. [`choose`] then picks the dialect and the base URLs ([`Route`]) from the endpoint and the
//! other settings. The forms of addresses are those that Zilliz Cloud shows for clusters and publishes for its API.

mod address;
mod pasted;
mod region;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use address::{Endpoint, EndpointKind};
pub(crate) use region::{Site, control_plane};
pub(crate) use route::{GivenSettings, Route, choose};

use crate::error::Failure;
use crate::text::words;

/// The lines to type if no address was given.
const EXAMPLES: &str = "connect(\"https://in03-….api.aws-us-east1.zillizcloud.com\"), \
    connect(\"http://localhost:19530\") or connect(\"local\")";

/// Returns the reason why an endpoint or a setting was refused, without secrets, and the line to type instead.
fn refused(problem: impl Into<String>, instead: impl Into<String>) -> Failure {
    Failure::usage(problem).with_hint(instead)
}

/// Returns the error for a host of Zilliz that is neither a cluster, a control plane nor a controller.
fn unknown_host(host: &str) -> Failure {
    refused(
        format!(
            "{host} is neither a cluster's public endpoint, a project's endpoint nor a control plane"
        ),
        "give the cluster's public endpoint, or the dialect this host speaks: \
         connect(#{endpoint: …, api: \"v2\", cluster_id: \"in03-…\"})",
    )
}

/// Quotes and shortens a text from outside for a message.
fn shown(text: &str) -> String {
    words::quote_start(text, 80)
}
