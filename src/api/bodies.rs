//! The bodies of calls, with every field that some call sends. Fields without a value are left out.

use super::model::ImportRequest;
use crate::secret::Secret;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The body of a call about import jobs, in all three dialects.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ImportBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cluster_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) project_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) region_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) job_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) collection_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) object_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) object_urls: Option<&'a [Vec<String>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) volume_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data_paths: Option<&'a [Vec<String>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) files: Option<&'a [Vec<String>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) db_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) partition_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) access_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) options: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) page_size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) current_page: Option<u64>,
}

impl<'a> ImportBody<'a> {
    /// Adds the collection, the partition, the storage keys and the options of a request.
    pub(super) fn of(self, request: &'a ImportRequest) -> Self {
        let options = request.options.iter();
        let key = |secret: &'a Option<Secret>| secret.as_ref().map(Secret::expose);
        Self {
            collection_name: Some(&request.collection),
            partition_name: request.partition.as_deref(),
            access_key: key(&request.keys.access),
            secret_key: key(&request.keys.secret),
            token: key(&request.keys.session),
            options: options.map(|(k, v)| (k.as_str(), v.as_str())).collect(),
            ..self
        }
    }
}

/// The body of a call about a collection or its rows. v1 has no databases and ignores partitions.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CollectionBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) db_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) collection_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<[&'a Value; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) vector: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) anns_field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) filter: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) output_fields: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) limit: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) offset: Option<u64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) partition_names: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) search_params: Option<&'a Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) params: Option<&'a Map<String, Value>>,
}

impl<'a> CollectionBody<'a> {
    /// Returns a body with only the collection.
    pub(super) fn of(name: &'a str) -> Self {
        Self {
            collection_name: Some(name),
            ..Self::default()
        }
    }
}
