//! Writing to a bucket, and flat lists of its objects.

use super::Remote;
use crate::stores::fault::StoreFault;
use bytes::Bytes;
use object_store::list::PaginatedListOptions;
use object_store::multipart::PartId;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStoreExt};
use std::borrow::Cow;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Size, tag and time of an object, as a list has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObjectStamp {
    pub(crate) size: u64,
    /// The object's tag, without quotes.
    pub(crate) tag: Option<String>,
    /// Time of the last change, in nanoseconds.
    changed: Option<i64>,
}

impl From<ObjectMeta> for ObjectStamp {
    fn from(meta: ObjectMeta) -> Self {
        Self {
            size: meta.size,
            tag: meta.e_tag.map(|tag| unquoted(&tag)),
            changed: meta.last_modified.timestamp_nanos_opt(),
        }
    }
}

impl ObjectStamp {
    /// Returns the time of the last change, since 1970.
    pub(crate) fn changed(&self) -> Option<Duration> {
        let nanos = self.changed.and_then(|nanos| u64::try_from(nanos).ok());
        nanos.map(Duration::from_nanos)
    }
}

/// One page of a flat list.
pub(crate) struct ObjectPage {
    pub(crate) objects: Vec<(String, ObjectStamp)>,
    /// The token of the next page.
    pub(crate) next: Option<String>,
}

impl Remote {
    /// Returns true once an answer showed that the bucket encrypts with the customer's keys, so tags are no checksums.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.encrypted.load(Ordering::Relaxed)
    }

    /// Writes a whole object and returns its tag.
    pub(crate) async fn put(
        &self,
        key: &str,
        content: Bytes,
    ) -> Result<Option<String>, StoreFault> {
        let path = Path::parse(key)?;
        let put = self.client.put(&path, content.into()).await?;
        Ok(put.e_tag.map(|tag| unquoted(&tag)))
    }

    /// Begins an object in parts and returns the upload's id.
    pub(crate) async fn begin_parts(&self, key: &str) -> Result<String, StoreFault> {
        Ok(self.client.create_multipart(&Path::parse(key)?).await?)
    }

    /// Writes a part, counted from 0, and returns its tag.
    pub(crate) async fn put_part(
        &self,
        key: &str,
        upload: &str,
        part: usize,
        content: Bytes,
    ) -> Result<String, StoreFault> {
        let (path, upload) = (Path::parse(key)?, upload.to_owned());
        let put = self.client.put_part(&path, &upload, part, content.into());
        Ok(put.await?.content_id)
    }

    /// Makes the object of its parts and returns its tag.
    pub(crate) async fn complete_parts(
        &self,
        key: &str,
        upload: &str,
        parts: Vec<String>,
    ) -> Result<Option<String>, StoreFault> {
        let (path, upload) = (Path::parse(key)?, upload.to_owned());
        let parts = parts.into_iter().map(|content_id| PartId { content_id });
        let complete = self
            .client
            .complete_multipart(&path, &upload, parts.collect());
        Ok(complete.await?.e_tag.map(|tag| unquoted(&tag)))
    }

    /// Removes the parts of an upload that won't be completed.
    pub(crate) async fn abort_parts(&self, key: &str, upload: &str) -> Result<(), StoreFault> {
        let (path, upload) = (Path::parse(key)?, upload.to_owned());
        Ok(self.client.abort_multipart(&path, &upload).await?)
    }

    /// Returns an object's stamp by a list, which needs no right to read the object.
    pub(crate) async fn find(&self, key: &str) -> Result<Option<ObjectStamp>, StoreFault> {
        let prefix = without_last(key);
        let mut token = None;
        loop {
            let page = self.page(prefix, token, false).await?;
            if let Some((_, stamp)) = page.objects.into_iter().find(|(found, _)| found == key) {
                return Ok(Some(stamp));
            }
            token = page.next;
            if token.is_none() {
                return Ok(None);
            }
        }
    }

    /// Lists one page of the objects whose names begin with a prefix, without those in folders below if `flat` is set.
    pub(crate) async fn page(
        &self,
        prefix: &str,
        token: Option<String>,
        flat: bool,
    ) -> Result<ObjectPage, StoreFault> {
        let options = PaginatedListOptions {
            delimiter: flat.then_some(Cow::Borrowed("/")),
            page_token: token,
            ..PaginatedListOptions::default()
        };
        let prefix = (!prefix.is_empty()).then_some(prefix);
        let found = self.client.list_paginated(prefix, options).await?;
        let objects = found.result.objects.into_iter();
        let objects = objects.map(|meta| (meta.location.to_string(), meta.into()));
        Ok(ObjectPage {
            objects: objects.collect(),
            next: found.page_token,
        })
    }
}

/// Returns a text without its last letter. The library's lists on Azure leave out an object whose whole name is the
/// prefix.
pub(crate) fn without_last(text: &str) -> &str {
    let last = text.char_indices().next_back();
    let end = last.map_or(0, |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

fn unquoted(tag: &str) -> String {
    tag.trim_matches('"').to_owned()
}
