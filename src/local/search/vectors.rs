//! The vectors of a search, and comparing them with a segment's.

use super::metric::{self, Metric};
use crate::formats::column::VectorView;
use crate::formats::{Column, DataType, DecodeError};
use half::f16;
use half::slice::{HalfBitsSliceExt as _, HalfFloatSliceExt as _};
use std::ops::Range;

/// Bytes of search vectors that are compared with one row after the other: they stay in the processor's cache.
const BLOCK: usize = 256 << 10;

/// The vectors that a search looks for.
#[derive(Debug)]
pub(super) enum SearchVectors {
    /// Of floats, whatever the field's elements are.
    Dense {
        elements: Elements,
        vectors: Vec<DenseVector>,
    },
    /// Of bits.
    Binary(Vec<Vec<u8>>),
    /// Of pairs, by ascending index.
    Sparse(Vec<Vec<(u32, f32)>>),
}

/// How a dense vector's elements are stored.
#[derive(Clone, Copy, Debug)]
pub(super) enum Elements {
    Float,
    Float16,
    BFloat16,
    Int8,
}

/// One vector of floats.
#[derive(Debug)]
pub(super) struct DenseVector {
    values: Vec<f32>,
    /// The inner product with itself.
    square: f32,
}

impl SearchVectors {
    /// Returns the vectors of a column without nulls.
    pub(super) fn new(column: &Column) -> Result<Self, DecodeError> {
        let bytes = column.encode();
        let view = VectorView::new(column.data_type(), column.len(), &bytes)?;
        let all = (0..column.len()).filter_map(|row| view.get(row));
        let elements = match column.data_type() {
            DataType::BinaryVector { .. } => {
                return Ok(Self::Binary(all.map(<[u8]>::to_vec).collect()));
            }
            DataType::SparseFloatVector => {
                return Ok(Self::Sparse(all.map(|row| pairs(row).collect()).collect()));
            }
            DataType::Float16Vector { .. } => Elements::Float16,
            DataType::BFloat16Vector { .. } => Elements::BFloat16,
            DataType::Int8Vector { .. } => Elements::Int8,
            _ => Elements::Float,
        };
        let dim = column.data_type().dim().unwrap_or(0);
        let mut scratch = vec![0.0; dim];
        let vectors = all.map(|bytes| {
            let values = elements.read(bytes, &mut scratch).to_vec();
            let square = metric::dot(&values, &values);
            DenseVector { values, square }
        });
        Ok(Self::Dense {
            elements,
            vectors: vectors.collect(),
        })
    }

    /// The number of vectors.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Dense { vectors, .. } => vectors.len(),
            Self::Binary(vectors) => vectors.len(),
            Self::Sparse(vectors) => vectors.len(),
        }
    }

    /// The ranges of vectors that are compared together.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let bytes = match self {
            Self::Dense { vectors, .. } => vectors.first().map_or(0, |it| it.values.len() * 4),
            Self::Binary(vectors) => vectors.first().map_or(0, Vec::len),
            Self::Sparse(vectors) => vectors.iter().map(Vec::len).max().unwrap_or(0) * 8,
        };
        let (count, step) = (self.len(), (BLOCK / bytes.max(1)).max(1));
        (0..count)
            .step_by(step)
            .map(move |first| first..first.saturating_add(step).min(count))
    }

    /// Passes to `take` the number of a vector, a row that isn't null, and their distance: each vector of the block with
    /// each of the rows.
    pub(super) fn compare(
        &self,
        block: Range<usize>,
        metric: Metric,
        (view, rows): (&VectorView<'_>, &[usize]),
        mut take: impl FnMut(usize, usize, f32),
    ) {
        let rows = rows.iter().filter_map(|row| Some((*row, view.get(*row)?)));
        match self {
            Self::Dense { elements, vectors } => {
                let dim = vectors.first().map_or(0, |vector| vector.values.len());
                let mut scratch = vec![0.0; dim];
                for (row, bytes) in rows {
                    let values = elements.read(bytes, &mut scratch);
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

/// The vectors of a block with their numbers.
fn numbered<'v, T>(vectors: &'v [T], block: &Range<usize>) -> impl Iterator<Item = (usize, &'v T)> {
    let within = vectors.get(block.clone()).unwrap_or_default();
    block.clone().zip(within)
}

impl DenseVector {
    /// The distance from a vector whose inner product with itself is `square`, if the metric needs that.
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

impl Elements {
    /// The elements of a stored vector as floats: in place, or in `scratch`, which is as long as the vector.
    fn read<'s>(self, bytes: &'s [u8], scratch: &'s mut [f32]) -> &'s [f32] {
        match self {
            Self::Float => {
                // A column's bytes begin where memory was allocated, which suits numbers of any size.
                if let Ok(values) = bytemuck::try_cast_slice(bytes) {
                    return values;
                }
                for (value, bytes) in scratch.iter_mut().zip(bytes.as_chunks().0) {
                    *value = f32::from_le_bytes(*bytes);
                }
            }
            Self::Float16 => match bytemuck::try_cast_slice::<u8, u16>(bytes) {
                Ok(halves) if halves.len() == scratch.len() => {
                    halves
                        .reinterpret_cast::<f16>()
                        .convert_to_f32_slice(scratch);
                }
                _ => {
                    for (value, bytes) in scratch.iter_mut().zip(bytes.as_chunks().0) {
                        *value = f16::from_le_bytes(*bytes).to_f32();
                    }
                }
            },
            // The upper half of an f32.
            Self::BFloat16 => {
                for (value, bytes) in scratch.iter_mut().zip(bytes.as_chunks().0) {
                    *value = f32::from_bits(u32::from(u16::from_le_bytes(*bytes)) << 16);
                }
            }
            Self::Int8 => {
                for (value, byte) in scratch.iter_mut().zip(bytes) {
                    *value = f32::from(byte.cast_signed());
                }
            }
        }
        scratch
    }
}

/// The pairs of a stored sparse vector.
fn pairs(bytes: &[u8]) -> impl Iterator<Item = (u32, f32)> {
    let pairs = bytes.as_chunks::<8>().0.iter();
    pairs.map(|[i0, i1, i2, i3, v0, v1, v2, v3]| {
        (
            u32::from_le_bytes([*i0, *i1, *i2, *i3]),
            f32::from_le_bytes([*v0, *v1, *v2, *v3]),
        )
    })
}
