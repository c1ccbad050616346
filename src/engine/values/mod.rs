//! The values in scripts: connections, jobs, progress, and their plain forms.

mod batch;
mod convert;
mod errors;
mod jobs;
mod listing;
pub mod methods;
mod shape;
pub mod types;

pub use batch::BatchValue;
pub use convert::{dynamic_of, found, json_of};
pub use jobs::{Job, ProgressValue, SummaryValue};
pub use listing::{Listing, ListingKind, show};
pub use shape::{Defined, Imported, Names, Shape};
pub use types::keys_of;

use crate::connection::Connection;
use crate::error::Failure;
use crate::render;
use crate::secret::Secret;
use rhai::{Array, CustomType, Engine, ImmutableString, Map, TypeBuilder};
use serde_json::Value;
use std::rc::Rc;

/// Registers every type with its getters, `to_json` and `as_map`. Types that describe a job also have the job's id as
/// `id`.
pub fn register(engine: &mut Engine) {
    engine.build_type::<Job>();
    register_plain::<Job>(engine, Job::KEYS, Job::json);
    engine.register_type_with_name::<SummaryValue>("JobSummary");
    register_plain::<SummaryValue>(engine, &render::JOB_KEYS, SummaryValue::json);
    engine.register_type_with_name::<ProgressValue>("Progress");
    register_plain::<ProgressValue>(engine, &render::PROGRESS_KEYS, ProgressValue::json);
    engine.register_type_with_name::<BatchValue>("Batch");
    register_plain::<BatchValue>(engine, &render::BATCH_KEYS, BatchValue::json);
    engine.register_type_with_name::<Rc<Connection>>("Connection");
    register_plain::<Rc<Connection>>(engine, Connection::KEYS, |it| it.json());
    engine.register_type_with_name::<Failure>("Error");
    register_plain::<Failure>(engine, errors::KEYS, errors::json);
    register_secret(engine);
    // Rhai's own `to_json` doesn't support lists or zshell's types inside of maps.
    engine.register_fn("to_json", |list: Array| json_of(&list.into()).to_string());
    engine.register_fn("to_json", |map: Map| json_of(&map.into()).to_string());
}

/// Registers secrets. Every text form of a secret is masked, and a secret joined with text is a secret.
fn register_secret(engine: &mut Engine) {
    let joined = |before: &str, after: &str| Secret::new(format!("{before}{after}"));
    engine
        .register_type_with_name::<Secret>("Secret")
        .register_fn("to_string", |it: &mut Secret| {
            ImmutableString::from(it.to_string())
        })
        .register_fn("to_debug", |it: &mut Secret| {
            ImmutableString::from(it.to_string())
        })
        .register_fn("+", move |text: ImmutableString, it: Secret| {
            joined(&text, it.expose())
        })
        .register_fn("+", move |it: Secret, text: ImmutableString| {
            joined(it.expose(), &text)
        })
        .register_fn("+", move |a: Secret, b: Secret| {
            joined(a.expose(), b.expose())
        })
        .register_fn("==", |a: Secret, b: Secret| a == b)
        .register_fn("!=", |a: Secret, b: Secret| a != b);
}

/// Registers a type whose plain form is a JSON object. The object's keys become getters.
fn register_plain<T: Clone + 'static>(
    engine: &mut Engine,
    keys: &'static [&'static str],
    json: fn(&T) -> Value,
) {
    for key in keys {
        engine.register_get(*key, move |it: &mut T| {
            dynamic_of(json(it).get(*key).cloned().unwrap_or_default())
        });
    }
    if keys.contains(&"job") {
        engine.register_get("id", move |it: &mut T| {
            dynamic_of(json(it).get("job").cloned().unwrap_or_default())
        });
    }
    let text = move |it: &mut T| ImmutableString::from(json(it).to_string());
    engine.register_fn("to_json", text);
    engine.register_fn("to_string", text);
    engine.register_fn("to_debug", text);
    engine.register_fn("as_map", move |it: &mut T| {
        dynamic_of(json(it)).try_cast::<Map>().unwrap_or_default()
    });
}

impl CustomType for Job {
    fn build(mut builder: TypeBuilder<Self>) {
        builder
            .with_name("Job")
            .with_fn("==", |a: &mut Self, b: Self| a.id == b.id)
            .with_fn("!=", |a: &mut Self, b: Self| a.id != b.id);
    }
}
