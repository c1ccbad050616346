//! A connection as the rest of zshell sees it: a client with a name, and how object paths are read for it.

use crate::api::Client;
use crate::api::model::Dialect;
use crate::location::{Location, LocationError, Place};
use crate::secret::Secret;
use serde_json::{Value, json};
use url::Host;

/// What a connection knows of the storage that imports read from.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    /// The server's own bucket, e.g. `s3://milvus-bucket`.
    pub url: Option<String>,
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
}

impl Connection {
    /// The keys of [`Self::json`].
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
        })
    }

    /// Reads an object path as this connection's service would.
    pub fn locate(&self, text: &str) -> Result<Location, LocationError> {
        Location::parse(text, &self.place()).or_else(|refused| {
            // With `verify: false` nothing has told yet whether a service on this machine is zshell's own.
            let asked = self.is_loopback() && !self.client.is_local_service();
            if asked && self.client.verify().is_ok() && self.client.is_local_service() {
                return Location::parse(text, &Place::Disk);
            }
            Err(refused)
        })
    }

    fn place(&self) -> Place {
        if self.client.is_local_service() {
            Place::Disk
        } else if self.client.settings().dialect == Dialect::Milvus {
            Place::ServerBucket {
                bucket_url: self.storage.url.clone(),
            }
        } else {
            Place::Cloud
        }
    }

    fn is_loopback(&self) -> bool {
        match self.client.settings().import_base.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }
}
