//! Struct arrays: a column `list<struct<…>>` whose members are the sub-fields, by name and in any order.
//!
//! Milvus (importutilv2/parquet, `CreateFieldReaders` and `StructFieldReader`) accepts no other members. Scalars must
//! have exactly the sub-field's type. Vectors are lists of float or double, of uint8 (binary and 16-bit vectors), or of
//! int8.

use half::{bf16, f16};
use parquet::basic::{ConvertedType, LogicalType};
use parquet::schema::types::{ColumnDescriptor, Type};

use super::arrow::ArrowType;
use super::leaf::Leaf;
use super::values::{LeafValues, write_list};
use crate::formats::columnar::sink::Sink;
use crate::formats::native;
use crate::formats::schema::{DataType, StructField};

/// Assignment of a column's leaves to the sub-fields of a struct array.
pub(super) struct StructMembers {
    /// Name, as JSON text, and type of the member for each leaf.
    named: Vec<(String, DataType)>,
}

impl StructMembers {
    /// Matches a column's leaves with the sub-fields. The error describes the column if it doesn't fit.
    pub(super) fn new(
        root: &Type,
        leaves: &[&ColumnDescriptor],
        fields: &[StructField],
    ) -> Result<Self, String> {
        let (object, depth) = object(root).ok_or("no list of structs")?;
        let names: Vec<&str> = object
            .get_fields()
            .iter()
            .map(|member| member.name())
            .collect();
        let listed = || format!("a list of structs of {}", names.join(", "));
        let known = |name: &&str| fields.iter().any(|field| field.name == **name);
        if names.len() != fields.len() || !names.iter().all(known) {
            return Err(listed());
        }
        let mut named = Vec::new();
        for leaf in leaves {
            let name = leaf.path().parts().get(depth);
            let field = fields.iter().find(|field| Some(&field.name) == name);
            let Some(field) = field else {
                return Err(listed());
            };
            if !fits(&field.element, leaf) {
                let list = if leaf.max_rep_level() > 1 {
                    "list of "
                } else {
                    ""
                };
                return Err(format!(
                    "a list of structs whose {:?} is a {list}{}",
                    field.name,
                    ArrowType::of_value(leaf.self_type())
                ));
            }
            let name = serde_json::Value::from(field.name.as_str()).to_string();
            named.push((name, field.element.clone()));
        }
        if named.len() == fields.len() {
            return Ok(Self { named });
        }
        Err(listed())
    }

    /// Returns the size in bytes of the name that each value of a leaf has in JSON text.
    pub(super) fn name_bytes(&self, leaf: usize) -> usize {
        self.named.get(leaf).map_or(0, |(name, _)| name.len() + 3)
    }

    /// Appends the next rows of the leaves.
    pub(super) fn append(
        &self,
        leaves: &[Leaf],
        rows: usize,
        json: &mut String,
        sink: &mut Sink<'_>,
    ) {
        let mut columns: Vec<_> = leaves.iter().map(|leaf| leaf.lists(rows)).collect();
        for _ in 0..rows {
            let lists: Option<Vec<_>> = columns.iter_mut().map(Iterator::next).collect();
            let Some(lists) = lists else {
                return;
            };
            let items: Option<Vec<_>> = lists.iter().map(|list| list.items.as_ref()).collect();
            let Some(items) = items else {
                sink.null();
                continue;
            };
            json.clear();
            json.push('[');
            let count = items.iter().map(|items| items.len()).max().unwrap_or(0);
            let mut hole = false;
            for at in 0..count {
                json.push_str(if at == 0 { "{" } else { ",{" });
                for (number, ((name, data_type), (items, leaf))) in
                    self.named.iter().zip(items.iter().zip(leaves)).enumerate()
                {
                    if number > 0 {
                        json.push(',');
                    }
                    json.push_str(name);
                    json.push(':');
                    match items.get(at).filter(|item| !item.hole) {
                        Some(item) => write(json, data_type, &leaf.values, item.values.clone()),
                        None => hole = true,
                    }
                }
                json.push('}');
            }
            json.push(']');
            if hole {
                sink.push(|_| Err("a list with a null in it".into()));
            } else {
                sink.push(|column| native::push_json(column, json));
            }
        }
    }
}

/// Returns the struct inside a list column, and the position of member names in the paths of leaves.
fn object(root: &Type) -> Option<(&Type, usize)> {
    let info = root.get_basic_info();
    let is_list = info.converted_type() == ConvertedType::LIST
        || matches!(info.logical_type_ref(), Some(LogicalType::List));
    let [repeated] = children(root)? else {
        return None;
    };
    let item = match children(repeated)? {
        [item] if item.is_group() => (item.as_ref(), 3),
        // Old writers leave out one level.
        _ => (repeated.as_ref(), 2),
    };
    is_list.then_some(item)
}

fn children(node: &Type) -> Option<&[parquet::schema::types::TypePtr]> {
    node.is_group().then(|| node.get_fields())
}

/// Returns true if a leaf may hold the values of a sub-field.
fn fits(element: &DataType, leaf: &ColumnDescriptor) -> bool {
    let found = ArrowType::of_value(leaf.self_type());
    let (depth, fits) = match element {
        DataType::Bool => (1, found == ArrowType::Bool),
        DataType::Int8 => (1, found == ArrowType::Int(8)),
        DataType::Int16 => (1, found == ArrowType::Int(16)),
        DataType::Int32 => (1, found == ArrowType::Int(32)),
        DataType::Int64 => (1, found == ArrowType::Int(64)),
        DataType::Float => (1, found == ArrowType::Float),
        DataType::Double => (1, found == ArrowType::Double),
        DataType::VarChar { .. } => (1, found == ArrowType::Text),
        DataType::FloatVector { .. } => (2, matches!(found, ArrowType::Float | ArrowType::Double)),
        DataType::Int8Vector { .. } => (2, found == ArrowType::Int(8)),
        _ => (2, found == ArrowType::Unsigned(8)),
    };
    fits && leaf.max_rep_level() == depth
}

/// Writes one value of a sub-field as JSON.
fn write(
    json: &mut String,
    data_type: &DataType,
    values: &LeafValues,
    range: std::ops::Range<usize>,
) {
    let begin = json.len();
    let halves = |read: fn([u8; 2]) -> f32| match values {
        LeafValues::Int32(values) => pairs(values.get(range.clone()).unwrap_or_default())
            .map(read)
            .collect(),
        _ => Vec::new(),
    };
    match data_type {
        DataType::Float16Vector { .. } => {
            write_floats(json, halves(|half| f16::from_le_bytes(half).to_f32()));
        }
        DataType::BFloat16Vector { .. } => {
            write_floats(json, halves(|half| bf16::from_le_bytes(half).to_f32()));
        }
        _ => write_list(json, values, range),
    }
    if !data_type.is_vector() {
        // The list has a single element, so the text between the brackets is the value.
        json.pop();
        json.remove(begin);
    }
}

fn write_floats(json: &mut String, floats: Vec<f32>) {
    let range = 0..floats.len();
    write_list(json, &LeafValues::Float(floats), range);
}

/// Returns pairs of bytes from bytes stored as integers. A single byte at the end is dropped, which makes the dimension
/// wrong, so the vector is refused.
fn pairs(values: &[i32]) -> impl Iterator<Item = [u8; 2]> + '_ {
    let pairs = values.as_chunks::<2>().0.iter();
    pairs.map(|[low, high]| [low.to_le_bytes()[0], high.to_le_bytes()[0]])
}
