//! Endpoints: their recognized kinds, and refused addresses.

mod refused;
mod route;

use super::region::controller;

use crate::api::endpoint::{Endpoint, EndpointKind, Site, control_plane};
use crate::error::{Failure, Kind};
use proptest::prelude::*;

pub(crate) fn endpoint(text: &str) -> Endpoint {
    Endpoint::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Returns the line to type instead.
fn hint(error: &Failure) -> &str {
    error.hint.as_deref().unwrap_or_default()
}

/// Returns the base URL without a trailing slash.
fn base(endpoint: &Endpoint) -> &str {
    endpoint.url.as_str().trim_end_matches('/')
}

fn cluster(cluster_id: &str, region: &str) -> EndpointKind {
    EndpointKind::Cluster {
        cluster_id: cluster_id.to_owned(),
        region: region.to_owned(),
    }
}

#[test]
fn project_endpoints_contain_project_and_region() {
    for (text, url, region, site) in [
        (
            "https://proj-0123456789abcdef.aws-us-west-2.api.zillizcloud.com",
            "https://proj-0123456789abcdef.aws-us-west-2.api.zillizcloud.com",
            "aws-us-west-2",
            Site::Global,
        ),
        // docs.zilliz.com, On-Demand DQL Operations.
        (
            "PROJ-0123456789ABCDEF.gcp-us-west1.vectordb.zillizcloud.com:443/",
            "https://proj-0123456789abcdef.gcp-us-west1.vectordb.zillizcloud.com",
            "gcp-us-west1",
            Site::Global,
        ),
        (
            "https://proj-0123456789abcdef.ali-cn-hangzhou.api.zilliz.com.cn",
            "https://proj-0123456789abcdef.ali-cn-hangzhou.api.zilliz.com.cn",
            "ali-cn-hangzhou",
            Site::China,
        ),
    ] {
        let endpoint = endpoint(text);
        let kind = EndpointKind::Project {
            project_id: "proj-0123456789abcdef".to_owned(),
            region: region.to_owned(),
        };
        assert_eq!(endpoint.kind, kind, "{text}");
        assert_eq!(endpoint.site, Some(site), "{text}");
        assert_eq!(base(&endpoint), url);
    }
}

#[test]
fn public_endpoints_contain_cluster_and_region() {
    for (text, id, region, site) in [
        (
            "https://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com",
            "in03-3bf3c31f4248e22",
            "aws-us-east1",
            Site::Global,
        ),
        (
            "https://in01-0123456789abcde.aws-us-west-2.vectordb.zillizcloud.com:19530",
            "in01-0123456789abcde",
            "aws-us-west-2",
            Site::Global,
        ),
        (
            "https://in03-0123456789abcde.serverless.gcp-us-west1.cloud.zilliz.com",
            "in03-0123456789abcde",
            "gcp-us-west1",
            Site::Global,
        ),
        (
            "https://in01-0123456789abcde.ali-cn-hangzhou.vectordb.zilliz.com.cn:19530",
            "in01-0123456789abcde",
            "ali-cn-hangzhou",
            Site::China,
        ),
        (
            "https://inxx-0123456789abcde.az-eastus.vectordb.zillizcloud.com",
            "inxx-0123456789abcde",
            "az-eastus",
            Site::Global,
        ),
        (
            "https://in01-0123456789abcde-privatelink.aws-us-west-2.vectordb.zillizcloud.com:19530",
            "in01-0123456789abcde",
            "aws-us-west-2",
            Site::Global,
        ),
    ] {
        let endpoint = endpoint(text);
        assert_eq!(endpoint.kind, cluster(id, region), "{text}");
        assert_eq!(endpoint.site, Some(site), "{text}");
        assert_eq!(base(&endpoint), text);
    }
}

#[test]
fn control_planes_controllers_and_other_hosts_are_recognized() {
    let region = |region: &str| EndpointKind::Controller {
        region: region.to_owned(),
    };
    for (text, kind, site, url) in [
        (
            "https://api.cloud.zilliz.com/",
            EndpointKind::ControlPlane,
            Some(Site::Global),
            "https://api.cloud.zilliz.com",
        ),
        (
            "api.cloud.zilliz.com.cn",
            EndpointKind::ControlPlane,
            Some(Site::China),
            "https://api.cloud.zilliz.com.cn",
        ),
        (
            "https://controller.api.aws-us-west-2.zillizcloud.com",
            region("aws-us-west-2"),
            Some(Site::Global),
            "https://controller.api.aws-us-west-2.zillizcloud.com",
        ),
        (
            "HTTPS://Controller.API.ali-cn-hangzhou.zilliz.com.cn:443",
            region("ali-cn-hangzhou"),
            Some(Site::China),
            "https://controller.api.ali-cn-hangzhou.zilliz.com.cn",
        ),
        (
            "https://controller.api.ali-cn-hangzhou.cloud.zilliz.com.cn",
            region("ali-cn-hangzhou"),
            Some(Site::China),
            "https://controller.api.ali-cn-hangzhou.cloud.zilliz.com.cn",
        ),
        (
            "https://docs.zilliz.com",
            EndpointKind::Other,
            Some(Site::Global),
            "https://docs.zilliz.com",
        ),
        (
            "localhost:19530",
            EndpointKind::Other,
            None,
            "http://localhost:19530",
        ),
        (
            " http://127.0.0.1:19530/ ",
            EndpointKind::Other,
            None,
            "http://127.0.0.1:19530",
        ),
        (
            "https://[::1]:19530",
            EndpointKind::Other,
            None,
            "https://[::1]:19530",
        ),
        (
            "http://gateway/milvus/prefix/",
            EndpointKind::Other,
            None,
            "http://gateway/milvus/prefix",
        ),
        (
            "in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com",
            cluster("in03-3bf3c31f4248e22", "aws-us-east1"),
            Some(Site::Global),
            "https://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com",
        ),
        // Hosts that only look like Zilliz's.
        (
            "http://in03-3bf3c31f4248e22.aws-us-east1.zillizcloud.com.example.org",
            EndpointKind::Other,
            None,
            "http://in03-3bf3c31f4248e22.aws-us-east1.zillizcloud.com.example.org",
        ),
        (
            "http://evilzilliz.com",
            EndpointKind::Other,
            None,
            "http://evilzilliz.com",
        ),
        (
            "http://evil.org\\.zilliz.com",
            EndpointKind::Other,
            None,
            "http://evil.org/.zilliz.com",
        ),
    ] {
        let endpoint = endpoint(text);
        assert_eq!(endpoint.kind, kind, "{text}");
        assert_eq!(endpoint.site, site, "{text}");
        assert_eq!(endpoint.is_zilliz(), site.is_some(), "{text}");
        assert_eq!(base(&endpoint), url, "{text}");
    }
}

#[test]
fn sites_follow_from_regions() {
    for (region, site) in [
        ("aws-us-west-2", Site::Global),
        ("gcp-asia-southeast1", Site::Global),
        ("ali-cn-hangzhou", Site::China),
        ("ALI-CN-hangzhou", Site::China),
        ("tc-ap-beijing", Site::China),
        ("aws-cn-north-1", Site::China),
        ("az-chinanorth3", Site::China),
        ("ali-ap-southeast-1", Site::Global),
    ] {
        assert_eq!(Site::of_region(region), site, "{region}");
    }
    assert_eq!(
        controller(Site::of_region("aws-us-west-2"), "aws-us-west-2").as_deref(),
        Ok("https://controller.api.aws-us-west-2.zillizcloud.com")
    );
    assert_eq!(
        controller(Site::of_region("ali-cn-hangzhou"), "ali-cn-hangzhou").as_deref(),
        Ok("https://controller.api.ali-cn-hangzhou.zilliz.com.cn")
    );
    for region in ["", "evil.org/", "a.b", "-x", "x@y", "aws us"] {
        assert!(
            controller(Site::of_region(region), region)
                .is_err_and(|error| error.message.ends_with("is not a region's name")),
            "{region}"
        );
    }
    assert_eq!(
        endpoint(control_plane(Site::China)).kind,
        EndpointKind::ControlPlane
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_built_public_endpoint_is_read_back(
        id in "in(0[1-9]|xx)-[0-9a-f]{15}",
        region in "(aws|gcp|az|azure|ali|tc)-[a-z]{2,6}-[a-z]{2,8}-?[0-9]?[0-9a-z]",
        form in 0_usize..4,
        port in proptest::option::of(1_u16..443),
    ) {
        let host = [
            format!("{id}.api.{region}.zillizcloud.com"),
            format!("{id}.{region}.vectordb.zillizcloud.com"),
            format!("{id}.serverless.{region}.cloud.zilliz.com"),
            format!("{id}.{region}.vectordb.zilliz.com.cn"),
        ];
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let url = format!("https://{}{port}", host[form]);
        for text in [url.clone(), format!("{url}/"), url.replace("https://", "")] {
            let endpoint = Endpoint::parse(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(&endpoint.kind, &cluster(&id, &region));
            prop_assert_eq!(base(&endpoint), &url);
            prop_assert!(endpoint.is_zilliz());
        }
    }

    #[test]
    fn controllers_are_read_back(region in "(aws|gcp|az|ali-cn|tc)-[a-z]{2,6}-?[0-9]") {
        let url = controller(Site::of_region(&region), &region).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let endpoint = endpoint(&url);
        prop_assert_eq!(endpoint.site, Some(Site::of_region(&region)));
        prop_assert_eq!(endpoint.kind, EndpointKind::Controller { region });
    }

    #[test]
    fn parsing_any_text_does_not_panic(start in "(https?|[a-z]{0,3})?(:/{0,3})?[a-z.]{0,8}(zilliz\\.com)?", rest in any::<String>()) {
        match Endpoint::parse(&format!("{start}{rest}")) {
            Ok(endpoint) => {
                prop_assert!(!base(&endpoint).ends_with('/'));
                let again = Endpoint::parse(base(&endpoint));
                prop_assert_eq!(again, Ok(endpoint));
            }
            Err(error) => prop_assert!(!hint(&error).is_empty()),
        }
    }

    #[test]
    fn other_hosts_are_never_mistaken_for_zillizs(host in "[a-z0-9.-]{0,20}(zilliz\\.com|zillizcloud\\.com|zilliz\\.com\\.cn)\\.?[a-z]{1,6}") {
        if let Ok(endpoint) = Endpoint::parse(&format!("https://{host}")) {
            let theirs = [".zilliz.com", ".zillizcloud.com", ".zilliz.com.cn"];
            let dotted = format!(".{}", endpoint.host());
            prop_assert_eq!(endpoint.is_zilliz(), theirs.iter().any(|domain| dotted.ends_with(domain)));
        }
    }
}
