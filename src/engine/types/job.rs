//! A submitted job.

use super::{Getter, Gives, ScriptType, text_or_unit};
use crate::connection::Connection;
use rhai::Engine;
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
    const IS_JOB: bool = true;
    const GETTERS: &'static [Getter<Self>] = &[
        Getter::new("id", Gives::Text, "the id that the service gave it", |it| {
            (&it.id).into()
        }),
        Getter::new("job", Gives::Text, "the job's id, as `id`", |it| {
            (&it.id).into()
        }),
        Getter::new(
            "collection",
            Gives::Text,
            "the collection it imports into",
            |it| text_or_unit(Some(&it.collection)),
        ),
        Getter::new(
            "connection",
            Gives::Text,
            "the name of its connection",
            |it| (&it.connection.name).into(),
        ),
    ];

    fn job(&self) -> Option<Job> {
        Some(self.clone())
    }

    fn register(engine: &mut Engine) {
        engine.register_fn("==", |a: &mut Self, b: Self| a.id == b.id);
        engine.register_fn("!=", |a: &mut Self, b: Self| a.id != b.id);
    }
}
