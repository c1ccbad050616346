//! One address, parsed and named.

use super::{
    EndpointError, Site,
    error::shown,
    region::{check_region, is_region},
};
use url::{Host, Url};

/// What an endpoint is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EndpointKind {
    /// A cluster's public endpoint.
    Cluster {
        /// e.g. `in03-3bf3c31f4248e22`.
        cluster_id: String,
        /// e.g. `aws-us-east1`.
        region: String,
    },
    /// The control plane of Zilliz Cloud (v2).
    ControlPlane,
    /// A region's controller (v1).
    Controller {
        /// e.g. `aws-us-west-2`.
        region: String,
    },
    /// Any other host: a self-hosted server, a gateway, the local service.
    Other,
}

/// A valid base URL and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    url: Url,
    base: String,
    kind: EndpointKind,
    site: Option<Site>,
}

impl Endpoint {
    /// Parses an endpoint as a user writes it.
    ///
    /// A missing scheme means `https` for a host of Zilliz and `http` for any other (`localhost:19530`). The
    /// port is kept. A path is kept as a prefix (`http://gateway/prefix`), but not on a host of Zilliz, whose
    /// base URLs have none. Blanks around the text are dropped.
    ///
    /// # Errors
    /// For text that is no URL, another scheme than http and https, a user or password in it, a query or
    /// fragment, and `http` with a host of Zilliz, since the key would travel in clear text. A password or a query is never
    /// repeated.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EndpointError::Empty);
        }
        // The URL parser drops line ends silently; a host that is not the one read must not get a key.
        if text
            .chars()
            .any(|letter| letter.is_control() || letter.is_whitespace())
        {
            return Err(EndpointError::Blanks);
        }
        let mut url = absolute(text)?;
        check(&url)?;
        url.set_path(url.path().trim_end_matches('/').to_owned().as_str());
        let host = host_name(&url);
        let site = Site::of_host(&host);
        if site.is_some() {
            check_zilliz(&url, &host)?;
        }
        let kind = match site {
            Some(_) => name(&host),
            None => EndpointKind::Other,
        };
        let base = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self {
            url,
            base,
            kind,
            site,
        })
    }

    /// The base URL without a trailing slash.
    pub fn url(&self) -> &str {
        &self.base
    }

    /// The base URL as a parsed one.
    pub fn base(&self) -> &Url {
        &self.url
    }

    /// What it is.
    pub fn kind(&self) -> &EndpointKind {
        &self.kind
    }

    /// The site of Zilliz Cloud it belongs to; `None` for another host.
    pub fn site(&self) -> Option<Site> {
        self.site
    }

    /// True for a host of Zilliz: only these may get a Zilliz key found in the environment or in files.
    pub fn is_zilliz(&self) -> bool {
        self.site.is_some()
    }

    /// The host, without its port, in lower case.
    pub fn host(&self) -> String {
        host_name(&self.url)
    }
}

/// Parses the text as a URL, completing a missing scheme.
fn absolute(text: &str) -> Result<Url, EndpointError> {
    if let Some((scheme, rest)) = text.split_once("://") {
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            // Text before a later `://` may be anything, so only a word is repeated.
            let word = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
            return Err(EndpointError::Scheme {
                scheme: if word {
                    shown(&scheme)
                } else {
                    "the text before ://".to_owned()
                },
            });
        }
        return parse(&format!("{scheme}://{rest}"));
    }
    let url = parse(&format!("https://{text}"))?;
    if Site::of_host(&host_name(&url)).is_some() {
        return Ok(url);
    }
    parse(&format!("http://{text}"))
}

fn parse(text: &str) -> Result<Url, EndpointError> {
    Url::parse(text).map_err(|error| EndpointError::Syntax {
        reason: error.to_string(),
    })
}

/// Refuses what a base URL cannot have.
fn check(url: &Url) -> Result<(), EndpointError> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(EndpointError::Credentials);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(EndpointError::Query);
    }
    Ok(())
}

fn check_zilliz(url: &Url, host: &str) -> Result<(), EndpointError> {
    if url.scheme() == "http" {
        return Err(EndpointError::ClearText {
            host: host.to_owned(),
        });
    }
    if url.path() != "/" {
        return Err(EndpointError::Path {
            path: shown(url.path()),
            base: url.origin().ascii_serialization(),
        });
    }
    Ok(())
}

/// The host without a final dot; an IPv6 address without brackets.
fn host_name(url: &Url) -> String {
    match url.host() {
        Some(Host::Domain(name)) => name.trim_end_matches('.').to_owned(),
        Some(Host::Ipv4(address)) => address.to_string(),
        Some(Host::Ipv6(address)) => address.to_string(),
        None => String::new(),
    }
}

/// Names a host of Zilliz (reference: region, cluster and base URL from a public endpoint).
fn name(host: &str) -> EndpointKind {
    if matches!(host, "api.cloud.zilliz.com" | "api.cloud.zilliz.com.cn") {
        return EndpointKind::ControlPlane;
    }
    if let Some(rest) = host.strip_prefix("controller.api.")
        && let Some((region, _)) = rest.split_once('.')
        && check_region(region).is_ok()
        && matches!(
            rest.get(region.len()..),
            Some(".zillizcloud.com" | ".zilliz.com.cn")
        )
    {
        return EndpointKind::Controller {
            region: region.to_owned(),
        };
    }
    let (first, rest) = host.split_once('.').unwrap_or((host, ""));
    let region = rest.split('.').find(|label| is_region(label));
    match (cluster_id(first), region) {
        (Some(cluster_id), Some(region)) => EndpointKind::Cluster {
            cluster_id,
            region: region.to_owned(),
        },
        _ => EndpointKind::Other,
    }
}

/// The cluster id in a host's first label: `in`, two characters, `-` and (as far as seen, hexadecimal) letters and digits; what may follow
/// after another `-` (`-privatelink`) is not part of it.
fn cluster_id(label: &str) -> Option<String> {
    let mut parts = label.split('-');
    let (kind, id) = (parts.next()?, parts.next()?);
    let numbered = kind.strip_prefix("in").is_some_and(|number| {
        number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    let valid = numbered && !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    valid.then(|| format!("{kind}-{id}"))
}
