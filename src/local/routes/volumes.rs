//! The volume calls of Zilliz Cloud. The files go through [`crate::local::volumes`].

use super::control::CLOUD;
use super::jobs::ListPage;
use super::{App, Result, Routes, ServiceCall, ServiceError, Value, json, keys};
use crate::api::model::Dialect;
use crate::local::storage::now;
use crate::local::storage::volumes::{StoredVolume, VolumeCreated};
use crate::local::volumes::access::{MAX_CONTENT, MAX_VOLUME_FILES};
use crate::local::volumes::folder::{VolumeFolder, check_key};
use crate::local::volumes::{BUCKET, REGION};

/// Maximum number of volumes of a service.
const MAX_VOLUMES: u64 = 1000;

/// Longest name of a volume, in characters, as on Zilliz Cloud.
const MAX_NAME: usize = 64;

/// The type of volumes whose files the service keeps.
const MANAGED: &str = "MANAGED";
/// The type of volumes in a customer's bucket.
const EXTERNAL: &str = "EXTERNAL";

/// Adds the routes below `/v2/volumes`.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get("/v2/volumes", list)
        .write("/v2/volumes/create", keys::UNCHECKED, create)
        .write("/v2/volumes/apply", keys::UNCHECKED, apply)
        .get("/v2/volumes/{volumeName}", describe)
        .delete("/v2/volumes/{volumeName}", delete)
}

fn wrong(message: impl std::fmt::Display) -> ServiceError {
    ServiceError::parameter(Dialect::V2, message)
}

/// Returns the volume that a call names.
pub(crate) fn find(app: &App, call: &ServiceCall) -> Result<StoredVolume> {
    let name = call.required(Dialect::V2, &["volumeName"])?;
    let found = app.store.volume(&name)?;
    found.ok_or_else(|| ServiceError::new(63240, format!("the volume does not exist: {name}")))
}

fn list(app: &App, call: &ServiceCall) -> Result<Value> {
    let project = call.required(Dialect::V2, &["projectId"])?;
    let page = ListPage::read(call, 1)?;
    let (count, names) = match call.text(&["type"]).as_deref() {
        None | Some(MANAGED) => app.store.volumes(&project, page.skip, page.size)?,
        Some(EXTERNAL) => (0, Vec::new()),
        Some(other) => return Err(wrong_type(other)),
    };
    let volume = |name| json!({ "volumeName": name, "type": MANAGED });
    let volumes = names.into_iter().map(volume).collect();
    Ok(page.answer(count, &["volumes"], volumes))
}

fn wrong_type(given: &str) -> ServiceError {
    let message = format!("type must be {MANAGED} or {EXTERNAL}, found {given:?}");
    wrong(message)
}

fn create(app: &App, call: &ServiceCall) -> Result<Value> {
    // Any name is accepted, so scripts for the cloud run unchanged.
    let project = call.required(Dialect::V2, &["projectId"])?;
    let region = call.required(Dialect::V2, &["regionId"])?;
    let name = call.required(Dialect::V2, &["volumeName"])?;
    match call.text(&["type"]).as_deref() {
        None | Some(MANAGED) => {}
        Some(EXTERNAL) => {
            return Err(ServiceError::unsupported("a volume of type EXTERNAL is"));
        }
        Some(other) => return Err(wrong_type(other)),
    }
    if call.get(&["storageIntegrationId", "path"]).is_some() {
        let message = "storageIntegrationId and path are for volumes of type EXTERNAL";
        return Err(wrong(message));
    }
    check_name(&name)?;
    let volume = StoredVolume {
        id: 0,
        name,
        project,
        region,
        create_time: now(),
    };
    match app.store.create_volume(&volume, MAX_VOLUMES)? {
        VolumeCreated::New => Ok(json!({ "volumeName": volume.name })),
        VolumeCreated::Exists => Err(wrong(format!("the volume {} already exists", volume.name))),
        VolumeCreated::Full => Err(wrong(format!(
            "there are {MAX_VOLUMES} volumes already, the maximum: delete one first"
        ))),
    }
}

/// Checks a new volume's name.
fn check_name(name: &str) -> Result<()> {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    // The names of other calls.
    let is_taken = matches!(name, "create" | "apply");
    if name.len() <= MAX_NAME && name.chars().all(is_allowed) && !is_taken {
        return Ok(());
    }
    Err(wrong(format!(
        "volumeName must have 1 to {MAX_NAME} letters, digits, _ or -, and not be create or apply"
    )))
}

fn describe(app: &App, call: &ServiceCall) -> Result<Value> {
    let volume = find(app, call)?;
    Ok(json!({
        "volumeName": volume.name,
        "type": MANAGED,
        "regionId": volume.region,
        "status": "RUNNING",
        "createTime": volume.create_time,
    }))
}

fn delete(app: &App, call: &ServiceCall) -> Result<Value> {
    let volume = find(app, call)?;
    app.store.drop_volume(volume.id)?;
    VolumeFolder::remove(&app.volumes, volume.id).map_err(|error| {
        ServiceError::unexpected(format!(
            "the volume was deleted, but its files could not be removed: {error}"
        ))
    })?;
    Ok(json!({ "volumeName": volume.name }))
}

fn apply(app: &App, call: &ServiceCall) -> Result<Value> {
    let volume = find(app, call)?;
    let path = call.text(&["path"]).unwrap_or_default();
    if let Some(folder) = path.strip_suffix('/') {
        check_key(folder).map_err(|error| wrong(error.message))?;
    } else if !path.is_empty() {
        let message = format!("path must be a folder that ends in /, or empty; found {path:?}");
        return Err(wrong(message));
    }
    let seconds = jiff::Timestamp::now().as_second();
    let access = app.volume_keys.issue(&volume, &path, seconds);
    let no_random = || ServiceError::unexpected("the system has no random numbers");
    let access = access.ok_or_else(no_random)?;
    let expires = jiff::Timestamp::from_second(access.expires).unwrap_or_default();
    Ok(json!({
        "endpoint": call.own_url(),
        "bucketName": BUCKET,
        "region": REGION,
        "cloud": CLOUD,
        "volumeName": volume.name,
        "volumePrefix": format!("{}/", volume.name),
        "credentials": {
            "tmpAK": access.key_id,
            "tmpSK": access.secret.expose(),
            "sessionToken": access.token.expose(),
            "expireTime": expires.to_string(),
        },
        "condition": {
            "maxContentLength": MAX_CONTENT,
            "maxFileNumber": MAX_VOLUME_FILES,
        },
    }))
}
