//! Properties of object paths: built paths are parsed back, and no text causes a panic.

use super::server;
use crate::location::{Location, PathScope, Store};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

/// Generates a bucket name that every store accepts.
fn bucket() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9]{1,20}(-[a-z0-9]{1,8}){0,2}[a-z0-9]"
}

/// Generates an object's name with blanks, special characters of URLs, and other scripts.
fn key() -> impl Strategy<Value = String> {
    "([a-zA-Z0-9 .+%#?&=@:~_é日🦀/-]{0,40}/)?[a-zA-Z0-9 +%#?_é-]{0,20}x\\.(json|jsonl|ndjson|csv|parquet|npy|JSON)"
        .prop_filter("a signature is refused", |key| !key.to_lowercase().contains("sig"))
}

fn encode(key: &str) -> String {
    utf8_percent_encode(key, NON_ALPHANUMERIC)
        .to_string()
        .replace("%2F", "/")
}

/// Returns every form of a path to an object: the store and the path.
fn forms(bucket: &str, key: &str) -> Vec<(Store, String)> {
    let url = encode(key);
    vec![
        (Store::S3, format!("s3://{bucket}/{key}")),
        (
            Store::S3,
            format!("https://{bucket}.s3.us-west-2.amazonaws.com/{url}"),
        ),
        (
            Store::S3,
            format!("https://s3.us-west-2.amazonaws.com/{bucket}/{url}"),
        ),
        (
            Store::S3,
            format!("https://{bucket}.s3.dualstack.eu-west-1.amazonaws.com/{url}"),
        ),
        (
            Store::S3,
            format!("https://{bucket}.s3.amazonaws.com/{url}"),
        ),
        (Store::Gcs, format!("gs://{bucket}/{key}")),
        (
            Store::Gcs,
            format!("https://storage.googleapis.com/{bucket}/{url}"),
        ),
        (
            Store::Gcs,
            format!("https://storage.cloud.google.com/{bucket}/{url}"),
        ),
        (
            Store::Gcs,
            format!("https://{bucket}.storage.googleapis.com/{url}"),
        ),
        (
            Store::Azure,
            format!("https://account1.blob.core.windows.net/{bucket}/{url}"),
        ),
        (
            Store::Oss,
            format!("https://{bucket}.oss-cn-hangzhou.aliyuncs.com/{url}"),
        ),
        (
            Store::Cos,
            format!("https://{bucket}-125.cos.ap-beijing.myqcloud.com/{url}"),
        ),
    ]
}

fn places() -> Vec<PathScope> {
    vec![
        PathScope::Cloud,
        PathScope::Disk,
        PathScope::Volume,
        server(None),
        server(Some("s3://milvus-bucket")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn built_paths_are_parsed_back(bucket in bucket(), key in key()) {
        for (store, path) in forms(&bucket, &key) {
            let location = Location::parse(&path, &PathScope::Cloud)
                .map_err(|error| TestCaseError::fail(format!("{path}: {error}")))?;
            prop_assert_eq!(location.store(), store);
            prop_assert_eq!(location.key(), &key);
            prop_assert_eq!(location.text(), &path);
            let named = location.bucket().unwrap_or_default();
            let expected = if store == Store::Cos { format!("{bucket}-125") } else { bucket.clone() };
            prop_assert_eq!(named, expected);
        }
    }

    #[test]
    fn a_url_into_the_servers_bucket_is_the_relative_path(bucket in bucket(), key in key()) {
        // A text whose beginning makes it neither a local path nor a URL.
        let key = format!("f{}", key.replace(':', "-"));
        let place = server(Some(&format!("s3://{bucket}")));
        let lower = key.to_lowercase();
        let relative = Location::parse(&lower, &place);
        let full = Location::parse(&format!("s3://{bucket}/{lower}"), &place);
        prop_assert!(relative.is_ok(), "{:?}", relative);
        prop_assert_eq!(relative, full);
    }

    #[test]
    fn a_file_url_is_the_path_it_encodes(key in key()) {
        let path = format!("/root/{key}");
        let url = format!("file://{}", encode(&path));
        prop_assert_eq!(Location::parse(&url, &PathScope::Disk), Location::parse(&path, &PathScope::Disk));
    }

    #[test]
    fn sent_paths_are_parsed_back(text in ".{0,60}") {
        for place in places() {
            let Ok(location) = Location::parse(&text, &place) else { continue };
            prop_assert_eq!(Location::parse(location.text(), &place), Ok(location));
        }
    }

    #[test]
    fn parsing_any_text_does_not_panic(
        start in "(s3|gs|https?|file|[a-z]{0,4})?(:/{0,3})?([a-z0-9.-]{0,12}(s3|blob|oss-|cos)?\\.?(amazonaws\\.com|core\\.windows\\.net|aliyuncs\\.com|myqcloud\\.com|googleapis\\.com)?)?",
        rest in any::<String>(),
    ) {
        for place in places() {
            if let Err(error) = Location::parse(&format!("{start}{rest}"), &place) {
                prop_assert!(!error.to_string().is_empty() && !error.hint().is_empty());
                prop_assert!(!error.to_string().contains('\n'));
            }
        }
        let place = server(Some(&format!("{start}{rest}")));
        prop_assert!(Location::parse("x.json", &place).is_ok_and(|own| own.text() == "x.json")
            || Location::parse("x.json", &place).is_err());
    }

    #[test]
    fn a_password_is_not_shown(user in "[a-zA-Z0-9]{1,8}", key in key(), at in 0_usize..4) {
        let secret = "qZ8wSECRETv4";
        let path = [
            format!("s3://{user}:{secret}@bucket/{key}"),
            format!("s3://{user}:{secret}/x@bucket/{key}"),
            format!("https://{user}:{secret}@bucket.s3.us-west-2.amazonaws.com/{key}"),
            format!("https://bucket.s3.us-west-2.amazonaws.com/{key}?X-Amz-Signature={secret}"),
        ];
        for place in places() {
            let error = Location::parse(&path[at], &place).expect_err("a secret in a path");
            let all = format!("{error} {error:?} {}", error.hint());
            prop_assert!(!all.contains(secret), "{}", all);
        }
    }
}
