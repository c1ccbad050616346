//! The one type that holds keys and tokens.
//!
//! Its `Debug` and `Display` are masked and its copy is zeroed on drop; only the HTTP layer calls
//! [`Secret::expose`]. Beside it stand the names that secrets go by, the secrets this process has met, and the masking of
//! keys in source text.

mod known;
mod loose;
mod names;
mod source;

pub(crate) use known::{Spellings, remember};
pub(crate) use names::{is_place, is_secret};
pub(crate) use source::{keys, masked, masked_now, spans, veiled};

use std::fmt;
use zeroize::Zeroizing;

/// What is shown in place of a secret.
pub const MASK: &str = "****";

/// An API key, password or storage key.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over as a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for a request header or body only.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// True for the empty text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_forms_are_masked() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret} {secret:?}"), "**** ****");
        assert_eq!(secret.expose(), "hunter2");
    }
}
