//! The table of dialects and base URLs.

use super::endpoint;
use crate::api::endpoint::{Endpoint, GivenSettings, Route, Site, choose};
use crate::api::model::Dialect;
use crate::error::Failure;
use proptest::prelude::*;

const ID: &str = "in03-3bf3c31f4248e22";
const CLUSTER: &str = "https://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com";
const CHINESE: &str = "https://in01-0123456789abcde.ali-cn-hangzhou.vectordb.zilliz.com.cn:19530";
const PROJECT: &str = "https://proj-0a.aws-us-west-2.api.zillizcloud.com";
const GLOBAL: &str = "https://api.cloud.zilliz.com";
const CHINA: &str = "https://api.cloud.zilliz.com.cn";

/// Settings as one text: `endpoint=… cluster_id=… api=v1`.
fn route(settings: &str) -> Result<Route, Failure> {
    let value = |name: &str| {
        settings
            .split_whitespace()
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    };
    let given = value("endpoint").map(endpoint);
    let own = value("cluster_endpoint").map(endpoint);
    let api = value("api").map(|api| match api {
        "v1" => Dialect::V1,
        "v2" => Dialect::V2,
        _ => Dialect::Milvus,
    });
    choose(&GivenSettings {
        endpoint: given,
        cluster_endpoint: own,
        cluster_id: value("cluster_id").map(str::to_owned),
        region: value("region").map(str::to_owned),
        project_id: value("project_id").map(str::to_owned),
        api,
    })
}

/// Settings, dialect, base of import calls, base of collection calls. `ID` and the names in capitals are replaced by
/// the constants above, `CTRL` and `CTRL_CN` by the controllers of the two clusters' regions.
const TABLE: &str = "
    region=aws-us-east1 cluster_id=ID                            | V1     | CTRL    | -
    region=ali-cn-hangzhou cluster_id=ID                         | V1     | CTRL_CN | -
    endpoint=CTRL cluster_id=ID                                  | V1     | CTRL    | -
    region=aws-us-east1 cluster_id=ID cluster_endpoint=CLUSTER   | V1     | CTRL    | CLUSTER
    endpoint=CLUSTER                                             | V2     | GLOBAL  | CLUSTER
    endpoint=CLUSTER cluster_id=ID region=aws-us-east1           | V2     | GLOBAL  | CLUSTER
    cluster_endpoint=CLUSTER                                     | V2     | GLOBAL  | CLUSTER
    endpoint=PROJECT                                             | V2     | GLOBAL  | PROJECT
    endpoint=PROJECT project_id=proj-0a region=aws-us-west-2     | V2     | GLOBAL  | PROJECT
    endpoint=PROJECT cluster_id=ID                               | V2     | GLOBAL  | PROJECT
    endpoint=CHINESE                                             | V2     | CHINA   | CHINESE
    endpoint=GLOBAL cluster_id=ID                                | V2     | GLOBAL  | -
    endpoint=GLOBAL cluster_id=ID cluster_endpoint=CLUSTER       | V2     | GLOBAL  | CLUSTER
    endpoint=CHINA project_id=proj-1 region=ali-cn-hangzhou      | V2     | CHINA   | -
    project_id=proj-1 region=ali-cn-hangzhou                     | V2     | CHINA   | -
    region=aws-us-east1 cluster_id=ID project_id=proj-1          | V2     | GLOBAL  | -
    cluster_id=ID                                                | V2     | GLOBAL  | -
    endpoint=localhost:19530                                     | Milvus | http://localhost:19530 | http://localhost:19530
    endpoint=CLUSTER api=v1                                      | V1     | CTRL    | CLUSTER
    endpoint=CHINESE api=v1                                      | V1     | CTRL_CN | CHINESE
    endpoint=CLUSTER api=v2                                      | V2     | GLOBAL  | CLUSTER
    region=aws-us-east1 cluster_id=ID api=v2                     | V2     | GLOBAL  | -
    region=ali-cn-hangzhou cluster_id=ID api=v2                  | V2     | CHINA   | -
    endpoint=CTRL cluster_id=ID api=v2                           | V2     | GLOBAL  | -
    endpoint=GLOBAL region=aws-us-east1 cluster_id=ID api=v1     | V1     | CTRL    | -
    endpoint=http://gate/way cluster_id=ID api=v1                | V1     | http://gate/way | http://gate/way
    endpoint=http://localhost:19531 api=v2                       | V2     | http://localhost:19531 | http://localhost:19531
    endpoint=http://proxy cluster_endpoint=http://other api=v2   | V2     | http://proxy | http://other
    endpoint=https://api.test.zilliz.com cluster_id=ID api=v2    | V2     | https://api.test.zilliz.com | https://api.test.zilliz.com";

/// Puts the constants into a cell of the table.
fn filled(cell: &str) -> String {
    cell.replace("CLUSTER", CLUSTER)
        .replace("CHINESE", CHINESE)
        .replace("PROJECT", PROJECT)
        .replace(
            "CTRL_CN",
            "https://controller.api.ali-cn-hangzhou.zilliz.com.cn",
        )
        .replace(
            "CTRL",
            "https://controller.api.aws-us-east1.zillizcloud.com",
        )
        .replace("GLOBAL", GLOBAL)
        .replace("CHINA", CHINA)
        .replace("ID", ID)
}

#[test]
fn dialect_and_base_urls_follow_the_table() {
    let bare = |url: &url::Url| url.as_str().trim_end_matches('/').to_owned();
    for row in TABLE.lines().skip(1) {
        let cells: Vec<String> = row.split('|').map(|cell| filled(cell.trim())).collect();
        let [settings, dialect, import, collection] = &cells[..] else {
            panic!("{row}");
        };
        let route = route(settings).unwrap_or_else(|error| panic!("{settings}: {error}"));
        assert_eq!(&format!("{:?}", route.dialect), dialect, "{settings}");
        assert_eq!(&bare(&route.import_base), import, "{settings}");
        let own = route.collection_base.as_ref().map_or("-".to_owned(), bare);
        assert_eq!(&own, collection, "{settings}");
    }
}

#[test]
fn cluster_region_and_site_are_read_from_the_endpoint() {
    let route = route(&format!("endpoint={CHINESE}")).expect("a cluster");
    assert_eq!(route.cluster_id.as_deref(), Some("in01-0123456789abcde"));
    assert_eq!(route.region.as_deref(), Some("ali-cn-hangzhou"));
    assert_eq!(route.import_base.host_str(), CHINA.strip_prefix("https://"));
    let project = self::route(&format!("endpoint={PROJECT}")).expect("a project");
    assert_eq!(project.cluster_id, None);
    assert_eq!(project.project_id.as_deref(), Some("proj-0a"));
    assert_eq!(project.region.as_deref(), Some("aws-us-west-2"));
    let conflict = self::route(&format!("endpoint={PROJECT} project_id=proj-1"));
    let conflict = conflict.expect_err("two projects");
    assert_eq!(
        conflict.message,
        "project_id is \"proj-1\", but the endpoint has \"proj-0a\""
    );
    let other = self::route("endpoint=localhost:19530").expect("a server");
    assert_eq!((other.cluster_id, other.region), (None, None));
    let lookup = Route::to_control_plane(Site::China).expect("a control plane");
    assert_eq!(
        (lookup.import_base.host_str(), lookup.dialect),
        (CHINA.strip_prefix("https://"), Dialect::V2)
    );
}

#[test]
fn missing_and_contradictory_settings_have_suggestions() {
    for (settings, words) in [
        (String::new(), "connect(\"http://localhost:19530\")"),
        (
            "endpoint=https://controller.api.aws-us-east1.zillizcloud.com".to_owned(),
            "connect(#{region: \"aws-us-east1\", cluster_id: ",
        ),
        (
            format!("endpoint={GLOBAL}"),
            "connect(#{endpoint: \"https://api.cloud.zilliz.com\", cluster_id: ",
        ),
        ("region=aws-us-east1".to_owned(), "cluster_id: "),
        (
            "project_id=proj-1".to_owned(),
            "connect(#{project_id: \"proj-1\", region: ",
        ),
        (format!("cluster_id={ID} api=v1"), "connect(#{region: "),
        (
            "region=aws-us-east1 api=v1".to_owned(),
            "needs a cluster id",
        ),
        (
            format!("cluster_id={ID} api=milvus"),
            "connect(#{endpoint: \"http://localhost:19530\"",
        ),
        (format!("endpoint={CLUSTER} api=milvus"), "leave api out"),
        (
            "endpoint=https://docs.zilliz.com".to_owned(),
            "neither a cluster's public endpoint",
        ),
        (
            format!("endpoint={CLUSTER} cluster_id=in03-ffff"),
            "cluster_id is \"in03-ffff\"",
        ),
        (
            format!("endpoint={CLUSTER} region=gcp-us-west1"),
            "leave region out",
        ),
        (
            format!("endpoint={CLUSTER} cluster_endpoint={CHINESE}"),
            "cluster_id is",
        ),
        (
            format!("region=evil.org/ cluster_id={ID}"),
            "not a region's name",
        ),
        (
            "region=aws-us-east1 cluster_id=../x".to_owned(),
            "not a valid cluster_id",
        ),
    ] {
        let error = route(&settings).expect_err(&settings);
        let all = format!("{error}; {}", error.hint.as_deref().unwrap_or_default());
        assert!(all.contains(words), "{settings}: {all}");
    }
}

#[test]
fn empty_settings_count_as_missing() {
    let given = GivenSettings {
        cluster_id: Some(" ".to_owned()),
        region: Some(String::new()),
        ..GivenSettings::default()
    };
    let error = choose(&given).expect_err("nothing is given");
    assert_eq!(error.message, "nothing to connect to was given");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_route_for_zilliz_uses_only_zillizs_hosts(
        cluster_id in proptest::option::of(any::<String>()),
        region in proptest::option::of("(aws|ali|tc)?-?[a-z./@:?#\\\\ -]{0,12}"),
        project_id in proptest::option::of("[a-z-]{0,5}"),
        api in proptest::option::of(prop_oneof![Just(Dialect::V1), Just(Dialect::V2), Just(Dialect::Milvus)]),
    ) {
        let given = GivenSettings {
            cluster_id,
            region,
            project_id,
            api,
            ..GivenSettings::default()
        };
        if let Ok(route) = choose(&given) {
            let base = Endpoint::parse(route.import_base.as_str());
            prop_assert!(base.is_ok_and(|base| base.is_zilliz()));
        }
    }
}
