//! Tests of the whole engine.

#[cfg(unix)]
mod fuzz;
