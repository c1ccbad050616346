//! Writes a request's body to a new file while it arrives.

use super::error::{Result, S3Error};
use super::folder::NewObject;
use super::payload::Payload;
use axum::body::{Body, BodyDataStream};
use futures_util::TryStreamExt as _;
use std::io::Write as _;
use std::time::Duration;

/// Bytes that are collected in memory before they are written.
const BUFFER: usize = 512 << 10;

/// Longest time between two pieces of a body.
const PAUSE: Duration = Duration::from_secs(20);

/// Bytes of a body that is kept in memory: the list of an upload's parts.
const MAX_PARTS_LIST: usize = 4 << 20;

/// Writes a body's content to the file, and notes the checksum. Returns the length in bytes.
pub(crate) async fn to_file(
    body: Body,
    mut payload: Payload,
    mut file: NewObject,
) -> Result<(u64, NewObject)> {
    let (mut body, mut buffer) = (body.into_data_stream(), Vec::new());
    while next(&mut body, &mut payload, &mut buffer).await? {
        if buffer.len() >= BUFFER {
            (file, buffer) = write(file, buffer).await?;
        }
    }
    let (mut file, _) = write(file, buffer).await?;
    let (length, md5) = payload.finish()?;
    file.checksum = md5;
    Ok((length, file))
}

/// Returns a body's content, which must be small.
pub(crate) async fn to_memory(body: Body, mut payload: Payload) -> Result<Vec<u8>> {
    let (mut body, mut content) = (body.into_data_stream(), Vec::new());
    while next(&mut body, &mut payload, &mut content).await? {
        if content.len() > MAX_PARTS_LIST {
            let message = format!("this request's body has more than {MAX_PARTS_LIST} bytes");
            return Err(S3Error::new(400, "EntityTooLarge", message));
        }
    }
    payload.finish()?;
    Ok(content)
}

/// Decodes the next piece of a body into `content`. Returns false at the end of the body.
async fn next(
    body: &mut BodyDataStream,
    payload: &mut Payload,
    content: &mut Vec<u8>,
) -> Result<bool> {
    let late = |_| S3Error::new(400, "RequestTimeout", "the body didn't arrive in time");
    let piece = tokio::time::timeout(PAUSE, body.try_next()).await;
    let broken = |error: axum::Error| S3Error::new(400, "IncompleteBody", error.to_string());
    let Some(data) = piece.map_err(late)?.map_err(broken)? else {
        return Ok(false);
    };
    payload.feed(&data, content)?;
    Ok(true)
}

async fn write(mut file: NewObject, mut buffer: Vec<u8>) -> Result<(NewObject, Vec<u8>)> {
    let written = tokio::task::spawn_blocking(move || {
        file.file.write_all(&buffer)?;
        buffer.clear();
        Ok::<_, std::io::Error>((file, buffer))
    });
    let written = written.await;
    Ok(written.map_err(|_| S3Error::internal("writing the body failed"))??)
}
