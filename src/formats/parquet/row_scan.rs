//! Scans the levels of a page before, or instead of, decoding them.
//!
//! A run of a few bytes can encode billions of levels, all of one row.

use super::thrift::varint;

/// A run of levels.
enum LevelRun<'a> {
    /// A number of equal levels.
    Equal(&'a [u8], usize),
    /// A number of bit-packed levels; the bytes may hold fewer.
    Packed(&'a [u8], usize),
}

/// Runs of levels of `width` bits (`parquet-format`, `Encodings.md`, RLE), up to a number of levels.
struct LevelRuns<'a> {
    rest: &'a [u8],
    width: usize,
    left: usize,
}

impl<'a> Iterator for LevelRuns<'a> {
    type Item = LevelRun<'a>;

    fn next(&mut self) -> Option<LevelRun<'a>> {
        if self.left == 0 {
            return None;
        }
        let mut rest = self.rest;
        let header = varint(&mut rest)?;
        let count = usize::try_from(header >> 1).unwrap_or(usize::MAX);
        if header & 1 == 0 {
            let (level, after) = rest.split_at_checked(self.width.div_ceil(8))?;
            let count = count.min(self.left);
            (self.rest, self.left) = (after, self.left - count);
            Some(LevelRun::Equal(level, count))
        } else {
            let size = count.saturating_mul(self.width).min(rest.len());
            let (packed, after) = rest.split_at(size);
            let count = count.saturating_mul(8).min(self.left);
            (self.rest, self.left) = (after, self.left - count);
            Some(LevelRun::Packed(packed, count))
        }
    }
}

/// Returns true if there are `count` levels of `width` bits and all are `level`.
pub(super) fn are_all(level: u64, levels: &[u8], width: usize, count: usize) -> bool {
    if !(1..=8).contains(&width) {
        return false;
    }
    let eight = (0..8).fold(0, |eight, at| eight | level << (at * width));
    let mut runs = LevelRuns {
        rest: levels,
        width,
        left: count,
    };
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .rev()
            .fold(0, |n, byte| n << 8 | u64::from(*byte))
    };
    let fits = runs.by_ref().all(|run| match run {
        LevelRun::Equal(found, _) => number(found) == level,
        LevelRun::Packed(bytes, count) => {
            let fits = |(at, bytes): (usize, &[u8])| {
                let bits = width * count.saturating_sub(at * 8).min(8);
                let mask = (1_u128 << bits) - 1;
                u128::from(number(bytes) ^ eight) & mask == 0
            };
            bytes.len() * 8 >= count.saturating_mul(width)
                && bytes.chunks(width).enumerate().all(fits)
        }
    });
    fits && runs.left == 0
}

/// Lengths of the rows in a page, in levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowScan {
    /// Length of the longest row, or of its part up to the end of the page.
    pub(super) longest: usize,
    /// Length of the shortest row that another one follows.
    pub(super) shortest: usize,
    /// Length of the last row up to the end of the page.
    pub(super) last: usize,
    /// Number of levels that were found.
    pub(super) levels: usize,
    /// True if the first level begins a row.
    pub(super) begins_row: bool,
}

impl RowScan {
    /// Returns a scan of no levels after an unfinished row of `open` levels.
    pub(super) fn begin(open: usize) -> Self {
        Self {
            longest: open,
            shortest: usize::MAX,
            last: open,
            levels: 0,
            begins_row: false,
        }
    }

    /// Scans the levels of a page: levels of `width` bits, of which the first `values` count. `open` is the length of
    /// the row that the pages before left unfinished.
    pub(super) fn new(levels: &[u8], width: usize, values: usize, open: usize) -> Self {
        let mut scan = Self::begin(open);
        let runs = LevelRuns {
            rest: levels,
            width,
            left: values,
        };
        for run in runs {
            match run {
                LevelRun::Equal(level, count) => {
                    scan.run(level.iter().all(|byte| *byte == 0), count);
                }
                LevelRun::Packed(bytes, count) => scan.packed(bytes, width, count),
            }
        }
        scan.longest = scan.longest.max(scan.last);
        scan
    }

    /// Adds `count` levels that are all zero or all not.
    fn run(&mut self, is_zero: bool, count: usize) {
        if count == 0 {
            return;
        }
        self.begins_row |= is_zero && self.levels == 0;
        self.levels = self.levels.saturating_add(count);
        if !is_zero {
            self.last = self.last.saturating_add(count);
            return;
        }
        self.longest = self.longest.max(self.last);
        if self.last > 0 {
            self.shortest = self.shortest.min(self.last);
        }
        if count > 1 {
            self.shortest = 1;
        }
        self.last = 1;
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
                8 if *byte == 0xff => self.run(false, 8),
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
