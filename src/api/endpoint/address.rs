//! Parses an address and identifies the service behind it.

use super::region::{check_region, is_region};
use super::{EXAMPLES, Site, pasted, refused, shown, unknown_host};
use crate::error::Failure;
use url::{Host, Url};

/// The kind of service behind an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum EndpointKind {
    /// A cluster's public endpoint.
    Cluster {
        /// The cluster's id, e.g. `in03-3bf3c31f4248e22`.
        cluster_id: String,
        /// The region, e.g. `aws-us-east1`.
        region: String,
    },
    /// A project's endpoint, for on-demand compute.
    Project {
        /// The project's id, e.g. `proj-0123456789abcdef`.
        project_id: String,
        /// The region, e.g. `aws-us-west-2`.
        region: String,
    },
    /// The control plane of Zilliz Cloud (v2).
    ControlPlane,
    /// A region's controller (v1).
    Controller {
        /// The region, e.g. `aws-us-west-2`.
        region: String,
    },
    /// Any other host: a self-hosted server, a gateway or the local service.
    Other,
}

/// A valid base URL and the kind of service behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// The base URL in parsed form.
    pub(crate) url: Url,
    pub(crate) kind: EndpointKind,
    /// The host's site of Zilliz Cloud; `None` for a host outside Zilliz Cloud.
    pub(crate) site: Option<Site>,
}

impl Endpoint {
    /// Parses an endpoint as a user writes it.
    ///
    /// A missing scheme means `https` for a host of Zilliz or port 443, and `http` for any other (`localhost:19530`).
    /// The port is kept. A path is kept as a prefix (`http://gateway/prefix`), but not on a host of Zilliz, whose
    /// base URLs have none. Blanks, quotes and angle brackets around the text are dropped.
    ///
    /// # Errors
    /// Returns an error if the text isn't a URL, has a scheme other than http and https, a user or password, a query or
    /// fragment, or the path of an API call, and for the web console's address. `http` with a host of Zilliz is refused
    /// too, since the API key would travel in clear text. The error never repeats a password or a query.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let text = pasted::tidy(text.trim());
        let text = text.as_str();
        if text.is_empty() {
            return Err(refused("the endpoint is empty", EXAMPLES));
        }
        let odd = || {
            let problem = "the endpoint contains a space or a character that URLs can't have";
            refused(problem, "remove it")
        };
        // The URL parser silently drops line ends. The API key must not go to a host that differs from the text.
        if text.chars().any(|letter| {
            letter.is_control() || letter.is_whitespace() || pasted::QUOTES.contains(letter)
        }) {
            return Err(odd());
        }
        pasted::refuse_lite_file(text)?;
        let mut url = absolute(text)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused(
                "the endpoint carries a user or password",
                "connect(#{endpoint: \"http://host:19530\", token: \"user:password\"})",
            ));
        }
        let host = host_name(&url);
        // The URL parser maps wide forms (U+FF02) to quotes, and keeps signs that no DNS name has.
        if !host
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || ".-_:".contains(letter))
        {
            return Err(odd());
        }
        pasted::refuse_console(&url, &host)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused(
                "the endpoint has a query (`?…`) or fragment (`#…`)",
                "give the base URL only, up to and with the port",
            ));
        }
        url.set_path(url.path().trim_end_matches('/').to_owned().as_str());
        let site = Site::of_host(&host);
        let endpoint = Self {
            kind: site.map_or(EndpointKind::Other, |_| name(&host)),
            url,
            site,
        };
        if site.is_some() {
            check_clear_text(&endpoint)?;
        }
        pasted::refuse_api_path(&endpoint)?;
        if site.is_some() {
            check_path(&endpoint)?;
        }
        Ok(endpoint)
    }

    /// Returns true for a host of Zilliz. Only such a host may get a Zilliz API key found in the environment or in
    /// files.
    pub(crate) fn is_zilliz(&self) -> bool {
        self.site.is_some()
    }

    /// Returns the host in lower case, without its port.
    pub(crate) fn host(&self) -> String {
        host_name(&self.url)
    }
}

/// The form of an address.
const PLAIN: &str = "write it as https://host or http://host:19530";

/// Parses the text as a URL and adds a missing scheme.
fn absolute(text: &str) -> Result<Url, Failure> {
    if let Some((scheme, rest)) = text.split_once("://") {
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            // Text before a later `://` may hold a secret, so the error only repeats a plain word.
            let word = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let base = pasted::with_http(&scheme, rest).filter(|_| word);
            let scheme = if word {
                shown(&scheme)
            } else {
                "the text before ://".to_owned()
            };
            return Err(refused(
                format!(
                    "the endpoint begins with {scheme}, but the API is spoken over http and https only"
                ),
                base.map_or(PLAIN.to_owned(), |base| format!("connect(\"{base}\")")),
            ));
        }
        return parse(&format!("{scheme}://{rest}"));
    }
    let url = parse(&format!("https://{text}"))?;
    // The URL parser omits the scheme's default port.
    let authority = text.split(['/', '?', '#']).next().unwrap_or_default();
    if Site::of_host(&host_name(&url)).is_some() || authority.ends_with(":443") {
        return Ok(url);
    }
    parse(&format!("http://{text}"))
}

/// Parses a base URL. The parser's message repeats none of the text.
pub(super) fn parse(text: &str) -> Result<Url, Failure> {
    Url::parse(text).map_err(|error| refused(format!("the endpoint is not a URL: {error}"), PLAIN))
}

fn check_clear_text(endpoint: &Endpoint) -> Result<(), Failure> {
    if endpoint.url.scheme() != "http" {
        return Ok(());
    }
    let host = endpoint.host();
    let port = endpoint.url.port();
    let port = port.map_or_else(String::new, |port| format!(":{port}"));
    Err(refused(
        format!("http://{host} would send the API key in clear text"),
        pasted::connect_line(&endpoint.kind, &format!("https://{host}{port}")),
    ))
}

/// Returns an error if a host of Zilliz comes with a path.
fn check_path(endpoint: &Endpoint) -> Result<(), Failure> {
    if endpoint.url.path() == "/" {
        return Ok(());
    }
    if endpoint.kind == EndpointKind::Other {
        return Err(unknown_host(&endpoint.host()));
    }
    let base = endpoint.url.origin().ascii_serialization();
    let path = shown(endpoint.url.path());
    Err(refused(
        format!("the endpoint has the path {path}, but only the base URL is wanted"),
        pasted::connect_line(&endpoint.kind, &base),
    ))
}

/// Returns the host without a final dot, or an IPv6 address without brackets.
fn host_name(url: &Url) -> String {
    match url.host() {
        Some(Host::Domain(name)) => name.trim_end_matches('.').to_owned(),
        Some(Host::Ipv4(address)) => address.to_string(),
        Some(Host::Ipv6(address)) => address.to_string(),
        None => String::new(),
    }
}

/// Returns the kind of service of a host.
fn name(host: &str) -> EndpointKind {
    if matches!(host, "api.cloud.zilliz.com" | "api.cloud.zilliz.com.cn") {
        return EndpointKind::ControlPlane;
    }
    if let Some(rest) = host.strip_prefix("controller.api.")
        && let Some((region, _)) = rest.split_once('.')
        && check_region(region).is_ok()
        && matches!(
            rest.get(region.len()..),
            Some(".zillizcloud.com" | ".zilliz.com.cn" | ".cloud.zilliz.com.cn")
        )
    {
        return EndpointKind::Controller {
            region: region.to_owned(),
        };
    }
    let (first, rest) = host.split_once('.').unwrap_or((host, ""));
    let region = rest.split('.').find(|label| is_region(label));
    let Some(region) = region.map(str::to_owned) else {
        return EndpointKind::Other;
    };
    match (pasted::cluster_id(first), is_project(first)) {
        (Some(cluster_id), _) => EndpointKind::Cluster { cluster_id, region },
        (None, true) => EndpointKind::Project {
            project_id: first.to_owned(),
            region,
        },
        (None, false) => EndpointKind::Other,
    }
}

fn is_project(label: &str) -> bool {
    label
        .strip_prefix("proj-")
        .is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
