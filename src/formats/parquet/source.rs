//! A column of a Parquet file and its conversion to a field's values.

use std::ops::Range;

use parquet::data_type::AsBytes;

use super::Result;
use super::leaf::{Leaf, Span};
use super::memory::PageMemory;
use super::structs::StructMembers;
use super::values::{LeafValue, LeafValues, write_list, write_values};
use crate::formats::column::{Column, Values as Own};
use crate::formats::columnar::sink::Sink;
use crate::formats::found::{FoundKind, FoundValue};
use crate::formats::native;
use crate::formats::schema::DataType;

/// Size in bytes up to which the buffer for JSON text keeps its memory.
const KEPT_TEXT: usize = 1 << 20;

/// A column: one leaf, two leaves for a sparse vector, or the leaves of a struct array.
pub(super) struct ColumnSource {
    pub(super) leaves: Vec<Leaf>,
    /// Members of a struct array, otherwise `None`.
    pub(super) members: Option<StructMembers>,
    json: String,
    floats: Vec<f32>,
    bytes: Vec<u8>,
}

impl ColumnSource {
    pub(super) fn new(leaves: Vec<Leaf>) -> Self {
        Self {
            leaves,
            members: None,
            json: String::new(),
            floats: Vec::new(),
            bytes: Vec::new(),
        }
    }

    /// Reads until `rows` rows can be appended, or fewer if they take much memory, but at least one. Returns their number.
    pub(super) fn fill(&mut self, rows: usize, memory: &mut PageMemory) -> Result<usize> {
        self.leaves
            .iter_mut()
            .try_fold(rows, |rows, leaf| leaf.fill(rows, memory))
    }

    /// Adds the approximate size in bytes of each of the next rows as text. They must have been read by
    /// [`ColumnSource::fill`].
    pub(super) fn weigh(&self, sizes: &mut [usize]) {
        for (at, leaf) in self.leaves.iter().enumerate() {
            let name = self
                .members
                .as_ref()
                .map_or(0, |members| members.name_bytes(at));
            leaf.weigh(sizes, name);
        }
    }

    /// Appends the next `rows` rows, all of which must be in the row group, to the field's column.
    pub(super) fn append(
        &mut self,
        rows: usize,
        sink: &mut Sink<'_>,
        memory: &mut PageMemory,
    ) -> Result<()> {
        let mut left = rows;
        while left > 0 {
            let mut appended = self.append_vectors(left, sink, memory)?;
            if appended == 0 {
                appended = self.fill(left, memory)?;
                self.push(appended, sink);
                for leaf in &mut self.leaves {
                    leaf.consume(appended);
                }
            }
            left -= appended.min(left);
        }
        if self.json.capacity() > KEPT_TEXT {
            self.json = String::new();
        }
        Ok(())
    }

    /// Appends the next rows without reading their levels, at most `rows`, if they're whole float vectors.
    fn append_vectors(
        &mut self,
        rows: usize,
        sink: &mut Sink<'_>,
        memory: &mut PageMemory,
    ) -> Result<usize> {
        let ([leaf], DataType::FloatVector { dim }, Own::Float(column)) = (
            self.leaves.as_mut_slice(),
            &sink.field.data_type,
            sink.column.values_mut(),
        ) else {
            return Ok(0);
        };
        let begin = column.len() / (*dim).max(1);
        let read = leaf.read_vectors(rows, *dim, column, memory)?;
        sink.column.seal();
        sink.refuse_bad_numbers(begin);
        Ok(read)
    }

    /// Appends the next rows, which have been read.
    fn push(&mut self, rows: usize, sink: &mut Sink<'_>) {
        if let Some(members) = &self.members {
            members.append(&self.leaves, rows, &mut self.json, sink);
            return;
        }
        match self.leaves.as_slice() {
            [indices, values] => sparse(indices, values, rows, &mut self.json, sink),
            _ => self.rows(rows, sink),
        }
    }

    /// Appends the next rows of a single leaf, one by one.
    fn rows(&mut self, rows: usize, sink: &mut Sink<'_>) {
        let Self {
            leaves,
            json,
            floats,
            bytes,
            ..
        } = self;
        let Some(leaf) = leaves.first() else {
            return;
        };
        for span in leaf.spans(rows) {
            if span.null {
                sink.null();
                continue;
            }
            if span.hole {
                sink.push(|_| Err("a list with a null in it".into()));
                continue;
            }
            match &sink.field.data_type {
                // Milvus: `list_like.go`, `getListLikeArrayData`.
                DataType::Array { .. } if span.values.is_empty() && sink.field.nullable => {
                    sink.null();
                }
                DataType::Array { .. } => {
                    json.clear();
                    write_list(json, &leaf.values, span.values);
                    sink.push(|column| native::push_json(column, json));
                }
                DataType::BinaryVector { .. }
                | DataType::FloatVector { .. }
                | DataType::Float16Vector { .. }
                | DataType::BFloat16Vector { .. }
                | DataType::Int8Vector { .. } => {
                    let vector = |column: &mut Column| match &leaf.values {
                        LeafValues::Bytes(values) => {
                            let value = values.get(span.values.start);
                            native::push_packed(column, value.map_or(&[], AsBytes::as_bytes))
                        }
                        values => push_list(column, values, span.values.clone(), floats, bytes),
                    };
                    sink.push(vector);
                }
                _ => push_scalar(sink, leaf.values.get(span.values.start)),
            }
        }
    }
}

fn push_scalar(sink: &mut Sink<'_>, value: Option<LeafValue<'_>>) {
    if let Some(LeafValue::Bytes(text)) = value {
        return sink.text(text);
    }
    sink.push(|column| match value {
        Some(LeafValue::Bool(value)) => native::push_bool(column, value),
        Some(LeafValue::Int(value)) => native::push_integer(column, value),
        Some(LeafValue::Float(value)) => native::push_float(column, value.into()),
        Some(LeafValue::Double(value)) => native::push_float(column, value),
        _ => Err(FoundKind::Missing.value("nothing")),
    });
}

/// Appends a list of numbers as a dense vector: as bytes if the vector is stored as bytes, otherwise as floats.
fn push_list(
    column: &mut Column,
    values: &LeafValues,
    range: Range<usize>,
    floats: &mut Vec<f32>,
    bytes: &mut Vec<u8>,
) -> Result<(), FoundValue> {
    fn slice<T>(values: &[T], range: Range<usize>) -> std::slice::Iter<'_, T> {
        values.get(range).unwrap_or_default().iter()
    }
    floats.clear();
    bytes.clear();
    let is_float = matches!(column.data_type(), DataType::FloatVector { .. });
    match values {
        LeafValues::Int32(values) if !is_float => {
            // The lowest eight bits are the byte, signed or unsigned.
            bytes.extend(slice(values, range).map(|value| value.to_le_bytes()[0]));
            return native::push_packed(column, bytes);
        }
        LeafValues::Int32(values) => floats.extend(slice(values, range).map(|value| *value as f32)),
        LeafValues::Int64(values) => floats.extend(slice(values, range).map(|value| *value as f32)),
        LeafValues::Float(values) => floats.extend(slice(values, range)),
        #[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
        LeafValues::Double(values) => {
            floats.extend(slice(values, range).map(|value| *value as f32));
        }
        _ => return Err("another type".into()),
    }
    native::push_floats(column, floats)
}

/// Appends sparse vectors whose indices and values are in two columns.
fn sparse(indices: &Leaf, values: &Leaf, rows: usize, json: &mut String, sink: &mut Sink<'_>) {
    for (index, value) in indices.spans(rows).zip(values.spans(rows)) {
        if index.null && value.null {
            sink.null();
            continue;
        }
        let hole = |span: &Span| span.hole || span.null;
        if hole(&index) || hole(&value) {
            sink.push(|_| Err("a sparse vector with a null in it".into()));
            continue;
        }
        json.clear();
        json.push_str("{\"indices\":");
        // Indices are unsigned, even if the file's type is signed and has equal width.
        let is_short = matches!(indices.values, LeafValues::Int32(_));
        let mask = if is_short { u32::MAX.into() } else { -1 };
        let numbers = index.values.map_while(|at| indices.values.get(at));
        let unsigned = |number| match number {
            LeafValue::Int(number) => LeafValue::Int(number & mask),
            other => other,
        };
        write_values(json, numbers.map(unsigned));
        json.push_str(",\"values\":");
        write_list(json, &values.values, value.values);
        json.push('}');
        sink.push(|column| native::push_json(column, json));
    }
}
