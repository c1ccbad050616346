//! Tests of this module: schemas, single rows, whole files, properties.

mod csv;
mod files;
#[cfg(all(unix, feature = "local"))]
#[cfg(unix)]
mod fuzz;
mod keys;
mod limits;
mod numpy;
mod parquet;
mod parquet_stored;
mod parquet_types;
mod parquet_vectors;
mod parts;
mod properties;
mod rows;
mod schema_rules;
mod schemas;
mod types;
mod write_parquet;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use properties::good_row;

use super::{Block, ReadError, Reader, Schema};
use crate::location::Format;

/// Returns a schema with these fields, given as in a stored create body: in any spelling and unchecked.
pub(super) fn schema_of(fields: Value, dynamic: bool) -> Arc<Schema> {
    let body = json!({"schema": {"enableDynamicField": dynamic, "fields": fields}});
    Arc::new(Schema::from_stored_body(&body).unwrap())
}

/// Returns a schema with a key, a text field and a vector of dimension 2.
pub(in crate::formats) fn small(dynamic: bool) -> Arc<Schema> {
    let fields = json!([
        {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
        {"fieldName": "name", "dataType": "VarChar", "elementTypeParams": {"max_length": 8}},
        {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": "2"}},
    ]);
    schema_of(fields, dynamic)
}

/// Returns a schema with every field type, all nullable except the key.
pub(super) fn every_type() -> Arc<Schema> {
    let array = |element: &str| {
        json!({"fieldName": format!("a_{element}"), "dataType": "Array", "elementDataType": element,
            "nullable": true, "elementTypeParams": {"max_capacity": 4, "max_length": 8}})
    };
    let plain =
        |name: &str, kind: &str| json!({"fieldName": name, "dataType": kind, "nullable": true});
    let vector = |name: &str, kind: &str, dim: u32| json!({"fieldName": name, "dataType": kind, "nullable": true, "elementTypeParams": {"dim": dim}});
    let fields = json!([
        {"fieldName": "id", "dataType": "VarChar", "isPrimary": true, "elementTypeParams": {"max_length": 64}},
        plain("b", "Bool"), plain("i8", "Int8"), plain("i16", "Int16"), plain("i32", "Int32"),
        plain("i64", "Int64"), plain("f", "Float"), plain("d", "Double"), plain("j", "JSON"),
        array("Bool"), array("Int8"), array("Int64"), array("Float"), array("Double"), array("VarChar"),
        vector("fv", "FloatVector", 2), vector("bv", "BinaryVector", 16), vector("hv", "Float16Vector", 2),
        vector("bhv", "BFloat16Vector", 2), vector("iv", "Int8Vector", 2), plain("sv", "SparseFloatVector"),
        plain("ts", "Timestamptz"), plain("geo", "Geometry"), plain("text", "Text"),
    ]);
    schema_of(fields, true)
}

pub(super) type Row = Map<String, Value>;

/// Returns a reader of bytes in memory that reads in chunks of `chunk` bytes.
pub(super) fn reader(text: &[u8], format: Format, schema: &Arc<Schema>, chunk: usize) -> Reader {
    let source = Arc::new(text.to_vec());
    Reader::in_chunks(source, format == Format::JsonLines, schema, chunk)
}

/// Returns all rows of a file, or the first error.
pub(super) fn read_all(mut reader: Reader) -> Result<Vec<Row>, ReadError> {
    let mut batch = reader.new_batch();
    let mut rows = Vec::new();
    while reader.next_batch(&mut batch)? {
        rows.extend((0..batch.rows()).map(|row| batch.row(row)));
    }
    assert_eq!(reader.rows(), rows.len() as u64);
    Ok(rows)
}

/// Returns all rows of a file like [`read_all`], but finds rows first and then parses them, in blocks of at most `most`
/// rows.
pub(super) fn read_blocks(reader: Reader, most: usize) -> Result<Vec<Row>, ReadError> {
    let mut reader = reader.with_batch_rows(most);
    let (mut block, mut batch) = (Block::default(), reader.new_batch());
    let mut rows = Vec::new();
    while reader.next_block(&mut block)? {
        assert!(block.rows() <= most);
        block.parse(&mut batch)?;
        rows.extend((0..batch.rows()).map(|row| batch.row(row)));
    }
    Ok(rows)
}

/// Returns one field's value of each good row, as text, and the message of each bad row, in file order.
pub(super) fn outcomes(mut reader: Reader, field: &str) -> Vec<String> {
    let mut batch = reader.new_batch();
    let mut found = Vec::new();
    let mut before = 0;
    loop {
        let read = reader.next_batch(&mut batch);
        found.extend((0..batch.rows()).map(|row| batch.row(row)[field].to_string()));
        assert!(reader.rows() >= before);
        before = reader.rows();
        match read {
            Ok(true) => {}
            Ok(false) => return found,
            Err(error) => found.push(error.to_string()),
        }
    }
}
