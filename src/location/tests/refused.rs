//! Refused paths and their reasons. No message repeats a secret.

use super::{cloud, server};
use crate::error::{Failure, Kind};
use crate::location::{Location, PathScope};

/// Parses a path that must be refused. Returns message and hint as one text.
fn refused(text: &str, place: &PathScope) -> String {
    match Location::parse(text, place) {
        Ok(location) => panic!("{text:?} was taken as {location:?}"),
        Err(error) => format!("{error}; {}", error.hint()),
    }
}

#[test]
fn unreadable_paths_are_refused_with_the_accepted_forms() {
    for (text, words) in [
        ("", "empty"),
        ("  ", "empty"),
        (" s3://bucket/a.json", "begins or ends with a blank"),
        ("s3://bucket/a.json\u{a0}", "begins or ends with a blank"),
        ("s3://bucket/a\n.json", "control character at position 14"),
        ("s3://bucket/a\0.json", "control character"),
        (
            "https://bucket.s3.us-west-2.amazonaws.com/a%00.json",
            "percent-encoded control",
        ),
        ("./data.json", "aws s3 cp \"./data.json\" s3://bucket/"),
        ("/abs/data.json", "path on this machine"),
        ("~/data.json", "path on this machine"),
        ("data.json", "path on this machine"),
        ("C:\\data.json", "aws s3 cp data.json s3://bucket/"),
        ("file:///abs/data.json", "path on this machine"),
        ("ftp://host/data.json", "ftp:// is not a scheme"),
        ("s3://", "names no bucket (Amazon S3)"),
        ("s3:///data.json", "names no bucket"),
        ("https://s3.us-west-2.amazonaws.com/", "names no bucket"),
        (
            "https://storage.googleapis.com",
            "names no bucket (Google Cloud Storage)",
        ),
        (
            "https://account.blob.core.windows.net/",
            "names no container",
        ),
        (
            "https://oss-cn-hangzhou.aliyuncs.com/x.json",
            "names no bucket (Alibaba Cloud OSS)",
        ),
        ("s3://bucket", "bucket bucket and no object"),
        ("https://s3.us-west-2.amazonaws.com/bucket", "no object"),
        ("https://bucket.s3.us-west-2.amazonaws.com", "no object"),
        ("s3://My_Bucket/data.json", "3 to 63 lower-case letters"),
        (
            "s3://192.168.1.1/data.json",
            "not shaped like an IP address",
        ),
        ("s3://bucket:9000/data.json", "not a valid bucket name"),
        (
            "https://ac-count.blob.core.windows.net/container/x.json",
            "storage account",
        ),
        (
            "https://minio.example.com:9000/bucket/x.json",
            "minio.example.com",
        ),
        (
            "https://s3.us-west-2.amazonaws.com:9000/bucket/x.json",
            "not an object store",
        ),
        ("s3://bucket/data", "no extension"),
        ("s3://bucket/data.json.gz", "unpack it first"),
        ("s3://bucket/data.txt", "accepted: .json, .jsonl"),
        ("s3://bucket/data.", "not a file format"),
        ("s3://bucket/*.json", "only as `*.npy` at the end"),
        ("s3://bucket/a*/b.npy", "only as `*.npy` at the end"),
        ("s3://bucket/a*/", "only as `*.npy` at the end"),
        ("https://bucket.s3.us-west-2.amazonaws.com/a%2.json", "%25"),
        ("https://bucket.s3.us-west-2.amazonaws.com/a%é.json", "%25"),
        (
            "https://bucket.s3.us-west-2.amazonaws.com/a%ff.json",
            "not UTF-8",
        ),
        (
            "https://bucket.s3.us-west-2.amazonaws.com/a.json?versionId=1",
            "has a query",
        ),
        ("https://bucket.s3.us-west-2.amazonaws.com/a.json#1", "%23"),
    ] {
        let message = refused(text, &PathScope::Cloud);
        assert!(message.contains(words), "{text:?}: {message}");
    }
    let long = format!("s3://bucket/{}.json", "a".repeat(1024));
    assert!(refused(&long, &PathScope::Cloud).contains("1029 bytes"));
    assert!(refused(&"x".repeat(100_000), &PathScope::Cloud).len() < 1000);
}

/// The hint must contain a form that is accepted.
#[test]
fn forms_of_other_tools_are_refused_with_the_accepted_form() {
    const BLOB: &str = "https://account.blob.core.windows.net/container/a/x.json";
    for (text, instead) in [
        ("s3a://bucket/a/x.json", "s3://bucket/a/x.json"),
        ("S3N://bucket/a/", "s3://bucket/a/"),
        ("arn:aws:s3:::bucket/a/x.json", "s3://bucket/a/x.json"),
        ("gcs://bucket/a/x.json", "gs://bucket/a/x.json"),
        (
            "abfss://container@account.dfs.core.windows.net/a/x.json",
            BLOB,
        ),
        (
            "abfs://container@account.dfs.core.windows.net/a/x.json",
            BLOB,
        ),
        (
            "wasbs://container@account.blob.core.windows.net/a/x.json",
            BLOB,
        ),
        (
            "WASB://container@Account.blob.core.windows.net/a/x.json",
            BLOB,
        ),
        ("az://container/a/x.json", BLOB),
        ("abfs://container/a/x.json", BLOB),
        (
            "azure://account.blob.core.windows.net/container/a/x.json",
            BLOB,
        ),
        (
            "https://account.dfs.core.windows.net/container/a/x.json",
            BLOB,
        ),
        (
            "abfss://container@account.dfs.core.chinacloudapi.cn/a/",
            "https://account.blob.core.chinacloudapi.cn/container/a/",
        ),
        (
            "abfss://container@account.dfs.core.windows.net/a%b/x?y#z.json",
            "https://account.blob.core.windows.net/container/a%25b/x%3Fy%23z.json",
        ),
        (
            "oss://bucket/x.json",
            "https://bucket.oss-region.aliyuncs.com/x.json",
        ),
        (
            "oss://bucket.oss-cn-hangzhou.aliyuncs.com/x.json",
            "https://bucket.oss-cn-hangzhou.aliyuncs.com/x.json",
        ),
        (
            "cosn://bucket-125/x.json",
            "https://bucket-125.cos.region.myqcloud.com/x.json",
        ),
        (
            "https://us-east-1.console.aws.amazon.com/s3/buckets/bucket?region=us-east-1&prefix=a/b%20c/&tab=objects",
            "s3://bucket/a/b c/",
        ),
        (
            "https://s3.console.aws.amazon.com/s3/object/bucket?prefix=a/x.json",
            "s3://bucket/a/x.json",
        ),
        (
            "https://console.cloud.google.com/storage/browser/_details/bucket/a/x.json;tab=live_object",
            "gs://bucket/a/x.json",
        ),
    ] {
        for place in [PathScope::Cloud, PathScope::Disk] {
            let message = refused(text, &place);
            assert!(
                message.ends_with(&format!("; write {instead}")),
                "{text:?}: {message}"
            );
        }
        assert!(
            Location::parse(instead, &PathScope::Cloud).is_ok(),
            "{instead}"
        );
    }
    let one_slash = refused("s3:/bucket/x.json", &PathScope::Cloud);
    assert!(
        one_slash.ends_with("; did you mean s3://bucket/x.json?"),
        "{one_slash}"
    );
    for text in [
        "s3a://bucket/a/x.json",
        "minio://bucket/a/x.json",
        "http://minio:9000/bucket/a/x.json",
    ] {
        let message = refused(text, &server(None));
        assert!(
            message.ends_with("inside the server's bucket: \"a/x.json\""),
            "{text:?}: {message}"
        );
    }
    for text in ["hdfs://namenode:8020/x.json", "adl://account/x.json"] {
        let message = refused(text, &PathScope::Cloud);
        assert!(
            message.contains("copy the files to an object store first"),
            "{text:?}: {message}"
        );
    }
}

#[test]
fn secrets_in_a_url_are_refused_and_not_shown() {
    for text in [
        "https://bucket.s3.us-west-2.amazonaws.com/a.json?X-Amz-Signature=hunter2",
        "https://bucket.s3.us-west-2.amazonaws.com/a.json?a=1&X-Amz-Credential=hunter2",
        "https://account.blob.core.windows.net/container/a.json?sv=2024&sig=hunter2",
        "https://bucket.oss-cn-hangzhou.aliyuncs.com/a.json?Expires=1&Signature=hunter2",
        "s3://bucket/a.json?X-Amz-Signature=hunter2",
        "bucket.s3.us-west-2.amazonaws.com/a.json?x-amz-signature=hunter2",
        "https://minio:9000/b/a.json?X-Amz-Signature=hunter2",
        "https://user:hunter2@s3.us-west-2.amazonaws.com/bucket/a.json",
        "https://user:hunter2/x@s3.us-west-2.amazonaws.com/bucket/a.json",
        "s3://key:hunter2@bucket/a.json",
        "s3://key:hunter2/x@bucket/a.json",
        "ftp://user:hunter2@host/a.json",
        "file://user:hunter2@host/a.json",
        "s3a://key:hunter2@bucket/a.json",
        "s3a://key:hunter2/x@bucket/a.json",
        "minio://key:hunter2@bucket/a.json",
        "abfss://user:hunter2@account.dfs.core.windows.net/a.json",
        "wasbs://user:hunter2@host/a.json",
        "az://user:hunter2@container/a.json",
        "oss://id:hunter2@bucket/a.json",
        "http://user:hunter2@minio:9000/bucket/a.json",
        "abfss://container@account.dfs.core.windows.net/a.json?sig=hunter2",
    ] {
        for place in [
            PathScope::Cloud,
            PathScope::Disk,
            server(None),
            server(Some("s3://bucket")),
        ] {
            let Err(error) = Location::parse(text, &place) else {
                panic!("{text} was taken");
            };
            let all = format!("{error} {error:?} {}", error.hint());
            assert!(!all.contains("hunter2"), "{text}: {all}");
        }
    }
    let lost = refused(
        "user:hunter2@s3.us-west-2.amazonaws.com/bucket/a.json",
        &PathScope::Cloud,
    );
    assert!(!lost.contains("hunter2"), "{lost}");
    let own = "https://user:hunter2@s3.us-west-2.amazonaws.com/bucket?sig=hunter2";
    let own = refused("a.json", &server(Some(own)));
    assert!(!own.contains("hunter2"), "{own}");
    let presigned = "https://bucket.s3.us-west-2.amazonaws.com/a.json?X-Amz-Signature=1";
    assert!(refused(presigned, &PathScope::Cloud).contains("URL is presigned"));
}

#[test]
fn a_self_hosted_server_reads_only_its_bucket() {
    let known = server(Some("s3://milvus-bucket"));
    for (text, words) in [
        ("/folder/1.parquet", "relative to the server's bucket"),
        ("./1.parquet", "path on this machine"),
        ("../1.parquet", "path on this machine"),
        ("~/1.parquet", "path on this machine"),
        ("file:///1.parquet", "upload it to the server's bucket"),
        ("C:\\1.parquet", "path on this machine"),
        ("c:/1.parquet", "path on this machine"),
        ("\\\\host\\1.parquet", "path on this machine"),
        (
            "s3://other-bucket/1.parquet",
            "other-bucket (Amazon S3), but the server reads",
        ),
        ("gs://milvus-bucket/1.parquet", "Google Cloud Storage"),
        (
            "s3://milvus-bucket//1.parquet",
            "relative to the server's bucket",
        ),
        ("s3://milvus-bucket/", "no object"),
        ("s3://milvus-bucket", "no object"),
        ("ftp://milvus-bucket/1.parquet", "not a scheme"),
        ("folder/1.txt", "not a file format"),
    ] {
        let message = refused(text, &known);
        assert!(message.contains(words), "{text:?}: {message}");
    }
    let unknown = refused("s3://milvus-bucket/1.parquet", &server(None));
    assert!(
        unknown.contains("storage: #{url: \"s3://milvus-bucket\"}"),
        "{unknown}"
    );
    let wrong = refused("1.parquet", &server(Some("milvus-bucket")));
    assert!(
        wrong.contains("URL of the server's bucket is not valid"),
        "{wrong}"
    );
}

#[test]
fn volumes_and_disks_have_their_own_rules() {
    for (text, words) in [
        ("s3://bucket/x.json", "relative to the volume"),
        ("/x.json", "relative to the volume"),
        ("./x.json", "path on this machine"),
    ] {
        let message = refused(text, &PathScope::Volume);
        assert!(message.contains(words), "{text:?}: {message}");
    }
    for (text, words) in [
        ("file://server/x.json", "names host \"server\""),
        ("file://", "empty"),
        ("file:///x.json?y", "%3F"),
        ("file:///x.json#y", "%23"),
        ("file:///%zz.json", "%25"),
        ("file:///%00.json", "control"),
        ("folder", "a folder ends in `/`"),
        ("hdfs://x/y.json", "not a scheme"),
        ("*.json", "only as `*.npy`"),
    ] {
        let message = refused(text, &PathScope::Disk);
        assert!(message.contains(words), "{text:?}: {message}");
    }
}

#[test]
fn one_inner_list_is_one_file_or_one_set_of_numpy_files() {
    let id = cloud("s3://bucket/id.npy");
    let vector = cloud("s3://bucket/vector.npy");
    let set = cloud("s3://bucket/*.npy");
    let json = cloud("s3://bucket/x.json");
    let folder = cloud("s3://bucket/x/");
    for one in [&id, &set, &json, &folder] {
        assert_eq!(Location::check_set(std::slice::from_ref(one)), Ok(()));
    }
    assert_eq!(Location::check_set(&[id.clone(), vector]), Ok(()));
    let empty = Location::check_set(&[]).expect_err("an empty set");
    assert_eq!(empty.to_string(), "the list of paths is empty");
    for other in [set, json, folder] {
        let error = Location::check_set(&[id.clone(), other]).expect_err("a mixed set");
        assert!(
            error.to_string().starts_with("a set of 2 paths has"),
            "{error}"
        );
    }
}

#[test]
fn an_error_becomes_a_refusal_with_its_hint() {
    let error = Location::parse("s3://bucket", &PathScope::Cloud).expect_err("no object");
    let failure = Failure::from(error.clone());
    assert_eq!(failure.kind, Kind::Refused);
    assert_eq!(failure.hint.as_deref(), Some(error.hint()));
}
