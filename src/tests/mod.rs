//! Parts that the unit tests of several modules share.

#[cfg(unix)]
pub(crate) mod fuzz;
