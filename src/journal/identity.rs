//! Identity of submissions: the definition of when two submissions are identical.

use crate::api::Settings;
use crate::api::model::{ImportRequest, Source};
use crate::text::hash::hash;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Service, database and collection in which jobs are made and listed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// The service: see [`target`].
    pub target: String,
    /// The database; `None` for the server's default database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    pub collection: String,
}

impl Scope {
    /// Returns the scope of a request over a connection.
    pub fn of(settings: &Settings, request: &ImportRequest) -> Self {
        let database = request.database.as_ref().or(settings.database.as_ref());
        Self {
            target: target(settings),
            // Servers use `default` if no database is named.
            database: database.filter(|name| *name != "default").cloned(),
            collection: request.collection.clone(),
        }
    }
}

/// Returns the name of a service in the journal: the address that calls go to, with the cluster if one is set. The
/// local service is named after its data folder, since its port differs from run to run.
pub(crate) fn target(settings: &Settings) -> String {
    if let Some(fixed) = &settings.lasting_name {
        return fixed.clone();
    }
    let base = &settings.import_base;
    let origin = base.origin().ascii_serialization();
    let address = format!("{origin}{}", base.path().trim_end_matches('/'));
    match (&settings.cluster_id, &settings.project_id, &settings.region) {
        (Some(cluster), ..) => format!("{address} {cluster}"),
        (None, Some(project), Some(region)) => format!("{address} {project} {region}"),
        _ => address,
    }
}

/// Returns a hash of everything that defines a submission: scope, partition, files and options. The order of files and
/// options doesn't matter, and storage credentials and signatures of signed URLs are left out, since they change from
/// run to run.
pub(crate) fn identity(scope: &Scope, request: &ImportRequest) -> String {
    let volume = match &request.source {
        Source::Files(_) => None,
        Source::Volume { name, .. } => Some(name),
    };
    let mut sets = plain_files(request);
    for set in &mut sets {
        set.sort();
    }
    sets.sort();
    let mut options = request.options.clone();
    options.sort();
    // Hashed as JSON, so that two different requests never result in the same text.
    let mut whole = json!([1, scope, request.partition, volume, sets, options]);
    if let Some(parts) = whole.as_array_mut().filter(|_| !request.extra.is_empty()) {
        let mut extra: Vec<_> = request.extra.iter().collect();
        extra.sort_by_key(|(key, _)| *key);
        parts.push(json!(extra));
    }
    hash(&whole.to_string())
}

/// Returns the request's files in a form without secrets: URLs lose user and query, which may contain credentials and
/// signatures.
pub(crate) fn plain_files(request: &ImportRequest) -> Vec<Vec<String>> {
    let plain = |set: &Vec<String>| set.iter().map(|path| plain(path)).collect();
    request.source.sets().iter().map(plain).collect()
}

fn plain(path: &str) -> String {
    let Some((scheme, rest)) = path.split_once("://") else {
        return path.to_owned();
    };
    // In addresses of other stores there's no query, and `?` may be part of an object path.
    let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let rest = match rest.find(['?', '#']).filter(|_| web) {
        Some(end) => rest.get(..end).unwrap_or(rest),
        None => rest,
    };
    let (host, key) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    format!("{scheme}://{host}{key}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::model::Dialect;
    use crate::secret::StorageKeys;
    use url::Url;

    fn request(paths: &[&str]) -> ImportRequest {
        let sets = paths.iter().map(|path| vec![(*path).to_owned()]).collect();
        ImportRequest {
            collection: "books".to_owned(),
            partition: None,
            database: None,
            source: Source::Files(sets),
            keys: StorageKeys::default(),
            options: Vec::new(),
            extra: serde_json::Map::new(),
        }
    }

    fn settings() -> Settings {
        Settings::new(
            Dialect::Milvus,
            Url::parse("http://host:19530/base/").unwrap(),
        )
    }

    fn id(request: &ImportRequest) -> String {
        identity(&Scope::of(&settings(), request), request)
    }

    #[test]
    fn order_and_signatures_do_not_change_the_identity() {
        let first = request(&["https://u:KEY@h/a?sig=KEY", "s3://b/b?c"]);
        let second = request(&["s3://b/b?c", "https://h/a?sig=OTHER#x"]);
        assert_eq!(id(&first), id(&second));
        let kept = format!("{:?}", plain_files(&first));
        assert!(
            !kept.contains("KEY") && kept.contains("s3://b/b?c"),
            "{kept}"
        );
    }

    #[test]
    fn other_differences_change_the_identity() {
        let base = request(&["a", "b"]);
        let mut others = vec![request(&["a"]), request(&["a", "b", "b"])];
        let change = |act: fn(&mut ImportRequest)| {
            let mut other = base.clone();
            act(&mut other);
            other
        };
        others.extend([
            change(|it| it.collection = "other".to_owned()),
            change(|it| it.partition = Some("p".to_owned())),
            change(|it| it.database = Some("d".to_owned())),
            change(|it| it.options = vec![("sep".to_owned(), ",".to_owned())]),
            change(|it| it.source = Source::Files(vec![vec!["a".to_owned(), "b".to_owned()]])),
            change(|it| {
                it.source = Source::Volume {
                    name: "v".to_owned(),
                    paths: vec![vec!["a".to_owned()], vec!["b".to_owned()]],
                };
            }),
        ]);
        for other in &others {
            assert_ne!(id(&base), id(other), "{other:?}");
        }
        let mut elsewhere = settings();
        elsewhere.cluster_id = Some("in03-1".to_owned());
        assert_ne!(id(&base), identity(&Scope::of(&elsewhere, &base), &base));
        let named = change(|it| it.database = Some("default".to_owned()));
        assert_eq!(id(&base), id(&named));
    }
}
