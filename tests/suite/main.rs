//! All integration tests, in one binary: linking the crate once keeps `cargo test` short.
//!
//! `shell`, `prompt`, `local` and `exactly_once` drive the program as users do; `support` has the programmable HTTP server,
//! the harness that runs the binary, and the search for secrets in everything a run leaves behind.

#![expect(clippy::similar_names, reason = "a test runs a text")]

mod architecture;
mod exactly_once;
#[cfg(feature = "local")]
mod local;
#[cfg(all(unix, feature = "local"))]
mod prompt;
mod readme;
mod shell;
mod support;
