//! Volumes: storage that Zilliz Cloud keeps for files to import.

use super::Client;
use super::error::ApiError;
use super::fields::Fields;
use super::model::Effect;
use super::pages::PagedList;
use super::request::{CallForm, Outgoing, escape, join};
use crate::secret::{Secret, StorageKeys};
use jiff::Timestamp;
use serde::Serialize;
use std::time::{Duration, SystemTime};

/// A volume in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Volume {
    pub(crate) name: String,
    /// `MANAGED` or `EXTERNAL`.
    pub(crate) kind: String,
}

/// The body of a create call.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewVolume {
    pub(crate) project_id: String,
    pub(crate) region_id: String,
    pub(crate) volume_name: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) storage_integration_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
}

/// Temporary access to a folder of a volume.
#[derive(Clone, Debug)]
pub(crate) struct VolumeAccess {
    pub(crate) endpoint: String,
    pub(crate) bucket: String,
    pub(crate) region: String,
    /// `aws`, `gcp`, `azure`, `ali`, …
    pub(crate) cloud: String,
    /// Beginning of the names of the volume's objects in the bucket.
    pub(crate) prefix: String,
    pub(crate) keys: StorageKeys,
    pub(crate) expires: Option<SystemTime>,
    /// Maximum number of bytes of an upload.
    pub(crate) max_bytes: Option<u64>,
    /// Maximum number of files of an upload.
    pub(crate) max_files: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ApplyBody<'a> {
    volume_name: &'a str,
    path: &'a str,
}

impl Client {
    /// Returns all volumes of a project.
    pub(crate) fn volumes(&self, project: &str) -> Result<Vec<Volume>, ApiError> {
        self.refuse_volumes()?;
        self.all_pages(&PagedList {
            call: CallForm::read("list the volumes", "/v2/volumes"),
            noun: "volumes",
            project: Some(project),
            read,
            id: |volume| &volume.name,
        })
    }

    /// Creates a volume.
    pub(crate) fn create_volume(&self, volume: &NewVolume) -> Result<(), ApiError> {
        self.refuse_volumes()?;
        let settings = self.settings();
        let call = CallForm::change("create the volume", "/v2/volumes/create");
        self.done(Outgoing::post(
            settings,
            call,
            &settings.import_base,
            volume,
        )?)
    }

    /// Deletes a volume with its files.
    pub(crate) fn drop_volume(&self, name: &str) -> Result<(), ApiError> {
        self.refuse_volumes()?;
        let settings = self.settings();
        let path = format!("/v2/volumes/{}", escape(name));
        let (what, url) = ("drop the volume", join(&settings.import_base, &path));
        self.done(Outgoing::new(
            settings,
            what,
            Effect::Change,
            "DELETE",
            url,
            None,
        )?)
    }

    /// Returns temporary access to a folder of a volume: empty, or ending in `/`. The call changes nothing, so it's
    /// repeated like a read, and sent in dry runs.
    pub(crate) fn apply_volume(&self, name: &str, folder: &str) -> Result<VolumeAccess, ApiError> {
        self.refuse_volumes()?;
        let settings = self.settings();
        let body = ApplyBody {
            volume_name: name,
            path: folder,
        };
        let call = CallForm::read("get access to the volume", "/v2/volumes/apply");
        let outgoing = Outgoing::post(settings, call, &settings.import_base, &body)?;
        self.call(outgoing, |data| {
            let access = read_access(&data.object()?);
            access.ok_or_else(|| data.unreadable("it has no endpoint, bucket or credentials"))
        })
    }

    fn refuse_volumes(&self) -> Result<(), ApiError> {
        self.require_v2(
            "a call about volumes",
            "volumes belong to Zilliz Cloud: connect(#{endpoint: \"https://api.cloud.zilliz.com\", cluster_id: \"in03-…\", api: \"v2\"}); a self-hosted Milvus reads from its own bucket: upload(paths, \"s3://bucket/folder/\")",
        )
    }
}

/// Reads a volume. Returns `None` if it has no name.
fn read(object: &Fields<'_>) -> Option<Volume> {
    Some(Volume {
        name: object.text(&["volumeName"])?,
        kind: object.text_or_empty(&["type"]),
    })
}

fn read_access(object: &Fields<'_>) -> Option<VolumeAccess> {
    let inner = |name| object.raw(&[name]).and_then(Fields::of);
    let (credentials, condition) = (inner("credentials")?, inner("condition"));
    let secret = |name| credentials.text(&[name]).map(Secret::new);
    let limit = |name| condition.as_ref().and_then(|it| it.count(&[name]));
    let expires = credentials.text(&["expireTime"]);
    Some(VolumeAccess {
        endpoint: object.text(&["endpoint"])?,
        bucket: object.text(&["bucketName"])?,
        region: object.text_or_empty(&["region"]),
        cloud: object.text_or_empty(&["cloud"]).to_ascii_lowercase(),
        prefix: object.text_or_empty(&["volumePrefix"]),
        keys: StorageKeys {
            access: secret("tmpAK"),
            secret: secret("tmpSK"),
            session: secret("sessionToken"),
        },
        expires: expires.and_then(|text| moment(&text)),
        max_bytes: limit("maxContentLength"),
        max_files: limit("maxFileNumber"),
    })
}

/// Reads RFC 3339 text, or milliseconds since 1970.
fn moment(text: &str) -> Option<SystemTime> {
    let parsed = text.parse::<Timestamp>().ok();
    let millis = parsed.map(Timestamp::as_millisecond);
    let millis = millis.or_else(|| text.parse().ok())?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(u64::try_from(millis).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_text_or_milliseconds() {
        let expected = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000));
        assert_eq!(moment("2026-09-21T14:13:20Z"), expected);
        assert_eq!(moment("1790000000000"), expected);
        assert_eq!(moment("soon"), None);
    }
}
