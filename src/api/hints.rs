//! Hints for error codes.

use super::TYPED_KEY;
use super::endpoint::{Site, control_plane};
use super::model::{Dialect, Effect};
use super::outcome::{self, ErrorAnswer};
use super::reason::ServiceReason;
use super::settings::Settings;

/// Returns the hint for an error answer, in terms of the shell's own functions.
pub(super) fn of(settings: &Settings, effect: Effect, answer: ErrorAnswer) -> Option<String> {
    let ErrorAnswer {
        status,
        code,
        reason,
    } = answer;
    if answer.is_busy() || (effect == Effect::Read && outcome::is_busy_read(code)) {
        return Some(busy(code).to_owned());
    }
    if answer.is_auth() {
        return Some(key(settings));
    }
    let text = match code {
        Some(9) => {
            "the server's quota is used up (disk, memory or rows): make room or raise the quota, then try again"
        }
        Some(10003) => {
            "accepted are s3://bucket/key, https://bucket.s3.region.amazonaws.com/key, gs://bucket/key, https://account.blob.core.windows.net/container/blob and the like, for a file, a folder that ends in / or a set …/*.npy"
        }
        Some(40003) => "the cluster is suspended: resume it in the console, then try again",
        Some(40021 | 80020 | 90102) => return Some(cluster(settings)),
        Some(40022) => {
            "the key has no access to this cluster: ask its owner for a role in the project"
        }
        Some(47005 | 100) if reason == Some(ServiceReason::NoCollection) => NO_COLLECTION,
        Some(47035) => {
            "at most 1,024 files a request and 16 GB a file; JSON 512 MB on serverless, 10 GB a file and 100 GB a request on dedicated clusters; NumPy 15 GB a folder: split the files"
        }
        Some(47036) => {
            "a NumPy set is one file a field, <field>.npy, and $meta.npy for dynamic fields, without an AutoID primary key: describe(collection) lists the fields"
        }
        Some(47053 | 83001) => {
            "the storage key needs GetObject, ListBucket and GetBucketLocation on the bucket (GCS: storage.objects.get and list); check the path, its region and that the key has not expired"
        }
        Some(63240) => "volumes() lists the names of the project's volumes",
        Some(80000) => "a parameter is wrong: run with -v to see what was sent",
        Some(80003) => "the page size has to be 5 to 100",
        Some(80004) => "pages count from 1",
        Some(83004) => {
            "bucket and cluster are on different clouds: use a bucket on the cluster's cloud"
        }
        Some(90011) => {
            "a collection's name is letters, digits and underscores, and does not begin with a digit"
        }
        Some(90103 | 90104) => {
            "name the cluster: connect(#{cluster_id: \"in03-…\", region: \"…\"}), or connect to its public endpoint"
        }
        Some(90117) => return Some(domain(settings)),
        Some(90142 | 90145) => {
            "give at least one object path: import(\"collection\", \"s3://bucket/file.parquet\")"
        }
        Some(90144) => {
            "jobs() lists the jobs of this cluster; services forget finished jobs after a while"
        }
        Some(2100 | 2101) => import(effect, reason),
        None if status == 404 => {
            return Some(mistaken_address(settings).unwrap_or_else(|| not_found(settings)));
        }
        None if reason == Some(ServiceReason::NeedsTls) => {
            "the server speaks TLS on this port: write https:// instead of http://"
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// The hint for a collection that doesn't exist.
const NO_COLLECTION: &str =
    "collections() lists the names; a name is case-sensitive and belongs to one database";

/// Returns the hint for a failed import call. Milvus has one code for all its import errors.
const fn import(effect: Effect, reason: Option<ServiceReason>) -> &'static str {
    match (effect, reason) {
        (Effect::Create, Some(ServiceReason::NoPartition)) => {
            "a partition's name is case-sensitive: without the option partition the rows go to the default one"
        }
        (Effect::Create, Some(ServiceReason::NoCollection)) => NO_COLLECTION,
        (Effect::Create, _) => {
            "the files are looked for in the server's own bucket: give paths inside it, one file or one set of NumPy files each"
        }
        (Effect::Change | Effect::Read, Some(ServiceReason::NoJob)) | (Effect::Read, _) => {
            "jobs() lists the jobs of this server; it forgets finished jobs after a while"
        }
        (Effect::Change, _) => {
            "progress(job) tells its state: what waits for commit() or abort() is a two-phase import that is Uncommitted"
        }
    }
}

const fn busy(code: Option<i64>) -> &'static str {
    match code {
        Some(2100 | 2101) => {
            "wait until jobs have ended, and give several files to one job: import(collection, [file, file, …])"
        }
        Some(47039 | 47055) => {
            "the cluster takes no further import now: wait until jobs have ended, then try again"
        }
        Some(1 | 2) => "the server is starting or overloaded: wait a little, then try again",
        _ => "too many requests: wait a little, then try again",
    }
}

fn key(settings: &Settings) -> String {
    let other = settings.dialect.key_variable();
    let site = other_site(settings).unwrap_or_default();
    let problem = match (&settings.token, settings.key_source.as_str()) {
        (None, _) => "no API key was sent: give one".to_owned(),
        (Some(_), TYPED_KEY) => {
            "the API key typed at the terminal was refused; give another".to_owned()
        }
        (Some(_), source) => format!("the API key was refused, source: {source}; give another"),
    };
    format!("{problem} by connect(#{{token: secret(\"NAME\")}}), a profile, or {other}{site}")
}

/// Returns the hint for an API key of the other Zilliz Cloud site, which this site refuses.
fn other_site(settings: &Settings) -> Option<String> {
    let (site, base) = match settings.import_base.host_str()? {
        "api.cloud.zilliz.com" => ("cloud.zilliz.com.cn", control_plane(Site::China)),
        "api.cloud.zilliz.com.cn" => ("cloud.zilliz.com", control_plane(Site::Global)),
        _ => return None,
    };
    Some(format!(
        "; a key of {site} belongs to its own control plane: clusters(#{{endpoint: {base:?}}})"
    ))
}

fn cluster(settings: &Settings) -> String {
    let cluster = settings.cluster_id.as_deref().unwrap_or("none");
    let region = settings.region.as_deref().unwrap_or("not given");
    let host = settings.import_base.host_str().unwrap_or_default();
    format!(
        "asked at {host} for cluster {cluster}, region {region}; clusters() lists those the key may see"
    )
}

fn domain(settings: &Settings) -> String {
    let import = settings.import_base.host_str().unwrap_or_default();
    let collection = settings
        .collection_base
        .as_ref()
        .and_then(|base| base.host_str())
        .unwrap_or("no address");
    format!(
        "import calls belong to the control plane (now {import}), collection calls to the cluster's own endpoint (now {collection})"
    )
}

/// Returns the hint for an address that is probably wrong, if a server has no such call.
fn mistaken_address(settings: &Settings) -> Option<String> {
    let base = &settings.import_base;
    let origin = outcome::origin(base.as_str());
    if base.path() != "/" {
        let path = base.path();
        return Some(format!(
            "the address has the path {path:?}, which calls are put behind: connect(\"{origin}\") is without it"
        ));
    }
    // 9091 is Milvus' port for metrics, health and its web page.
    let host = origin.strip_suffix(":9091")?;
    Some(format!(
        "a Milvus server has its metrics and web page on port 9091, and its API on 19530: connect(\"{host}:19530\")"
    ))
}

fn not_found(settings: &Settings) -> String {
    let host = outcome::origin(settings.import_base.as_str());
    let used = settings.dialect;
    let others = [Dialect::V1, Dialect::V2, Dialect::Milvus].map(|dialect| {
        let word = format!("api: {:?}", dialect.word());
        (dialect != used).then_some(word)
    });
    let others: Vec<String> = others.into_iter().flatten().collect();
    format!(
        "{host} was taken to speak the {used} API: connect(#{{endpoint: {host:?}, …}}) with {} chooses another",
        others.join(" or ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    /// Returns the hint for an answer without a code to a read.
    fn hint(settings: &Settings, status: u16, reason: Option<ServiceReason>) -> String {
        let answer = ErrorAnswer {
            status,
            code: None,
            reason,
        };
        of(settings, Effect::Read, answer).unwrap()
    }

    #[test]
    fn a_refused_key_names_the_other_site() {
        for (base, other) in [
            (
                "https://api.cloud.zilliz.com",
                "\"https://api.cloud.zilliz.com.cn\"",
            ),
            (
                "https://api.cloud.zilliz.com.cn",
                "\"https://api.cloud.zilliz.com\"",
            ),
        ] {
            let settings = Settings::new(Dialect::V2, Url::parse(base).unwrap());
            let hint = hint(&settings, 401, None);
            assert!(hint.contains(other), "{hint}");
        }
        let own = Settings::new(Dialect::V2, Url::parse("http://gateway:8080").unwrap());
        let hint = hint(&own, 401, None);
        assert!(!hint.contains("zilliz.com"), "{hint}");
    }

    #[test]
    fn a_probably_wrong_address_is_explained() {
        for (base, line) in [
            ("http://h:19530/docs", "connect(\"http://h:19530\")"),
            ("http://h:9091", "connect(\"http://h:19530\")"),
        ] {
            let settings = Settings::new(Dialect::Milvus, Url::parse(base).unwrap());
            let hint = hint(&settings, 404, None);
            assert!(hint.contains(line), "{hint}");
        }
        let settings = Settings::new(Dialect::Milvus, Url::parse("http://h:19530").unwrap());
        let tls = Some(ServiceReason::NeedsTls);
        let hint = hint(&settings, 400, tls);
        assert!(hint.contains("https://"), "{hint}");
    }
}
