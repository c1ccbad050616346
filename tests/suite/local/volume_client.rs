//! A client of the volumes' S3 endpoint.

use crate::local::harness::{Answer, Local};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{
    GetOptions, GetRange, MultipartUpload as _, ObjectStore as _, ObjectStoreExt as _, PutMode,
    PutOptions, RetryConfig,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const PROJECT: &str = "proj-1";

pub(super) fn create(local: &Local, name: &str) -> Answer {
    let body = json!({ "projectId": PROJECT, "regionId": "aws-us-west-2", "volumeName": name });
    local.post("/v2/volumes/create", &body)
}

pub(super) fn apply(local: &Local, name: &str, path: &str) -> Value {
    let body = json!({ "volumeName": name, "path": path });
    // The answer's endpoint is the address that the client calls.
    let host = format!("Host: {}", local.addr);
    let sent = body.to_string();
    let answer = local.send("POST", "/v2/volumes/apply", &[&host], &sent);
    answer.data()
}

/// Starts a service with the volume `vol`.
pub(super) fn service() -> (TempDir, Local, Bucket) {
    let (dir, local) = Local::fresh();
    create(&local, "vol").data();
    let bucket = Bucket::open(&apply(&local, "vol", ""));
    (dir, local, bucket)
}

pub(super) struct Bucket(AmazonS3, Runtime);

pub(super) type Put = Result<(), object_store::Error>;

/// Returns a name as it is; `Path::from` would encode some of its letters.
fn path(name: &str) -> Path {
    Path::parse(name).expect("a name")
}

impl Bucket {
    /// Opens the bucket of an apply call's answer.
    pub(super) fn open(access: &Value) -> Self {
        Self::signed(access, std::borrow::ToOwned::to_owned)
    }

    /// Opens it with another secret key.
    pub(super) fn signed(access: &Value, secret: impl Fn(&str) -> String) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let credentials = &access["credentials"];
        _ = rustls::crypto::ring::default_provider().install_default();
        let store = AmazonS3Builder::new()
            .with_endpoint(text(&access["endpoint"]))
            .with_allow_http(true)
            .with_bucket_name(text(&access["bucketName"]))
            .with_region(text(&access["region"]))
            .with_access_key_id(text(&credentials["tmpAK"]))
            .with_secret_access_key(secret(&text(&credentials["tmpSK"])))
            .with_token(text(&credentials["sessionToken"]))
            .with_retry(RetryConfig {
                max_retries: 0,
                ..RetryConfig::default()
            });
        Self(store.build().expect("a store"), runtime.expect("a runtime"))
    }

    pub(super) fn put(&self, key: &str, content: &[u8]) -> Put {
        let key = path(key);
        let put = self.0.put(&key, content.to_vec().into());
        self.1.block_on(put).map(|_| ())
    }

    pub(super) fn put_new(&self, key: &str, content: &[u8]) -> Put {
        let options = PutOptions::from(PutMode::Create);
        let key = path(key);
        let put = self.0.put_opts(&key, content.to_vec().into(), options);
        self.1.block_on(put).map(|_| ())
    }

    pub(super) fn put_parts(&self, key: &str, parts: &[Vec<u8>], complete: bool) -> Put {
        self.1.block_on(async {
            let mut upload = self.0.put_multipart(&path(key)).await?;
            for part in parts {
                upload.put_part(part.clone().into()).await?;
            }
            if complete {
                upload.complete().await.map(|_| ())
            } else {
                upload.abort().await
            }
        })
    }

    pub(super) fn get(&self, key: &str, range: Option<GetRange>) -> Option<Vec<u8>> {
        let options = GetOptions {
            range,
            ..GetOptions::default()
        };
        self.1.block_on(async {
            let got = self.0.get_opts(&path(key), options).await.ok()?;
            Some(got.bytes().await.expect("a body").to_vec())
        })
    }

    pub(super) fn size(&self, key: &str) -> Option<u64> {
        let head = self.1.block_on(self.0.head(&path(key)));
        head.ok().map(|meta| meta.size)
    }

    /// Returns the tag of an object. HEAD and a list must agree on it.
    pub(super) fn tag(&self, key: &str) -> String {
        let head = self.1.block_on(self.0.head(&path(key))).expect("an object");
        let folder = path("vol");
        let listed = self.1.block_on(self.0.list_with_delimiter(Some(&folder)));
        let mut listed = listed.expect("a list").objects.into_iter();
        let listed = listed.find(|meta| meta.location == head.location);
        assert_eq!(listed.expect("listed").e_tag, head.e_tag);
        let tag = head.e_tag.expect("a tag");
        tag.trim_matches('"').to_owned()
    }

    pub(super) fn delete(&self, key: &str) -> Put {
        self.1.block_on(self.0.delete(&path(key)))
    }

    /// Returns the names of objects and folders directly in a folder.
    pub(super) fn list(&self, folder: &str) -> (Vec<String>, Vec<String>) {
        let folder = path(folder);
        let listed = self.1.block_on(self.0.list_with_delimiter(Some(&folder)));
        let listed = listed.expect("a list");
        let objects = listed.objects.iter().map(|it| it.location.to_string());
        let folders = listed.common_prefixes.iter().map(ToString::to_string);
        (objects.collect(), folders.collect())
    }
}
