//! MD5 sums of contents in memory, two side by side.
//!
//! Each step of MD5 needs the result of the step before, so half of a processor's units wait. Two sums at once take little
//! longer than one. Uploads of large files spend most of their time here.

use bytes::Bytes;
use parking_lot::{Condvar, Mutex};
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::LazyLock;
use std::thread::available_parallelism;

/// An MD5 sum.
pub(crate) type Sum = [u8; 16];

/// Bytes of a block.
const BLOCK: usize = 64;

/// Contents that are summed side by side.
const LANES: usize = 2;

/// The constants of the steps (RFC 1321, 3.4): the whole part of 2^32 times the sine of the step's number.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // below 2^32, and positive
static SINES: LazyLock<[u32; 64]> = LazyLock::new(|| {
    let mut step = 0.0_f64;
    [(); 64].map(|()| {
        step += 1.0;
        (step.sin().abs() * 4_294_967_296.0) as u32
    })
});

/// The registers of `N` sums: A, B, C and D of each.
type Registers<const N: usize> = [[u32; N]; 4];

/// Adds a block to each of `N` sums.
#[inline]
fn add_blocks<const N: usize>(
    sums: &mut Registers<N>,
    blocks: [&[u8; BLOCK]; N],
    sines: &[u32; 64],
) {
    let mut words = [[0; N]; 16];
    for (lane, block) in blocks.iter().enumerate() {
        for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
            word[lane] = u32::from_le_bytes(*bytes);
        }
    }
    let [mut a, mut b, mut c, mut d] = *sums;
    macro_rules! step {
        ($mix:expr, $a:ident, $b:ident, $c:ident, $d:ident, $word:expr, $no:expr, $turn:expr) => {
            for lane in 0..N {
                let mixed: u32 = $mix($b[lane], $c[lane], $d[lane]);
                let sum = $a[lane].wrapping_add(mixed).wrapping_add(sines[$no]);
                let sum = sum.wrapping_add(words[$word % 16][lane]);
                $a[lane] = sum.rotate_left($turn).wrapping_add($b[lane]);
            }
        };
    }
    // Four steps of a round, from step `$no`. The round's words are `$by` apart, beginning at `$from`.
    macro_rules! steps {
        ($mix:expr, $no:expr, $by:expr, $from:expr, $turns:expr) => {
            step!($mix, a, b, c, d, $by * $no + $from, $no, $turns[0]);
            step!(
                $mix,
                d,
                a,
                b,
                c,
                $by * ($no + 1) + $from,
                $no + 1,
                $turns[1]
            );
            step!(
                $mix,
                c,
                d,
                a,
                b,
                $by * ($no + 2) + $from,
                $no + 2,
                $turns[2]
            );
            step!(
                $mix,
                b,
                c,
                d,
                a,
                $by * ($no + 3) + $from,
                $no + 3,
                $turns[3]
            );
        };
    }
    macro_rules! round {
        ($mix:expr, $no:expr, $by:expr, $from:expr, $turns:expr) => {
            steps!($mix, $no, $by, $from, $turns);
            steps!($mix, $no + 4, $by, $from, $turns);
            steps!($mix, $no + 8, $by, $from, $turns);
            steps!($mix, $no + 12, $by, $from, $turns);
        };
    }
    round!(
        |x: u32, y: u32, z: u32| z ^ (x & (y ^ z)),
        0,
        1,
        0,
        [7, 12, 17, 22]
    );
    round!(
        |x: u32, y: u32, z: u32| (x & z) + (y & !z),
        16,
        5,
        1,
        [5, 9, 14, 20]
    );
    round!(
        |x: u32, y: u32, z: u32| x ^ y ^ z,
        32,
        3,
        5,
        [4, 11, 16, 23]
    );
    round!(
        |x: u32, y: u32, z: u32| y ^ (x | !z),
        48,
        7,
        0,
        [6, 10, 15, 21]
    );
    for (sum, new) in sums.iter_mut().zip([a, b, c, d]) {
        for (sum, new) in sum.iter_mut().zip(new) {
            *sum = sum.wrapping_add(new);
        }
    }
}

/// The registers before the first block.
fn begin<const N: usize>() -> Registers<N> {
    [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476].map(|word| [word; N])
}

/// Adds a content from a block on, with the padding, and returns the sum.
fn finish(mut sums: Registers<1>, content: &[u8], done: usize) -> Sum {
    let (blocks, rest) = content.as_chunks::<BLOCK>();
    for block in blocks.get(done..).unwrap_or_default() {
        add_blocks(&mut sums, [block], &SINES);
    }
    // A one bit, zeros, and the number of bits.
    let mut end = rest.to_vec();
    end.push(0x80);
    let zeros = (BLOCK * 2 - 8 - end.len()) % BLOCK;
    end.resize(end.len() + zeros, 0);
    end.extend((content.len() as u64).wrapping_mul(8).to_le_bytes());
    for block in end.as_chunks().0 {
        add_blocks(&mut sums, [block], &SINES);
    }
    let mut sum = [0; 16];
    for (bytes, [word]) in sum.as_chunks_mut().0.iter_mut().zip(sums) {
        *bytes = word.to_le_bytes();
    }
    sum
}

/// Returns the sum of a content.
pub(super) fn sum(content: &[u8]) -> Sum {
    finish(begin(), content, 0)
}

/// Returns the sums of two contents.
fn sums(contents: [&[u8]; LANES]) -> [Sum; LANES] {
    let [one, two] = contents.map(|content| content.as_chunks::<BLOCK>().0);
    let mut sums = begin();
    for (one, two) in one.iter().zip(two) {
        add_blocks(&mut sums, [one, two], &SINES);
    }
    let done = one.len().min(two.len());
    std::array::from_fn(|lane| finish(sums.map(|word| [word[lane]]), contents[lane], done))
}

/// Computes the sums of several threads: contents that wait at the same time are summed side by side.
#[derive(Default)]
pub(super) struct SharedSums {
    queue: Mutex<SumQueue>,
    done: Condvar,
}

#[derive(Default)]
struct SumQueue {
    /// Number of contents so far.
    count: u64,
    waiting: Vec<(u64, Bytes)>,
    done: HashMap<u64, Sum>,
    /// Number of threads that compute.
    running: usize,
}

impl SharedSums {
    /// Returns the sum of a content. Threads wait if half of the cores compute sums, so contents find partners.
    pub(super) fn sum(&self, content: &Bytes) -> Sum {
        let cores = available_parallelism().map_or(1, NonZeroUsize::get);
        let mut queue = self.queue.lock();
        let own = queue.count;
        queue.count += 1;
        queue.waiting.push((own, content.clone()));
        loop {
            if let Some(sum) = queue.done.remove(&own) {
                return sum;
            }
            if queue.waiting.is_empty() || queue.running >= (cores / LANES).max(1) {
                self.done.wait(&mut queue);
                continue;
            }
            let count = queue.waiting.len().min(LANES);
            let taken: Vec<_> = queue.waiting.drain(..count).collect();
            queue.running += 1;
            drop(queue);
            let found = match taken.as_slice() {
                [(_, one), (_, two)] => sums([one, two]).to_vec(),
                taken => taken.iter().map(|(_, content)| sum(content)).collect(),
            };
            queue = self.queue.lock();
            queue.running -= 1;
            let numbers = taken.iter().map(|(number, _)| *number);
            queue.done.extend(numbers.zip(found));
            self.done.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use md5::{Digest, Md5};
    use proptest::prelude::*;
    use std::thread;

    proptest! {
        #[test]
        fn sums_are_those_of_the_crate(
            one in proptest::collection::vec(any::<u8>(), 0..300),
            two in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let expected = |content: &[u8]| -> Sum { Md5::digest(content).into() };
            prop_assert_eq!(sums([&one, &two]), [expected(&one), expected(&two)]);
            prop_assert_eq!(sum(&one), expected(&one));
        }
    }

    #[test]
    fn each_thread_gets_the_sum_of_its_own_content() {
        let shared = SharedSums::default();
        thread::scope(|scope| {
            for number in 0..16_u8 {
                let shared = &shared;
                scope.spawn(move || {
                    for length in 0..100 {
                        let content = Bytes::from(vec![number; length * 7]);
                        assert_eq!(shared.sum(&content), sum(&content));
                    }
                });
            }
        });
    }
}
