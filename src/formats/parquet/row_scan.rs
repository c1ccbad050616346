//! Finds the longest row of a page in its repetition levels, before they are decoded.
//!
//! A run of a few bytes can encode billions of levels, all of one row.

use super::thrift::varint;

/// Lengths of the rows in a page, in levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowScan {
    /// Length of the longest row, or of its part up to the end of the page.
    pub(super) longest: usize,
    /// Length of the last row up to the end of the page.
    pub(super) last: usize,
}

impl RowScan {
    /// Scans the levels of a page: runs of equal or bit-packed levels of `width` bits (`parquet-format`,
    /// `Encodings.md`, RLE), of which the first `values` count. `open` is the length of the row that the pages before
    /// left unfinished.
    pub(super) fn new(levels: &[u8], width: usize, values: usize, open: usize) -> Self {
        let mut scan = Self {
            longest: open,
            last: open,
        };
        let (mut rest, mut left) = (levels, values);
        while left > 0 {
            let Some((header, length)) = varint(rest) else {
                break;
            };
            rest = rest.get(length..).unwrap_or_default();
            let count = usize::try_from(header >> 1).unwrap_or(usize::MAX);
            if header & 1 == 0 {
                let Some((level, after)) = rest.split_at_checked(width.div_ceil(8)) else {
                    break;
                };
                let count = count.min(left);
                scan.run(level.iter().all(|byte| *byte == 0), count);
                (rest, left) = (after, left - count);
            } else {
                let size = count.saturating_mul(width).min(rest.len());
                let (packed, after) = rest.split_at(size);
                let count = count.saturating_mul(8).min(left);
                scan.packed(packed, width, count);
                (rest, left) = (after, left - count);
            }
        }
        scan.longest = scan.longest.max(scan.last);
        scan
    }

    /// Adds `count` levels that are all zero or all not.
    fn run(&mut self, is_zero: bool, count: usize) {
        if !is_zero {
            self.last = self.last.saturating_add(count);
        } else if count > 0 {
            self.longest = self.longest.max(self.last);
            self.last = 1;
        }
    }

    fn packed(&mut self, bytes: &[u8], width: usize, count: usize) {
        if width != 1 {
            let whole = (bytes.len() * 8).checked_div(width).unwrap_or(0);
            for at in 0..count.min(whole) {
                let bit = |bit: usize| {
                    bytes
                        .get(bit / 8)
                        .is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
                };
                let is_zero = !(at * width..(at + 1) * width).any(bit);
                self.run(is_zero, 1);
            }
            return;
        }
        for (at, byte) in bytes.iter().enumerate() {
            match count.saturating_sub(at * 8).min(8) {
                8 if *byte == 0xff => self.last = self.last.saturating_add(8),
                left => (0..left).for_each(|bit| self.run(byte >> bit & 1 == 0, 1)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_row_is_found_in_every_kind_of_run() {
        let scan = |levels: &[u8], width, values, open| {
            let scan = RowScan::new(levels, width, values, open);
            (scan.longest, scan.last)
        };
        // 0 1 1 0 1 1 1 0, then 1000 times 1.
        let levels = [0b11, 0b0111_0110, 0xd0, 0x0f, 1];
        assert_eq!(scan(&levels, 1, 1008, 0), (1001, 1001));
        assert_eq!(scan(&levels, 1, 8, 0), (4, 1));
        assert_eq!(scan(&levels, 1, 8, 7), (7, 1));
        // Ten rows of one value.
        assert_eq!(scan(&[20, 0], 1, 10, 3), (3, 1));
        // Levels of two bits: 0 2 1 0 0 0 0 0.
        assert_eq!(scan(&[0b11, 0b0001_1000, 0], 2, 8, 0), (3, 1));
        // A run of more levels than the page has, and levels that end early.
        assert_eq!(scan(&[0xfe, 0xff, 0xff, 0xff, 0x0f, 1], 1, 60, 0), (60, 60));
        assert_eq!(scan(&[0x81], 1, 60, 2), (2, 2));
    }
}
