//! Normalizes the path of a request, since clients write a path in several ways.

use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use percent_encoding::percent_decode_str;

/// Normalizes a request's path: no trailing or double slashes, no percent-encoding.
///
/// Paths that can't be normalized are left alone and get a 404.
pub(crate) fn plain(mut request: Request) -> Request {
    if let Some(path) = plain_path(request.uri().path()) {
        let target = match request.uri().query() {
            Some(query) => format!("{path}?{query}"),
            None => path,
        };
        if let Ok(target) = PathAndQuery::try_from(target) {
            let mut parts = request.uri().clone().into_parts();
            parts.path_and_query = Some(target);
            if let Ok(uri) = Uri::from_parts(parts) {
                *request.uri_mut() = uri;
            }
        }
    }
    request
}

/// Returns the normalized path if it differs.
fn plain_path(path: &str) -> Option<String> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    // Decoded, these characters would end the path or appear in no route.
    let odd = |byte: u8| !byte.is_ascii_graphic() || matches!(byte, b'?' | b'#' | b'%');
    if decoded.bytes().any(odd) {
        return None;
    }
    let mut plain = String::with_capacity(decoded.len());
    for piece in decoded.split('/').filter(|piece| !piece.is_empty()) {
        plain.push('/');
        plain.push_str(piece);
    }
    if plain.is_empty() {
        plain.push('/');
    }
    (plain != path).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[test]
    fn paths_are_normalized() {
        for (given, expected) in [
            ("/v2/a/", "/v2/a"),
            ("//v2///a", "/v2/a"),
            ("/v2/%61", "/v2/a"),
            ("/v2%2Fa", "/v2/a"),
            ("//", "/"),
        ] {
            assert_eq!(plain_path(given).as_deref(), Some(expected), "{given}");
        }
        for given in [
            "/",
            "/v2/a",
            "/v2/%3Fx",
            "/v2/%00",
            "/v2/%ff",
            "/v2/%2561",
            "/v2/%20a",
        ] {
            assert_eq!(plain_path(given), None, "{given}");
        }
    }

    #[test]
    fn the_query_is_unchanged() {
        let request = Request::builder().uri("/v1/list/?jobId=a%2Fb%20//");
        let request = plain(request.body(Body::empty()).unwrap());
        assert_eq!(request.uri().to_string(), "/v1/list?jobId=a%2Fb%20//");
    }
}
