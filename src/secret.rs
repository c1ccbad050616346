//! The type that holds API keys, passwords and storage credentials.
//!
//! `Debug` and `Display` of [`Secret`] are masked, and its memory is zeroed on drop. Only the HTTP layer calls
//! [`Secret::expose`]. Submodules hold the names that secrets go by, the secrets this process has used, and the masking
//! of secrets in source text.

mod known;
mod loose;
mod names;
mod spelling;

pub(crate) use known::{Spellings, hidden, hidden_now, remember};
pub(crate) use loose::spans;
pub(crate) use names::{is_place, is_secret};

use std::fmt;
use zeroize::Zeroizing;

/// The text shown in place of a secret.
pub(crate) const MASK: &str = "****";

/// An API key, password or storage key.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// Returns the text, for a request header or body only.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns true if the text is empty.
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

/// Storage credentials; on Azure the account's name and key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StorageKeys {
    /// Access key id.
    pub access: Option<Secret>,
    /// Secret access key.
    pub secret: Option<Secret>,
    /// Session token of temporary credentials.
    pub session: Option<Secret>,
}

impl StorageKeys {
    /// Returns true if both the access key id and the secret access key are given.
    pub(crate) fn is_whole(&self) -> bool {
        self.access.is_some() && self.secret.is_some()
    }

    /// Returns true if neither an access key id nor a secret access key is given.
    pub(crate) fn is_empty(&self) -> bool {
        self.access.is_none() && self.secret.is_none()
    }

    /// Returns the secrets that are given, including a session token.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        [&self.access, &self.secret, &self.session]
            .into_iter()
            .flatten()
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
