//! A secret, masked in every text form.

use super::{Property, ScriptType};
use crate::secret::{MASK, Secret};
use rhai::{Engine, ImmutableString};
use serde_json::Value;

impl ScriptType for Secret {
    const NAME: &'static str = "Secret";
    const WORDS: &'static str = "a Secret";
    const HELP: &'static str =
        "the result of secret(): masked in all output, also when joined with text";
    const PROPERTIES: &'static [Property] = &[];

    fn json(&self) -> Value {
        Value::from(MASK)
    }

    /// A secret joined with text is a secret.
    fn register(engine: &mut Engine) {
        let joined = |before: &str, after: &str| Secret::new(format!("{before}{after}"));
        let text = |it: &mut Secret| ImmutableString::from(it.to_string());
        engine
            .register_fn("to_string", text)
            .register_fn("to_debug", text)
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
}
