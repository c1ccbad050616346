//! A connection. Functions that need one are also its methods.

use super::{Getter, Gives, ScriptType, text_or_unit};
use crate::connection::Connection;
use rhai::Dynamic;
use serde_json::Value;
use std::rc::Rc;

impl ScriptType for Rc<Connection> {
    const NAME: &'static str = "Connection";
    const WORDS: &'static str = "a Connection";
    const HELP: &'static str =
        "the result of connect(); functions that need a connection are also its methods";
    // `protected` is a reserved word of Rhai, so only the plain form has it.
    const GETTERS: &'static [Getter<Self>] = &[
        Getter::new(
            "name",
            Gives::Text,
            "\"local\", a profile, a cluster id or a host",
            |it| (&it.name).into(),
        ),
        Getter::new(
            "api",
            Gives::Text,
            "the dialect: \"v1\", \"v2\" or \"milvus\"",
            |it| it.client.settings().dialect.word().into(),
        ),
        Getter::new("endpoint", Gives::Text, "where import calls go", |it| {
            it.endpoint().into()
        }),
        Getter::new(
            "collections",
            Gives::Text,
            "where collection calls go",
            |it| {
                it.collection_endpoint()
                    .map_or(Dynamic::UNIT, Dynamic::from)
            },
        ),
        Getter::new(
            "cluster",
            Gives::Text,
            "the cluster's id, on the cloud",
            |it| text_or_unit(it.client.settings().cluster_id.as_deref()),
        ),
        Getter::new("region", Gives::Text, "the cloud region", |it| {
            text_or_unit(it.client.settings().region.as_deref())
        }),
        Getter::new(
            "database",
            Gives::Text,
            "the database; () is the default one",
            |it| text_or_unit(it.client.settings().database.as_deref()),
        ),
        Getter::new(
            "key",
            Gives::Text,
            "where the key came from, never the key itself",
            |it| (&it.client.settings().key_source).into(),
        ),
    ];

    fn json(&self) -> Value {
        Connection::json(self)
    }
}
