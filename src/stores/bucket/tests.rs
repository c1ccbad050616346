use super::*;

fn bucket(url: &str, endpoint: Option<&str>) -> Bucket {
    let location = Location::parse(url, &PathScope::Cloud).expect(url);
    let endpoints = Endpoints {
        s3: endpoint.map(str::to_owned),
        gcs: None,
        azure: endpoint.map(str::to_owned),
    };
    Bucket::of(&location, &endpoints, false).expect(url)
}

fn keys() -> StorageKeys {
    StorageKeys {
        access: Some(Secret::new("access")),
        secret: Some(Secret::new("c2VjcmV0")),
        session: None,
    }
}

/// Returns the URL and the signing region of the store that the library built.
fn opened(url: &str, endpoint: Option<&str>) -> String {
    let bucket = bucket(url, endpoint);
    let keys = keys();
    if bucket.kind == Store::Azure {
        return bucket
            .azure(&keys, RequestLimits::READ)
            .build()
            .expect(url)
            .to_string();
    }
    format!(
        "{:?}",
        bucket
            .s3(&keys, RequestLimits::READ)
            .expect(url)
            .build()
            .expect(url)
    )
}

#[test]
fn urls_are_mapped_to_request_hosts() {
    for (url, endpoint, host, region) in [
        (
            "https://my-bucket.s3.eu-west-3.amazonaws.com/a.json",
            None,
            "https://s3.eu-west-3.amazonaws.com/my-bucket",
            "eu-west-3",
        ),
        (
            "s3://my-bucket/a.json",
            Some("http://127.0.0.1:9000/"),
            "http://127.0.0.1:9000/my-bucket",
            "us-east-1",
        ),
        (
            "gs://my-bucket/a.json",
            Some("http://127.0.0.1:9000"),
            "https://storage.googleapis.com/my-bucket",
            "auto",
        ),
        (
            "https://storage.cloud.google.com/my-bucket/a.json",
            None,
            "https://storage.googleapis.com/my-bucket",
            "auto",
        ),
        (
            "https://my-bucket.oss-cn-hangzhou.aliyuncs.com/a.json",
            None,
            "https://my-bucket.oss-cn-hangzhou.aliyuncs.com",
            "oss-cn-hangzhou",
        ),
        (
            "https://b-125.cos.ap-guangzhou.myqcloud.com/a.json",
            None,
            "https://b-125.cos.ap-guangzhou.myqcloud.com",
            "ap-guangzhou",
        ),
    ] {
        let found = opened(url, endpoint);
        assert!(found.contains(&format!("{host:?}")), "{url}: {found}");
        assert!(found.contains(&format!("{region:?}")), "{url}: {found}");
    }
    let azure = opened(
        "https://account.blob.core.windows.net/container/a.json",
        None,
    );
    assert!(
        azure.contains("account") && azure.contains("container"),
        "{azure}"
    );
}

#[test]
fn an_azure_emulator_has_the_account_in_its_path() {
    let url = "https://account.blob.core.windows.net/container/a.json";
    let bucket = bucket(url, Some("http://127.0.0.1:10000/"));
    let store = format!(
        "{:?}",
        bucket
            .azure(&keys(), RequestLimits::READ)
            .build()
            .expect(url)
    );
    assert!(
        store.contains("127.0.0.1") && store.contains("/account"),
        "{store}"
    );
}

#[test]
fn keys_are_explicit_and_hidden() {
    assert!(!bucket("s3://my-bucket/a.json", None).own_keys);
    let shown = format!("{:?}", keys());
    assert!(
        !shown.contains("access\"") && !shown.contains("c2Vj"),
        "{shown}"
    );
}

#[test]
fn a_bucket_in_the_host_name_is_found() {
    assert!(super::has_bucket(
        "https://books.oss-cn-hangzhou.aliyuncs.com",
        "books"
    ));
    for own in [
        "http://books.example.com:9000",
        "http://127.0.0.1:9000",
        "http://localhost",
    ] {
        assert!(
            !["books", "127", "localhost"]
                .iter()
                .any(|bucket| super::has_bucket(own, bucket))
        );
    }
}
