//! The vectors of a search, and their comparison with a segment's vectors.

use super::metric::{self, Metric};
use crate::formats::column::VectorView;
use crate::formats::{Column, DataType, DecodeError};
use half::f16;
use half::slice::{HalfBitsSliceExt as _, HalfFloatSliceExt as _};
use std::ops::Range;

/// Bytes of search vectors to compare with one row after the other, so that they stay in the processor's cache.
const BLOCK: usize = 256 << 10;

/// The vectors to search for.
#[derive(Debug)]
pub(crate) enum SearchVectors {
    /// Vectors of floats, and the type of the field, which may have another element type.
    Dense(DataType, Vec<DenseVector>),
    /// Vectors of bits.
    Binary(Vec<Vec<u8>>),
    /// Vectors of index-value pairs by ascending index.
    Sparse(Vec<Vec<(u32, f32)>>),
}

/// One vector of floats.
#[derive(Debug)]
pub(crate) struct DenseVector {
    values: Vec<f32>,
    /// Inner product of the vector with itself.
    square: f32,
}

impl SearchVectors {
    /// Returns the vectors of a column without nulls.
    pub(crate) fn new(column: &Column) -> Result<Self, DecodeError> {
        let bytes = column.encode();
        let view = VectorView::new(column.data_type(), column.len(), &bytes)?;
        let all = (0..column.len()).filter_map(|row| view.get(row));
        Ok(match column.data_type() {
            DataType::BinaryVector { .. } => Self::Binary(all.map(<[u8]>::to_vec).collect()),
            DataType::SparseFloatVector => {
                Self::Sparse(all.map(|row| pairs(row).collect()).collect())
            }
            data_type => {
                let mut scratch = vec![0.0; data_type.dim().unwrap_or(0)];
                let vectors = all.map(|bytes| {
                    let values = floats(data_type, bytes, &mut scratch).to_vec();
                    let square = metric::dot(&values, &values);
                    DenseVector { values, square }
                });
                Self::Dense(data_type.clone(), vectors.collect())
            }
        })
    }

    /// Returns the number of vectors.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Dense(_, vectors) => vectors.len(),
            Self::Binary(vectors) => vectors.len(),
            Self::Sparse(vectors) => vectors.len(),
        }
    }

    /// Returns the ranges of vectors that are compared together.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let bytes = match self {
            Self::Dense(_, vectors) => vectors.first().map_or(0, |it| it.values.len() * 4),
            Self::Binary(vectors) => vectors.first().map_or(0, Vec::len),
            Self::Sparse(vectors) => vectors.iter().map(Vec::len).max().unwrap_or(0) * 8,
        };
        let (count, step) = (self.len(), (BLOCK / bytes.max(1)).max(1));
        (0..count)
            .step_by(step)
            .map(move |first| first..first.saturating_add(step).min(count))
    }

    /// Compares each vector of the block with each row that isn't null, and passes the vector's number, the row and
    /// their distance to `take`.
    pub(crate) fn compare(
        &self,
        block: Range<usize>,
        metric: Metric,
        (view, rows): (&VectorView<'_>, &[usize]),
        mut take: impl FnMut(usize, usize, f32),
    ) {
        let rows = rows.iter().filter_map(|row| Some((*row, view.get(*row)?)));
        match self {
            Self::Dense(data_type, vectors) => {
                let dim = vectors.first().map_or(0, |vector| vector.values.len());
                let mut scratch = vec![0.0; dim];
                for (row, bytes) in rows {
                    let values = floats(data_type, bytes, &mut scratch);
                    let square = match metric {
                        Metric::Cosine => metric::dot(values, values),
                        _ => 0.0,
                    };
                    for (number, vector) in numbered(vectors, &block) {
                        take(number, row, vector.compare(metric, values, square));
                    }
                }
            }
            Self::Binary(vectors) => {
                let compare = match metric {
                    Metric::Jaccard => metric::jaccard,
                    _ => metric::hamming,
                };
                for (row, bytes) in rows {
                    for (number, vector) in numbered(vectors, &block) {
                        take(number, row, compare(vector, bytes));
                    }
                }
            }
            Self::Sparse(vectors) => {
                for (row, bytes) in rows {
                    for (number, vector) in numbered(vectors, &block) {
                        // Rows without a common index aren't found (knowhere: `BruteForce::SearchSparseWithBuf`).
                        let product = metric::sparse_dot(vector, pairs(bytes));
                        if product > 0.0 {
                            take(number, row, product);
                        }
                    }
                }
            }
        }
    }
}

/// Returns the vectors of a block with their numbers.
fn numbered<'v, T>(vectors: &'v [T], block: &Range<usize>) -> impl Iterator<Item = (usize, &'v T)> {
    let within = vectors.get(block.clone()).unwrap_or_default();
    block.clone().zip(within)
}

impl DenseVector {
    /// Returns the distance from a vector; `square` is the vector's inner product with itself, if the metric needs it.
    fn compare(&self, metric: Metric, values: &[f32], square: f32) -> f32 {
        match metric {
            Metric::Ip => metric::dot(&self.values, values),
            Metric::Cosine => {
                metric::cosine(metric::dot(&self.values, values), self.square, square)
            }
            _ => metric::square_distance(&self.values, values),
        }
    }
}

/// Returns the elements of a stored vector as floats: in place, or copied to `scratch`, which is as long as the
/// vector.
fn floats<'s>(data_type: &DataType, bytes: &'s [u8], scratch: &'s mut [f32]) -> &'s [f32] {
    match data_type {
        DataType::Float16Vector { .. } => match bytemuck::try_cast_slice::<u8, u16>(bytes) {
            Ok(halves) if halves.len() == scratch.len() => {
                let halves = halves.reinterpret_cast::<f16>();
                halves.convert_to_f32_slice(scratch);
            }
            _ => {
                for (value, bytes) in scratch.iter_mut().zip(bytes.as_chunks().0) {
                    *value = f16::from_le_bytes(*bytes).to_f32();
                }
            }
        },
        // A `BFloat16` is the upper half of an f32.
        DataType::BFloat16Vector { .. } => {
            for (value, bytes) in scratch.iter_mut().zip(bytes.as_chunks().0) {
                *value = f32::from_bits(u32::from(u16::from_le_bytes(*bytes)) << 16);
            }
        }
        DataType::Int8Vector { .. } => {
            for (value, byte) in scratch.iter_mut().zip(bytes) {
                *value = f32::from(byte.cast_signed());
            }
        }
        _ => {
            // A column's bytes start at an allocation, which is aligned for numbers of any size.
            if let Ok(values) = bytemuck::try_cast_slice(bytes) {
                return values;
            }
            for (value, bytes) in scratch.iter_mut().zip(bytes.as_chunks().0) {
                *value = f32::from_le_bytes(*bytes);
            }
        }
    }
    scratch
}

/// Returns the pairs of a stored sparse vector.
fn pairs(bytes: &[u8]) -> impl Iterator<Item = (u32, f32)> {
    let pairs = bytes.as_chunks::<8>().0.iter();
    pairs.map(|[i0, i1, i2, i3, v0, v1, v2, v3]| {
        (
            u32::from_le_bytes([*i0, *i1, *i2, *i3]),
            f32::from_le_bytes([*v0, *v1, *v2, *v3]),
        )
    })
}
