//! What integration tests share.

pub(crate) mod cluster;
pub(crate) mod proxy;
pub(crate) mod server;
