//! Addresses that are refused or corrected, and the suggested lines.

use super::*;

#[test]
fn an_invalid_base_url_is_refused_with_a_suggestion() {
    for (text, words) in [
        ("", "connect(\"local\")"),
        ("http://ho st", "a space"),
        ("http://host\n.zilliz.com", "a space"),
        ("http://", "not a URL"),
        ("http://host:99999", "not a URL"),
        ("tcp://localhost:19530", "http and https only"),
        (
            "tcp://localhost:19530/x",
            "connect(\"http://localhost:19530\")",
        ),
        (
            "grpc://Milvus.example.com:19530",
            "connect(\"http://milvus.example.com:19530\")",
        ),
        (
            "grpcs://milvus.example.com",
            "connect(\"https://milvus.example.com\")",
        ),
        (
            "grpc://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com",
            "connect(\"https://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com\")",
        ),
        ("./milvus_demo.db", "connect(\"local\")"),
        ("http://host?x=1", "query"),
        ("http://host/#x", "query"),
        (
            "http://api.cloud.zilliz.com",
            "connect(#{endpoint: \"https://api.cloud.zilliz.com\", cluster: ",
        ),
        (
            "http://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com:19530",
            "connect(\"https://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com:19530\")",
        ),
        (
            "https://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com/docs",
            "connect(\"https://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com\")",
        ),
        (
            "https://docs.zilliz.com/docs/import-data",
            "neither a cluster's",
        ),
    ] {
        let error = Endpoint::parse(text).expect_err(text);
        let all = format!("{error}; {}", hint(&error));
        assert!(all.contains(words), "{text:?}: {all}");
        assert_eq!(error.kind, Kind::Usage);
        assert!(error.hint.is_some());
    }
}

#[test]
fn quotes_missing_slashes_and_schemes_are_corrected() {
    for (text, url) in [
        ("\"http://localhost:19530/\"", "http://localhost:19530"),
        ("<HTTPS:/Milvus.Example.com>", "https://milvus.example.com"),
        (
            "http//milvus.example.com:19530",
            "http://milvus.example.com:19530",
        ),
        ("milvus.example.com:443", "https://milvus.example.com"),
        (
            "milvus.example.com:443/prefix/",
            "https://milvus.example.com/prefix",
        ),
        ("httpd.example.com:80", "http://httpd.example.com"),
    ] {
        assert_eq!(base(&endpoint(text)), url, "{text}");
    }
}

/// The hint's line must be one that `connect` accepts.
#[test]
fn console_and_api_call_addresses_have_a_valid_suggestion() {
    const CONSOLE: &str = "connect(#{cluster: \"in01-abc\"})";
    const CHINA: &str =
        "connect(#{endpoint: \"https://api.cloud.zilliz.com.cn\", cluster: \"in01-abc\"})";
    const CONTROL_PLANE: &str =
        "connect(#{endpoint: \"https://api.cloud.zilliz.com\", cluster: \"name or id\"})";
    for (text, line) in [
        (
            "https://cloud.zilliz.com/orgs/org-x/projects/proj-y/clusters/in01-abc",
            CONSOLE,
        ),
        (
            "cloud.zilliz.com/orgs/o/projects/p/clusters/in01-abc/overview?tab=1#x",
            CONSOLE,
        ),
        (
            "http://CLOUD.zilliz.com:443/orgs/o/clusters/in01-abc/",
            CONSOLE,
        ),
        (
            "https://cloud.zilliz.com.cn/orgs/o/projects/p/clusters/in01-abc",
            CHINA,
        ),
        (
            "https://cloud.zilliz.com",
            "connect(#{cluster: \"name or id\"})",
        ),
        (
            "https://cloud.zilliz.com/login",
            "connect(#{cluster: \"name or id\"})",
        ),
        (
            "http://h:19530/v2/vectordb",
            "without \"/v2/vectordb\": connect(\"http://h:19530\")",
        ),
        (
            "http://h:19530/v2/vectordb/jobs/import/create",
            "connect(\"http://h:19530\")",
        ),
        (
            "https://h/v1/vector/",
            "without \"/v1/vector\": connect(\"https://h\")",
        ),
        ("https://h/v2", "without \"/v2\": connect(\"https://h\")"),
        (
            "https://h/gateway/v2/vectordb/",
            "connect(\"https://h/gateway\")",
        ),
        ("https://api.cloud.zilliz.com/v2/vectordb", CONTROL_PLANE),
        ("https://api.cloud.zilliz.com/v2/clusters", CONTROL_PLANE),
        (
            "https://in03-0a.api.aws-us-east1.zillizcloud.com/v2/vectordb/collections/list",
            "connect(\"https://in03-0a.api.aws-us-east1.zillizcloud.com\")",
        ),
        (
            "https://controller.api.aws-us-west-2.zillizcloud.com/v1/vector/collections/import",
            "connect(#{endpoint: \"https://controller.api.aws-us-west-2.zillizcloud.com\", cluster_id: ",
        ),
    ] {
        let error = Endpoint::parse(text).expect_err(text);
        let hint = hint(&error);
        assert!(hint.contains(line), "{text:?}: {error}; {hint}");
    }
}

#[test]
fn a_password_in_an_endpoint_is_not_shown() {
    for text in [
        "http://root:hunter2@localhost:19530",
        "root:hunter2@localhost:19530",
        "https://root:hunter2@api.cloud.zilliz.com/x",
        "http://root:hunter2/x@localhost",
        "http://root:hunter2#x@localhost",
        "hunter2@x://localhost",
        "http://host?token=hunter2",
        "grpc://root:hunter2@localhost:19530",
        "https://root:hunter2@cloud.zilliz.com/orgs/x",
    ] {
        let error = Endpoint::parse(text).expect_err(text);
        let all = format!("{error} {error:?}");
        assert!(!all.contains("hunter2"), "{text}: {all}");
    }
}
