//! Short hashes of texts.

use super::words;
use ring::digest::{SHA256, digest};

/// Number of hexadecimal digits that [`hash`] returns.
pub(crate) const HASH_DIGITS: usize = 32;

/// Returns the first half of a text's SHA-256 as 32 hexadecimal digits.
pub(crate) fn hash(text: &str) -> String {
    let whole = digest(&SHA256, text.as_bytes());
    words::hex(whole.as_ref().get(..HASH_DIGITS / 2).unwrap_or_default())
}
