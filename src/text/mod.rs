//! Wording that all modules share. It knows nothing of jobs, colors or terminals.
//!
//! [`words`] writes bytes, counts, durations and lists for sentences, suggests names for mistyped ones, and removes what
//! would control a terminal. [`mod@hash`] returns short hashes of texts.

pub(crate) mod hash;
pub(crate) mod words;
