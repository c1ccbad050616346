//! Accepted paths, and the parts that they name.

mod properties;
mod refused;

use crate::location::{Format, Location, PathScope, PathTarget, Store, cloud_mismatch};

pub(crate) fn cloud(text: &str) -> Location {
    Location::parse(text, &PathScope::Cloud).unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub(crate) fn server(bucket_url: Option<&str>) -> PathScope {
    PathScope::ServerBucket {
        bucket_url: bucket_url.map(str::to_owned),
    }
}

#[test]
fn other_objects_of_the_bucket_have_the_same_form() {
    for (text, expected) in [
        ("s3://bucket/", "s3://bucket/ü %.json"),
        ("s3://bucket/a%20b/x.json", "s3://bucket/ü %.json"),
        (
            "https://s3.us-west-2.amazonaws.com/bucket/",
            "https://s3.us-west-2.amazonaws.com/bucket/%C3%BC%20%25.json",
        ),
        (
            "https://bucket.s3.us-west-2.amazonaws.com/bucket/a%2Fb%20c/",
            "https://bucket.s3.us-west-2.amazonaws.com/%C3%BC%20%25.json",
        ),
    ] {
        assert_eq!(cloud(text).text_of("ü %.json"), expected, "{text}");
    }
}

/// Object paths that an import accepts. Path, store, account, bucket, region; the key is always `a/b.json`.
const FORMS: &str = "
    s3://bucket-name/a/b.json                                     S3     -        bucket-name  -
    https://bucket-name.s3.us-west-2.amazonaws.com/a/b.json       S3     -        bucket-name  us-west-2
    https://s3.us-west-2.amazonaws.com/bucket-name/a/b.json       S3     -        bucket-name  us-west-2
    gs://bucket_name/a/b.json                                     Gcs    -        bucket_name  -
    https://storage.googleapis.com/bucket_name/a/b.json           Gcs    -        bucket_name  -
    https://storage.cloud.google.com/bucket_name/a/b.json         Gcs    -        bucket_name  -
    https://bucket_name.storage.googleapis.com/a/b.json           Gcs    -        bucket_name  -
    https://account.blob.core.windows.net/container/a/b.json      Azure  account  container    -
    https://account.blob.core.chinacloudapi.cn/container/a/b.json Azure  account  container    -
    https://bucket.oss-cn-hangzhou.aliyuncs.com/a/b.json          Oss    -        bucket       cn-hangzhou
    https://bucket-125.cos.ap-beijing.myqcloud.com/a/b.json       Cos    -        bucket-125   ap-beijing
    https://bucket-name.s3.region-code.amazonaws.com/a/b.json     S3     -        bucket-name  region-code
    https://bucket.oss-region.aliyuncs.com/a/b.json               Oss    -        bucket       region
    https://bucket-appid.cos.region.myqcloud.com/a/b.json         Cos    -        bucket-appid region";

#[test]
fn every_form_of_the_table_is_accepted() {
    for row in FORMS.lines().skip(1) {
        let cells: Vec<&str> = row.split_whitespace().collect();
        let [path, store, account, bucket, region] = cells[..] else {
            panic!("{row}");
        };
        let cell = |text: &'static str| (text != "-").then_some(text);
        let location = cloud(path);
        assert_eq!(format!("{:?}", location.store()), store, "{path}");
        assert_eq!(location.account(), cell(account), "{path}");
        assert_eq!(location.bucket(), Some(bucket), "{path}");
        assert_eq!(location.region(), cell(region), "{path}");
        assert_eq!(location.key(), "a/b.json", "{path}");
        assert_eq!(location.text(), path);
        assert_eq!(Location::parse(path, &PathScope::Disk), Ok(location));
    }
}

#[test]
fn every_file_type_of_the_table_is_accepted() {
    for (path, kind, format) in [
        ("json-folder/", PathTarget::Folder, None),
        (
            "json-folder/data.json",
            PathTarget::File,
            Some(Format::Json),
        ),
        ("data.jsonl", PathTarget::File, Some(Format::JsonLines)),
        ("data.ndjson", PathTarget::File, Some(Format::JsonLines)),
        ("data.csv", PathTarget::File, Some(Format::Csv)),
        ("numpy-folder/", PathTarget::Folder, None),
        ("folder/*.npy", PathTarget::NumpySet, Some(Format::Numpy)),
        ("*.npy", PathTarget::NumpySet, Some(Format::Numpy)),
        ("folder/id.npy", PathTarget::File, Some(Format::Numpy)),
        ("parquet-folder/", PathTarget::Folder, None),
        (
            "parquet-folder/data.parquet",
            PathTarget::File,
            Some(Format::Parquet),
        ),
    ] {
        let s3 = cloud(&format!("s3://bucket-name/{path}"));
        let url = cloud(&format!(
            "https://bucket-name.s3.us-west-2.amazonaws.com/{path}"
        ));
        let own = Location::parse(path, &server(None)).expect(path);
        let volume = Location::parse_volume(path).expect(path);
        let disk = Location::parse(path, &PathScope::Disk).expect(path);
        for location in [s3, url, own, volume, disk] {
            assert_eq!(
                (location.kind(), location.format()),
                (kind, format),
                "{path}"
            );
            assert!(location.key().ends_with(path), "{path}");
        }
    }
}

#[test]
fn extensions_match_in_any_case_if_the_service_allows() {
    assert_eq!(cloud("s3://bucket/DATA.JSON").format(), Some(Format::Json));
    let error = Location::parse("DATA.JSON", &server(None)).expect_err("milvus compares bytes");
    assert!(error.hint().contains("lower case"), "{}", error.hint());
}

#[test]
fn a_bucket_with_a_slash_is_a_folder() {
    for path in [
        "s3://bucket/",
        "https://bucket.s3.us-west-2.amazonaws.com/",
        "gs://bucket/",
    ] {
        let location = cloud(path);
        assert_eq!(
            (location.key(), location.kind()),
            ("", PathTarget::Folder),
            "{path}"
        );
        assert_eq!(location.text(), path);
    }
}

#[test]
fn names_are_encoded_in_urls_but_not_in_uris() {
    let name = "a b+c%20#1?é日/x.json";
    assert_eq!(cloud(&format!("s3://bucket/{name}")).key(), name);
    assert_eq!(cloud(&format!("gs://bucket/{name}")).key(), name);
    let url = "https://bucket.s3.us-west-2.amazonaws.com/a%20b+c%2520%231%3F%C3%A9%e6%97%a5/x.json";
    assert_eq!(cloud(url).key(), name);
    assert_eq!(cloud(url).text(), url);
    // Texts that a browser's address bar accepts are accepted, and sent encoded.
    let loose = cloud("HTTPS://Bucket.S3.us-west-2.AmazonAWS.com:443/a b/é+.json");
    assert_eq!(loose.key(), "a b/é+.json");
    assert_eq!(
        loose.text(),
        "https://bucket.s3.us-west-2.amazonaws.com/a%20b/%C3%A9+.json"
    );
    assert_eq!(cloud("S3://bucket/Key.json").text(), "s3://bucket/Key.json");
    assert_eq!(
        cloud("http://storage.googleapis.com/bucket/x.json").text(),
        "https://storage.googleapis.com/bucket/x.json"
    );
}

#[test]
fn urls_into_the_servers_bucket_become_relative() {
    let plain = Location::parse("folder/1.parquet", &server(None)).expect("relative");
    assert_eq!(
        (plain.text(), plain.key()),
        ("folder/1.parquet", "folder/1.parquet")
    );
    assert_eq!(
        (plain.store(), plain.bucket(), plain.store().cloud()),
        (Store::Bucket, None, None)
    );
    for (own, given) in [
        ("s3://milvus-bucket", "s3://milvus-bucket/folder/1.parquet"),
        (
            "s3://milvus-bucket/",
            "https://milvus-bucket.s3.us-west-2.amazonaws.com/folder/1.parquet",
        ),
        ("s3://milvus-bucket/files", "folder/1.parquet"),
        (
            "gs://milvus-bucket",
            "https://storage.googleapis.com/milvus-bucket/folder/1.parquet",
        ),
        (
            "https://account.blob.core.windows.net/milvus",
            "https://account.blob.core.windows.net/milvus/folder/1.parquet",
        ),
    ] {
        let location = Location::parse(given, &server(Some(own))).expect(given);
        assert_eq!(location.text(), "folder/1.parquet", "{given}");
        assert_eq!(location.store(), Store::Bucket);
        assert!(
            location
                .bucket()
                .is_some_and(|bucket| bucket.starts_with("milvus"))
        );
    }
}

#[test]
fn a_path_on_disk_becomes_absolute() {
    let here = std::env::current_dir().expect("a current directory");
    let here = here.to_str().expect("a UTF-8 directory");
    for (given, text) in [
        ("data.json", format!("{here}/data.json")),
        ("./data.json", format!("{here}/data.json")),
        ("folder/", format!("{here}/folder/")),
        ("folder/*.npy", format!("{here}/folder/*.npy")),
        ("/abs/100%#?.json", "/abs/100%#?.json".to_owned()),
        ("/abs/../data.parquet", "/abs/../data.parquet".to_owned()),
        ("file:///abs/folder/", "/abs/folder/".to_owned()),
        (
            "FILE://LocalHost/a%20b/%C3%A9+%25.csv",
            "/a b/é+%.csv".to_owned(),
        ),
        ("file:/abs/data.json", "/abs/data.json".to_owned()),
        ("file:data.json", format!("{here}/file:data.json")),
    ] {
        let location = Location::parse(given, &PathScope::Disk).expect(given);
        assert_eq!(location.text(), text, "{given}");
        assert_eq!(location.key(), text, "{given}");
        assert_eq!((location.store(), location.bucket()), (Store::Disk, None));
        assert_eq!(
            Location::parse(&text, &PathScope::Disk),
            Ok(location),
            "{given}"
        );
    }
    let home = Location::parse("~/data.json", &PathScope::Disk).expect("a home directory");
    assert!(home.text().starts_with('/') && home.text().ends_with("/data.json"));
    assert!(!home.text().contains('~'));
}

#[test]
fn stores_and_formats_have_names() {
    let location = cloud("gs://bucket/data.jsonl");
    assert_eq!(location.store().to_string(), "Google Cloud Storage");
    assert_eq!(location.format().map(Format::name), Some("JSON Lines"));
    assert_eq!(location.kind().to_string(), "file");
    assert_eq!(
        location.store().cloud().map(|cloud| cloud.to_string()),
        Some("Google Cloud".to_owned())
    );
}

#[test]
fn a_bucket_on_another_cloud_is_a_warning() {
    let s3 = cloud("s3://bucket/data.json");
    for (region, warns) in [
        ("aws-us-west-2", false),
        ("AWS-us-west-2", false),
        ("gcp-us-west1", true),
        ("az-eastus", true),
        ("azure-eastus", true),
        ("ali-cn-hangzhou", true),
        ("tc-ap-beijing", true),
        ("mars-1", false),
        ("", false),
    ] {
        assert_eq!(cloud_mismatch(&s3, region).is_some(), warns, "{region}");
    }
    let text = cloud_mismatch(&s3, "az-eastus").expect("another cloud");
    assert!(
        text.contains("AWS") && text.contains("Azure") && text.contains("83004"),
        "{text}"
    );
    let own = Location::parse("data.json", &server(None)).expect("relative");
    assert_eq!(cloud_mismatch(&own, "aws-us-west-2"), None);
}
