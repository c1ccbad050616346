//! The secrets this process has used, and masking them in text that may echo them.
//!
//! A service may echo a secret long after the call that sent it: the failure reason of a job contains the storage
//! credentials of its import. So every secret that a request sent or a script looked up is kept (and zeroed on drop,
//! like [`Secret`]) and masked in every later answer.

use super::{MASK, Secret};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::sync::{Mutex, PoisonError};
use zeroize::Zeroizing;

/// Minimum length of a masked secret. Shorter ones occur inside ordinary words.
const SHORTEST: usize = 4;
/// Minimum length of a secret that's masked in all answers. Shorter ones are masked only in answers to requests that
/// sent them, because `Milvus` is a common password.
const SHORTEST_KNOWN: usize = 8;
/// Maximum number of remembered secrets. Short-term credentials are renewed for hours, and old ones have expired.
const KEPT: usize = 256;
/// All characters except the unreserved ones of RFC 3986, which most encoders leave alone.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

static KNOWN: Mutex<Vec<Spellings>> = Mutex::new(Vec::new());

/// Remembers a secret for the rest of the run, unless it's too short.
pub(crate) fn remember(secret: &Secret) {
    if secret.expose().len() < SHORTEST_KNOWN {
        return;
    }
    let spellings = Spellings::new([secret], SHORTEST_KNOWN);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if known.contains(&spellings) {
        return;
    }
    if known.len() >= KEPT {
        known.remove(0);
    }
    known.push(spellings);
}

/// Replaces all remembered secrets in a text by [`MASK`].
pub(crate) fn hidden(text: &str) -> String {
    Spellings::default().hide(text)
}

/// Like [`hidden`], but returns `None` instead of waiting for the lock. For the panic hook, which may run while the
/// lock is held.
pub(crate) fn hidden_now(text: &str) -> Option<String> {
    let known = KNOWN.try_lock().ok()?;
    Some(hide(text, known.iter()))
}

/// Secrets with all the spellings in which a service may echo them.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Spellings(Vec<Zeroizing<String>>);

impl Spellings {
    /// Returns the spellings of the secrets that one request sends, and remembers the secrets.
    pub(crate) fn of<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let secrets: Vec<&Secret> = secrets.into_iter().collect();
        for secret in &secrets {
            remember(secret);
        }
        Self::new(secrets, SHORTEST)
    }

    /// The password in `user:password` is a secret by itself.
    fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>, shortest: usize) -> Self {
        let mut spellings = Vec::new();
        for secret in secrets {
            let text = secret.expose();
            let password = text.split_once(':').map(|(_, password)| password);
            for part in [Some(text), password].into_iter().flatten() {
                if part.len() >= shortest {
                    spellings.extend(spell(part));
                }
            }
        }
        spellings.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        spellings.dedup();
        Self(spellings)
    }

    /// Replaces these secrets and all remembered ones in a text by [`MASK`].
    pub(crate) fn hide(&self, text: &str) -> String {
        let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        hide(text, known.iter().chain([self]))
    }
}

fn hide<'a>(text: &str, secrets: impl Iterator<Item = &'a Spellings>) -> String {
    let mut found: Vec<&str> = secrets
        .flat_map(|spellings| &spellings.0)
        .map(|spelling| spelling.as_str())
        .filter(|spelling| text.contains(spelling))
        .collect();
    // Longest first, so a password inside a longer secret doesn't leave the rest behind.
    found.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
    found.into_iter().fold(text.to_owned(), |text, spelling| {
        text.replace(spelling, MASK)
    })
}

/// Returns the text as it is, as a JSON string (with and without escaped slashes and HTML characters), and
/// percent-encoded.
fn spell(part: &str) -> Vec<Zeroizing<String>> {
    let json = Zeroizing::new(serde_json::Value::from(part).to_string());
    let quoted = json.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let json = quoted.unwrap_or(part);
    let html = ['<', '>', '&', '=', '\'', '+', '/'].iter().fold(
        Zeroizing::new(json.to_owned()),
        |text, letter| {
            Zeroizing::new(text.replace(*letter, &format!("\\u{:04x}", u32::from(*letter))))
        },
    );
    let encoded =
        [NON_ALPHANUMERIC, RESERVED].map(|set| utf8_percent_encode(part, set).to_string());
    let lower = encoded.each_ref().map(|text| lower_escapes(text));
    [
        part.to_owned(),
        part.replace('/', "\\/"),
        json.to_owned(),
        json.replace('/', "\\/"),
    ]
    .into_iter()
    .chain(encoded)
    .chain(lower)
    .map(Zeroizing::new)
    .chain([html])
    .collect()
}

/// Turns `%2F` into `%2f`.
fn lower_escapes(encoded: &str) -> String {
    let mut after = 0_u8;
    let lower = |letter: char| match (letter, after) {
        ('%', _) => {
            after = 2;
            letter
        }
        (_, 0) => letter,
        _ => {
            after -= 1;
            letter.to_ascii_lowercase()
        }
    };
    encoded.chars().map(lower).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_request_carried_is_hidden_in_what_a_later_one_says() {
        let storage = Secret::new("sk/known+to=process&all");
        drop(Spellings::of([&storage]));
        for echo in [
            "x sk/known+to=process&all.",
            "sk\\/known+to=process&all",
            "sk%2Fknown%2Bto%3Dprocess%26all",
            "sk%2fknown%2bto%3dprocess%26all",
            r"sk\u002fknown\u002bto\u003dprocess\u0026all",
        ] {
            let shown = hidden(echo);
            assert!(shown.contains(MASK) && !shown.contains("known"), "{shown}");
        }
    }

    #[test]
    fn a_short_one_is_hidden_only_where_it_was_sent() {
        let own = Spellings::of([&Secret::new("root:Qx7zz")]);
        assert_eq!(own.hide("bad Qx7zz"), "bad ****");
        assert_eq!(hidden("bad Qx7zz"), "bad Qx7zz");
    }

    #[test]
    fn a_crash_while_secrets_are_looked_at_does_not_wait() {
        let held = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(hidden_now("text"), None);
        drop(held);
    }

    #[test]
    fn a_longer_secret_leaves_nothing_of_itself_behind() {
        remember(&Secret::new("inner-part-1"));
        remember(&Secret::new("outer-inner-part-1-outer"));
        assert_eq!(hidden("<outer-inner-part-1-outer>"), "<****>");
    }
}
