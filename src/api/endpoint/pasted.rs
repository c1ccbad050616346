//! Recognizes addresses that people paste in place of a base URL, and suggests the line to type instead.

use super::{Endpoint, EndpointKind, Site, control_plane, refused, shown};
use crate::error::Failure;
use crate::text::words::strip_ignoring_case;
use url::Url;

/// Hosts of the web console, and of its site's control plane.
const CONSOLES: [&str; 2] = ["cloud.zilliz.com", "cloud.zilliz.com.cn"];
/// Path segments that follow `/v1` or `/v2` in the REST APIs of Milvus and Zilliz Cloud.
const API_ROOTS: [&str; 12] = [
    "vector", "vectordb", "clusters", "projects", "regions", "volumes", "stages", "jobs", "cloud",
    "backups", "usage", "invoices",
];

/// Marks that people paste around an address. A valid address has none inside.
pub(super) const QUOTES: &str = "\"'`<>";

/// Returns the text without pasted quotes and angle brackets. If slashes are missing (`https:/host`, `http//host`),
/// they're added.
pub(super) fn tidy(text: &str) -> String {
    let text = text.trim_matches(|letter: char| QUOTES.contains(letter));
    for scheme in ["https", "http"] {
        let Some(rest) = strip_ignoring_case(text, scheme) else {
            continue;
        };
        let separated = rest.starts_with(":/") || rest.starts_with("//");
        if separated && !rest.starts_with("://") {
            let rest = rest.trim_start_matches([':', '/']);
            return format!("{scheme}://{rest}");
        }
    }
    text.to_owned()
}

/// Returns an error for a Milvus Lite file, which pymilvus accepts in place of an address.
pub(super) fn refuse_lite_file(text: &str) -> Result<(), Failure> {
    let file = text.get(text.len().saturating_sub(3)..);
    if file.is_some_and(|end| end.eq_ignore_ascii_case(".db")) && !text.contains("://") {
        return Err(refused(
            "a Milvus Lite file (.db) has no REST API to connect to",
            "connect(\"local\") imports on this machine; a Milvus server is connect(\"http://localhost:19530\")",
        ));
    }
    Ok(())
}

/// Returns an error for the web console's address, with the cluster id if the path has it.
pub(super) fn refuse_console(url: &Url, host: &str) -> Result<(), Failure> {
    if !CONSOLES.contains(&host) {
        return Ok(());
    }
    let mut segments = url.path().split('/');
    let cluster = segments.find_map(cluster_id);
    let cluster = cluster.as_deref().unwrap_or("name or id");
    let line = if Site::of_host(host) == Some(Site::China) {
        let base = control_plane(Site::China);
        format!("connect(#{{endpoint: \"{base}\", cluster: \"{cluster}\"}})")
    } else {
        format!("connect(#{{cluster: \"{cluster}\"}})")
    };
    Err(refused(
        format!("{host} is the web console, not a service's endpoint"),
        format!(
            "give the cluster's public endpoint, which its page in the console shows, or {line}"
        ),
    ))
}

/// Returns an error for a base URL that contains the path of an API call.
pub(super) fn refuse_api_path(endpoint: &Endpoint) -> Result<(), Failure> {
    let path = endpoint.url.path();
    let Some(at) = api_path(path) else {
        return Ok(());
    };
    let (prefix, api) = path.split_at(at);
    let origin = endpoint.url.origin().ascii_serialization();
    let path = shown(api);
    let line = connect_line(&endpoint.kind, &format!("{origin}{prefix}"));
    Err(refused(
        format!("the endpoint has the API's own path {path} in it"),
        format!("write it without {path}: {line}"),
    ))
}

/// Returns the line that connects to a base URL of this kind.
pub(super) fn connect_line(kind: &EndpointKind, base: &str) -> String {
    match kind {
        EndpointKind::ControlPlane => {
            format!("connect(#{{endpoint: \"{base}\", cluster: \"name or id\"}})")
        }
        EndpointKind::Controller { .. } => {
            format!("connect(#{{endpoint: \"{base}\", cluster_id: \"in03-…\"}})")
        }
        EndpointKind::Cluster { .. } | EndpointKind::Project { .. } | EndpointKind::Other => {
            format!("connect(\"{base}\")")
        }
    }
}

/// Returns an address with another scheme (`grpc://host:19530`) as http or https; `None` if it may hold a secret.
pub(super) fn with_http(scheme: &str, rest: &str) -> Option<String> {
    let authority = rest.split(['/', '?', '#']).next()?.to_ascii_lowercase();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
    if authority.is_empty() || !authority.bytes().all(plain) {
        return None;
    }
    let secure = matches!(scheme, "grpcs" | "tls" | "ssl" | "wss");
    let url = Url::parse(&format!("https://{authority}")).ok()?;
    let zilliz = Site::of_host(url.host_str()?).is_some();
    let secure = secure || zilliz || authority.ends_with(":443");
    let scheme = if secure { "https" } else { "http" };
    Some(format!("{scheme}://{authority}"))
}

/// Returns the start of an API call's path: `/v2/vectordb`, `/v1/vector/collections`, or `/v2` alone.
fn api_path(path: &str) -> Option<usize> {
    let mut at: usize = 0;
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        let version = segment.eq_ignore_ascii_case("v1") || segment.eq_ignore_ascii_case("v2");
        let follows = segments.peek().copied().filter(|next| !next.is_empty());
        let api = match follows {
            Some(next) => API_ROOTS.iter().any(|root| root.eq_ignore_ascii_case(next)),
            // A gateway's prefix may end in /v2.
            None => at == 1,
        };
        if version && api {
            return Some(at.saturating_sub(1));
        }
        at += segment.len() + 1;
    }
    None
}

/// Returns the cluster id in a host's first label: `in`, two characters, `-` and (as far as seen, hexadecimal) letters and
/// digits. A suffix after another `-` (`-privatelink`) isn't part of the id.
pub(super) fn cluster_id(label: &str) -> Option<String> {
    let mut parts = label.split('-');
    let (kind, id) = (parts.next()?, parts.next()?);
    let numbered = kind.strip_prefix("in").is_some_and(|number| {
        number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    let valid = numbered && !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    valid.then(|| format!("{kind}-{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_api_calls_are_found_after_any_prefix() {
        for (path, at) in [
            ("/v2/vectordb", Some(0)),
            ("/V2/VectorDB/jobs/import/create", Some(0)),
            ("/v1/vector/collections/import", Some(0)),
            ("/v2/clusters", Some(0)),
            ("/v2", Some(0)),
            ("/gateway/milvus/v2/vectordb/jobs", Some(15)),
            ("/gateway/v2", None),
            ("/v2x/vectordb", None),
            ("/prefix", None),
            ("/", None),
            ("", None),
        ] {
            assert_eq!(api_path(path), at, "{path}");
        }
    }
}
