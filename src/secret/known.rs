//! The secrets this process has met, and hiding them in texts that may echo them.
//!
//! A service may echo a key long after the call that carried it: a job's reason names the storage key of its import. So
//! every secret that a request carried, and every one a script looked up, is kept (as [`Secret`]s are: zeroed when
//! dropped) and looked for in what any service says later.

use super::{MASK, Secret};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::sync::{Mutex, PoisonError};
use zeroize::Zeroizing;

/// Secrets shorter than this are not looked for: they would be found inside ordinary words.
const SHORTEST: usize = 4;
/// Secrets shorter than this are looked for only in answers to the requests that carry them: `Milvus` is a usual password.
const SHORTEST_KNOWN: usize = 8;
/// How many are kept: short-term keys are made anew for hours, and old ones have expired.
const KEPT: usize = 256;
/// All but the unreserved characters of RFC 3986, which most encoders leave alone.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

static KNOWN: Mutex<Vec<Spellings>> = Mutex::new(Vec::new());

/// Keeps a secret for the rest of the run. A short one is not kept.
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

/// The text with every remembered secret replaced by [`MASK`].
pub(crate) fn hidden(text: &str) -> String {
    Spellings::default().hide(text)
}

/// The same, where no other call is at it; for the moment of a crash, which may have come from there.
pub(crate) fn hidden_now(text: &str) -> Option<String> {
    let known = KNOWN.try_lock().ok()?;
    Some(hide(text, known.iter()))
}

/// Some secrets in every spelling they may be echoed in.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Spellings(Vec<Zeroizing<String>>);

impl Spellings {
    /// The spellings of the secrets that one request carries, which are remembered.
    pub(crate) fn of<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let secrets: Vec<&Secret> = secrets.into_iter().collect();
        for secret in &secrets {
            remember(secret);
        }
        Self::new(secrets, SHORTEST)
    }

    /// Of `user:password` the password also counts alone.
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

    /// The text with these secrets and every remembered one replaced by [`MASK`].
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
    // The longest first, so that a password inside a longer text does not leave the rest behind.
    found.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
    found.into_iter().fold(text.to_owned(), |text, spelling| {
        text.replace(spelling, MASK)
    })
}

/// As it is, as JSON writes it (with and without escaped slashes, and as encoders that fear HTML do), percent-encoded.
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

/// `%2F` as `%2f`.
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
