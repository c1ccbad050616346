//! Buckets: opens a store with storage credentials, looks up objects and lists folders.

use super::fault::StoreFault;
use super::object::{Blocks, RemoteFile, runtime};
use crate::credentials::aws;
use crate::location::{Location, PathScope, Store};
use crate::secret::{Secret, StorageKeys};
use object_store::aws::{AmazonS3Builder, resolve_bucket_region};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::list::PaginatedListStore;
use object_store::multipart::MultipartStore;
use object_store::path::Path;
use object_store::{
    ClientOptions, HeaderMap, HeaderValue, ListResult, ObjectMeta, ObjectStore, ObjectStoreExt,
    RetryConfig,
};
use reqwest::header::AUTHORIZATION;
use serde::{Deserialize, Serialize};
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use url::Url;
use watched::WatchedConnector;

mod watched;
mod write;

pub(crate) use write::{ObjectStamp, without_last};

/// Time limit for a request, including retries.
const PATIENCE: Duration = Duration::from_mins(1);

/// Default region, for buckets whose region isn't set and can't be found.
const REGION: &str = "us-east-1";

/// A bucket, as stored with a job. It contains no secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bucket {
    kind: Store,
    /// The bucket's name; on Azure the container's.
    name: String,
    account: Option<String>,
    region: Option<String>,
    /// URL to use instead of the cloud's own host, e.g. `http://127.0.0.1:9000`.
    endpoint: Option<String>,
    /// Whether a request without credentials may use those of the service's environment.
    own_keys: bool,
}

/// URLs to use instead of the clouds' own hosts, e.g. `http://127.0.0.1:9000`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Endpoints {
    /// For S3 buckets; `AWS_ENDPOINT_URL` sets it, as for AWS' own tools.
    pub(crate) s3: Option<String>,
    /// For Google Cloud's buckets.
    pub(crate) gcs: Option<String>,
    /// For Azure containers, with the account as the first part of the path, as in Azurite.
    pub(crate) azure: Option<String>,
}

impl Endpoints {
    /// Returns a connection's own endpoint for the kind of store that its bucket's URL names, S3 by default. Other S3
    /// buckets use the environment's, as AWS' own tools do.
    pub(crate) fn of(url: Option<&str>, endpoint: Option<String>) -> Self {
        let location = url.map(|url| format!("{}/", url.trim_end_matches('/')));
        let location = location.and_then(|url| Location::parse(&url, &PathScope::Cloud).ok());
        let (mut gcs, mut azure, mut s3) = (None, None, None);
        match location.map(|location| location.store()) {
            Some(Store::Gcs) => gcs = endpoint,
            Some(Store::Azure) => azure = endpoint,
            _ => s3 = endpoint,
        }
        let s3 = s3.or_else(s3_endpoint);
        Self { s3, gcs, azure }
    }
}

/// Returns the S3 endpoint from the variables that AWS's own tools use.
pub(crate) fn s3_endpoint() -> Option<String> {
    crate::config::set("AWS_ENDPOINT_URL_S3").or_else(|| crate::config::set("AWS_ENDPOINT_URL"))
}

/// The calls of a store's client, for reading and writing.
trait StoreClient: ObjectStore + MultipartStore + PaginatedListStore {}

impl<T: ObjectStore + MultipartStore + PaginatedListStore> StoreClient for T {}

/// An open bucket.
#[derive(Clone)]
pub(crate) struct Remote {
    client: Arc<dyn StoreClient>,
    /// Set once an answer shows that the bucket encrypts objects with the customer's keys.
    encrypted: Arc<AtomicBool>,
}

/// Time limits and retries of a bucket's requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestLimits {
    /// Deadline of one request.
    pub(crate) timeout: Duration,
    /// Number of retries by the client library.
    pub(crate) retries: usize,
}

impl RequestLimits {
    /// Limits of reads.
    pub(crate) const READ: Self = Self {
        timeout: PATIENCE,
        retries: 4,
    };

    fn client(self) -> ClientOptions {
        // An error means that a provider is already installed, which is just as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        ClientOptions::new()
            .with_connect_timeout(Duration::from_secs(5))
            .with_timeout(self.timeout)
    }

    fn retry(self) -> RetryConfig {
        RetryConfig {
            max_retries: self.retries,
            retry_timeout: PATIENCE,
            ..RetryConfig::default()
        }
    }
}

impl Bucket {
    /// Returns the bucket of a location; `None` if the location isn't in an object store.
    pub(crate) fn of(location: &Location, endpoints: &Endpoints, own_keys: bool) -> Option<Self> {
        let kind = location.store();
        kind.cloud()?;
        let endpoint = match kind {
            Store::S3 => endpoints.s3.as_deref(),
            Store::Gcs => endpoints.gcs.as_deref(),
            Store::Azure => endpoints.azure.as_deref(),
            _ => None,
        };
        Some(Self {
            kind,
            name: location.bucket()?.to_owned(),
            account: location.account().map(str::to_owned),
            region: location.region().map(str::to_owned),
            endpoint: endpoint.map(|url| url.trim_end_matches('/').to_owned()),
            own_keys,
        })
    }

    /// Sets the region, if the location has none.
    pub(crate) fn in_region(mut self, region: Option<String>) -> Self {
        self.region = self.region.or(region);
        self
    }

    /// Returns the bucket of a Zilliz Cloud volume, which is reached at `endpoint` by S3's protocol. The credentials of
    /// Google's volumes are an OAuth token.
    pub(crate) fn of_volume(name: &str, endpoint: &str, cloud: &str, region: &str) -> Self {
        let kind = match cloud {
            "gcp" => Store::Gcs,
            "ali" | "aliyun" => Store::Oss,
            "tc" | "tencent" => Store::Cos,
            _ => Store::S3,
        };
        let (scheme, host) = endpoint.split_once("://").unwrap_or(("https", endpoint));
        let bucket = match kind {
            Store::Oss | Store::Cos => format!("{name}."),
            _ => String::new(),
        };
        Self {
            kind,
            name: name.to_owned(),
            account: None,
            region: Some(region.to_owned()),
            endpoint: Some(format!("{scheme}://{bucket}{}", host.trim_end_matches('/'))),
            own_keys: false,
        }
    }

    /// Returns the bucket's name, or the container's.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns a text that differs for different buckets.
    pub(crate) fn identity(&self) -> String {
        format!("{self:?}")
    }

    /// Opens the bucket for reading. A request is sent only if the bucket's region has to be found out.
    pub(crate) fn open(&self, keys: &StorageKeys) -> io::Result<Remote> {
        self.open_with(keys, RequestLimits::READ)
    }

    /// Opens the bucket with other limits than those of reads.
    pub(crate) fn open_with(
        &self,
        keys: &StorageKeys,
        limits: RequestLimits,
    ) -> io::Result<Remote> {
        // The environment's credentials are for AWS, so Azure can't use them.
        let own = keys.is_empty() && self.own_keys && self.kind != Store::Azure;
        let own = own.then(aws::environment).filter(|keys| !keys.is_empty());
        let keys = own.as_ref().unwrap_or(keys);
        // On Azure, tags and the library's ids of blocks look like checksums, and aren't any.
        let encrypted = Arc::new(AtomicBool::new(self.kind == Store::Azure));
        let connector = WatchedConnector(Arc::clone(&encrypted));
        let client: Arc<dyn StoreClient> = if self.kind == Store::Azure {
            let builder = self.azure(keys, limits).with_http_connector(connector);
            Arc::new(builder.build().map_err(StoreFault::from)?)
        } else {
            let builder = self.s3(keys, limits)?.with_http_connector(connector);
            Arc::new(builder.build().map_err(StoreFault::from)?)
        };
        Ok(Remote { client, encrypted })
    }

    /// Builds the store's client. All stores but Azure speak S3's protocol: GCS with HMAC keys, OSS and COS with the
    /// bucket in the host name.
    fn s3(&self, keys: &StorageKeys, limits: RequestLimits) -> io::Result<AmazonS3Builder> {
        let name = &self.name;
        let region = self.region.as_deref().unwrap_or("accelerate");
        let own = self.endpoint.as_deref();
        let in_host = matches!(self.kind, Store::Oss | Store::Cos)
            || own.is_some_and(|endpoint| has_bucket(endpoint, name));
        let endpoint = self.endpoint.clone().or_else(|| match self.kind {
            Store::Gcs => Some("https://storage.googleapis.com".to_owned()),
            Store::Oss => Some(format!("https://{name}.oss-{region}.aliyuncs.com")),
            Store::Cos => Some(format!("https://{name}.cos.{region}.myqcloud.com")),
            _ => None,
        });
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(name)
            .with_region(self.s3_region()?)
            .with_virtual_hosted_style_request(in_host)
            .with_retry(limits.retry());
        let mut options = limits.client();
        if let Some(endpoint) = endpoint {
            options = options.with_allow_http(endpoint.starts_with("http://"));
            builder = builder.with_endpoint(endpoint);
        }
        let (Some(access), Some(secret)) = (&keys.access, &keys.secret) else {
            if let Some(token) = &keys.session {
                options = options.with_default_headers(bearer(token)?);
            }
            return Ok(builder
                .with_client_options(options)
                .with_skip_signature(true));
        };
        builder = builder
            .with_client_options(options)
            .with_access_key_id(access.expose())
            .with_secret_access_key(secret.expose());
        if let Some(session) = &keys.session {
            builder = builder.with_token(session.expose());
        }
        Ok(builder)
    }

    fn s3_region(&self) -> io::Result<String> {
        match (self.kind, &self.region) {
            (Store::Gcs, _) => return Ok("auto".to_owned()),
            (Store::Oss, Some(region)) => return Ok(format!("oss-{region}")),
            (_, Some(region)) => return Ok(region.clone()),
            _ => {}
        }
        let set = crate::config::set("AWS_REGION").or(crate::config::set("AWS_DEFAULT_REGION"));
        match set {
            Some(region) => Ok(region),
            None if self.endpoint.is_some() || self.kind != Store::S3 => Ok(REGION.to_owned()),
            // If the region can't be found, the error comes from the request itself.
            None => Ok(runtime()?
                .block_on(resolve_bucket_region(
                    &self.name,
                    &RequestLimits::READ.client(),
                ))
                .unwrap_or_else(|_| REGION.to_owned())),
        }
    }

    fn azure(&self, keys: &StorageKeys, limits: RequestLimits) -> MicrosoftAzureBuilder {
        let account = self.account.as_deref().unwrap_or_default();
        let mut builder = MicrosoftAzureBuilder::new()
            .with_account(account)
            .with_container_name(&self.name)
            .with_client_options(limits.client())
            .with_retry(limits.retry());
        if let Some(endpoint) = &self.endpoint {
            builder = builder
                .with_endpoint(format!("{endpoint}/{account}"))
                .with_allow_http(endpoint.starts_with("http://"));
        }
        match &keys.secret {
            Some(secret) => builder.with_access_key(secret.expose()),
            None => builder.with_skip_signature(true),
        }
    }
}

impl Remote {
    /// Returns an object's size and version.
    pub(crate) fn head(&self, key: &str) -> io::Result<ObjectMeta> {
        let path = Path::parse(key).map_err(StoreFault::from)?;
        let runtime = runtime()?;
        let found = runtime.block_on(self.client.head(&path));
        let fault = match found {
            Ok(meta) => return Ok(meta),
            Err(error) => StoreFault::from(error),
        };
        // The answer to a HEAD request has no body, so it has no error message. A request for one byte of the object
        // has one.
        if !matches!(
            fault,
            StoreFault::NoObject | StoreFault::Denied(_) | StoreFault::Refused(_)
        ) {
            return Err(fault.into());
        }
        let told = runtime.block_on(self.client.get_range(&path, 0..1));
        Err(told.map_or_else(StoreFault::from, |_| fault).into())
    }

    /// Lists the objects and folders directly inside a folder, over all pages.
    pub(crate) fn list(&self, folder: &str) -> io::Result<ListResult> {
        let path = Path::parse(folder).map_err(StoreFault::from)?;
        let found = runtime()?.block_on(self.client.list_with_delimiter(Some(&path)));
        Ok(found.map_err(StoreFault::from)?)
    }

    /// Returns an object to read in ranges.
    pub(crate) fn object(&self, meta: &ObjectMeta, blocks: Blocks) -> RemoteFile {
        RemoteFile::new(Arc::clone(&self.client) as _, meta.clone(), blocks)
    }
}

/// Returns the header of an OAuth token.
fn bearer(token: &Secret) -> io::Result<HeaderMap> {
    let value = HeaderValue::from_str(&format!("Bearer {}", token.expose()));
    let mut value = value.map_err(|_| StoreFault::Denied(None))?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
}

/// Returns true if an endpoint's host begins with the bucket's name, as stores without addresses by path need it. Hosts
/// such as `minio.example.com` are a store's own, so a domain of at least three labels must follow.
fn has_bucket(endpoint: &str, bucket: &str) -> bool {
    let url = Url::parse(endpoint).ok();
    let domain = url.as_ref().and_then(Url::domain).unwrap_or_default();
    let rest = domain
        .strip_prefix(bucket)
        .and_then(|rest| rest.strip_prefix('.'));
    rest.is_some_and(|rest| rest.split('.').count() > 2)
}

#[cfg(test)]
mod tests;
