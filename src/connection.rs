//! A connection as the rest of zshell sees it: a client with a name, and how object paths are read for it.

use crate::api::Client;
use crate::api::model::Dialect;
use crate::location::{Location, LocationError, Place};
use crate::secret::Secret;
use serde_json::{Value, json};

/// What a connection knows of the storage that imports read from.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    /// The server's own bucket, e.g. `s3://milvus-bucket`.
    pub url: Option<String>,
    /// Where the store is reached from here, e.g. `http://minio:9000`; no import sends it.
    pub endpoint: Option<String>,
    /// The store's region, for reads and uploads from here; no import sends it.
    pub region: Option<String>,
    /// True if imports that name no storage keys send those of the AWS environment (`storage_keys: "aws"`).
    pub aws: bool,
    /// Storage key id sent with imports that name none.
    pub access_key: Option<Secret>,
    /// Storage key.
    pub secret_key: Option<Secret>,
    /// Session token of short-term storage credentials.
    pub session_token: Option<Secret>,
}

/// A named client.
#[derive(Clone, Debug)]
pub struct Connection {
    /// `local`, a profile's name, a cluster id, or a host.
    pub name: String,
    /// The REST client.
    pub client: Client,
    /// The storage settings.
    pub storage: Storage,
    /// The profile it was made from.
    pub profile: Option<String>,
    /// True if nothing may be destroyed through it unasked.
    pub protected: bool,
}

impl Connection {
    /// The keys of [`Self::json`] that a script can read as `connection.key`: `protected` is a word Rhai keeps for itself.
    pub const KEYS: &'static [&'static str] = &[
        "name",
        "api",
        "endpoint",
        "collections",
        "cluster",
        "region",
        "database",
        "key",
    ];

    /// Its plain form; the key itself is never part of it, only where it came from.
    pub fn json(&self) -> Value {
        let settings = self.client.settings();
        let base = |url: &url::Url| url.as_str().trim_end_matches('/').to_owned();
        json!({
            "name": self.name,
            "api": settings.dialect.to_string(),
            "endpoint": base(&settings.import_base),
            "collections": settings.collection_base.as_ref().map(base),
            "cluster": settings.cluster_id,
            "region": settings.region,
            "database": settings.database,
            "key": settings.key_source,
            "protected": self.protected,
        })
    }

    /// What tells the data that it reaches from any other's: addresses, cluster and database.
    pub fn address(&self) -> String {
        let settings = self.client.settings();
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        let collections = settings.collection_base.as_ref().map(ToString::to_string);
        [
            settings.import_base.to_string(),
            part(&collections),
            part(&settings.cluster_id),
            part(&settings.project_id),
            part(&settings.database),
        ]
        .join(" ")
    }

    /// Reads an object path as this connection's service would.
    pub fn locate(&self, text: &str) -> Result<Location, LocationError> {
        // Only an answer tells that the service is zshell's own: with `verify: false` there may have been none yet.
        let place = if self.client.is_local_service() {
            Place::Disk
        } else if self.client.settings().dialect == Dialect::Milvus {
            Place::ServerBucket {
                bucket_url: self.storage.url.clone(),
            }
        } else {
            Place::Cloud
        };
        Location::parse(text, &place)
    }
}
