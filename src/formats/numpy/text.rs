//! Strings of fixed width, padded with zeros: `<U12` (UTF-32) and `|S12` (UTF-8).

use crate::formats::found::{FoundKind, FoundValue};

/// Decoder of strings with a reusable buffer.
#[derive(Default)]
pub(super) struct TextDecoder {
    decoded: String,
}

impl TextDecoder {
    /// Decodes a `U` string, four bytes per character.
    pub(super) fn unicode(&mut self, row: &[u8], big_endian: bool) -> Result<&str, FoundValue> {
        let read = if big_endian {
            u32::from_be_bytes
        } else {
            u32::from_le_bytes
        };
        let characters = row.as_chunks::<4>().0;
        let filled = characters.iter().rposition(|bytes| *bytes != [0; 4]);
        let characters = characters.get(..filled.map_or(0, |last| last + 1));
        self.decoded.clear();
        for bytes in characters.unwrap_or_default() {
            let code = read(*bytes);
            let character = char::from_u32(code);
            let found = || format!("text with {code:#x}, which is no character");
            self.decoded
                .push(character.ok_or_else(|| FoundKind::Text.value(found()))?);
        }
        Ok(&self.decoded)
    }

    /// Returns an `S` string without padding.
    pub(super) fn bytes(row: &[u8]) -> &[u8] {
        let filled = row.iter().rposition(|byte| *byte != 0);
        row.get(..filled.map_or(0, |last| last + 1)).unwrap_or(row)
    }
}
