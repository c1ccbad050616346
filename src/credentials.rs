//! API keys from the environment and from the official CLI's files.
//!
//! A Zilliz API key from the environment or a file is only sent to a Zilliz host, and `MILVUS_TOKEN` only to other
//! hosts.

pub(crate) mod aws;

use crate::config::set;
use crate::secret::Secret;
use ini::Ini;
use std::path::PathBuf;

/// An API key and its origin, for hints and for `connect`'s messages.
#[derive(Clone, Debug)]
pub(crate) struct ApiKey {
    /// The API key.
    pub secret: Secret,
    /// The origin: `ZILLIZ_API_KEY`, `the profile "prod"`, …
    pub source: String,
}

/// Returns the API key for a host from the environment and files. `zilliz` is true if the host is Zilliz's.
pub(crate) fn find(zilliz: bool) -> Option<ApiKey> {
    let variable = if zilliz {
        "ZILLIZ_API_KEY"
    } else {
        "MILVUS_TOKEN"
    };
    if let Some(value) = set(variable) {
        return Some(ApiKey {
            secret: Secret::new(value),
            source: variable.to_owned(),
        });
    }
    zilliz.then(cli_key).flatten()
}

fn cli_key() -> Option<ApiKey> {
    let path = cli_folder()?.join("credentials");
    let file = Ini::load_from_file_noescape(&path).ok()?;
    let value = file.get_from(Some("default"), "api_key")?;
    (!value.is_empty()).then(|| ApiKey {
        secret: Secret::new(value),
        source: path.display().to_string(),
    })
}

/// The cluster that the official CLI is configured to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CliContext {
    /// `[context] cluster_id`.
    pub cluster_id: Option<String>,
    /// `[context] endpoint`.
    pub endpoint: Option<String>,
    /// `[context] database`.
    pub database: Option<String>,
    /// `[default] base_url`, the control plane.
    pub base_url: Option<String>,
}

/// Returns the official CLI's context, which is empty if the CLI isn't configured.
pub(crate) fn cli_context() -> CliContext {
    let file = cli_folder().and_then(|folder| Ini::load_from_file(folder.join("config")).ok());
    let get = |section: &str, key: &str| {
        let value = file.as_ref()?.get_from(Some(section), key)?;
        (!value.is_empty()).then(|| value.to_owned())
    };
    CliContext {
        cluster_id: get("context", "cluster_id"),
        endpoint: get("context", "endpoint"),
        database: get("context", "database"),
        base_url: get("default", "base_url"),
    }
}

fn cli_folder() -> Option<PathBuf> {
    set("ZILLIZ_CONFIG_DIR")
        .map(PathBuf::from)
        .or_else(|| Some(dirs::home_dir()?.join(".zilliz")))
}
