//! Calls about partitions, databases, indexes and aliases. All dialects send them to v2's routes of the cluster's own
//! endpoint, since `v1` has no such calls.

use super::Client;
use super::envelope::AnswerData;
use super::error::ApiError;
use super::outcome::Effect;
use super::query::read_rows;
use super::request::Outgoing;
use serde_json::{Map, Value};

/// One call: its purpose as it reads after "cannot", its effect, and its path below `/v2/vectordb/`.
#[derive(Clone, Copy)]
pub(crate) struct CatalogCall(&'static str, Effect, &'static str);

macro_rules! calls {
    ($($name:ident: $effect:ident $path:literal $what:literal;)*) => {
        $(pub(crate) const $name: CatalogCall = CatalogCall($what, Effect::$effect, $path);)*
    };
}

calls! {
    PARTITIONS: Read "partitions/list" "list the partitions";
    CREATE_PARTITION: Change "partitions/create" "create the partition";
    DROP_PARTITION: Change "partitions/drop" "drop the partition";
    DATABASES: Read "databases/list" "list the databases";
    INDEXES: Read "indexes/list" "list the indexes";
    DESCRIBE_INDEX: Read "indexes/describe" "describe the index";
    CREATE_INDEX: Change "indexes/create" "create the index";
    DROP_INDEX: Change "indexes/drop" "drop the index";
    ALIASES: Read "aliases/list" "list the aliases";
    DESCRIBE_ALIAS: Read "aliases/describe" "describe the alias";
    DROP_ALIAS: Change "aliases/drop" "drop the alias";
}

impl Client {
    /// Returns the names that a list call answers. In a dry run, includes the names that this run would have created.
    pub(crate) fn catalog_names(
        &self,
        call: CatalogCall,
        body: &[(&str, &str)],
    ) -> Result<Vec<String>, ApiError> {
        let kind = kind(call, body);
        let names = if self.is_pretended(body) {
            Vec::new()
        } else {
            self.call(self.catalog(call, body, None)?, AnswerData::texts)?
        };
        Ok(match &self.settings().dry_run {
            Some(dry_run) => dry_run.names(self.settings(), &kind, names),
            None => names,
        })
    }

    /// Returns the objects that a call describes.
    pub(crate) fn catalog_objects(
        &self,
        call: CatalogCall,
        body: &[(&str, &str)],
    ) -> Result<Vec<Value>, ApiError> {
        self.call(self.catalog(call, body, None)?, |data| match read_rows(data) {
            Ok(rows) => Ok(rows),
            Err(_) => {
                let raw = data.object().and(data.raw().ok_or_else(|| data.unreadable("it has no data")))?;
                let value = serde_json::from_str(raw.get());
                value.map(|value| vec![value]).map_err(|_| data.unreadable("its data is not JSON"))
            }
        })
    }

    /// Makes a change. Sent once. `more` is a further key of the body. `made` is the name that the change creates or
    /// drops, which a dry run remembers.
    pub(crate) fn catalog_change(
        &self,
        call: CatalogCall,
        body: &[(&str, &str)],
        more: Option<(&str, Value)>,
        (name, made): (&str, bool),
    ) -> Result<(), ApiError> {
        self.call(self.catalog(call, body, more)?, |_| Ok(()))?;
        if let Some(dry_run) = &self.settings().dry_run {
            dry_run.keep_name(self.settings(), &kind(call, body), name, made);
        }
        Ok(())
    }

    fn catalog(
        &self,
        CatalogCall(what, effect, path): CatalogCall,
        pairs: &[(&str, &str)],
        more: Option<(&str, Value)>,
    ) -> Result<Outgoing, ApiError> {
        let database = self.settings().database.as_deref();
        let own = database.filter(|_| path != DATABASES.2);
        let pairs = own.map(|name| ("dbName", name)).into_iter().chain(pairs.iter().copied());
        let mut body: Map<String, Value> = pairs.map(|(key, value)| (key.to_owned(), value.into())).collect();
        body.extend(more.map(|(key, value)| (key.to_owned(), value)));
        self.post_body(what, effect, &format!("/v2/vectordb/{path}"), own, &body)
    }

    /// Returns true if the call is about a collection that only this dry run has created.
    fn is_pretended(&self, body: &[(&str, &str)]) -> bool {
        let collection = body.iter().find(|(key, _)| *key == "collectionName");
        collection.is_some_and(|(_, name)| self.pretended(name) == Some(true))
    }
}

/// Returns the kind of names that a call is about, for a dry run: `partitions books`.
fn kind(CatalogCall(_, _, path): CatalogCall, body: &[(&str, &str)]) -> String {
    let family = path.split('/').next().unwrap_or_default();
    let collection = body.iter().find(|(key, _)| *key == "collectionName");
    // An alias belongs to its database.
    let collection = collection.filter(|_| family != "aliases");
    format!("{family} {}", collection.map_or("", |(_, name)| name))
}
