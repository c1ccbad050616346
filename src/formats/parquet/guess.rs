//! The field type that fits a Parquet column.

use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;

use super::arrow::ArrowType;
use super::{footer, guard, rules};
use crate::formats::ReadError;
use crate::formats::guess::GuessedColumn;
use crate::formats::schema::DataType;
use crate::stores::read_at::ReadAt;

/// Returns the columns of a file and the number of rows, from the footer. The length of a list is the number of its
/// values by the number of rows.
pub(in crate::formats) fn guess(file: &dyn ReadAt) -> Result<(Vec<GuessedColumn>, u64), ReadError> {
    let metadata = guard(|| footer::read(file))?;
    let schema = metadata.file_metadata().schema_descr();
    let roots = schema.root_schema().get_fields().iter().enumerate();
    let column = |(place, root): (usize, &std::sync::Arc<parquet::schema::types::Type>)| {
        let leaf =
            (0..schema.num_columns()).find(|leaf| schema.get_column_root_idx(*leaf) == place);
        let (values, nulls) = leaf.map_or((None, false), |leaf| counts(&metadata, leaf));
        let own = ArrowType::of(root);
        GuessedColumn {
            name: root.name().to_owned(),
            data_type: data_type(&own, values),
            nullable: nulls && !matches!(own, ArrowType::List(_)),
            of: own.to_string(),
        }
    };
    let rows = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(0);
    Ok((roots.map(column).collect(), rows))
}

/// Returns the number of row groups of a file.
pub(in crate::formats) fn row_groups(file: &dyn ReadAt) -> Result<u64, ReadError> {
    let metadata = guard(|| footer::read(file))?;
    Ok(metadata.num_row_groups() as u64)
}

/// Returns the number of values a row of a leaf, if all rows can have that number, and whether there are nulls.
fn counts(metadata: &ParquetMetaData, leaf: usize) -> (Option<usize>, bool) {
    let (mut values, mut rows, mut nulls) = (0_i64, 0_i64, false);
    for group in metadata.row_groups() {
        let Some(chunk) = group.columns().get(leaf) else {
            continue;
        };
        values = values.saturating_add(chunk.num_values());
        rows = rows.saturating_add(group.num_rows());
        let count = chunk.statistics().and_then(Statistics::null_count_opt);
        nulls |= count.is_some_and(|count| count > 0);
    }
    let even = rows > 0 && values % rows == 0;
    let each = even.then(|| usize::try_from(values / rows).ok()).flatten();
    (each, nulls)
}

fn data_type(column: &ArrowType, values: Option<usize>) -> Option<DataType> {
    let array = |element: DataType| DataType::Array {
        element: Box::new(element),
        max_capacity: 0,
    };
    Some(match column {
        ArrowType::Bool => DataType::Bool,
        ArrowType::Int(8) => DataType::Int8,
        ArrowType::Int(16) => DataType::Int16,
        ArrowType::Int(32) => DataType::Int32,
        ArrowType::Int(_) => DataType::Int64,
        ArrowType::Float => DataType::Float,
        ArrowType::Double => DataType::Double,
        ArrowType::Text | ArrowType::LargeText => DataType::VarChar { max_length: 0 },
        ArrowType::Dictionary(values) => return data_type(values, None),
        ArrowType::FixedList(size, element) => {
            return data_type(&ArrowType::List(element.clone()), Some(*size));
        }
        ArrowType::List(element) => match (element.as_ref(), values) {
            (ArrowType::Float | ArrowType::Double, Some(dim)) if dim > 1 => {
                DataType::FloatVector { dim }
            }
            (ArrowType::Unsigned(8), Some(bytes)) => DataType::BinaryVector {
                dim: bytes.checked_mul(8)?,
            },
            (ArrowType::Int(8), Some(dim)) if dim > 1 => DataType::Int8Vector { dim },
            (element, _) => match data_type(element, None)? {
                scalar if scalar.is_scalar() => array(scalar),
                _ => return None,
            },
        },
        column if rules::is_sparse(column) => DataType::SparseFloatVector,
        _ => return None,
    })
}
