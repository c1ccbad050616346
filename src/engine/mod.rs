//! The Rhai engine.
pub mod compile;
