//! Finds the end of a JSON value without parsing it.

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Scanner for the end of a value that arrives in pieces.
pub(super) struct ValueScan {
    kind: ValueForm,
    depth: usize,
    in_text: bool,
    /// Number of bytes scanned. After a backslash, one more than the bytes that have arrived.
    at: usize,
}

#[derive(Clone, Copy)]
enum ValueForm {
    Text,
    Brackets(u8, u8),
    Word,
}

impl ValueScan {
    pub(super) fn new(first: Option<u8>) -> Self {
        Self {
            kind: match first {
                Some(b'"') => ValueForm::Text,
                Some(b'{') => ValueForm::Brackets(b'{', b'}'),
                Some(b'[') => ValueForm::Brackets(b'[', b']'),
                _ => ValueForm::Word,
            },
            depth: 0,
            in_text: false,
            at: 0,
        }
    }

    /// Continues the scan and returns the value's length if `value` contains its end. `value` begins with the value and
    /// is longer in each call.
    pub(super) fn resume(&mut self, value: &[u8]) -> Option<usize> {
        let (open, close) = match self.kind {
            ValueForm::Brackets(open, close) => (open, close),
            ValueForm::Text => (b'"', b'"'),
            ValueForm::Word => return self.word(value),
        };
        loop {
            let rest = value.get(self.at..)?;
            let found = if self.in_text {
                memchr::memchr2(b'"', b'\\', rest)
            } else {
                memchr::memchr3(b'"', open, close, rest)
            };
            let Some(at) = found else {
                self.at = value.len();
                return None;
            };
            let byte = rest.get(at).copied()?;
            self.at += at + 1;
            match (self.in_text, byte) {
                (true, b'\\') => self.at += 1,
                (true, _) => self.in_text = false,
                (false, b'"') => self.in_text = true,
                (false, byte) if byte == open => self.depth += 1,
                (false, _) => self.depth = self.depth.saturating_sub(1),
            }
            if !self.in_text && self.depth == 0 {
                return Some(self.at);
            }
        }
    }

    fn word(&mut self, value: &[u8]) -> Option<usize> {
        let fresh = value.get(self.at..)?;
        let ends = |byte: &u8| is_blank(*byte) || matches!(byte, b',' | b']' | b'}');
        let Some(at) = fresh.iter().position(ends) else {
            self.at = value.len();
            return None;
        };
        Some(self.at + at)
    }

    /// Returns true if the end of the file also ends the value.
    pub(super) fn ends_with_file(&self) -> bool {
        matches!(self.kind, ValueForm::Word)
    }
}
