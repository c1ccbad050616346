//! A caught error.

use super::{Getter, Gives, ScriptType};
use crate::error::Failure;
use rhai::{Array, Dynamic, Engine, ImmutableString};

impl ScriptType for Failure {
    const NAME: &'static str = "Error";
    const WORDS: &'static str = "an Error";
    const HELP: &'static str =
        "a caught error; if a script throws it again, it keeps its exit code";
    const GETTERS: &'static [Getter<Self>] = &[
        Getter::new(
            "kind",
            Gives::Text,
            "usage, connect, auth, refused, busy, job_failed, timeout, unknown or script",
            |it| it.kind.word().into(),
        ),
        Getter::new(
            "code",
            Gives::Number,
            "the service's error code, if it sent one",
            |it| it.code.map_or(Dynamic::UNIT, Dynamic::from),
        ),
        Getter::new(
            "message",
            Gives::Text,
            "the attempted operation and its result",
            |it| (&it.message).into(),
        ),
        Getter::new("hint", Gives::Text, "the next step, or ()", |it| {
            it.hint.clone().map_or(Dynamic::UNIT, Dynamic::from)
        }),
        Getter::new(
            "jobs",
            Gives::Texts,
            "the ids of the jobs concerned",
            |it| {
                it.jobs
                    .iter()
                    .cloned()
                    .map(Dynamic::from)
                    .collect::<Array>()
                    .into()
            },
        ),
        Getter::new(
            "exit",
            Gives::Number,
            "the exit code of a script that it ends",
            |it| i64::from(it.kind.exit_code()).into(),
        ),
    ];

    fn register(engine: &mut Engine) {
        // A thrown text is caught as an error, and scripts use it as text.
        engine
            .register_fn("to_string", |it: &mut Self| it.to_string())
            .register_fn("==", |it: &mut Self, text: ImmutableString| {
                is_text(it, &text)
            })
            .register_fn("==", |text: ImmutableString, it: Self| is_text(&it, &text))
            .register_fn("!=", |it: &mut Self, text: ImmutableString| {
                !is_text(it, &text)
            })
            .register_fn("!=", |text: ImmutableString, it: Self| !is_text(&it, &text))
            .register_fn("contains", |it: &mut Self, text: ImmutableString| {
                it.message.contains(text.as_str())
            });
    }
}

/// Returns true if this is the error's message.
fn is_text(error: &Failure, text: &str) -> bool {
    error.message == text
}
