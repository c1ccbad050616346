//! Metrics and the loops that compute them.
//!
//! The loops process chunks of fixed length, with a separate sum for each place, so the compiler can use vector
//! instructions. A single running sum couldn't be split without changing its rounding.

use crate::formats::DataType;

/// Elements that a loop processes at once.
const LANES: usize = 16;

/// A measure for the distance of two vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(const_into_str, ascii_case_insensitive, serialize_all = "UPPERCASE")]
pub(crate) enum Metric {
    /// The squared Euclidean distance.
    L2,
    /// The inner product.
    Ip,
    /// The cosine of the angle.
    Cosine,
    /// The number of different bits.
    Hamming,
    /// The share of different bits among those that are set in either vector.
    Jaccard,
}

impl Metric {
    /// Returns the metric's name in requests and answers.
    pub(crate) const fn name(self) -> &'static str {
        self.into_str()
    }

    /// Returns whether the metric can compare vectors of this type (Milvus: `indexparamcheck/constraints.go`).
    pub(crate) fn suits(self, data_type: &DataType) -> bool {
        match data_type {
            DataType::BinaryVector { .. } => matches!(self, Self::Hamming | Self::Jaccard),
            DataType::SparseFloatVector => self == Self::Ip,
            _ => matches!(self, Self::L2 | Self::Ip | Self::Cosine),
        }
    }

    /// Converts a distance to a rank, which is smaller for a closer vector, or a rank to a distance.
    pub(crate) fn converted(self, value: f32) -> f32 {
        if self.is_similarity() { -value } else { value }
    }

    /// Returns true if a larger value means a closer vector.
    pub(crate) const fn is_similarity(self) -> bool {
        matches!(self, Self::Ip | Self::Cosine)
    }
}

/// The distances that a search accepts: all, or those of a range search.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DistanceRange {
    /// The rank of the first distance that is too far.
    radius: Option<f32>,
    /// The rank of the closest accepted distance.
    closest: Option<f32>,
}

impl DistanceRange {
    /// Returns the range of `radius` and `range_filter`, or the problem with them as a message (Milvus:
    /// `CheckRangeSearchParam`, and `parseSearchInfo` in the proxy).
    pub(crate) fn new(
        metric: Metric,
        radius: Option<f32>,
        range_filter: Option<f32>,
    ) -> Result<Self, String> {
        match (radius, range_filter) {
            (None, Some(_)) => Err("range_filter requires radius to be set; range_filter alone is not a valid range search parameter".to_owned()),
            (Some(radius), Some(closest)) if metric.converted(closest) >= metric.converted(radius) => {
                let word = if metric.is_similarity() { "greater" } else { "less" };
                let metric = metric.name();
                Err(format!(
                    "metric type ({metric}), range_filter({closest}) must be {word} than radius({radius})"
                ))
            }
            _ => Ok(Self {
                radius: radius.map(|radius| metric.converted(radius)),
                closest: range_filter.map(|closest| metric.converted(closest)),
            }),
        }
    }

    /// Returns whether the distance of a rank is in the range, which excludes the radius and includes the range filter.
    pub(crate) fn has(&self, rank: f32) -> bool {
        self.radius.is_none_or(|radius| rank < radius)
            && self.closest.is_none_or(|closest| rank >= closest)
    }
}

/// Returns the inner product of two vectors of equal length.
pub(crate) fn dot(one: &[f32], other: &[f32]) -> f32 {
    sum(one, other, |x, y| x * y)
}

/// Returns the squared Euclidean distance of two vectors of equal length.
pub(crate) fn square_distance(one: &[f32], other: &[f32]) -> f32 {
    sum(one, other, |x, y| (x - y) * (x - y))
}

fn sum(one: &[f32], other: &[f32], term: impl Fn(f32, f32) -> f32) -> f32 {
    let (chunks, rest) = one.as_chunks::<LANES>();
    let (other_chunks, other_rest) = other.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (x, y) in chunks.iter().zip(other_chunks) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += term(*x, *y);
        }
    }
    let rest = rest.iter().zip(other_rest).map(|(x, y)| term(*x, *y));
    sums.iter().sum::<f32>() + rest.sum::<f32>()
}

/// Returns the cosine of the angle between two vectors, from their inner product and each vector's product with itself;
/// 0 if a vector has length 0.
///
/// Calculates in f64, so that a vector's cosine with itself is exactly 1.
pub(crate) fn cosine(dot: f32, square: f32, other_square: f32) -> f32 {
    let lengths = f64::from(square).sqrt() * f64::from(other_square).sqrt();
    if lengths == 0.0 {
        return 0.0;
    }
    #[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
    let cosine = (f64::from(dot) / lengths) as f32;
    cosine
}

/// Returns the number of different bits.
pub(crate) fn hamming(one: &[u8], other: &[u8]) -> f32 {
    count_bits(one, other, |x, y| x ^ y) as f32
}

/// Returns the share of different bits among those that are set in either vector; 1 if none is set, as in faiss
/// (`JaccardComputer` in `binary_distances`).
pub(crate) fn jaccard(one: &[u8], other: &[u8]) -> f32 {
    let either = count_bits(one, other, |x, y| x | y);
    if either == 0 {
        return 1.0;
    }
    let both = count_bits(one, other, |x, y| x & y);
    (either - both) as f32 / either as f32
}

fn count_bits(one: &[u8], other: &[u8], combine: impl Fn(u64, u64) -> u64) -> u32 {
    let (words, rest) = one.as_chunks::<8>();
    let (other_words, other_rest) = other.as_chunks::<8>();
    let words = words.iter().zip(other_words);
    let words =
        words.map(|(x, y)| combine(u64::from_le_bytes(*x), u64::from_le_bytes(*y)).count_ones());
    let rest = rest.iter().zip(other_rest);
    let rest = rest.map(|(x, y)| combine(u64::from(*x), u64::from(*y)).count_ones());
    words.sum::<u32>() + rest.sum::<u32>()
}

/// Returns the inner product of two sparse vectors, given as pairs of index and value by ascending index.
pub(crate) fn sparse_dot(one: &[(u32, f32)], mut other: impl Iterator<Item = (u32, f32)>) -> f32 {
    let mut sum = 0.0;
    let mut next = other.next();
    for (index, value) in one {
        while let Some((found, weight)) = next {
            if found > *index {
                break;
            }
            if found == *index {
                sum += value * weight;
            }
            next = other.next();
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Small whole numbers: their sums are exact in any order.
    fn floats(length: usize, step: usize) -> Vec<f32> {
        let value = |at: usize| u8::try_from(at * step % 17).unwrap();
        (0..length).map(|at| f32::from(value(at)) - 8.0).collect()
    }

    #[test]
    fn sums_include_all_elements_at_any_length() {
        for length in 0..70 {
            let (one, other) = (floats(length, 5), floats(length, 7));
            let pairs = || one.iter().zip(&other);
            let product: f32 = pairs().map(|(x, y)| x * y).sum();
            let square: f32 = pairs().map(|(x, y)| (x - y).powi(2)).sum();
            assert!(
                (dot(&one, &other) - product).abs() < f32::EPSILON,
                "{length}"
            );
            let found = square_distance(&one, &other);
            assert!((found - square).abs() < f32::EPSILON, "{length}");
        }
    }

    #[test]
    fn counts_include_all_bits_at_any_length() {
        for length in 0..20_u8 {
            let one: Vec<u8> = (0..length).map(|at| at.wrapping_mul(37)).collect();
            let other: Vec<u8> = (0..length).map(|at| at.wrapping_mul(91)).collect();
            let count = |combine: fn(u8, u8) -> u8| -> u32 {
                let pairs = one.iter().zip(&other);
                pairs.map(|(x, y)| combine(*x, *y).count_ones()).sum()
            };
            let (different, either) = (count(|x, y| x ^ y), count(|x, y| x | y));
            assert_eq!(
                hamming(&one, &other).to_bits(),
                (different as f32).to_bits()
            );
            let share = if either == 0 {
                1.0
            } else {
                different as f32 / either as f32
            };
            assert_eq!(jaccard(&one, &other).to_bits(), share.to_bits(), "{length}");
        }
    }

    #[test]
    fn sparse_products_use_the_common_indices() {
        let one = [(1, 2.0), (5, 3.0), (9, 4.0)];
        let product = |other: &[(u32, f32)]| sparse_dot(&one, other.iter().copied());
        for (other, expected) in [
            (&[][..], 0.0),
            (&[(0, 1.0), (2, 1.0), (10, 1.0)], 0.0),
            (&[(1, 10.0)], 20.0),
            (&[(9, 10.0)], 40.0),
            (
                &[(1, 1.0), (2, 1.0), (5, 1.0), (9, 1.0), (u32::MAX, 1.0)],
                9.0,
            ),
        ] {
            assert_eq!(
                product(other).to_bits(),
                f32::to_bits(expected),
                "{other:?}"
            );
        }
    }

    #[test]
    fn cosine_is_1_with_itself_and_0_with_a_zero_vector() {
        let vector = [0.1, 0.7, 0.3];
        let square = dot(&vector, &vector);
        assert_eq!(cosine(square, square, square).to_bits(), 1_f32.to_bits());
        assert_eq!(cosine(0.0, square, 0.0).to_bits(), 0_f32.to_bits());
    }
}
