//! The destination of an upload: a bucket, or a volume with access that's renewed.

use crate::connection::Connection;
use crate::engine::call::Call;
use crate::engine::connecting::profiles;
use crate::engine::functions::{account, check};
use crate::engine::options::Options;
use crate::error::Failure;
use crate::location::{Location, LocationError, PathFault, PathScope, PathTarget};
use crate::secret::StorageKeys;
use crate::stores::bucket::Bucket;
use crate::stores::upload::{GrantSource, StoreGrant, UploadDestination};

/// Returns the destination; `None` for a bucket if the connection's service reads this machine's files.
pub(super) fn destination(
    call: &Call,
    to: &str,
    options: &Options,
) -> Result<Option<UploadDestination>, Failure> {
    if let Some(inner) = to.strip_prefix("volume://") {
        return volume(call, inner).map(Some);
    }
    let connection = call.receiver.clone().or_else(|| call.session.current());
    let location = Location::parse(to, &PathScope::Cloud).map_err(|error| unfit(error, to))?;
    if location.kind() == PathTarget::NumpySet {
        return Err(call.misused("the destination is a folder, which ends in /, or one file"));
    }
    let is_local = match connection {
        Some(connection) => connection.client.is_local_service(),
        None => {
            let config = profiles::load(call.session)?;
            profiles::chosen(call.session, &config).as_deref() == Some("local")
        }
    };
    if is_local {
        return Ok(None);
    }
    let mut stores = check::stores(call, options)?;
    let own = options.storage_keys()?;
    if !own.is_empty() {
        stores.keys = own;
    }
    let Some(bucket) = Bucket::of(&location, &stores.endpoints, false) else {
        return Err(call.misused("the destination is a bucket's URL or volume://name/folder/"));
    };
    let (folder, name) = split_name(location.key());
    Ok(Some(UploadDestination {
        folder,
        name,
        location: Some(location),
        volume: None,
        source: GrantSource::Fixed(Box::new(StoreGrant {
            bucket: bucket.in_region(stores.region),
            keys: stores.keys,
            prefix: String::new(),
            expires: None,
            max_bytes: None,
            max_files: None,
        })),
    }))
}

/// Returns the destination in a volume, from the text after `volume://`.
fn volume(call: &Call, inner: &str) -> Result<UploadDestination, Failure> {
    let (volume, path) = split_volume(call, inner)?;
    if !path.is_empty() {
        let to = format!("volume://{inner}");
        Location::parse_volume(path).map_err(|error| unfit(error, &to))?;
    }
    let (folder, name) = split_name(path);
    let grants = grants(&*call.connection()?, volume, &folder)?;
    Ok(UploadDestination {
        location: None,
        folder,
        name,
        volume: Some(volume.to_owned()),
        source: GrantSource::Renewed(Box::new(grants)),
    })
}

/// Splits an object's name into its folder and, if the object isn't a folder, the rest.
fn split_name(key: &str) -> (String, Option<String>) {
    let (folder, name) = key.split_at(key.rfind('/').map_or(0, |slash| slash + 1));
    let name = Some(name).filter(|name| !name.is_empty());
    (folder.to_owned(), name.map(str::to_owned))
}

/// Returns the failure of a destination. One without a file's extension is usually a folder without its final slash.
fn unfit(error: LocationError, to: &str) -> Failure {
    match error.fault() {
        PathFault::Other => error.into(),
        PathFault::NoExtension | PathFault::Extension | PathFault::NoKey => {
            Failure::from(error).with_hint(format!("a folder ends in /: {to}/"))
        }
    }
}

/// Splits the text after `volume://` into the volume's name and a path in it.
pub(crate) fn split_volume<'a>(call: &Call, inner: &'a str) -> Result<(&'a str, &'a str), Failure> {
    match inner.split_once('/') {
        Some((name, path)) if !name.is_empty() => {
            let mut folders = path.rsplit('/').skip(1);
            if folders.any(|part| matches!(part, "" | "." | "..")) {
                return Err(call.misused(&format!("{path:?} is no path in a volume")));
            }
            Ok((name, path))
        }
        _ => Err(call
            .misused(&format!("volume://{inner} names no folder"))
            .with_hint(
                "volume://NAME/ is the volume's top folder, volume://NAME/folder/ one in it",
            )),
    }
}

/// Returns the function that gets access to a volume's folder.
pub(crate) fn grants(
    connection: &Connection,
    volume: &str,
    folder: &str,
) -> Result<impl Fn() -> Result<StoreGrant, Failure> + Send + Sync + use<>, Failure> {
    let client = account::of_connection(connection)?;
    let (volume, folder) = (volume.to_owned(), folder.to_owned());
    Ok(move || {
        let access = client.apply_volume(&volume, &folder)?;
        let (endpoint, cloud) = (&access.endpoint, &access.cloud);
        let bearer = cloud == "gcp";
        Ok(StoreGrant {
            bucket: Bucket::of_volume(&access.bucket, endpoint, cloud, &access.region),
            keys: StorageKeys {
                access: access.keys.access.filter(|_| !bearer),
                secret: access.keys.secret.filter(|_| !bearer),
                session: access.keys.session,
            },
            prefix: access.prefix,
            expires: access.expires,
            max_bytes: access.max_bytes,
            max_files: access.max_files,
        })
    })
}
