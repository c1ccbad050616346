//! Paths in forms of other tools: Spark's and Hadoop's schemes, `arn:`, the stores' web consoles. They're refused, and
//! the error has the accepted form.

use super::error::{LocationError, refused, shown};
use super::{PathScope, url};
use crate::text::words::strip_ignoring_case;

/// Refuses a path in another tool's form if the accepted form can be derived from it. Paths that may contain a password
/// are left to the checks for secrets.
pub(super) fn refuse(text: &str, place: &PathScope) -> Result<(), LocationError> {
    let found = match place {
        PathScope::Volume => None,
        PathScope::ServerBucket { .. } => in_bucket(text),
        PathScope::Cloud | PathScope::Disk => in_cloud(text),
    };
    match found {
        Some((form, instead)) => Err(refused(
            format!("{form} is not a form an import accepts"),
            if form.ends_with(":/") {
                format!("did you mean {instead}?")
            } else {
                format!("write {instead}")
            },
        )),
        None => Ok(()),
    }
}

/// The form's name, and the path in its accepted form.
type Found = (String, String);

fn in_cloud(text: &str) -> Option<Found> {
    for (scheme, form) in [("s3", "s3:/"), ("gs", "gs:/")] {
        let rest = strip_ignoring_case(text, form).filter(|rest| !rest.starts_with('/'));
        if let Some(rest) = rest {
            return Some((form.to_owned(), format!("{scheme}://{}", plain(rest)?)));
        }
    }
    if let Some(rest) = strip_ignoring_case(text, "arn:aws") {
        // arn:partition:s3:::bucket/key
        let (_, object) = rest.split_once(":s3:::")?;
        return Some(("an ARN".to_owned(), format!("s3://{}", plain(object)?)));
    }
    let (scheme, rest) = url::split_scheme(text)?;
    let instead = match scheme.as_str() {
        "s3a" | "s3n" => format!("s3://{}", plain(rest)?),
        "gcs" => format!("gs://{}", plain(rest)?),
        "abfs" | "abfss" | "wasb" | "wasbs" | "az" | "azure" => azure(rest)?,
        "oss" => by_host(rest, "aliyuncs.com", "oss-region.aliyuncs.com")?,
        "cos" | "cosn" => by_host(rest, "myqcloud.com", "cos.region.myqcloud.com")?,
        "http" | "https" => return web(rest),
        _ => return None,
    };
    Some((format!("{scheme}://"), instead))
}

/// Converts a path for a self-hosted server, which reads from its own bucket. Only the part after the bucket is kept.
fn in_bucket(text: &str) -> Option<Found> {
    let (scheme, rest) = url::split_scheme(text)?;
    let (form, key) = match scheme.as_str() {
        "s3a" | "s3n" | "gcs" | "minio" | "oss" | "cos" | "cosn" => {
            (format!("{scheme}://"), plain(rest)?.split_once('/')?.1)
        }
        // A MinIO server's URL: http://minio:9000/bucket/key.
        "http" | "https" => {
            let (host, path) = rest.split_once('/')?;
            let name = host.split(':').next()?.to_ascii_lowercase();
            let plain_host = host
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
            if !plain_host || super::host::recognise(&name).is_some() || path.contains(['?', '#']) {
                return None;
            }
            let form = "the URL of an object store".to_owned();
            (form, path.split_once('/')?.1)
        }
        _ => return None,
    };
    let key = Some(key).filter(|key| !key.is_empty())?;
    Some((
        form,
        format!("the path inside the server's bucket: {}", shown(key)),
    ))
}

/// Returns the text if its first segment can't be a user and password.
fn plain(rest: &str) -> Option<&str> {
    let first = rest.split('/').next().unwrap_or_default();
    (!first.is_empty() && !first.contains(['@', ':'])).then_some(rest)
}

/// Parses `container@account.dfs.core.windows.net/blob`, `account.blob.core.windows.net/container/blob` or
/// `container/blob`.
fn azure(rest: &str) -> Option<String> {
    let (first, blob) = rest.split_once('/').unwrap_or((rest, ""));
    let (container, host) = match first.rsplit_once('@') {
        Some((container, host)) => (Some(container), blob_host(host)?),
        None => match blob_host(first) {
            Some(host) => (None, host),
            None => (
                Some(plain(first)?),
                "account.blob.core.windows.net".to_owned(),
            ),
        },
    };
    let blob = url::encode(blob);
    match container {
        Some(container) => {
            let name = |byte: u8| byte.is_ascii_alphanumeric() || b"-$".contains(&byte);
            let valid = !container.is_empty() && container.bytes().all(name);
            valid.then(|| format!("https://{host}/{container}/{blob}"))
        }
        None => Some(format!("https://{host}/{blob}")),
    }
}

/// Returns the blob endpoint of a storage account's host; `None` for another host.
fn blob_host(host: &str) -> Option<String> {
    let host = host.to_ascii_lowercase();
    let (account, domain) = host.split_once('.')?;
    let service = domain
        .strip_prefix("dfs.")
        .or_else(|| domain.strip_prefix("blob."))?;
    let blob = format!("{account}.blob.{service}");
    super::host::recognise(&blob).map(|_| blob)
}

/// Parses `bucket/key`, or `bucket.host/key` with the whole host.
fn by_host(rest: &str, domain: &str, service: &str) -> Option<String> {
    let (bucket, key) = plain(rest)?.split_once('/').unwrap_or((rest, ""));
    let key = url::encode(key);
    if bucket.ends_with(domain) {
        return Some(format!("https://{bucket}/{key}"));
    }
    Some(format!("https://{bucket}.{service}/{key}"))
}

/// Parses an address of Azure's other endpoint for the same objects, or of an object's page in a web console.
fn web(rest: &str) -> Option<Found> {
    let (host, path) = plain(rest)?.split_once('/')?;
    let host = host.to_ascii_lowercase();
    if host.contains(".dfs.core.") {
        let blob = blob_host(&host)?;
        let form = "Azure's dfs endpoint".to_owned();
        return Some((form, format!("https://{blob}/{path}")));
    }
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let console = "the web console's address".to_owned();
    if host.ends_with("console.aws.amazon.com") {
        let bucket = path
            .strip_prefix("s3/object/")
            .or_else(|| path.strip_prefix("s3/buckets/"))?;
        let prefix = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("prefix="));
        let key = url::decode(prefix.unwrap_or_default()).ok()?;
        let bucket = bucket.trim_end_matches('/');
        return Some((console, format!("s3://{bucket}/{key}")));
    }
    if host == "console.cloud.google.com" {
        let object = path.strip_prefix("storage/browser/")?;
        let object = object.strip_prefix("_details/").unwrap_or(object);
        let object = object.split(';').next().unwrap_or(object);
        return Some((console, format!("gs://{object}")));
    }
    None
}
