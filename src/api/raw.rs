//! `api()`: one call to any path of the service, with the connection's API key.
//!
//! A path never names a host: calls about data go to the cluster's own endpoint, all others to the address of import
//! calls.

use super::Client;
use super::error::{ApiError, unusable};
use super::mask::each_text;
use super::model::Effect;
use super::request::{Outgoing, join, json};
use super::{envelope, transport::HttpAnswer};
use crate::secret::Secret;
use serde_json::Value;
use std::sync::Arc;
use zeroize::Zeroize as _;

/// The purpose, as errors describe it.
const WHAT: &str = "make the API call";

/// The methods that a call can have.
pub(crate) const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Last segments of the paths of `POST` calls that only read.
const READS: [&str; 9] = [
    "list",
    "describe",
    "has",
    "get",
    "query",
    "search",
    "hybrid_search",
    "advanced_search",
    "getProgress",
];

/// Returns true for a call that changes nothing: a `GET`, or a `POST` to a path that's known to read.
pub(crate) fn is_read(method: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    let reads = READS.contains(&last) || last.starts_with("get_");
    method == "GET" || method == "POST" && reads && !path.contains("/../")
}

/// Returns the reason why a text is no path of the service.
fn problem(path: &str) -> Option<&'static str> {
    let dots = |part: &str| {
        let plain = part.to_ascii_lowercase().replace("%2e", ".");
        plain == "." || plain == ".."
    };
    if path.contains("://") || path.starts_with("//") || !path.starts_with('/') {
        return Some("it has to start with one slash; the connection decides the host");
    }
    if path.contains(|c: char| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '#')) {
        return Some("it holds a blank, a backslash, a # or a control character");
    }
    let plain = path.split('?').next().unwrap_or_default();
    plain
        .split('/')
        .any(dots)
        .then_some("it holds the segment . or ..")
}

impl Client {
    /// Sends a call to a path with its query, and returns the whole answer as JSON. `method` is one of [`METHODS`]. The
    /// secrets of the body are masked in the answer. Only reads are sent again after a failure.
    pub(crate) fn raw(
        &self,
        method: &'static str,
        path: &str,
        body: Option<Value>,
        secrets: &[Secret],
    ) -> Result<Value, ApiError> {
        if let Some(problem) = problem(path) {
            let example = "for example api(\"POST\", \"/v2/vectordb/collections/list\")";
            return Err(unusable("the path", problem).with_hint(example).into());
        }
        let outgoing = Arc::new(self.raw_outgoing(method, path, body, secrets)?);
        self.send_whole(&outgoing, None, |answer: &HttpAnswer| {
            let value: Option<Value> =
                serde_json::from_str(answer.text.trim_start_matches('\u{feff}')).ok();
            let is_success = (200..300).contains(&answer.status);
            // An answer with the service's envelope says itself whether the call succeeded.
            let enveloped = value
                .as_ref()
                .is_none_or(|value| value.get("code").is_some());
            if !is_success || enveloped {
                envelope::read(self.settings(), &outgoing, answer)?;
            }
            let mut value = value.unwrap_or_default();
            each_text(&mut value, &mut |_, text| *text = outgoing.mask.apply(text));
            Ok(value)
        })
    }

    fn raw_outgoing(
        &self,
        method: &'static str,
        path: &str,
        mut body: Option<Value>,
        secrets: &[Secret],
    ) -> Result<Outgoing, ApiError> {
        let settings = self.settings();
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path, None),
        };
        let about_data = path.starts_with("/v2/vectordb/")
            && !path.starts_with("/v2/vectordb/jobs/")
            || path.starts_with("/v1/vector/")
                && !path.starts_with("/v1/vector/collections/import");
        let (base, database) = if about_data {
            (self.cluster_base(WHAT)?, settings.database.as_deref())
        } else {
            (&settings.import_base, None)
        };
        let mut url = join(base, path);
        url.set_query(query);
        let effect = if is_read(method, path) {
            Effect::Read
        } else {
            Effect::Change
        };
        if method == "POST" {
            body.get_or_insert_with(|| Value::Object(serde_json::Map::new()));
        }
        let sent = body.as_ref().map(json).transpose();
        // The texts may be secrets.
        let texts = body.iter_mut();
        texts.for_each(|body| each_text(body, &mut |_, text| text.zeroize()));
        Outgoing::new(settings, WHAT, effect, method, url, sent?)?
            .with_secrets(settings, secrets)
            .with_database(database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_a_host_or_dot_segments_are_refused() {
        for path in [
            "",
            "v2/x",
            "//host/x",
            "https://host/x",
            "/a/../b",
            "/a/%2E%2e/b",
            "/a b",
            "/a\\b",
            "/a#b",
            "/\n",
        ] {
            assert!(problem(path).is_some(), "{path:?}");
        }
        for path in ["/", "/v2/clusters?pageSize=1", "/v2/volumes/a..b"] {
            assert_eq!(problem(path), None, "{path:?}");
        }
    }

    #[test]
    fn only_known_calls_count_as_reads() {
        for (method, path) in [
            ("GET", "/v2/clusters"),
            ("POST", "/v2/vectordb/collections/list"),
            ("POST", "/v2/vectordb/entities/query?x=1"),
            ("POST", "/v2/vectordb/jobs/import/get_progress"),
        ] {
            assert!(is_read(method, path), "{path}");
        }
        for (method, path) in [
            ("DELETE", "/v2/volumes/list"),
            ("POST", "/v2/vectordb/collections/drop"),
            ("POST", "/v2/vectordb/collections/drop?x=/list"),
            ("POST", "/v2/vectordb/entities/upsert"),
            ("POST", "/v2/vectordb/collections/%6cist"),
            ("POST", "/v2/vectordb/collections/list/"),
            ("PUT", "/v2/x/get_y"),
        ] {
            assert!(!is_read(method, path), "{path}");
        }
    }
}
