//! The calls to v2's routes of the cluster's own endpoint, and those about partitions, databases, indexes and aliases,
//! which all dialects send there, since `v1` has no such calls.

use super::Client;
use super::envelope::{read_rows, texts};
use super::error::ApiError;
use super::model::Effect;
use super::request::{CallForm, Outgoing};
use serde_json::{Map, Value};

macro_rules! calls {
    ($($name:ident: $effect:ident $path:literal $what:literal;)*) => {
        $(pub(crate) const $name: CallForm = CallForm {
            what: $what,
            effect: Effect::$effect,
            path: concat!("/v2/vectordb/", $path),
        };)*
    };
}

calls! {
    COLLECTIONS: Read "collections/list" "list the collections";
    HAS_COLLECTION: Read "collections/has" "look for the collection";
    DESCRIBE_COLLECTION: Read "collections/describe" "describe the collection";
    CREATE_COLLECTION: Change "collections/create" "create the collection";
    PROPERTIES: Read "collections/describe" "read the collection's properties";
    ALTER_PROPERTIES: Change "collections/alter_properties" "set the collection's properties";
    DROP_COLLECTION: Change "collections/drop" "drop the collection";
    LOAD: Change "collections/load" "load the collection";
    LOAD_STATE: Read "collections/get_load_state" "read the collection's load state";
    COUNT: Read "entities/query" "count the rows";
    QUERY: Read "entities/query" "read rows";
    SEARCH: Read "entities/search" "search the collection";
    PARTITIONS: Read "partitions/list" "list the partitions";
    CREATE_PARTITION: Change "partitions/create" "create the partition";
    DROP_PARTITION: Change "partitions/drop" "drop the partition";
    RELEASE_PARTITIONS: Change "partitions/release" "release the partition";
    DATABASES: Read "databases/list" "list the databases";
    INDEXES: Read "indexes/list" "list the indexes";
    DESCRIBE_INDEX: Read "indexes/describe" "describe the index";
    CREATE_INDEX: Change "indexes/create" "create the index";
    DROP_INDEX: Change "indexes/drop" "drop the index";
    ALIASES: Read "aliases/list" "list the aliases";
    DESCRIBE_ALIAS: Read "aliases/describe" "describe the alias";
    CREATE_ALIAS: Change "aliases/create" "create the alias";
    ALTER_ALIAS: Change "aliases/alter" "change the alias";
    DROP_ALIAS: Change "aliases/drop" "drop the alias";
}

impl Client {
    /// Returns the names that a list call answers. In a dry run, includes the names that this run would have created.
    pub(crate) fn catalog_names(
        &self,
        call: CallForm,
        body: &[(&str, &str)],
    ) -> Result<Vec<String>, ApiError> {
        let kind = kind(call, body);
        let names = if self.is_pretended(body) {
            let default = (call.path == PARTITIONS.path).then(|| "_default".to_owned());
            default.into_iter().collect()
        } else {
            self.call(self.catalog(call, body, None)?, texts)?
        };
        Ok(self.pretended_names(&kind, names))
    }

    /// Returns the objects that a call describes.
    pub(crate) fn catalog_objects(
        &self,
        call: CallForm,
        body: &[(&str, &str)],
    ) -> Result<Vec<Value>, ApiError> {
        self.call(self.catalog(call, body, None)?, |data| {
            read_rows(data).or_else(|_| {
                data.object()?;
                let raw = data.raw.ok_or_else(|| data.unreadable("it has no data"))?;
                let value = serde_json::from_str(raw.get());
                let value = value.map_err(|_| data.unreadable("its data is not JSON"))?;
                Ok(vec![value])
            })
        })
    }

    /// Makes a change. Sent once. `more` is a further key of the body. The last argument is for a dry run: the name
    /// that the change creates, with the collection that an alias points to, or the name that it drops.
    pub(crate) fn catalog_change(
        &self,
        call: CallForm,
        body: &[(&str, &str)],
        more: Option<(&str, Value)>,
        (name, made): (&str, Option<&str>),
    ) -> Result<(), ApiError> {
        self.done(self.catalog(call, body, more)?)?;
        if let Some(dry_run) = &self.settings().dry_run {
            dry_run.keep(self.settings(), None, &kind(call, body), name, made);
        }
        Ok(())
    }

    /// Returns the names of the database's aliases, or of one collection's.
    pub(crate) fn aliases(&self, collection: Option<&str>) -> Result<Vec<String>, ApiError> {
        let body: Vec<_> = collection
            .map(|name| ("collectionName", name))
            .into_iter()
            .collect();
        self.catalog_names(ALIASES, &body)
    }

    /// Returns the name of the collection that an alias points to.
    pub(crate) fn describe_alias(&self, alias: &str) -> Result<String, ApiError> {
        let body = [("aliasName", alias)];
        let kind = kind(DESCRIBE_ALIAS, &body);
        let dry_run = self.settings().dry_run.as_ref();
        if let Some(target) = dry_run.and_then(|it| it.made(self.settings(), &kind, alias)) {
            return Ok(target);
        }
        let outgoing = self.catalog(DESCRIBE_ALIAS, &body, None)?;
        self.call(outgoing, |data| {
            let name = data.object()?.text(&["collectionName"]);
            name.ok_or_else(|| data.unreadable("it names no collection"))
        })
    }

    /// Creates an alias, or with `alter` points an existing alias at another collection. Sent once.
    pub(crate) fn set_alias(
        &self,
        alias: &str,
        collection: &str,
        alter: bool,
    ) -> Result<(), ApiError> {
        let call = if alter { ALTER_ALIAS } else { CREATE_ALIAS };
        let body = [("aliasName", alias), ("collectionName", collection)];
        self.catalog_change(call, &body, None, (alias, Some(collection)))
    }

    fn catalog(
        &self,
        call: CallForm,
        pairs: &[(&str, &str)],
        more: Option<(&str, Value)>,
    ) -> Result<Outgoing, ApiError> {
        let database = self.settings().database.as_deref();
        let own = database.filter(|_| call.path != DATABASES.path);
        let pairs = own
            .map(|name| ("dbName", name))
            .into_iter()
            .chain(pairs.iter().copied());
        let mut body: Map<String, Value> = pairs
            .map(|(key, value)| (key.to_owned(), value.into()))
            .collect();
        body.extend(more.map(|(key, value)| (key.to_owned(), value)));
        self.post_body(call, own, &body)
    }

    /// Returns true if the call is about a collection that only this dry run has created.
    fn is_pretended(&self, body: &[(&str, &str)]) -> bool {
        let collection = body.iter().find(|(key, _)| *key == "collectionName");
        collection.is_some_and(|(_, name)| self.pretended(name) == Some(true))
    }
}

/// Returns the kind of names that a call is about, for a dry run: `partitions books`.
fn kind(call: CallForm, body: &[(&str, &str)]) -> String {
    let family = call.path.split('/').nth(3).unwrap_or_default();
    let collection = body.iter().find(|(key, _)| *key == "collectionName");
    // An alias belongs to its database.
    let collection = collection.filter(|_| family != "aliases");
    format!("{family} {}", collection.map_or("", |(_, name)| name))
}
