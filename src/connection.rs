//! A connection: a client with a name, and the settings for reading object paths.

use crate::api::Client;
use crate::api::model::Dialect;
use crate::config::Profile;
use crate::location::{Location, LocationError, PathScope};
use crate::secret::StorageKeys;
use serde_json::{Value, json};

/// Storage settings of a connection.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    /// The server's own bucket, e.g. `s3://milvus-bucket`.
    pub url: Option<String>,
    /// The store's address for reads and uploads from this machine, for example `http://minio:9000`. Not sent with
    /// imports.
    pub endpoint: Option<String>,
    /// The store's region for reads and uploads from this machine. Not sent with imports.
    pub region: Option<String>,
    /// True if imports without storage credentials send those of the AWS environment (`storage_keys: "aws"`).
    pub aws: bool,
    /// Credentials.
    pub keys: StorageKeys,
}

/// A client with a name.
#[derive(Clone, Debug)]
pub struct Connection {
    /// `local`, a profile name, a cluster id or a host.
    pub name: String,
    /// The REST client.
    pub client: Client,
    /// The storage settings.
    pub storage: Storage,
    /// The profile, if the connection was made from one.
    pub profile: Option<String>,
    /// True if destructive calls need confirmation.
    pub protected: bool,
    /// The options of `connect` that it was made from.
    pub(crate) made_from: Profile,
}

impl Connection {
    /// Returns the address of import calls.
    pub fn endpoint(&self) -> String {
        base(&self.client.settings().import_base)
    }

    /// Returns the address of collection calls, if it's known.
    pub fn collection_endpoint(&self) -> Option<String> {
        self.client.settings().collection_base.as_ref().map(base)
    }

    /// Returns the connection as JSON, with the origin of the API key instead of the key.
    pub fn json(&self) -> Value {
        let settings = self.client.settings();
        // An empty name selects the default database, as no name does.
        let database = settings.database.as_ref();
        let database = database.filter(|name| !name.is_empty());
        json!({
            "name": self.name,
            "api": settings.dialect.to_string(),
            "endpoint": self.endpoint(),
            "collections": self.collection_endpoint(),
            "cluster": settings.cluster_id,
            "region": settings.region,
            "database": database,
            "key": settings.key_source,
            "protected": self.protected,
        })
    }

    /// Returns the profile that makes this connection again, or `local`. A connection made from options or from the
    /// environment has none.
    pub fn profile_word(&self) -> Option<String> {
        let local = || (self.name == "local").then(|| self.name.clone());
        self.profile.clone().or_else(local)
    }

    /// Returns the identity of the data it reaches: addresses, cluster and database.
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

    /// Reads an object path as this connection's service does.
    pub fn locate(&self, text: &str) -> Result<Location, LocationError> {
        // Only an answer shows that the service is zshell's own. With `verify: false` there may be none yet.
        let place = if self.client.is_local_service() {
            PathScope::Disk
        } else if self.client.settings().dialect == Dialect::Milvus {
            PathScope::ServerBucket {
                bucket_url: self.storage.url.clone(),
            }
        } else {
            PathScope::Cloud
        };
        Location::parse(text, &place)
    }
}

/// Returns an address without the slash at its end.
fn base(url: &url::Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}
