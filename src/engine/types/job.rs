//! A submitted job.

use super::{JobOf, Property, ScriptType};
use crate::connection::Connection;
use rhai::Engine;
use serde_json::{Value, json};
use std::rc::Rc;

/// A submitted job: its id and its connection.
#[derive(Clone)]
pub struct Job {
    /// The id from the service.
    pub id: String,
    /// The target collection; empty if only the id is known.
    pub collection: String,
    /// The connection it was submitted to.
    pub connection: Rc<Connection>,
}

impl ScriptType for Job {
    const NAME: &'static str = "Job";
    const WORDS: &'static str = "a Job";
    const HELP: &'static str = "the result of import(): a submitted job";
    const JOB: Option<JobOf<Self>> = Some(|it| (it.clone(), ""));
    const PROPERTIES: &'static [Property] = &[
        Property::text("id", "the id that the service gave it"),
        Property::text("job", "the job's id, as `id`"),
        Property::text("collection", "the collection it imports into"),
        Property::text("connection", "the name of its connection"),
    ];

    fn json(&self) -> Value {
        let collection = Some(&self.collection).filter(|name| !name.is_empty());
        json!({"job": self.id, "collection": collection, "connection": self.connection.name})
    }

    fn register(engine: &mut Engine) {
        engine
            .register_fn("==", |a: &mut Self, b: Self| a.id == b.id)
            .register_fn("!=", |a: &mut Self, b: Self| a.id != b.id);
    }
}
