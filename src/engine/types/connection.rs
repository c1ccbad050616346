//! A connection. Functions that need one are also its methods.

use super::{Property, ScriptType};
use crate::connection::Connection;
use serde_json::Value;
use std::rc::Rc;

impl ScriptType for Rc<Connection> {
    const NAME: &'static str = "Connection";
    const WORDS: &'static str = "a Connection";
    const HELP: &'static str =
        "the result of connect(); functions that need a connection are also its methods";
    // `protected` is a reserved word of Rhai, so only the plain form has it.
    const PROPERTIES: &'static [Property] = &[
        Property::text("name", "\"local\", a profile, a cluster id or a host"),
        Property::text("api", "the dialect: \"v1\", \"v2\" or \"milvus\""),
        Property::text("endpoint", "where import calls go"),
        Property::text("collections", "where collection calls go"),
        Property::text("cluster", "the cluster's id, on the cloud"),
        Property::text("region", "the cloud region"),
        Property::text("database", "the database; () is the default one"),
        Property::text("key", "where the key came from, never the key itself"),
    ];

    fn json(&self) -> Value {
        Connection::json(self)
    }
}
