//! The requests of S3's protocol: from a request to an operation on a volume.

mod bucket;

use super::error::{Result, S3Error, xml};
use super::folder::{VolumeFolder, check_key};
use super::payload::Payload;
use super::signature::{self, SignedRequest};
use super::{BUCKET, receive, send};
use crate::local::http::routing;
use crate::local::state::App;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use quick_xml::escape::escape;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Maximum number of bodies that are received at a time.
const RECEIVERS: usize = 64;

static RECEIVING: Semaphore = Semaphore::const_new(RECEIVERS);

/// Returns true if a path is one of this endpoint's.
pub(crate) fn is_own(path: &str) -> bool {
    let path = path.strip_prefix('/').unwrap_or_default();
    let rest = path.strip_prefix(BUCKET);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers a request.
pub(crate) async fn handle(State(app): State<Arc<App>>, request: Request) -> Result<Response> {
    let (parts, body) = request.into_parts();
    // A body may take longer than the time limit of a connection without a complete request.
    routing::complete(&parts.extensions);
    answer(&app, parts, body).await
}

/// A request whose signature and names are right.
struct Operation {
    signed: SignedRequest,
    folder: VolumeFolder,
    /// The object's name in the volume.
    key: String,
    query: HashMap<String, String>,
}

impl Operation {
    fn param(&self, name: &str) -> Option<String> {
        self.query.get(name).cloned()
    }
}

/// Runs work that waits for the disk on another thread.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| S3Error::internal("the request failed internally"))?
}

async fn answer(app: &Arc<App>, parts: Parts, body: Body) -> Result<Response> {
    let now = jiff::Timestamp::now().as_second();
    let signed = signature::verify(&parts, &app.volume_keys, now)?;
    let query = parts.uri.query().unwrap_or_default();
    let query = url::form_urlencoded::parse(query.as_bytes());
    let query: HashMap<_, _> = query.into_owned().collect();
    let path = parts.uri.path().get(BUCKET.len() + 1..).unwrap_or_default();
    let name = percent_encoding::percent_decode_str(path.trim_start_matches('/'));
    let name = name.decode_utf8();
    let name = name.map_err(|_| S3Error::invalid("the object's name isn't UTF-8"))?;
    if name.is_empty() {
        return bucket::answer(app, &parts, body, signed, &query).await;
    }
    if !name.starts_with(&signed.access.scope()) {
        return Err(outside(&signed));
    }
    let (_, key) = name.split_once('/').unwrap_or_default();
    check_key(key)?;
    let operation = Operation {
        folder: open(app, &signed).await?,
        key: key.to_owned(),
        signed,
        query,
    };
    let is_copy = parts.headers.contains_key("x-amz-copy-source");
    match (&parts.method, operation.param("uploadId")) {
        _ if is_copy => Err(S3Error::unsupported("copying an object")),
        (&Method::GET | &Method::HEAD, None) => {
            let object = on_disk(move || operation.folder.get(&operation.key)).await?;
            send::answer(object, &parts.method, &parts.headers)
        }
        (&Method::PUT, id) => put(app, &parts, body, operation, id).await,
        (&Method::DELETE, id) => {
            on_disk(move || match id {
                Some(id) => operation.folder.end_upload(&id, &operation.key),
                None => operation.folder.delete(&operation.key),
            })
            .await?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        (&Method::POST, None) if operation.query.contains_key("uploads") => begin(operation).await,
        (&Method::POST, Some(id)) => complete(app, &parts, body, operation, id).await,
        (method, _) => Err(S3Error::unsupported(&format!("this {method} request"))),
    }
}

fn outside(signed: &SignedRequest) -> S3Error {
    let scope = signed.access.scope();
    S3Error::denied(format!(
        "the credentials are for objects whose names begin with {scope}"
    ))
}

/// Opens the folder of the volume that the credentials are for.
async fn open(app: &Arc<App>, signed: &SignedRequest) -> Result<VolumeFolder> {
    let (app, access) = (Arc::clone(app), signed.access.clone());
    on_disk(move || {
        let found = app.store.volume(&access.volume);
        let found = found.map_err(|error| S3Error::new(503, "SlowDown", error.to_string()))?;
        if found.is_none_or(|volume| volume.id != access.volume_id) {
            let message = format!("the volume {} was deleted", access.volume);
            return Err(S3Error::new(404, "NoSuchBucket", message));
        }
        Ok(VolumeFolder::open(&app.volumes, access.volume_id)?)
    })
    .await
}

/// Refuses to overwrite an object if the request has `If-None-Match: *`.
fn check_new(parts: &Parts, folder: &VolumeFolder, key: &str) -> Result<()> {
    let headers = &parts.headers;
    if headers.contains_key(header::IF_MATCH) {
        return Err(S3Error::unsupported("If-Match on a write"));
    }
    if headers.contains_key(header::IF_NONE_MATCH) && folder.get(key).is_ok() {
        let message = format!("there is an object {key:?}");
        return Err(S3Error::new(412, "PreconditionFailed", message));
    }
    Ok(())
}

/// Receives an object or a part of an upload.
async fn put(
    app: &Arc<App>,
    parts: &Parts,
    body: Body,
    operation: Operation,
    id: Option<String>,
) -> Result<Response> {
    let busy = || S3Error::new(503, "SlowDown", "other uploads are running; try again");
    let _permit = RECEIVING.try_acquire().map_err(|_| busy())?;
    let number = operation.param("partNumber").unwrap_or_default();
    let number = number.parse().unwrap_or_default();
    let (signed, folder, key) = (operation.signed, operation.folder, operation.key);
    match &id {
        Some(id) => folder.check_part(id, &key, number)?,
        None => check_new(parts, &folder, &key)?,
    }
    let key_id = signed.access.key_id.clone();
    let payload = Payload::new(signed, &parts.headers)?;
    let file = folder.receive()?;
    let (size, file) = receive::to_file(body, payload, file).await?;
    if id.is_none() {
        app.volume_keys.count(&key_id, size)?;
    }
    let tag = on_disk(move || match id {
        Some(id) => folder.put_part(&id, &key, number, file),
        None => folder.put(&key, file),
    });
    let tag = format!("\"{}\"", tag.await?);
    Ok([(header::ETAG, tag)].into_response())
}

async fn begin(operation: Operation) -> Result<Response> {
    let name = format!("{}/{}", operation.signed.access.volume, operation.key);
    let id = on_disk(move || operation.folder.begin_upload(&operation.key)).await?;
    Ok(xml(&format!(
        "<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{}</Key><UploadId>{id}</UploadId></InitiateMultipartUploadResult>",
        escape(&name)
    )))
}

async fn complete(
    app: &Arc<App>,
    parts: &Parts,
    body: Body,
    operation: Operation,
    id: String,
) -> Result<Response> {
    let (signed, folder, key) = (operation.signed, operation.folder, operation.key);
    check_new(parts, &folder, &key)?;
    let access = signed.access.clone();
    let name = format!("{}/{key}", access.volume);
    let payload = Payload::new(signed, &parts.headers)?;
    let list = receive::to_memory(body, payload).await?;
    let app = Arc::clone(app);
    let tag = on_disk(move || {
        let (file, size) = folder.join(&id, &key, &list)?;
        app.volume_keys.count(&access.key_id, size)?;
        let tag = folder.put(&key, file)?;
        folder.end_upload(&id, &key)?;
        Ok(tag)
    });
    let tag = tag.await?;
    Ok(xml(&format!(
        "<CompleteMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{}</Key><ETag>&quot;{tag}&quot;</ETag></CompleteMultipartUploadResult>",
        escape(&name)
    )))
}
