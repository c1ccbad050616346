//! Parquet files: files that were written are read back, and errors name the problem.

use std::sync::Arc;

use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::write_parquet::{Column, Form, columns, file, properties};
use super::{Row, every_type, good_row, outcomes, read_all, schema_of, small};
use crate::formats::column::Values;
use crate::formats::{CsvOptions, Input, ReadError, Reader, Schema};
use crate::location::Format;

/// Reads the vectors of a file, with its pages read ahead or not.
fn vectors(bytes: &[u8], schema: &Arc<Schema>, ahead: bool) -> Result<Vec<f32>, String> {
    let failed = |error: ReadError| error.to_string();
    let mut reader = open(bytes.to_vec(), schema).map_err(failed)?;
    if ahead {
        reader.read_ahead();
    }
    let mut batch = reader.new_batch();
    let mut vectors = Vec::new();
    while reader.next_batch(&mut batch).map_err(failed)? {
        let Values::Float(values) = batch.columns()[1].values() else {
            panic!("no floats");
        };
        vectors.extend_from_slice(values);
    }
    Ok(vectors)
}

#[test]
fn pages_that_are_read_ahead_have_the_same_rows_and_errors() {
    let schema = schema_of(
        json!([
            {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
            {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": "512"}},
        ]),
        false,
    );
    let numbers = |at: usize| (0..512).map(move |n| (at * 512 + n) % 9973);
    let row = |at: usize| json!({"id": at, "v": numbers(at).collect::<Vec<_>>()});
    let rows: Vec<_> = (0..2100).map(row).collect();
    let columns = columns(&schema, &rows, Form::Lists);
    for (codec, page) in [
        (Compression::UNCOMPRESSED, 1 << 20),
        (Compression::SNAPPY, 300 << 10),
        (Compression::ZSTD(ZstdLevel::default()), 3 << 20),
    ] {
        let properties = WriterProperties::builder()
            .set_dictionary_enabled(false)
            .set_compression(codec)
            .set_data_page_size_limit(page)
            .build();
        let mut bytes = file(&columns, properties, 5000);
        let expected: Vec<f32> = (0..2100).flat_map(numbers).map(|n| n as f32).collect();
        assert!(vectors(&bytes, &schema, true) == Ok(expected), "{codec}");
        let middle = bytes.len() / 2;
        for byte in &mut bytes[middle..middle + 1000] {
            *byte = 0xff;
        }
        let damaged = [false, true].map(|ahead| vectors(&bytes, &schema, ahead));
        assert!(damaged[0].is_err() && damaged[0] == damaged[1], "{codec}");
    }
}

pub(super) fn open(bytes: Vec<u8>, schema: &Arc<Schema>) -> Result<Reader, ReadError> {
    let input = Input::Object(Arc::new(bytes));
    Reader::new(input, Format::Parquet, schema, &CsvOptions::default())
}

pub(super) fn read(bytes: Vec<u8>, schema: &Arc<Schema>) -> Result<Vec<Row>, String> {
    let rows = open(bytes, schema).and_then(read_all);
    rows.map_err(|error| error.to_string())
}

pub(super) fn plain() -> WriterProperties {
    properties(Compression::UNCOMPRESSED, WriterVersion::PARQUET_1_0)
}

/// Returns a file of the small schema with some columns replaced by the given lines and values, or removed.
pub(super) fn small_file(rows: usize, change: &[(&str, &str, Value)]) -> Vec<u8> {
    let row = |at: usize| json!({"id": at, "name": "a", "v": [at, 0.5]});
    let rows: Vec<_> = (1..=rows).map(row).collect();
    let mut columns = columns(&small(false), &rows, Form::Lists);
    for (at, name) in ["id", "name", "v"].iter().enumerate().rev() {
        for (_, line, values) in change.iter().filter(|(field, _, _)| field == name) {
            if line.is_empty() {
                columns.remove(at);
                continue;
            }
            columns[at].line = (*line).to_owned();
            let values = values.as_array().unwrap().iter();
            columns[at].leaves = vec![values.map(|v| (!v.is_null()).then(|| v.clone())).collect()];
        }
    }
    for (_, line, values) in change.iter().filter(|(field, _, _)| *field == "+") {
        columns.push(Column {
            line: (*line).to_owned(),
            leaves: vec![
                values
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|v| Some(v.clone()))
                    .collect(),
            ],
        });
    }
    file(&columns, plain(), 100)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]
    #[test]
    fn rows_survive_parquet(rows in prop::collection::vec(good_row(), 0..40), form in 0..3_usize, group in 1..50_usize) {
        let form = [Form::Lists, Form::Binary, Form::Doubles][form];
        let schema = every_type();
        let version = [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0][group % 2];
        let bytes = file(&columns(&schema, &rows, form), properties(Compression::SNAPPY, version), group);
        let found = read(bytes, &schema).unwrap();
        prop_assert_eq!(found.len(), rows.len());
        for (found, mut row) in found.into_iter().zip(rows) {
            // Milvus reads an empty list of a nullable array as null (`parquet/list_like.go`, `getListLikeArrayData`).
            for (_, value) in row.as_object_mut().unwrap() {
                if *value == json!([]) {
                    *value = Value::Null;
                }
            }
            prop_assert_eq!(Value::Object(found), row);
        }
    }

    #[test]
    fn damaged_files_cause_no_panic(at in any::<prop::sample::Index>(), to in any::<u8>(), cut in any::<prop::sample::Index>(), end in any::<bool>()) {
        let mut bytes = small_file(20, &[]);
        if end {
            bytes.truncate(cut.index(bytes.len()));
            prop_assert!(read(bytes, &small(false)).is_err());
        } else {
            let at = at.index(bytes.len());
            bytes[at] = to;
            // The damaged file may still be valid, so the result is ignored.
            _ = read(bytes, &small(false));
        }
    }
}

#[test]
fn every_codec_is_read() {
    let rows: Vec<_> = (0..50)
        .map(|id| json!({"id": id, "name": "näme", "v": [0.5, id]}))
        .collect();
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::BROTLI(BrotliLevel::default()),
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            let columns = columns(&small(false), &rows, Form::Lists);
            let bytes = file(&columns, properties(compression, version), 20);
            let found = read(bytes, &small(false)).unwrap();
            assert_eq!(found.len(), 50, "{compression}");
            assert_eq!(found[49]["v"], json!([0.5, 49.0]));
        }
    }
}

#[test]
fn mismatched_columns_are_named() {
    let v = "optional group v (LIST) { repeated group list { optional double element (X); } }";
    let list = |element: &str| v.replace("double element (X)", element);
    let cases = [
        (
            ("v", String::new(), json!([])),
            "field \"v\": expected FloatVector(2), found no column of that name",
        ),
        (
            (
                "v",
                "optional binary v (STRING);".to_owned(),
                json!(["[1,2]"]),
            ),
            "field \"v\": expected FloatVector(2) as list<float>, found a column of string",
        ),
        (
            ("v", list("binary element"), json!([["x"]])),
            "found a column of list<binary>",
        ),
        (
            ("id", "optional double id;".to_owned(), json!([1.0])),
            "expected Int64 as int64 or smaller, found a column of double",
        ),
        (
            (
                "id",
                "required int64 id (TIMESTAMP(MILLIS,true));".to_owned(),
                json!([1]),
            ),
            "found a column of Timestamp",
        ),
        (
            ("name", "optional binary name;".to_owned(), json!(["a"])),
            "expected VarChar(8) as string, found a column of binary",
        ),
    ];
    refuse_all(cases);
}

#[test]
fn types_that_milvus_does_not_read_are_named() {
    let v = "optional group v (LIST) { repeated group list { optional double element (X); } }";
    let list = |element: &str| v.replace("double element (X)", element);
    let cases = [
        // Arrow Go reads text annotated as JSON or ENUM as bytes (`pqarrow/schema.go`, `arrowFromByteArray`).
        (
            (
                "name",
                "optional binary name (JSON);".to_owned(),
                json!(["a"]),
            ),
            "expected VarChar(8) as string, found a column of binary",
        ),
        (
            (
                "id",
                "required int64 id (INTEGER(64,false));".to_owned(),
                json!([1]),
            ),
            "expected Int64 as int64 or smaller, found a column of uint64",
        ),
        (
            (
                "v",
                list("fixed_len_byte_array(2) element (FLOAT16)"),
                json!([["ab", "ab"]]),
            ),
            "found a column of list<halffloat>",
        ),
        (
            (
                "v",
                "optional fixed_len_byte_array(8) v;".to_owned(),
                json!(["abcdefgh"]),
            ),
            "found a column of fixed_size_binary[8]",
        ),
        (
            (
                "v",
                "optional group v (LIST) { repeated group array { optional float element; } }"
                    .to_owned(),
                json!([[1, 2]]),
            ),
            "found a column of list<struct<element: float>>",
        ),
        (
            (
                "name",
                "optional group name { optional binary x (STRING); optional int32 y; }".to_owned(),
                json!(["a"]),
            ),
            "found a column of struct<x: string, y: int32>",
        ),
    ];
    refuse_all(cases);
}

/// Checks that each change of the small file is refused with its message.
pub(super) fn refuse_all<const N: usize>(cases: [((&str, String, Value), &str); N]) {
    for ((field, line, values), expected) in cases {
        let found = if line.contains(" y;") {
            let mut columns = columns(
                &small(false),
                &[json!({"id": 1, "name": "a", "v": [1, 2]})],
                Form::Lists,
            );
            columns[1] = Column {
                line,
                leaves: vec![vec![Some(json!("a"))], vec![Some(json!(1))]],
            };
            read(file(&columns, plain(), 9), &small(false))
        } else {
            read(small_file(1, &[(field, &line, values)]), &small(false))
        };
        let message = found.unwrap_err();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn bad_rows_are_named_and_reading_continues() {
    let line = "optional group v (LIST) { repeated group list { optional float element; } }";
    let vectors = json!([[1, 2], [1], [3, 4], null, [5, null], ["NaN", 1], [6, 7]]);
    let ids = json!([1, 2, 3, 4, 5, 6, 7]);
    let bytes = small_file(
        7,
        &[("v", line, vectors), ("id", "optional int64 id;", ids)],
    );
    let expected = [
        "1",
        "row 2, field \"v\": expected FloatVector(2), found 1 values",
        "3",
        "row 4, field \"v\": expected FloatVector(2), found null, and the field is not nullable",
        "row 5, field \"v\": expected FloatVector(2), found a list with a null in it",
        "row 6, field \"v\": expected FloatVector(2), found NaN as element 1",
        "7",
    ];
    assert_eq!(
        outcomes(open(bytes.clone(), &small(false)).unwrap(), "id"),
        expected
    );
    assert_eq!(
        outcomes(open(bytes, &small(false)).unwrap().with_batch_rows(2), "id"),
        expected
    );
    // All vectors have the right length, so they are read on the fast path; one isn't finite.
    let vectors = json!([[1, 2], ["NaN", 1], [6, 7]]);
    let bytes = small_file(3, &[("v", line, vectors)]);
    let found = outcomes(open(bytes, &small(false)).unwrap(), "id");
    assert_eq!(
        found[1],
        "row 2, field \"v\": expected FloatVector(2), found NaN as element 1"
    );
    let long = json!(["a", "nine byte", "b"]);
    let bytes = small_file(3, &[("name", "optional binary name (STRING);", long)]);
    let found = outcomes(open(bytes, &small(false)).unwrap(), "id");
    assert_eq!(
        found[1],
        "row 2, field \"name\": expected VarChar(8), found 9 bytes, more than max_length 8, text \"nine byte\""
    );
}
