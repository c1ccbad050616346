//! The REST client of the import API in its three dialects.

pub mod model;
