//! Helpers that several modules of tests share.

pub(crate) mod harness;
pub(crate) mod lines;
#[cfg(feature = "local")]
pub(crate) mod s3;
pub(crate) mod secrets;
pub(crate) mod server;
