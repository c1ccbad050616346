//! Writer of Parquet test files, column by column, in every physical form that a field may have.

use std::sync::Arc;

use half::{bf16, f16};
use parquet::basic::{Compression, Type as Physical};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType,
    FloatType, Int32Type, Int64Type,
};
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnDescriptor;
use serde_json::Value;

use crate::formats::{DataType, Schema};

/// Physical form of vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The form of the official bulk writer: bytes as lists, sparse vectors as JSON text.
    Lists,
    /// Bytes as binary values, sparse vectors as a struct of indices and values.
    Binary,
    /// Like [`Form::Lists`], but with 16-bit floats as lists of doubles.
    Doubles,
}

/// A column: its line in the file's schema, and its values per row.
#[derive(Clone)]
pub(super) struct Column {
    pub(super) line: String,
    /// Values of each leaf, one per row: `None` for null, a list for lists (`Value::Null` for a null element),
    /// otherwise a single value. A struct of two lists has two leaves.
    pub(super) leaves: Vec<Vec<Option<Value>>>,
}

/// Returns a file with these columns, which all have equally many rows.
pub(super) fn file(columns: &[Column], properties: WriterProperties, group_rows: usize) -> Vec<u8> {
    let lines: Vec<_> = columns.iter().map(|column| column.line.as_str()).collect();
    let message = format!("message m {{ {} }}", lines.join(" "));
    let schema = Arc::new(parse_message_type(&message).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).unwrap();
    let rows = columns.first().map_or(0, |column| column.leaves[0].len());
    for begin in (0..rows).step_by(group_rows.max(1)) {
        let end = rows.min(begin + group_rows);
        let leaves = writer.schema_descr().columns().to_vec();
        let mut group = writer.next_row_group().unwrap();
        let values = columns.iter().flat_map(|column| &column.leaves);
        for (leaf, values) in leaves.iter().zip(values) {
            let mut column = group.next_column().unwrap().unwrap();
            write(&mut column, leaf, &values[begin..end]);
            column.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
    bytes
}

/// Returns properties with small pages, so rows span several pages.
pub(super) fn properties(compression: Compression, version: WriterVersion) -> WriterProperties {
    WriterProperties::builder()
        .set_compression(compression)
        .set_writer_version(version)
        .set_data_page_row_count_limit(7)
        .set_write_batch_size(3)
        .build()
}

fn write(column: &mut SerializedColumnWriter<'_>, leaf: &ColumnDescriptor, rows: &[Option<Value>]) {
    let (full, lists) = (leaf.max_def_level(), leaf.max_rep_level() > 0);
    // The level of an empty list is below that of an element that may be null.
    let below = 1 + i16::from(leaf.self_type().is_optional());
    let (mut definition, mut repetition, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        match row {
            None => {
                definition.push(0);
                repetition.push(0);
            }
            Some(Value::Array(list)) if lists => {
                if list.is_empty() {
                    definition.push(full - below);
                    repetition.push(0);
                }
                for (at, element) in list.iter().enumerate() {
                    repetition.push(i16::from(at > 0));
                    definition.push(if element.is_null() { full - 1 } else { full });
                    values.extend((!element.is_null()).then_some(element));
                }
            }
            Some(value) => {
                definition.push(full);
                repetition.push(0);
                values.push(value);
            }
        }
    }
    let levels = (&definition, &repetition);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the values were made of such numbers"
    )]
    match leaf.physical_type() {
        Physical::BOOLEAN => put::<BoolType>(column, values, levels, |v| v.as_bool().unwrap()),
        Physical::INT32 => put::<Int32Type>(column, values, levels, |v| v.as_i64().unwrap() as i32),
        Physical::INT64 => put::<Int64Type>(column, values, levels, |v| v.as_i64().unwrap()),
        Physical::FLOAT => put::<FloatType>(column, values, levels, |v| float(v) as f32),
        Physical::DOUBLE => put::<DoubleType>(column, values, levels, float),
        Physical::BYTE_ARRAY => put::<ByteArrayType>(column, values, levels, |v| bytes(v).into()),
        _ => put::<FixedLenByteArrayType>(column, values, levels, |v| {
            FixedLenByteArray::from(ByteArray::from(bytes(v)))
        }),
    }
}

/// Returns a number as f64. The text `NaN` represents what JSON can't express.
fn float(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// Returns the bytes of a text, or of a list of bytes.
fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.clone().into_bytes(),
        Value::Array(list) => list
            .iter()
            .map(|byte| u8::try_from(byte.as_u64().unwrap()).unwrap())
            .collect(),
        other => panic!("{other}"),
    }
}

fn put<T: parquet::data_type::DataType>(
    column: &mut SerializedColumnWriter<'_>,
    values: Vec<&Value>,
    (definition, repetition): (&Vec<i16>, &Vec<i16>),
    convert: impl Fn(&Value) -> T::T,
) {
    let values: Vec<T::T> = values.into_iter().map(convert).collect();
    let written = column
        .typed::<T>()
        .write_batch(&values, Some(definition), Some(repetition));
    written.unwrap();
}

/// Converts rows in the form of JSON files to columns for the schema's fields and `$meta`.
pub(super) fn columns(schema: &Schema, rows: &[Value], form: Form) -> Vec<Column> {
    let mut columns: Vec<_> = schema
        .fields
        .iter()
        .map(|field| {
            let values = rows
                .iter()
                .map(|row| row.get(&field.name).filter(|value| !value.is_null()));
            let values: Vec<_> = values.collect();
            column(&field.name, &field.data_type, &values, form)
        })
        .collect();
    let known = |key: &&String| schema.field(key).is_none();
    let meta = rows.iter().map(|row| {
        let pairs = row
            .as_object()
            .unwrap()
            .iter()
            .filter(|(key, _)| known(key));
        let object: serde_json::Map<_, _> = pairs
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        Some(Value::from(Value::from(object).to_string()))
    });
    if schema.dynamic {
        columns.push(Column {
            line: "optional binary $meta (STRING);".to_owned(),
            leaves: vec![meta.collect()],
        });
    }
    columns
}

fn column(name: &str, data_type: &DataType, values: &[Option<&Value>], form: Form) -> Column {
    let same = || vec![values.iter().map(|value| value.cloned()).collect()];
    let texts = |convert: fn(&Value) -> Value| {
        vec![values.iter().map(|value| value.map(convert)).collect()]
    };
    let list = |element: &str| {
        format!("optional group {name} (LIST) {{ repeated group list {{ optional {element}; }} }}")
    };
    let as_text = |value: &Value| Value::from(value.to_string());
    let (line, leaves) = match data_type {
        DataType::Json => (format!("optional binary {name} (STRING);"), texts(as_text)),
        DataType::SparseFloatVector if form == Form::Binary => {
            let line = format!(
                "optional group {name} {{ optional group indices (LIST) {{ repeated group list {{ optional int32 element (INTEGER(32,false)); }} }}
                 optional group values (LIST) {{ repeated group list {{ optional float element; }} }} }}"
            );
            let part = |keys: bool| {
                let part = |value: &Value| {
                    let pairs = value.as_object().unwrap().iter();
                    pairs
                        .map(|(key, value)| {
                            if keys {
                                Value::from(key.parse::<u32>().unwrap())
                            } else {
                                value.clone()
                            }
                        })
                        .collect()
                };
                values.iter().map(|value| value.map(part)).collect()
            };
            (line, vec![part(true), part(false)])
        }
        DataType::SparseFloatVector => {
            (format!("optional binary {name} (STRING);"), texts(as_text))
        }
        DataType::Array { element, .. } => (list(&primitive("element", element)), same()),
        DataType::FloatVector { .. } => (list("float element"), same()),
        DataType::Int8Vector { .. } => (list("int32 element (INTEGER(8,true))"), same()),
        DataType::Float16Vector { .. } | DataType::BFloat16Vector { .. }
            if form == Form::Doubles =>
        {
            (list("double element"), same())
        }
        packed if packed.dim().is_some() => {
            let rows = values
                .iter()
                .map(|value| value.map(|value| pack(packed, value)));
            let rows: Vec<Option<Value>> = rows.collect();
            let line = match form {
                Form::Lists | Form::Doubles => list("int32 element (INTEGER(8,false))"),
                Form::Binary => format!("optional binary {name};"),
            };
            (line, vec![rows])
        }
        scalar => (format!("optional {};", primitive(name, scalar)), same()),
    };
    Column { line, leaves }
}

fn primitive(name: &str, data_type: &DataType) -> String {
    match data_type {
        DataType::Bool => format!("boolean {name}"),
        DataType::Int8 => format!("int32 {name} (INTEGER(8,true))"),
        DataType::Int16 => format!("int32 {name} (INTEGER(16,true))"),
        DataType::Int32 => format!("int32 {name}"),
        DataType::Int64 => format!("int64 {name}"),
        DataType::Float => format!("float {name}"),
        DataType::Double => format!("double {name}"),
        _ => format!("binary {name} (STRING)"),
    }
}

/// Returns a dense vector's bytes as a list.
pub(super) fn pack(data_type: &DataType, value: &Value) -> Value {
    let list = value.as_array().unwrap();
    let bytes: Vec<u8> = match data_type {
        DataType::Float16Vector { .. } => list
            .iter()
            .flat_map(|v| f16::from_f64(v.as_f64().unwrap()).to_le_bytes())
            .collect(),
        DataType::BFloat16Vector { .. } => list
            .iter()
            .flat_map(|v| bf16::from_f64(v.as_f64().unwrap()).to_le_bytes())
            .collect(),
        _ => list
            .iter()
            .map(|v| v.as_i64().unwrap().to_le_bytes()[0])
            .collect(),
    };
    bytes.into()
}
