//! Requests about the bucket: lists of objects, and deleting many of them.

use super::{on_disk, open, outside};
use crate::local::state::App;
use crate::local::volumes::error::{Result, S3Error, xml};
use crate::local::volumes::folder::check_key;
use crate::local::volumes::list::ListRequest;
use crate::local::volumes::payload::Payload;
use crate::local::volumes::signature::{SignedRequest, encode};
use crate::local::volumes::{BUCKET, REGION, receive};
use axum::body::Body;
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use quick_xml::escape::escape;
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// Maximum number of objects in a page of a list, and in a call that deletes many, as in S3.
const PAGE: usize = 1000;

/// Answers a request about the bucket.
pub(super) async fn answer(
    app: &Arc<App>,
    parts: &Parts,
    body: Body,
    signed: SignedRequest,
    query: &HashMap<String, String>,
) -> Result<Response> {
    match parts.method {
        Method::HEAD => Ok(().into_response()),
        Method::GET if query.contains_key("location") => Ok(xml(&format!(
            "<LocationConstraint>{REGION}</LocationConstraint>"
        ))),
        Method::GET if query.contains_key("uploads") => {
            Err(S3Error::unsupported("listing the multipart uploads"))
        }
        Method::GET => list(app, signed, query).await,
        Method::POST if query.contains_key("delete") => delete_all(app, parts, body, signed).await,
        _ => Err(S3Error::unsupported("this request about the bucket")),
    }
}

/// The body of a call that deletes many objects.
#[derive(Deserialize)]
struct DeleteList {
    #[serde(rename = "Object", default)]
    objects: Vec<DeletedObject>,
    #[serde(rename = "Quiet", default)]
    is_quiet: bool,
}

#[derive(Deserialize)]
struct DeletedObject {
    #[serde(rename = "Key")]
    name: String,
}

/// Deletes many objects. The answer names each, or only the failed ones if the request asks so.
async fn delete_all(
    app: &Arc<App>,
    parts: &Parts,
    body: Body,
    signed: SignedRequest,
) -> Result<Response> {
    let folder = open(app, &signed).await?;
    let scope = signed.access.scope();
    let denied = outside(&signed);
    let payload = Payload::new(signed, &parts.headers)?;
    let list = receive::to_memory(body, payload).await?;
    let list: DeleteList = quick_xml::de::from_reader(list.as_slice())
        .map_err(|_| S3Error::new(400, "MalformedXML", "the list of objects can't be read"))?;
    if list.objects.is_empty() || list.objects.len() > PAGE {
        let message = format!("a call deletes 1 to {PAGE} objects");
        return Err(S3Error::new(400, "MalformedXML", message));
    }
    on_disk(move || {
        let mut answer = "<DeleteResult>".to_owned();
        for DeletedObject { name } in &list.objects {
            let (_, key) = name.split_once('/').unwrap_or_default();
            let deleted = if name.starts_with(&scope) {
                check_key(key).and_then(|()| folder.delete(key))
            } else {
                Err(denied.clone())
            };
            let name = escape(name.as_str());
            _ = match deleted {
                Ok(()) if list.is_quiet => Ok(()),
                Ok(()) => write!(answer, "<Deleted><Key>{name}</Key></Deleted>"),
                Err(S3Error { code, message, .. }) => write!(
                    answer,
                    "<Error><Key>{name}</Key><Code>{code}</Code><Message>{}</Message></Error>",
                    escape(message.as_str())
                ),
            };
        }
        answer.push_str("</DeleteResult>");
        Ok(xml(&answer))
    })
    .await
}

async fn list(
    app: &Arc<App>,
    signed: SignedRequest,
    query: &HashMap<String, String>,
) -> Result<Response> {
    let text = |name: &str| query.get(name).map_or("", String::as_str);
    let second = text("list-type") == "2";
    let folders = match text("delimiter") {
        "" => false,
        "/" => true,
        _ => return Err(S3Error::unsupported("another delimiter than /")),
    };
    let limit = match text("max-keys") {
        "" => PAGE,
        given => {
            let limit = given.parse::<usize>();
            let limit = limit.map_err(|_| S3Error::invalid("max-keys must be a number"))?;
            limit.min(PAGE)
        }
    };
    let after = match (second, text("continuation-token")) {
        (false, _) => text("marker"),
        (true, "") => text("start-after"),
        (true, token) => token,
    };
    // Names in the bucket begin with the volume's name.
    let start = format!("{}/", signed.access.volume);
    let prefix = text("prefix");
    if !prefix.starts_with(&signed.access.scope()) {
        return Err(outside(&signed));
    }
    let inner = |name: &str| name.strip_prefix(&start).unwrap_or_default().to_owned();
    let request = ListRequest {
        prefix: inner(prefix),
        folders,
        after: inner(after),
        limit,
    };
    let folder = open(app, &signed).await?;
    let mut entries = on_disk(move || folder.list(&request)).await?;
    let is_cut = limit > 0 && entries.len() > limit;
    entries.truncate(limit);
    let is_encoded = text("encoding-type") == "url";
    let shown = |name: &str| {
        if is_encoded {
            encode(name).replace("%2F", "/")
        } else {
            escape(name).into_owned()
        }
    };
    let mut answer = format!(
        "<ListBucketResult><Name>{BUCKET}</Name><Prefix>{}</Prefix><MaxKeys>{limit}</MaxKeys><KeyCount>{}</KeyCount><IsTruncated>{is_cut}</IsTruncated>",
        shown(prefix),
        entries.len()
    );
    if is_encoded {
        answer.push_str("<EncodingType>url</EncodingType>");
    }
    if let Some(last) = entries.last().filter(|_| is_cut) {
        let last = format!("{start}{}", last.name);
        // A continuation token isn't a name, so clients don't decode it.
        let (tag, last) = if second {
            ("NextContinuationToken", escape(&last).into_owned())
        } else {
            ("NextMarker", shown(&last))
        };
        _ = write!(answer, "<{tag}>{last}</{tag}>");
    }
    for entry in &entries {
        let name = shown(&format!("{start}{}", entry.name));
        let Some(info) = &entry.info else {
            _ = write!(
                answer,
                "<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>"
            );
            continue;
        };
        let (size, tag) = (info.size, &info.tag);
        let time = info.modified.strftime("%Y-%m-%dT%H:%M:%S.%3fZ");
        _ = write!(
            answer,
            "<Contents><Key>{name}</Key><LastModified>{time}</LastModified><ETag>&quot;{tag}&quot;</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        );
    }
    answer.push_str("</ListBucketResult>");
    Ok(xml(&answer))
}
