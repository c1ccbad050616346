//! The collection calls. They go to the cluster's own endpoint.
//!
//! `v1` has no calls to load, to count rows or to create a collection from a schema. For those, the v2 routes are used,
//! which every Zilliz Cloud cluster has and a Milvus older than 2.4 lacks.

use super::bodies::CollectionBody;
use super::catalog;
use super::description::{self, CollectionDescription};
use super::envelope::texts;
use super::error::{ApiError, unusable};
use super::fields::Fields;
use super::model::Dialect;
use super::request::{CallForm, Outgoing};
use super::settings::COLLECTIONS;
use super::{Client, v1};
use crate::error::Failure;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use url::Url;

pub(super) const V1: &str = "/v1/vector/collections";

impl Client {
    /// Returns the names of the database's collections.
    pub fn collections(&self) -> Result<Vec<String>, ApiError> {
        let outgoing = if self.speaks_v1() {
            self.v1_get(catalog::COLLECTIONS, V1, &[])?
        } else {
            self.post(catalog::COLLECTIONS, None)?
        };
        let names = self.call(outgoing, texts)?;
        Ok(self.pretended_names(COLLECTIONS, names))
    }

    /// Returns the names of a list, in a dry run with those created and without those dropped.
    pub(super) fn pretended_names(&self, kind: &str, names: Vec<String>) -> Vec<String> {
        match &self.settings().dry_run {
            Some(dry_run) => dry_run.names(self.settings(), kind, names),
            None => names,
        }
    }

    /// Returns true if the collection exists.
    pub fn has_collection(&self, name: &str) -> Result<bool, ApiError> {
        if let Some(has) = self.pretended(name) {
            return Ok(has);
        }
        if self.speaks_v1() {
            return Ok(self.collections()?.iter().any(|known| known == name));
        }
        let outgoing = self.post(catalog::HAS_COLLECTION, Some(name))?;
        self.call(outgoing, |data| {
            let object = data.object()?;
            if object.has(&["has"]) {
                Ok(object.flag(&["has"]))
            } else {
                Err(data.unreadable("it does not say whether the collection exists"))
            }
        })
    }

    /// Returns a collection's schema, indexes and load state.
    pub fn describe(&self, name: &str) -> Result<CollectionDescription, ApiError> {
        let call = catalog::DESCRIBE_COLLECTION;
        let outgoing = if self.speaks_v1() {
            self.v1_get(
                call,
                "/v1/vector/collections/describe",
                &[("collectionName", name)],
            )?
        } else {
            self.post(call, Some(name))?
        };
        self.call(outgoing, |data| description::read(data, name))
    }

    /// Creates a collection; `body` is the API's own create body, in the quick form or with `schema`. If the body names
    /// no database, the connection's is added. Sent once.
    pub fn create_collection(&self, body: &Value) -> Result<(), ApiError> {
        let call = catalog::CREATE_COLLECTION;
        let no_object = || unusable("the collection's description", "it is not an object");
        let body = body.as_object().ok_or_else(no_object)?;
        if self.speaks_v1() && !body.contains_key("schema") {
            self.done(self.v1_post(call, "/v1/vector/collections/create", body)?)?;
            self.pretend_created(body);
            return Ok(());
        }
        let mut body = body.clone();
        if let Some(database) = &self.settings().database {
            body.entry("dbName")
                .or_insert_with(|| Value::from(database.as_str()));
        }
        let database = body.get("dbName").and_then(Value::as_str);
        self.done(self.post_body(call, database, &body)?)?;
        self.pretend_created(&body);
        Ok(())
    }

    /// Returns the properties that the collection lacks or has with another value.
    pub fn missing_properties(
        &self,
        name: &str,
        database: Option<&str>,
        wanted: &Map<String, Value>,
    ) -> Result<Map<String, Value>, ApiError> {
        let database = database.or(self.settings().database.as_deref());
        let body = CollectionBody {
            db_name: database,
            ..CollectionBody::of(name)
        };
        let outgoing = self.post_body(catalog::PROPERTIES, database, &body)?;
        let held: BTreeMap<String, String> = self.call(outgoing, |data| {
            let pairs = data.object()?.objects(&["properties"]);
            let pair =
                |pair: &Fields<'_>| Some((pair.text(&["key"])?, pair.text_or_empty(&["value"])));
            Ok(pairs.iter().filter_map(pair).collect())
        })?;
        let mut missing = wanted.clone();
        missing.retain(|key, value| {
            let plain = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            held.get(key) != Some(&plain)
        });
        Ok(missing)
    }

    /// Sets properties of a collection. Sent once.
    pub fn alter_properties(
        &self,
        name: &str,
        database: Option<&str>,
        properties: &Map<String, Value>,
    ) -> Result<(), ApiError> {
        let database = database.or(self.settings().database.as_deref());
        let mut body = Map::new();
        body.extend(database.map(|database| ("dbName".to_owned(), database.into())));
        body.insert("collectionName".to_owned(), name.into());
        body.insert("properties".to_owned(), Value::Object(properties.clone()));
        self.done(self.post_body(catalog::ALTER_PROPERTIES, database, &body)?)
    }

    /// Drops a collection. Sent once.
    pub fn drop_collection(&self, name: &str) -> Result<(), ApiError> {
        let call = catalog::DROP_COLLECTION;
        let outgoing = if self.speaks_v1() {
            self.v1_post(
                call,
                "/v1/vector/collections/drop",
                &CollectionBody::of(name),
            )?
        } else {
            self.post(call, Some(name))?
        };
        self.done(outgoing)?;
        if let Some(dry_run) = &self.settings().dry_run {
            dry_run.keep(self.settings(), None, COLLECTIONS, name, None);
        }
        Ok(())
    }

    /// Starts loading a collection, which searches and counts need; [`Client::load_state`] shows when loading is done.
    /// `extra` are further keys of the body. Sent once.
    pub fn load(&self, name: &str, extra: &Map<String, Value>) -> Result<(), ApiError> {
        let outgoing = self.post(catalog::LOAD, Some(name))?;
        self.done(outgoing.with_extra(extra)?)?;
        if let Some(dry_run) = &self.settings().dry_run {
            dry_run.load(name);
        }
        Ok(())
    }

    /// Returns the load state as the service spells it, e.g. `LoadStateLoaded`.
    pub fn load_state(&self, name: &str) -> Result<String, ApiError> {
        let dry_run = self.settings().dry_run.as_ref();
        if dry_run.is_some_and(|it| it.is_loaded(name)) {
            return Ok("LoadStateLoaded".to_owned());
        }
        if self.speaks_v1() {
            return self.describe(name).map(|described| described.load);
        }
        let outgoing = self.post(catalog::LOAD_STATE, Some(name))?;
        self.call(outgoing, |data| {
            data.object()?
                .text(&["loadState", "state"])
                .ok_or_else(|| data.unreadable("it has no load state"))
        })
    }

    /// Returns the exact number of rows from `count(*)`; the collection has to be loaded.
    pub fn count(&self, name: &str) -> Result<u64, ApiError> {
        if self.pretended(name) == Some(true) {
            return Ok(0);
        }
        let database = self.settings().database.as_deref();
        let body = CollectionBody {
            db_name: database,
            filter: Some(""),
            output_fields: vec!["count(*)"],
            ..CollectionBody::of(name)
        };
        // No limit, since servers refuse a limit with count(*).
        let outgoing = self.post_body(catalog::COUNT, database, &body)?;
        self.call(outgoing, |data| {
            let count = data.object().ok().and_then(|row| row.count(&["count(*)"]));
            count.ok_or_else(|| data.unreadable("it has no count(*)"))
        })
    }

    /// In a dry run, returns whether the collection would exist by now, if this run has created or dropped it.
    pub(super) fn pretended(&self, name: &str) -> Option<bool> {
        let dry_run = self.settings().dry_run.as_ref()?;
        dry_run.has(self.settings(), name)
    }

    fn pretend_created(&self, body: &Map<String, Value>) {
        let name = body.get("collectionName").and_then(Value::as_str);
        if let (Some(dry_run), Some(name)) = (&self.settings().dry_run, name) {
            let database = body.get("dbName").and_then(Value::as_str);
            dry_run.keep(self.settings(), database, COLLECTIONS, name, Some(""));
        }
    }

    pub(super) fn speaks_v1(&self) -> bool {
        self.settings().dialect == Dialect::V1
    }

    /// Returns the base URL for collection calls.
    pub(super) fn cluster_base(&self, what: &'static str) -> Result<&Url, ApiError> {
        let settings = self.settings();
        match &settings.collection_base {
            Some(base) => Ok(base),
            None if settings.dialect.has_collections() => Ok(&settings.import_base),
            None => Err(ApiError::Refused(
                Failure::usage(format!(
                    "cannot {what}: the cluster's own endpoint is not known"
                ))
                .with_hint("name the cluster: connect(#{cluster: \"name or id\"}), or its endpoint: connect(#{cluster_endpoint: \"https://…\"})"),
            )),
        }
    }

    /// Builds a v2 call with only the database and the collection in its body.
    fn post(&self, call: CallForm, collection_name: Option<&str>) -> Result<Outgoing, ApiError> {
        let db_name = self.settings().database.as_deref();
        let body = CollectionBody {
            db_name,
            collection_name,
            ..CollectionBody::default()
        };
        self.post_body(call, db_name, &body)
    }

    /// Builds a v2 call with this body.
    pub(super) fn post_body(
        &self,
        call: CallForm,
        database: Option<&str>,
        body: &impl Serialize,
    ) -> Result<Outgoing, ApiError> {
        let base = self.cluster_base(call.what)?;
        Outgoing::post(self.settings(), call, base, body)?.with_database(database)
    }

    fn v1_get(
        &self,
        call: CallForm,
        path: &'static str,
        query: &[(&str, &str)],
    ) -> Result<Outgoing, ApiError> {
        let settings = self.settings();
        v1::refuse_database(settings, settings.database.as_deref())?;
        let base = self.cluster_base(call.what)?;
        Outgoing::get(settings, CallForm { path, ..call }, base, query)
    }

    /// Builds a v1 call with this body.
    pub(super) fn v1_post(
        &self,
        call: CallForm,
        path: &'static str,
        body: &impl Serialize,
    ) -> Result<Outgoing, ApiError> {
        let settings = self.settings();
        v1::refuse_database(settings, settings.database.as_deref())?;
        let base = self.cluster_base(call.what)?;
        Outgoing::post(settings, CallForm { path, ..call }, base, body)
    }
}
