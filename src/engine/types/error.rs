//! A caught error.

use super::{Gives, Property, ScriptType, property};
use crate::error::Failure;
use rhai::{Dynamic, Engine, ImmutableString};
use serde_json::{Value, json};

impl ScriptType for Failure {
    const NAME: &'static str = "Error";
    const WORDS: &'static str = "an Error";
    const HELP: &'static str =
        "a caught error; if a script throws it again, it keeps its exit code";
    const PROPERTIES: &'static [Property] = &[
        Property::text(
            "kind",
            "usage, connect, auth, refused, busy, job_failed, timeout, unknown or script",
        ),
        Property::number("code", "the service's error code, if it sent one"),
        Property::text("message", "the attempted operation and its result"),
        Property::text("hint", "the next step, or ()"),
        Property::new("jobs", Gives::Texts, "the ids of the jobs concerned"),
        Property::number("exit", "the exit code of a script that it ends"),
    ];

    fn json(&self) -> Value {
        json!({
            "kind": self.kind.word(),
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "jobs": self.jobs,
            "exit": self.kind.exit_code(),
        })
    }

    fn get(&self, name: &str) -> Dynamic {
        match name {
            "kind" => property(self.kind.word()),
            "code" => property(self.code),
            "message" => property(&*self.message),
            "hint" => property(self.hint.as_deref()),
            "jobs" => property(&*self.jobs),
            "exit" => property(self.kind.exit_code()),
            _ => Dynamic::UNIT,
        }
    }

    fn register(engine: &mut Engine) {
        type Text = ImmutableString;
        // A thrown text is caught as an error, and scripts use it as text.
        engine
            .register_fn("to_string", |it: &mut Self| it.to_string())
            .register_fn("==", |it: &mut Self, text: Text| *it.message == *text)
            .register_fn("==", |text: Text, it: Self| *it.message == *text)
            .register_fn("!=", |it: &mut Self, text: Text| *it.message != *text)
            .register_fn("!=", |text: Text, it: Self| *it.message != *text)
            .register_fn("contains", |it: &mut Self, text: Text| {
                it.message.contains(&*text)
            });
    }
}
