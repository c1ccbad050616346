//! Whether a statement is whole, by the real parser.

use crate::engine::compile;
use crate::engine::completeness::{Completeness, completeness};
use rhai::Engine;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};

/// Judges what is typed.
pub(super) struct Judge {
    engine: Engine,
}

impl Judge {
    /// A judge with a parser of its own.
    pub(super) fn new() -> Self {
        let mut engine = Engine::new_raw();
        compile::install(&mut engine);
        Self { engine }
    }
}

impl Validator for Judge {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        if text.trim_start().starts_with(':') {
            return Ok(ValidationResult::Valid(None));
        }
        Ok(match completeness(&self.engine, text) {
            Completeness::Complete => ValidationResult::Valid(None),
            Completeness::Incomplete => ValidationResult::Incomplete,
        })
    }
}
