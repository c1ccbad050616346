//! Parquet files: what is written is read, and what is wrong is named.

use std::sync::Arc;

use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::write_parquet::{Column, Form, columns, file, properties};
use super::{Row, every_type, good_row, outcomes, read_all, small};
use crate::formats::{CsvOptions, Input, ReadError, Reader, Schema};
use crate::location::Format;

fn open(bytes: Vec<u8>, schema: &Arc<Schema>) -> Result<Reader, ReadError> {
    let input = Input::Object(Arc::new(bytes));
    Reader::new(input, Format::Parquet, schema, &CsvOptions::default())
}

fn read(bytes: Vec<u8>, schema: &Arc<Schema>) -> Result<Vec<Row>, String> {
    let rows = open(bytes, schema).and_then(read_all);
    rows.map_err(|error| error.to_string())
}

fn plain() -> WriterProperties {
    properties(Compression::UNCOMPRESSED, WriterVersion::PARQUET_1_0)
}

/// The small schema's columns, with these lines and values in place of some.
fn small_file(rows: usize, change: &[(&str, &str, Value)]) -> Vec<u8> {
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
        let form = [Form::Lists, Form::Binary, Form::Fixed][form];
        let schema = every_type();
        let version = [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0][group % 2];
        let bytes = file(&columns(&schema, &rows, form), properties(Compression::SNAPPY, version), group);
        let found = read(bytes, &schema).unwrap();
        prop_assert_eq!(found.len(), rows.len());
        for (found, row) in found.into_iter().zip(rows) {
            prop_assert_eq!(Value::Object(found), row);
        }
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic(at in any::<prop::sample::Index>(), to in any::<u8>(), cut in any::<prop::sample::Index>(), end in any::<bool>()) {
        let mut bytes = small_file(20, &[]);
        if end {
            bytes.truncate(cut.index(bytes.len()));
            prop_assert!(read(bytes, &small(false)).is_err());
        } else {
            let at = at.index(bytes.len());
            bytes[at] = to;
            // A changed value may be a good one.
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
        Compression::LZ4,
        Compression::LZ4_RAW,
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
fn columns_that_do_not_match_are_named() {
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
        (
            ("+", "optional int64 more;".to_owned(), json!([1])),
            "field \"more\": expected a field of the schema (id, name, v)",
        ),
        (
            (
                "name",
                "optional group name { optional binary x (STRING); optional int32 y; }".to_owned(),
                json!(["a"]),
            ),
            "found a column of a nested type",
        ),
    ];
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
fn bad_rows_are_named_and_reading_goes_on() {
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
    // Even vectors, one of them not finite: the fast way.
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
        "row 2, field \"name\": expected VarChar(8), found 9 bytes, text \"nine byte\""
    );
}

#[test]
fn numbers_widen_and_old_lists_are_read() {
    let old = "repeated float v;";
    let bytes = small_file(
        2,
        &[
            ("v", old, json!([[1, 2], [3, 4]])),
            ("id", "required int32 id;", json!([7, 8])),
        ],
    );
    // A repeated column has no level for null, nor one below an element.
    let rows = read(bytes, &small(false)).unwrap();
    assert_eq!(
        (&rows[1]["id"], &rows[1]["v"]),
        (&json!(8), &json!([3.0, 4.0]))
    );
    let legacy = "optional group v (LIST) { repeated double array; }";
    let bytes = small_file(1, &[("v", legacy, json!([[1, 2.5]]))]);
    assert_eq!(
        read(bytes, &small(false)).unwrap()[0]["v"],
        json!([1.0, 2.5])
    );
}

#[test]
fn lists_of_any_integers_fill_arrays_value_by_value() {
    let array = |name: &str, element: &str| json!({"fieldName": name, "dataType": "Array", "elementDataType": element, "nullable": true, "elementTypeParams": {"max_capacity": 4}});
    let schema = super::schema_of(
        json!([
            {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
            array("a", "Int8"),
            array("e", "Int16"),
            {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": 1}},
        ]),
        false,
    );
    let wide = "optional group a (LIST) { repeated group list { optional int64 element; } }";
    let none =
        "optional group e (LIST) { repeated group list { optional int32 element (UNKNOWN); } }";
    let vectors = "optional group v (LIST) { repeated group list { optional float element; } }";
    let column = |line: &str, values: Value| Column {
        line: line.to_owned(),
        leaves: vec![
            (values.as_array().unwrap().iter())
                .map(|v| (!v.is_null()).then(|| v.clone()))
                .collect(),
        ],
    };
    let columns = [
        column("required int64 id;", json!([1, 2, 3, 4])),
        column(wide, json!([[-128, 127], [], null, [1, 300]])),
        column(none, json!([[], null, [], []])),
        column(vectors, json!([[1], [1], [1], [1]])),
    ];
    let bytes = file(&columns, plain(), 9);
    let found = outcomes(open(bytes.clone(), &schema).unwrap(), "a");
    let expected = [
        "[-128,127]",
        "[]",
        "null",
        "row 4, field \"a\": expected Array(Int8, 4), found 300, which is out of range (-128 to 127) as element 2",
    ];
    assert_eq!(found, expected);
    let found = outcomes(open(bytes, &schema).unwrap(), "e");
    assert_eq!(found[..3], ["[]", "null", "[]"]);
    // A column of another type than the schema's is still refused.
    let texts = wide.replace("int64 element", "binary element (STRING)");
    let columns = [
        column("required int64 id;", json!([1])),
        column(&texts, json!([["1"]])),
        column(vectors, json!([[1]])),
    ];
    let message = read(file(&columns, plain(), 9), &schema).unwrap_err();
    assert!(
        message.contains(
            "expected Array(Int8, 4) as a list of integers, found a column of list<string>"
        ),
        "{message}"
    );
    let schema = super::schema_of(
        json!([
            {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
            {"fieldName": "f", "dataType": "Float"},
            {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": 1}},
        ]),
        false,
    );
    let columns = [
        column("required int64 id;", json!([1])),
        column("required double f;", json!([1e300])),
        column(vectors, json!([[1]])),
    ];
    let message = read(file(&columns, plain(), 9), &schema).unwrap_err();
    assert!(
        message.contains("found 1e300, which is out of range"),
        "{message}"
    );
}

#[test]
fn columns_outside_the_schema_become_dynamic_fields() {
    let more = [
        ("+", "optional int32 n;", json!([1, 2])),
        ("+", "optional binary t (STRING);", json!(["x", "{}"])),
        (
            "+",
            "optional group l (LIST) { repeated group list { optional boolean element; } }",
            json!([[true], []]),
        ),
        (
            "+",
            "optional binary $meta (STRING);",
            json!(["{\"m\": [1]}", " null"]),
        ),
    ];
    let rows = read(small_file(2, &more), &small(true)).unwrap();
    assert_eq!(
        Value::Object(rows[0].clone()),
        json!({"id": 1, "name": "a", "v": [1.0, 0.5], "n": 1, "t": "x", "l": [true], "m": [1]})
    );
    assert_eq!((&rows[1]["t"], &rows[1]["l"]), (&json!("{}"), &json!([])));
    let meta = ("+", "optional binary $meta (STRING);", json!(["{}", "[1]"]));
    let message = read(small_file(2, &[meta]), &small(true)).unwrap_err();
    assert!(
        message.starts_with("row 2, field \"$meta\": expected an object"),
        "{message}"
    );
    let number = ("+", "optional int32 $meta;", json!([1, 2]));
    let message = read(small_file(2, &[number]), &small(true)).unwrap_err();
    assert!(
        message.contains("holding JSON objects, found a column of int32"),
        "{message}"
    );
}

#[test]
fn what_is_no_parquet_says_so() {
    for bytes in [
        Vec::new(),
        b"PAR1".to_vec(),
        b"{\"id\": 1}\n{\"id\": 2}\n".to_vec(),
    ] {
        let message = read(bytes, &small(false)).unwrap_err();
        assert!(
            message.starts_with("not a readable Parquet file: "),
            "{message}"
        );
    }
    let bytes = file(&columns(&small(false), &[], Form::Lists), plain(), 1);
    assert_eq!(read(bytes, &small(false)).unwrap(), Vec::<Row>::new());
}
