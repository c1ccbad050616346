//! The result of many imports.

use serde_json::Value;
use std::rc::Rc;

/// The result of `import_all`.
#[derive(Clone)]
pub struct BatchValue(Rc<Value>);

impl BatchValue {
    /// Returns a result with this plain form, an object with [`crate::render::BATCH_KEYS`].
    pub fn new(json: Value) -> Self {
        Self(Rc::new(json))
    }

    /// Returns the plain form.
    pub fn json(&self) -> Value {
        (*self.0).clone()
    }
}
