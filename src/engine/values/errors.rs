//! A caught error: `e.kind`, `e.code`, `e.message`, `e.hint`, `e.jobs`, `e.exit`.

use crate::error::Failure;
use serde_json::{Value, json};

/// The getters of an error.
pub(super) const KEYS: &[&str] = &["kind", "code", "message", "hint", "jobs", "exit"];

/// Returns an error's plain form.
pub(super) fn json(failure: &Failure) -> Value {
    json!({
        "kind": failure.kind.word(),
        "code": failure.code,
        "message": failure.message,
        "hint": failure.hint,
        "jobs": failure.jobs,
        "exit": failure.kind.exit_code(),
    })
}
