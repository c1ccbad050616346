//! Finds rows: those that match a filter, and those whose vectors are closest to a call's vectors.
//!
//! [`query`] reads the rows that match a filter, and formats their [`outputs`] as JSON. [`scan`] is the exact (flat) search, with the
//! loops in [`vectors`] and [`metric`]. There is no index: a search reads the vectors of all rows, one segment at a
//! time. Start with [`query`].

pub(crate) mod hits;
pub(crate) mod metric;
pub(crate) mod outputs;
pub(crate) mod query;
pub(crate) mod scan;
pub(crate) mod vectors;
