//! Names and groups of data types.

use std::fmt;

use super::DataType;

impl DataType {
    /// Returns the REST API's name of the type, without parameters: `VarChar`, `FloatVector` …
    pub(crate) const fn name(&self) -> &'static str {
        self.into_str()
    }

    /// Returns the dimension of a dense vector type: the number of floats, of bytes, or of bits for binary vectors.
    pub(crate) const fn dim(&self) -> Option<usize> {
        match self {
            Self::FloatVector { dim }
            | Self::BinaryVector { dim }
            | Self::Float16Vector { dim }
            | Self::BFloat16Vector { dim }
            | Self::Int8Vector { dim } => Some(*dim),
            _ => None,
        }
    }

    /// Returns true for types whose values are strings in files of every format.
    pub(crate) const fn is_text(&self) -> bool {
        matches!(
            self,
            Self::VarChar { .. } | Self::Text | Self::Geometry | Self::Timestamptz { .. }
        )
    }

    /// Returns true for integer types.
    pub(crate) const fn is_integer(&self) -> bool {
        matches!(self, Self::Int8 | Self::Int16 | Self::Int32 | Self::Int64)
    }

    /// Returns true for booleans, numbers and strings.
    pub(crate) const fn is_scalar(&self) -> bool {
        self.is_integer()
            || matches!(
                self,
                Self::Bool | Self::Float | Self::Double | Self::VarChar { .. }
            )
    }

    /// Returns true for vector types, dense and sparse.
    pub(crate) const fn is_vector(&self) -> bool {
        self.dim().is_some() || matches!(self, Self::SparseFloatVector)
    }
}

/// Type name for messages: `FloatVector(384)`, `VarChar(64)`, `Array(Int32, 16)`.
impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::VarChar { max_length } => write!(f, "({max_length})"),
            Self::Array {
                element,
                max_capacity,
            } => write!(f, "({element}, {max_capacity})"),
            Self::ArrayOfStruct {
                fields,
                max_capacity,
            } => {
                f.write_str("(")?;
                for field in fields {
                    write!(f, "{}: {}, ", field.name, field.element)?;
                }
                write!(f, "{max_capacity})")
            }
            _ => self.dim().map_or(Ok(()), |dim| write!(f, "({dim})")),
        }
    }
}
