//! Struct arrays: a column `list<struct<…>>` whose members are the sub-fields, by name and in any order.
//!
//! Milvus (importutilv2/parquet, `CreateFieldReaders` and `StructFieldReader`) accepts no other members. Scalars must
//! have exactly the sub-field's type. Vectors are lists of float or double, of uint8 (binary and 16-bit vectors), or of
//! int8.

use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor, Type};

use super::arrow::{self, ArrowType};
use super::leaf::Leaf;
use super::rules;
use super::values::{LeafValue, LeafValues, write_list, write_values};
use crate::formats::columnar::sink::Sink;
use crate::formats::halves;
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
        leaves: &[ColumnDescPtr],
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
                    arrow::primitive(leaf.self_type())
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
            let items: Option<Vec<_>> = lists.into_iter().collect();
            let Some(items) = items else {
                sink.null();
                continue;
            };
            json.clear();
            json.push('[');
            let count = items.iter().map(Vec::len).max().unwrap_or(0);
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
    let [repeated] = children(root)? else {
        return None;
    };
    let item = match children(repeated)? {
        [item] if item.is_group() => (item.as_ref(), 3),
        // Old writers leave out one level.
        _ => (repeated.as_ref(), 2),
    };
    arrow::is_list(root).then_some(item)
}

fn children(node: &Type) -> Option<&[parquet::schema::types::TypePtr]> {
    node.is_group().then(|| node.get_fields())
}

/// Returns true if a leaf may hold the values of a sub-field.
fn fits(element: &DataType, leaf: &ColumnDescriptor) -> bool {
    let found = arrow::primitive(leaf.self_type());
    match rules::target(element) {
        ArrowType::List(target) => {
            let widens = *target == ArrowType::Float && found == ArrowType::Double;
            leaf.max_rep_level() == 2 && (found == *target || widens)
        }
        target => leaf.max_rep_level() == 1 && found == target,
    }
}

/// Writes one value of a sub-field as JSON.
fn write(
    json: &mut String,
    data_type: &DataType,
    values: &LeafValues,
    range: std::ops::Range<usize>,
) {
    let begin = json.len();
    match (halves::reader(data_type), values) {
        (Some(read), LeafValues::Int32(bytes)) => {
            // Each byte is stored as an integer. A single byte at the end is dropped, which makes the dimension wrong, so
            // the vector is refused.
            let pairs = bytes.get(range).unwrap_or_default().as_chunks::<2>().0;
            let halves = pairs
                .iter()
                .map(|pair| read(pair.map(|byte| byte.to_le_bytes()[0])));
            write_values(json, halves.map(LeafValue::Float));
        }
        _ => write_list(json, values, range),
    }
    if !data_type.is_vector() {
        // The list has a single element, so the text between the brackets is the value.
        json.pop();
        json.remove(begin);
    }
}
