//! Delta encodings of strings (`parquet-format`, `Encodings.md`), rewritten as plain strings.
//!
//! The Parquet library's decoders allocate what such a page announces: a few bytes can announce billions of lengths, or
//! for strings that are each as long as the page. Here the size of all strings is known before any is written.

use super::thrift::varint;

/// Maximum number of bits of a packed delta.
const MAX_WIDTH: usize = 32;

/// Integers in the encoding `DELTA_BINARY_PACKED`.
#[derive(Clone)]
struct DeltaInts<'a> {
    /// Bytes from the next block on.
    blocks: &'a [u8],
    /// Widths in bits of the current block's remaining mini-blocks, then their data.
    widths: &'a [u8],
    data: &'a [u8],
    mini_blocks: usize,
    mini_values: usize,
    /// Number of integers that follow.
    left: usize,
    /// Number of integers read from the current mini-block.
    at: usize,
    /// The first integer, before it is read.
    first: Option<i32>,
    last: i32,
    min_delta: i32,
}

impl<'a> DeltaInts<'a> {
    /// Returns the integers at the start of `bytes`, at most `max`, and the bytes after them.
    fn new(bytes: &'a [u8], max: usize) -> Option<(Self, &'a [u8])> {
        let mut rest = bytes;
        let block = usize::try_from(varint(&mut rest)?).ok()?;
        let mini_blocks = usize::try_from(varint(&mut rest)?).ok()?;
        let left = usize::try_from(varint(&mut rest)?).ok()?;
        let first = signed(varint(&mut rest)?);
        let mini_values = block.checked_div(mini_blocks)?;
        let is_valid = block.is_multiple_of(128)
            && block.is_multiple_of(mini_blocks)
            && mini_values > 0
            && mini_values.is_multiple_of(32)
            && left <= max;
        if !is_valid {
            return None;
        }
        let ints = Self {
            blocks: rest,
            widths: &[],
            data: &[],
            mini_blocks,
            mini_values,
            left,
            at: 0,
            first: Some(first),
            last: first,
            min_delta: 0,
        };
        let after = ints.clone().skip_blocks()?;
        Some((ints, after))
    }

    /// Returns the bytes after the last block.
    fn skip_blocks(mut self) -> Option<&'a [u8]> {
        let mut left = self.left.saturating_sub(1);
        while left > 0 {
            self.enter_block()?;
            let mut size = 0_usize;
            for width in self.widths {
                if left == 0 {
                    break;
                }
                size = size.checked_add(self.mini_bytes(*width)?)?;
                left = left.saturating_sub(self.mini_values);
            }
            // Some writers cut the last block short.
            self.blocks = self.data.get(size.min(self.data.len())..)?;
        }
        Some(self.blocks)
    }

    fn enter_block(&mut self) -> Option<()> {
        let mut rest = self.blocks;
        self.min_delta = signed(varint(&mut rest)?);
        (self.widths, self.data) = rest.split_at_checked(self.mini_blocks)?;
        self.at = 0;
        Some(())
    }

    /// Returns the size of a mini-block in bytes.
    fn mini_bytes(&self, width: u8) -> Option<usize> {
        let width = usize::from(width);
        if width > MAX_WIDTH {
            return None;
        }
        width.checked_mul(self.mini_values).map(|bits| bits / 8)
    }

    /// Reads the next integer. Returns `None` after the last one, and if the bytes end before it.
    fn next(&mut self) -> Option<i32> {
        self.left = self.left.checked_sub(1)?;
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        if self.at == self.mini_values {
            let (width, widths) = self.widths.split_first()?;
            self.data = self.data.get(self.mini_bytes(*width)?..)?;
            self.widths = widths;
            self.at = 0;
            if widths.is_empty() {
                self.blocks = self.data;
            }
        }
        if self.widths.is_empty() {
            self.enter_block()?;
        }
        let width = usize::from(*self.widths.first()?);
        if width > MAX_WIDTH {
            return None;
        }
        let delta = bits(self.data, self.at * width, width)?;
        self.at += 1;
        self.last = self.last.wrapping_add(self.min_delta).wrapping_add(delta);
        Some(self.last)
    }

    /// Reads the next integer as a length.
    fn length(&mut self) -> Option<usize> {
        usize::try_from(self.next()?).ok()
    }
}

/// Returns the signed integer of a zigzag-encoded integer, cut to 32 bits as in the Parquet library.
fn signed(value: u64) -> i32 {
    let value = (value >> 1).cast_signed() ^ -(value & 1).cast_signed();
    #[expect(clippy::cast_possible_truncation, reason = "deltas wrap around")]
    let value = value as i32;
    value
}

/// Returns `width` bits (at most 32) from the bit `at` on, lowest bit first.
fn bits(bytes: &[u8], at: usize, width: usize) -> Option<i32> {
    if width == 0 {
        return Some(0);
    }
    let end = (at + width).div_ceil(8);
    let bytes = bytes.get(at / 8..end)?;
    let mut word = [0; 8];
    word.get_mut(..bytes.len())?.copy_from_slice(bytes);
    let value = (u64::from_le_bytes(word) >> (at % 8)) & ((1 << width) - 1);
    u32::try_from(value).ok().map(u32::cast_signed)
}

/// Strings of a page in a delta encoding.
#[derive(Clone)]
pub(super) struct DeltaStrings<'a> {
    /// Number of bytes that each string shares with the one before, in the encoding `DELTA_BYTE_ARRAY`.
    shared: Option<DeltaInts<'a>>,
    lengths: DeltaInts<'a>,
    data: &'a [u8],
}

impl<'a> DeltaStrings<'a> {
    /// Returns the strings of a page, at most `max`. `shares` is true for `DELTA_BYTE_ARRAY`, and false for
    /// `DELTA_LENGTH_BYTE_ARRAY`. Returns `None` if the page is damaged.
    pub(super) fn new(page: &'a [u8], shares: bool, max: usize) -> Option<Self> {
        let (shared, rest) = if shares {
            let (shared, rest) = DeltaInts::new(page, max)?;
            (Some(shared), rest)
        } else {
            (None, page)
        };
        let (lengths, data) = DeltaInts::new(rest, max)?;
        if (shared.as_ref()).is_some_and(|shared| shared.left != lengths.left) {
            return None;
        }
        Some(Self {
            shared,
            lengths,
            data,
        })
    }

    /// Returns the size in bytes of the strings in the plain encoding, or `None` if the page is damaged.
    pub(super) fn plain_size(&self) -> Option<usize> {
        let mut own = self.clone();
        let (mut before, mut size, mut used) = (0, 0_usize, 0_usize);
        for _ in 0..self.lengths.left {
            let shared = own.shared()?;
            let length = own.lengths.length()?;
            used = used.checked_add(length)?;
            if shared > before || used > self.data.len() {
                return None;
            }
            before = shared + length;
            size = size.checked_add(before + 4)?;
        }
        Some(size)
    }

    /// Appends the strings in the plain encoding: each with its length in four bytes. Returns `None` if the page is
    /// damaged.
    pub(super) fn write_plain(mut self, into: &mut Vec<u8>) -> Option<()> {
        let mut before = into.len();
        for _ in 0..self.lengths.left {
            let shared = self.shared()?;
            let length = self.lengths.length()?;
            let (own, data) = self.data.split_at_checked(length)?;
            self.data = data;
            let size = u32::try_from(shared.checked_add(length)?).ok()?;
            into.extend_from_slice(&size.to_le_bytes());
            let begin = into.len();
            if shared > 0 {
                into.extend_from_within(before..before.checked_add(shared)?);
            }
            into.extend_from_slice(own);
            before = begin;
        }
        Some(())
    }

    fn shared(&mut self) -> Option<usize> {
        match &mut self.shared {
            Some(shared) => shared.length(),
            None => Some(0),
        }
    }
}
