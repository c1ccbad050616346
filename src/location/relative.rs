//! Paths relative to a root that only the server can resolve: its own bucket, or a volume.

use super::error::{IN_BUCKET, LocationError, local_path, refused, shown};
use super::{Address, Store, url};
use crate::text::words::strip_ignoring_case;

/// Parses a path in a self-hosted server's bucket. `bucket_url` is the bucket's URL, if it's known.
pub(super) fn server(text: &str, bucket_url: Option<&str>) -> Result<Address, LocationError> {
    let own = bucket_url.map(own_bucket).transpose()?;
    let mut address = Address::new(Store::Bucket, text);
    match url::split_scheme(text) {
        Some((scheme, rest)) if scheme != "file" => {
            let given = url::object(&scheme, rest)?;
            let Some(own) = &own else {
                return Err(refused(
                    "a self-hosted server reads from its own bucket, and which one that is was not given",
                    "write the path inside the bucket, e.g. \"folder/1.parquet\", or connect with \
                     storage: #{url: \"s3://milvus-bucket\"}",
                ));
            };
            if !same_bucket(&given, own) {
                return Err(refused(
                    format!(
                        "the path is in {}, but the server reads from its own bucket {} only",
                        named(&given),
                        named(own)
                    ),
                    "copy the file into the server's bucket, and give its path there",
                ));
            }
            address.text = given.key.clone().unwrap_or_default();
            address.key = given.key.filter(|key| !key.is_empty());
        }
        _ if is_local(text) => return Err(local_path(text, true)),
        _ => {}
    }
    if let Some(own) = own {
        address.account = own.account;
        address.bucket = own.bucket;
        address.region = own.region;
    }
    refuse_leading_slash(&address.text, false)?;
    Ok(address)
}

/// Parses a path in a volume.
pub(super) fn volume(text: &str) -> Result<Address, LocationError> {
    if url::split_scheme(text).is_some_and(|(scheme, _)| scheme != "file") {
        return Err(refused(
            "a URL was given where a path inside a volume is wanted",
            "write the path relative to the volume, e.g. \"folder/1.parquet\"",
        ));
    }
    if is_local(text) {
        return Err(local_path(text, false));
    }
    refuse_leading_slash(text, true)?;
    Ok(Address::new(Store::Volume, text))
}

fn own_bucket(url: &str) -> Result<Address, LocationError> {
    url::refuse_secrets(url)
        .and_then(|()| url::cloud(url))
        .map_err(|error| {
            refused(
                format!("the URL of the server's bucket is not valid: {error}"),
                "write it as storage: #{url: \"s3://milvus-bucket\"}",
            )
        })
}

fn same_bucket(one: &Address, other: &Address) -> bool {
    one.store == other.store && one.account == other.account && one.bucket == other.bucket
}

fn named(address: &Address) -> String {
    let bucket = address.bucket.as_deref().unwrap_or_default();
    match &address.account {
        Some(account) => format!("{account}/{bucket} ({})", address.store),
        None => format!("{bucket} ({})", address.store),
    }
}

/// Returns true for forms that only a path on a disk has. A leading `/` is checked separately, because it can also mean
/// the bucket's root.
fn is_local(text: &str) -> bool {
    let prefixes = ["./", "../", ".\\", "..\\", "\\\\", "~"];
    let file_url = strip_ignoring_case(text, "file:/").is_some();
    file_url || prefixes.iter().any(|prefix| text.starts_with(prefix)) || has_drive(text)
}

/// Returns true for `C:\…` or `C:/…`.
fn has_drive(text: &str) -> bool {
    matches!(text.as_bytes(), [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic())
}

fn refuse_leading_slash(text: &str, volume: bool) -> Result<(), LocationError> {
    if text.starts_with('/') {
        let path = shown(text);
        let (root, hint) = if volume {
            ("volume", "write it without the leading `/`")
        } else {
            ("server's bucket", IN_BUCKET)
        };
        return Err(refused(
            format!("{path} begins with `/`, but paths are relative to the {root}"),
            hint,
        ));
    }
    Ok(())
}
