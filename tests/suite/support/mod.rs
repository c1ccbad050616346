//! Helpers that several modules of tests share.

pub(crate) mod harness;
pub(crate) mod lines;
#[cfg(feature = "local")]
pub(crate) mod s3;
pub(crate) mod secrets;
#[expect(dead_code, reason = "unit tests of the REST client use the rest of it")]
pub(crate) mod server;
