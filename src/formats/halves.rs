//! 16-bit floats of vectors, little-endian.

use half::{bf16, f16};

use super::schema::DataType;

/// Returns the function that reads the floats of a type of 16-bit float vectors.
pub(super) fn reader(data_type: &DataType) -> Option<fn([u8; 2]) -> f32> {
    match data_type {
        DataType::Float16Vector { .. } => Some(|half| f16::from_le_bytes(half).to_f32()),
        DataType::BFloat16Vector { .. } => Some(|half| bf16::from_le_bytes(half).to_f32()),
        _ => None,
    }
}

/// Rounds a float to 16 bits. Returns `None` if the float is out of range.
type Rounding = fn(f32) -> Option<[u8; 2]>;

/// Returns the function that rounds to the floats of a type of 16-bit float vectors.
pub(super) fn writer(data_type: &DataType) -> Option<Rounding> {
    match data_type {
        DataType::Float16Vector { .. } => Some(|float| {
            let half = f16::from_f32(float);
            half.is_finite().then(|| half.to_le_bytes())
        }),
        DataType::BFloat16Vector { .. } => Some(|float| {
            let half = bf16::from_f32(float);
            half.is_finite().then(|| half.to_le_bytes())
        }),
        _ => None,
    }
}

/// Returns the exponent bits of a type of 16-bit float vectors. In an infinite value or `NaN`, all are set.
pub(super) fn exponent(data_type: &DataType) -> Option<u16> {
    match data_type {
        DataType::Float16Vector { .. } => Some(0x7c00),
        DataType::BFloat16Vector { .. } => Some(0x7f80),
        _ => None,
    }
}

/// Returns the position of the first value of a 16-bit float vector that isn't finite.
pub(super) fn not_finite(data_type: &DataType, bytes: &[u8]) -> Option<usize> {
    let exponent = exponent(data_type)?;
    let mut halves = bytes.as_chunks::<2>().0.iter();
    halves.position(|half| u16::from_le_bytes(*half) & exponent == exponent)
}
