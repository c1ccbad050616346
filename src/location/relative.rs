//! Paths relative to a root that only the server can resolve: its own bucket, or a volume.

use super::{Address, LocationError, Store, error::shown, url};

/// Parses a path in a self-hosted server's bucket. `bucket_url` is the bucket's URL, if it's known.
pub(super) fn server(text: &str, bucket_url: Option<&str>) -> Result<Address, LocationError> {
    let own = bucket_url.map(own_bucket).transpose()?;
    let mut address = relative(Store::Bucket, text);
    match url::split_scheme(text) {
        Some((scheme, rest)) if scheme != "file" => {
            let given = url::object(&scheme, rest)?;
            let Some(own) = own else {
                return Err(LocationError::UnknownServerBucket);
            };
            if !same_bucket(&given, &own) {
                return Err(LocationError::OtherBucket {
                    given: named(&given),
                    own: named(&own),
                });
            }
            address.text = given.key.clone().unwrap_or_default();
            address.key = given.key.filter(|key| !key.is_empty());
            address.account = own.account;
            address.bucket = own.bucket;
            address.region = own.region;
        }
        _ if is_local(text) => {
            return Err(LocationError::LocalPath {
                path: shown(text),
                server: true,
            });
        }
        _ => {
            if let Some(own) = own {
                address.account = own.account;
                address.bucket = own.bucket;
                address.region = own.region;
            }
        }
    }
    refuse_leading_slash(&address.text, false)?;
    Ok(address)
}

/// Parses a path in a volume.
pub(super) fn volume(text: &str) -> Result<Address, LocationError> {
    match url::split_scheme(text) {
        Some((scheme, _)) if scheme != "file" => return Err(LocationError::UrlInVolume),
        _ => {}
    }
    if is_local(text) {
        return Err(LocationError::LocalPath {
            path: shown(text),
            server: false,
        });
    }
    refuse_leading_slash(text, true)?;
    Ok(relative(Store::Volume, text))
}

fn relative(store: Store, text: &str) -> Address {
    Address {
        text: text.to_owned(),
        store,
        account: None,
        bucket: None,
        region: None,
        key: Some(text.to_owned()),
    }
}

fn own_bucket(url: &str) -> Result<Address, LocationError> {
    url::refuse_secrets(url)
        .and_then(|()| url::cloud(url))
        .map_err(|error| LocationError::BucketUrl(Box::new(error)))
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
    let file_url = text
        .get(..6)
        .is_some_and(|start| start.eq_ignore_ascii_case("file:/"));
    file_url || prefixes.iter().any(|prefix| text.starts_with(prefix)) || has_drive(text)
}

/// Returns true for `C:\…` or `C:/…`.
fn has_drive(text: &str) -> bool {
    matches!(text.as_bytes(), [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic())
}

fn refuse_leading_slash(text: &str, volume: bool) -> Result<(), LocationError> {
    if text.starts_with('/') {
        return Err(LocationError::LeadingSlash {
            path: shown(text),
            volume,
        });
    }
    Ok(())
}
