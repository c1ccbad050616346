//! The REST client of the import API in its three dialects.

pub mod endpoint;
pub mod model;
