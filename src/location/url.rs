//! Parsing of object storage URIs and URLs.
//!
//! Written by hand instead of with a URL library for two reasons. An `s3://` URI isn't a URL, because its object name
//! isn't encoded. And an object's name must never be normalized.

use super::error::{FORMS, LocationError, local_path, refused, shown};
use super::{Address, Store, bucket, host};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// Characters that must be encoded in an object URL. `%` isn't among them, because it begins text that's already
/// encoded.
const UNSAFE: &AsciiSet = &CONTROLS
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
            Err(credentials())
        }
        _ => Err(local_path(text, false)),
    }
}

/// Parses an object storage URI or URL from its scheme (in lower case) and the rest after `://`.
pub(super) fn object(scheme: &str, rest: &str) -> Result<Address, LocationError> {
    let address = match scheme {
        "s3" => uri(Store::S3, scheme, rest),
        "gs" => uri(Store::Gcs, scheme, rest),
        "http" | "https" => object_url(rest)?,
        _ => {
            let problem = format!("{scheme}:// is not a scheme an import accepts");
            return Err(refused(problem, scheme_hint(scheme)));
        }
    };
    if let Some(account) = &address.account {
        bucket::check_account(account)?;
    }
    bucket::check(address.store, address.bucket.as_deref().unwrap_or_default())?;
    Ok(address)
}

fn scheme_hint(scheme: &str) -> String {
    match scheme {
        "hdfs" | "viewfs" | "webhdfs" | "dbfs" | "ftp" | "sftp" | "nfs" | "smb" | "adl" => {
            format!("copy the files to an object store first; {FORMS}")
        }
        _ => FORMS.to_owned(),
    }
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
        return Err(refused(
            "the URL is presigned: it carries a signature in its query",
            "give the plain object URL, and the storage keys as access_key, secret_key \
             and session_token",
        ));
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
        return Err(credentials());
    }
    Ok(())
}

/// Returns the error for `user:password@` in a URL.
fn credentials() -> LocationError {
    refused(
        "the URL carries a user or password",
        "leave it out of the URL, and give the storage keys as access_key and secret_key",
    )
}

/// Refuses a URL's path with an unencoded query or fragment.
pub(super) fn refuse_query(path: &str) -> Result<(), LocationError> {
    match path.find(['?', '#']).and_then(|at| path.as_bytes().get(at)) {
        None => Ok(()),
        Some(b'?') => Err(refused(
            "the URL has a query (`?…`)",
            "leave it out; a `?` in an object's name is written %3F",
        )),
        Some(_) => Err(refused(
            "the URL has a fragment (`#…`)",
            "leave it out; a `#` in an object's name is written %23",
        )),
    }
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
        bucket: Some(bucket.to_owned()),
        key: key.map(str::to_owned),
        ..Address::new(store, &format!("{scheme}://{rest}"))
    }
}

/// Parses `host/path` of an object URL.
fn object_url(rest: &str) -> Result<Address, LocationError> {
    let authority = before_path(rest);
    let path = rest.get(authority.len()..).unwrap_or_default();
    refuse_query(path)?;
    let name = strip_port(authority)
        .trim_end_matches('.')
        .to_ascii_lowercase();
    let Some(found) = host::recognise(&name) else {
        let name = shown(&name);
        return Err(refused(
            format!("host {name} is not an object store that an import can read"),
            FORMS,
        ));
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
        return Err(refused(
            "the URL has a `%` that is not followed by two hexadecimal digits",
            "a `%` in an object's name is written %25",
        ));
    }
    match percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(refused(
            "the URL's percent-encoded text is not UTF-8",
            "percent-encode the UTF-8 form of the object's name",
        )),
    }
}
