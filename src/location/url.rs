//! Parsing of object storage URIs and URLs.
//!
//! Written by hand instead of with a URL library for two reasons. An `s3://` URI isn't a URL, because its object name
//! isn't encoded. And an object's name must never be normalized.

use super::{Address, LocationError, Store, bucket, error::shown, host};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// Characters that must be encoded in an object URL. `%` isn't among them, because it begins text that's already
/// encoded.
pub(super) const UNSAFE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Query parameters (in lower case) of signed URLs, which give access to anyone who has the URL: AWS, GCS, Azure, OSS
/// and COS.
const SIGNATURES: [&str; 8] = [
    "x-amz-signature=",
    "x-amz-credential=",
    "x-amz-security-token=",
    "x-goog-signature=",
    "x-oss-signature=",
    "q-signature=",
    "signature=",
    "sig=",
];

/// Splits text into its scheme, in lower case, and the part after `://`.
pub(super) fn split_scheme(text: &str) -> Option<(String, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let mut letters = scheme.bytes();
    let valid = letters
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic())
        && letters.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    valid.then(|| (scheme.to_ascii_lowercase(), rest))
}

/// Parses a path for Zilliz Cloud: object storage only.
pub(super) fn cloud(text: &str) -> Result<Address, LocationError> {
    match split_scheme(text) {
        Some((scheme, rest)) if scheme != "file" => object(&scheme, rest),
        // An object URL without its scheme.
        None if before_path(text).contains('@') && before_path(text).contains(':') => {
            Err(LocationError::Credentials)
        }
        _ => Err(LocationError::LocalPath {
            path: shown(text),
            server: false,
        }),
    }
}

/// Parses an object storage URI or URL from its scheme (in lower case) and the rest after `://`.
pub(super) fn object(scheme: &str, rest: &str) -> Result<Address, LocationError> {
    let address = match scheme {
        "s3" => uri(Store::S3, scheme, rest),
        "gs" => uri(Store::Gcs, scheme, rest),
        "http" | "https" => object_url(rest)?,
        _ => {
            return Err(LocationError::Scheme {
                scheme: scheme.to_owned(),
            });
        }
    };
    if let Some(account) = &address.account {
        bucket::check_account(account)?;
    }
    bucket::check(address.store, address.bucket.as_deref().unwrap_or_default())?;
    Ok(address)
}

/// Refuses a path that contains a secret. This check comes first, so no other message repeats the secret.
pub(super) fn refuse_secrets(text: &str) -> Result<(), LocationError> {
    refuse_signature(text)?;
    match split_scheme(text) {
        Some((scheme, rest)) => refuse_credentials(&scheme, rest),
        None => Ok(()),
    }
}

/// Refuses text whose query contains a signature.
pub(super) fn refuse_signature(text: &str) -> Result<(), LocationError> {
    let Some((_, query)) = text.split_once('?') else {
        return Ok(());
    };
    let query = query.to_ascii_lowercase();
    let signed = query
        .split(['?', '&'])
        .any(|pair| SIGNATURES.iter().any(|name| pair.starts_with(name)));
    if signed {
        return Err(LocationError::Presigned);
    }
    Ok(())
}

/// Refuses `user:password@host`, and `user:password` cut off by a `/` in the password (S3 secret keys contain slashes).
fn refuse_credentials(scheme: &str, rest: &str) -> Result<(), LocationError> {
    let user = rest
        .split('/')
        .next()
        .is_some_and(|start| start.contains('@'));
    let port = before_path(rest).rsplit_once(':').map(|(_, port)| port);
    // A file URL has no port. In its place may be the drive of a mistaken `file://C:\…`.
    let port = port.filter(|_| scheme != "file");
    let odd = port.is_some_and(|port| !port.bytes().all(|byte| byte.is_ascii_digit()));
    if user || odd {
        return Err(LocationError::Credentials);
    }
    Ok(())
}

fn before_path(rest: &str) -> &str {
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Parses `bucket/object name`. The name isn't decoded.
fn uri(store: Store, scheme: &str, rest: &str) -> Address {
    let (bucket, key) = match rest.split_once('/') {
        Some((bucket, key)) => (bucket, Some(key)),
        None => (rest, None),
    };
    Address {
        text: format!("{scheme}://{rest}"),
        store,
        account: None,
        bucket: Some(bucket.to_owned()),
        region: None,
        key: key.map(str::to_owned),
    }
}

/// Parses `host/path` of an object URL.
fn object_url(rest: &str) -> Result<Address, LocationError> {
    let authority = before_path(rest);
    let path = rest.get(authority.len()..).unwrap_or_default();
    match path.find(['?', '#']).and_then(|at| path.as_bytes().get(at)) {
        Some(b'?') => return Err(LocationError::Query),
        Some(_) => return Err(LocationError::Fragment),
        None => {}
    }
    let name = strip_port(authority)
        .trim_end_matches('.')
        .to_ascii_lowercase();
    let Some(found) = host::recognise(&name) else {
        return Err(LocationError::Host { host: shown(&name) });
    };
    // The path is `/object` if the host names the bucket, else `/bucket/object`.
    let inner = path.strip_prefix('/');
    let (bucket, key) = match (found.bucket, inner) {
        (Some(bucket), key) => (bucket, key),
        (None, None) => (String::new(), None),
        (None, Some(inner)) => match inner.split_once('/') {
            Some((bucket, key)) => (bucket.to_owned(), Some(key)),
            None => (inner.to_owned(), None),
        },
    };
    let path = utf8_percent_encode(path, UNSAFE);
    Ok(Address {
        text: format!("https://{name}{path}"),
        store: found.store,
        account: found.account,
        bucket: Some(bucket),
        region: found.region,
        key: key.map(decode).transpose()?,
    })
}

/// Returns the authority without a default port. Any other port is kept, so the host isn't recognized.
fn strip_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, "443" | "80" | "")) => host,
        _ => authority,
    }
}

/// Percent-encodes an object's name for a URL.
pub(super) fn encode(name: &str) -> String {
    const NAME: &AsciiSet = &UNSAFE.add(b'%').add(b'?').add(b'#');
    utf8_percent_encode(name, NAME).to_string()
}

/// Percent-decodes strictly. `+` isn't decoded: it means a blank in queries only.
pub(super) fn decode(text: &str) -> Result<String, LocationError> {
    let escapes_are_whole = text.split('%').skip(1).all(|after| {
        let digits = after.as_bytes().get(..2).unwrap_or_default();
        digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit)
    });
    if !escapes_are_whole {
        return Err(LocationError::Percent);
    }
    match percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(LocationError::NotUtf8),
    }
}
