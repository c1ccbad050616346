//! A connection. Functions that need one are also its methods.

use super::{Gives, Property, ScriptType};
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
        Property::new(
            "name",
            Gives::Text,
            "\"local\", a profile, a cluster id or a host",
        ),
        Property::new(
            "api",
            Gives::Text,
            "the dialect: \"v1\", \"v2\" or \"milvus\"",
        ),
        Property::new("endpoint", Gives::Text, "where import calls go"),
        Property::new("collections", Gives::Text, "where collection calls go"),
        Property::new("cluster", Gives::Text, "the cluster's id, on the cloud"),
        Property::new("region", Gives::Text, "the cloud region"),
        Property::new(
            "database",
            Gives::Text,
            "the database; () is the default one",
        ),
        Property::new(
            "key",
            Gives::Text,
            "where the key came from, never the key itself",
        ),
    ];

    fn json(&self) -> Value {
        Connection::json(self)
    }
}
