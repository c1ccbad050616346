//! The secrets this process has used, and masking them in text that may echo them.
//!
//! A service may echo a secret long after the call that sent it: the failure reason of a job contains the storage
//! credentials of its import. So every secret that a request sent or a script looked up is kept (and zeroed on drop,
//! like [`Secret`]) and masked in every later answer.

use super::spelling::Spelling;
use super::{MASK, Secret};
use parking_lot::Mutex;

/// Minimum length of a masked secret. Shorter ones occur inside ordinary words.
const SHORTEST: usize = 4;
/// Minimum length of a secret that's masked in all answers. Shorter ones are masked only in answers to requests that
/// sent them, because `Milvus` is a common password.
const SHORTEST_KNOWN: usize = 8;
/// Maximum number of remembered secrets. Short-term credentials are renewed for hours, and old ones have expired.
const KEPT: usize = 256;

static KNOWN: Mutex<Vec<Spellings>> = Mutex::new(Vec::new());

/// Remembers a secret for the rest of the run, unless it's too short.
pub(crate) fn remember(secret: &Secret) {
    if secret.expose().len() < SHORTEST_KNOWN {
        return;
    }
    let spellings = Spellings::new([secret], SHORTEST_KNOWN);
    let mut known = KNOWN.lock();
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
    let known = KNOWN.try_lock()?;
    Some(hide(text, known.iter()))
}

/// Secrets with all the spellings in which a service may echo them.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Spellings(Vec<Spelling>);

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
                    spellings.extend(Spelling::all(part));
                }
            }
        }
        Self(spellings)
    }

    /// Replaces these secrets and all remembered ones in a text by [`MASK`].
    pub(crate) fn hide(&self, text: &str) -> String {
        let known = KNOWN.lock();
        hide(text, known.iter().chain([self]))
    }
}

/// Replaces each secret by [`MASK`]. Secrets that overlap or touch get one mask.
fn hide<'a>(text: &str, secrets: impl Iterator<Item = &'a Spellings>) -> String {
    let mut found = Vec::new();
    for spelling in secrets.flat_map(|spellings| &spellings.0) {
        spelling.find(text, &mut found);
    }
    found.sort_by_key(|place| place.start);
    let (mut shown, mut end) = (String::new(), None);
    for place in found {
        if end.is_none_or(|end| end < place.start) {
            shown.push_str(text.get(end.unwrap_or(0)..place.start).unwrap_or_default());
            shown.push_str(MASK);
        }
        end = end.max(Some(place.end));
    }
    shown.push_str(text.get(end.unwrap_or(0)..).unwrap_or_default());
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_of_an_earlier_request_is_masked() {
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

    /// Texts made by Python's `b64encode`, `urlsafe_b64encode`, `bytes.hex`, `urllib.parse.quote` and `json.dumps`.
    #[test]
    fn encoded_secrets_are_masked() {
        let own = Spellings::of([&Secret::new("k?y>9f3e-~é\\x")]);
        for (echo, shown) in [
            ("az95PjlmM2UtfsOpXHg=", "****"),
            ("az95PjlmM2UtfsOpXHg", "****"),
            ("<az95PjlmM2UtfsOpXHh6eg==>", "<****6eg==>"),
            ("dTprP3k+OWYzZS1+w6lceA==", "dT****"),
            ("dTprP3k-OWYzZS1-w6lceA", "dT****"),
            ("dTprP3k%2BOWYzZS1%2bw6lceA%3D%3d", "dT****"),
            (r"dTprP3k\u002BOWYzZS1+w6lceA\u003d\u003d.", "dT****."),
            (r"eGs\/eT45ZjNlLX7DqVx4 and more", "e**** and more"),
            ("eGs_eT45ZjNlLX7DqVx4eno=", "e****eno="),
            (
                "x 6b3f793e396633652d7ec3a95c78 6B3F793E396633652D7EC3A95C78",
                "x **** ****",
            ),
            ("k%3Fy%3E9f3e-~%C3%A9%5Cx", "****"),
            ("k%3fy%3e9f3e-~%c3%a9%5cx.", "****."),
            ("%6B%3F%79%3E%39%66%33%65%2D%7E%C3%A9%5C%78", "****"),
            ("%6b%3f%79%3e%39%66%33%65%2d%7e%c3%a9%5c%78", "****"),
            (r#""k?y>9f3e-~\u00e9\\x""#, "\"****\""),
            (r#""\"k?y>9f3e-~\\u00e9\\\\x\"""#, r#""\"****\"""#),
            ("k?y>9f3e-~é\\xk?y>9f3e-~é\\x", "****"),
            ("k?y>9f3e-~é", "k?y>9f3e-~é"),
        ] {
            assert_eq!(own.hide(echo), shown, "{echo}");
        }
        for text in [
            "\\".repeat(1 << 16),
            "%".repeat(1 << 16),
            "k".repeat(1 << 16),
        ] {
            assert_eq!(own.hide(&text), text);
        }
    }

    #[test]
    fn a_short_secret_is_masked_only_in_its_own_answer() {
        let own = Spellings::of([&Secret::new("root:Qx7zz")]);
        assert_eq!(own.hide("bad Qx7zz"), "bad ****");
        assert_eq!(hidden("bad Qx7zz"), "bad Qx7zz");
    }

    #[test]
    fn a_crash_does_not_wait_for_the_lock_of_the_secrets() {
        let held = KNOWN.lock();
        assert_eq!(hidden_now("text"), None);
        drop(held);
    }

    #[test]
    fn a_secret_that_contains_another_is_masked_completely() {
        remember(&Secret::new("inner-part-1"));
        remember(&Secret::new("outer-inner-part-1-outer"));
        assert_eq!(hidden("<outer-inner-part-1-outer>"), "<****>");
    }
}
