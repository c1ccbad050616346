//! The `v2` dialect: Zilliz Cloud's control plane (reference: the column `v2`).
//!
//! Bodies name the cluster by `clusterId`, or by `projectId` with `regionId` if no cluster is given.

use super::bodies::ImportBody;
use super::dialect::{CREATE, DialectApi, post};
use super::error::ApiError;
use super::model::{ImportRequest, Source};
use super::request::Outgoing;
use super::settings::Settings;
use crate::secret::Secret;

/// Paths of the progress call, the most common one first.
const PROGRESS: [&str; 3] = [
    "/v2/vectordb/jobs/import/getProgress",
    "/v2/vectordb/jobs/import/describe",
    "/v2/vectordb/jobs/import/get_progress",
];

/// The `v2` dialect.
pub(super) struct V2;

impl DialectApi for V2 {
    fn progress_paths(&self) -> &'static [&'static str] {
        &PROGRESS
    }

    fn body<'a>(&self, settings: &'a Settings) -> ImportBody<'a> {
        let cluster = settings.cluster_id.as_deref();
        let otherwise = |text: &'a Option<String>| text.as_deref().filter(|_| cluster.is_none());
        ImportBody {
            cluster_id: cluster,
            project_id: otherwise(&settings.project_id),
            region_id: otherwise(&settings.region),
            ..ImportBody::default()
        }
    }

    /// Builds the create call. One path is sent as `objectUrl`, which all releases of the service accept; several paths, or
    /// a list of `NumPy` files, as `objectUrls`, which newer releases accept.
    fn create(&self, settings: &Settings, request: &ImportRequest) -> Result<Outgoing, ApiError> {
        let mut body = ImportBody {
            db_name: request.database.as_deref().or(settings.database.as_deref()),
            access_key: request.keys.access.as_ref().map(Secret::expose),
            secret_key: request.keys.secret.as_ref().map(Secret::expose),
            token: request.keys.session.as_ref().map(Secret::expose),
            ..self.body(settings).of(request)
        };
        match &request.source {
            Source::Files(files) => match files.as_slice() {
                [file] if file.len() == 1 => body.object_url = file.first().map(String::as_str),
                files => body.object_urls = Some(files),
            },
            Source::Volume { name, paths } => {
                body.volume_name = Some(name);
                body.data_paths = Some(paths);
            }
        }
        post(settings, CREATE, &body)
    }
}
