//! The alias calls (reference: Collections). `v1` has none, so it uses the v2 routes, as for loading.

use super::Client;
use super::envelope::AnswerData;
use super::error::ApiError;
use super::fields;
use super::outcome::Effect;
use serde_json::{Map, Value};

impl Client {
    /// Returns the names of the database's aliases, or of one collection's.
    pub fn aliases(&self, collection: Option<&str>) -> Result<Vec<String>, ApiError> {
        let what = "list the aliases";
        self.alias_call(what, Effect::Read, "list", [None, collection], |data| {
            Ok(data.list()?.into_iter().filter_map(fields::text).collect())
        })
    }

    /// Returns the name of the collection that an alias stands for.
    pub fn describe_alias(&self, alias: &str) -> Result<String, ApiError> {
        let what = "describe the alias";
        self.alias_call(
            what,
            Effect::Read,
            "describe",
            [Some(alias), None],
            |data| {
                let name = data.object()?.text(&["collectionName"]);
                name.ok_or_else(|| data.unreadable("it names no collection"))
            },
        )
    }

    /// Creates an alias, or with `alter` points an existing alias at another collection. Sent once.
    pub fn set_alias(&self, alias: &str, collection: &str, alter: bool) -> Result<(), ApiError> {
        let (what, call) = if alter {
            ("change the alias", "alter")
        } else {
            ("create the alias", "create")
        };
        let names = [Some(alias), Some(collection)];
        self.alias_call(what, Effect::Change, call, names, |_| Ok(()))
    }

    /// Removes an alias. Sent once.
    pub fn drop_alias(&self, alias: &str) -> Result<(), ApiError> {
        let names = [Some(alias), None];
        self.alias_call("drop the alias", Effect::Change, "drop", names, |_| Ok(()))
    }

    /// Sends an alias call about an alias, a collection, or both.
    fn alias_call<T>(
        &self,
        what: &'static str,
        effect: Effect,
        call: &str,
        [alias, collection]: [Option<&str>; 2],
        read: impl Fn(&AnswerData<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let database = self.settings().database.as_deref();
        let pairs = [
            ("dbName", database),
            ("aliasName", alias),
            ("collectionName", collection),
        ];
        let given = pairs
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), Value::from(value?))));
        let body: Map<String, Value> = given.collect();
        let path = format!("/v2/vectordb/aliases/{call}");
        self.call(self.post_body(what, effect, &path, database, &body)?, read)
    }
}
