//! Parquet files: files that were written are read back, and errors name the problem.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use parquet::file::metadata::{KeyValue, ParquetMetaDataWriter};
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::reader::{FileReader, SerializedFileReader};
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

/// Returns a file of the small schema with some columns replaced by the given lines and values, or removed.
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
    fn damage_is_an_error_and_never_a_panic(at in any::<prop::sample::Index>(), to in any::<u8>(), cut in any::<prop::sample::Index>(), end in any::<bool>()) {
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
fn refuse_all<const N: usize>(cases: [((&str, String, Value), &str); N]) {
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
    // A repeated column has no level for null, and no level below an element.
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

/// Returns a column of one leaf.
fn column(line: &str, values: Value) -> Column {
    let rows = values.as_array().unwrap().iter();
    let rows = rows.map(|value| (!value.is_null()).then(|| value.clone()));
    Column {
        line: line.to_owned(),
        leaves: vec![rows.collect()],
    }
}

fn list_of(name: &str, element: &str) -> String {
    format!("optional group {name} (LIST) {{ repeated group list {{ optional {element}; }} }}")
}

/// Imports a field of this type together with a key. Returns the field's value in the first row, or the error.
fn give(field: Value, columns: Vec<Column>, properties: WriterProperties) -> Result<Value, String> {
    let name = field["fieldName"].as_str().unwrap().to_owned();
    let schema = super::schema_of(
        json!([
            {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
            field,
            {"fieldName": "other", "dataType": "FloatVector", "nullable": true, "elementTypeParams": {"dim": 2}},
        ]),
        false,
    );
    let rows = columns.first().map_or(0, |column| column.leaves[0].len());
    let ids: Vec<_> = (0..rows).collect();
    let mut all = vec![column("required int64 id;", json!(ids))];
    all.extend(columns);
    let rows = read(file(&all, properties, 9), &schema)?;
    Ok(rows[0][&name].clone())
}

#[test]
fn element_types_of_lists_never_narrow() {
    // Milvus checks the types inside lists (`parquet/util.go`, `isArrowDataTypeConvertible`).
    let array = |element: &str, nullable: bool| {
        json!({"fieldName": "a", "dataType": "Array", "elementDataType": element, "nullable": nullable,
            "elementTypeParams": {"max_capacity": 4, "max_length": 4}})
    };
    for (wanted, element, values, expected) in [
        (
            "Int32",
            "int32 element (INTEGER(8,true))",
            json!([[1, 2]]),
            Ok(json!([1, 2])),
        ),
        ("Int64", "int32 element", json!([[1]]), Ok(json!([1]))),
        ("Float", "int64 element", json!([[1]]), Ok(json!([1]))),
        ("Double", "float element", json!([[1.5]]), Ok(json!([1.5]))),
        ("Float", "double element", json!([[1.5]]), Ok(json!([1.5]))),
        (
            "VarChar",
            "binary element (STRING)",
            json!([["x"]]),
            Ok(json!(["x"])),
        ),
        (
            "Int8",
            "int64 element",
            json!([[1]]),
            Err("expected Array(Int8, 4) as a list of int8, found a column of list<int64>"),
        ),
        (
            "Int32",
            "int64 element",
            json!([[1]]),
            Err("as a list of int32 or smaller, found a column of list<int64>"),
        ),
        (
            "Int64",
            "double element",
            json!([[1.5]]),
            Err("found a column of list<double>"),
        ),
        (
            "Int32",
            "int32 element (INTEGER(32,false))",
            json!([[1]]),
            Err("found a column of list<uint32>"),
        ),
        (
            "Bool",
            "int32 element",
            json!([[1]]),
            Err("as a list of bool, found"),
        ),
        (
            "VarChar",
            "binary element",
            json!([["x"]]),
            Err("as a list of string, found a column of list<binary>"),
        ),
        (
            "Int8",
            "int32 element (UNKNOWN)",
            json!([[]]),
            Err("found a column of list<null>"),
        ),
    ] {
        let columns = vec![column(&list_of("a", element), values)];
        match (give(array(wanted, false), columns, plain()), expected) {
            (found, Ok(expected)) => assert_eq!(found, Ok(expected), "{wanted} {element}"),
            (found, Err(expected)) => {
                let message = found.unwrap_err();
                assert!(message.contains(expected), "{wanted} {element}: {message}");
            }
        }
    }
    let empty = || vec![column(&list_of("a", "int32 element"), json!([[]]))];
    assert_eq!(give(array("Int32", false), empty(), plain()), Ok(json!([])));
    assert_eq!(
        give(array("Int32", true), empty(), plain()),
        Ok(Value::Null)
    );
    let none = || vec![column("optional int32 a (UNKNOWN);", json!([null]))];
    assert_eq!(give(array("Int32", true), none(), plain()), Ok(Value::Null));
    let message = give(array("Int32", false), none(), plain()).unwrap_err();
    assert!(message.contains("found a column of null"), "{message}");
    let double = json!({"fieldName": "f", "dataType": "Float"});
    let columns = vec![column("required double f;", json!([1e300]))];
    let message = give(double, columns, plain()).unwrap_err();
    assert!(
        message.contains("found 1e300, which is out of range"),
        "{message}"
    );
}

#[test]
fn vectors_come_in_the_forms_that_milvus_reads() {
    let vector = |kind: &str, nullable: bool| json!({"fieldName": "v", "dataType": kind, "nullable": nullable, "elementTypeParams": {"dim": 8}});
    let eight = json!([[1, 2, 3, 4, 5, 6, 7, 8]]);
    let float = Ok(json!([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]));
    let give = |kind: &str, nullable: bool, line: &str, values: &Value| {
        give(
            vector(kind, nullable),
            vec![column(line, values.clone())],
            plain(),
        )
    };
    for element in ["double element", "int32 element", "int64 element"] {
        let line = list_of("v", element);
        assert_eq!(
            give("FloatVector", false, &line, &eight),
            float,
            "{element}"
        );
        // Milvus: `field_reader.go`, `ReadNullableFloatVectorData`.
        let message = give("FloatVector", true, &line, &eight).unwrap_err();
        assert!(
            message.contains("the only list that Milvus reads for a nullable vector"),
            "{message}"
        );
    }
    assert_eq!(
        give("FloatVector", true, &list_of("v", "float element"), &eight),
        float
    );
    let bytes = list_of("v", "int32 element (INTEGER(8,false))");
    for (kind, line, values, found) in [
        (
            "Int8Vector",
            bytes.as_str(),
            &eight,
            "as list<int8>, found a column of list<uint8>",
        ),
        (
            "Int8Vector",
            "optional binary v;",
            &json!(["abcdefgh"]),
            "found a column of binary",
        ),
        (
            "BinaryVector",
            "optional fixed_len_byte_array(1) v;",
            &json!(["a"]),
            "found a column of fixed_size_binary[1]",
        ),
        (
            "BinaryVector",
            "optional binary v;",
            &json!(["ab"]),
            "found 2 bytes",
        ),
        (
            "BinaryVector",
            &list_of("v", "int32 element (INTEGER(8,true))"),
            &json!([[1]]),
            "found a column of list<int8>",
        ),
        (
            "FloatVector",
            "optional binary v;",
            &json!(["abcdefgh"]),
            "found a column of binary",
        ),
    ] {
        let message = give(kind, false, line, values).unwrap_err();
        assert!(message.contains(found), "{kind} {line}: {message}");
    }
}

#[test]
fn sparse_structs_are_found_by_the_names_of_their_members() {
    // Milvus: `parquet/util.go`, `IsValidSparseVectorSchema`.
    let sparse = |nullable: bool| json!({"fieldName": "s", "dataType": "SparseFloatVector", "nullable": nullable});
    let line = |members: &[String]| format!("optional group s {{ {} }}", members.join(" "));
    let indices = list_of("indices", "int64 element");
    let values = list_of("values", "double element");
    let note = "optional binary note (STRING);".to_owned();
    let columns = |members: &[String], leaves: &[Value]| {
        let leaves = leaves
            .iter()
            .map(|leaf| column("", json!([leaf])).leaves.remove(0));
        vec![Column {
            line: line(members),
            leaves: leaves.collect(),
        }]
    };
    let (i, v) = (json!([7, 3]), json!([0.5, 1]));
    let expected = Ok(json!({"3": 1.0, "7": 0.5}));
    for (members, leaves) in [
        (
            vec![indices.clone(), values.clone()],
            vec![i.clone(), v.clone()],
        ),
        (
            vec![values.clone(), indices.clone()],
            vec![v.clone(), i.clone()],
        ),
        (
            vec![note.clone(), values.clone(), indices.clone()],
            vec![json!("x"), v.clone(), i.clone()],
        ),
    ] {
        assert_eq!(
            give(sparse(false), columns(&members, &leaves), plain()),
            expected
        );
    }
    let narrow = list_of("indices", "int32 element (INTEGER(16,true))");
    let message = give(
        sparse(false),
        columns(&[narrow, values.clone()], &[i.clone(), v.clone()]),
        plain(),
    );
    assert!(
        message
            .unwrap_err()
            .contains("found a column of struct<indices: list<int16>, values: list<double>>")
    );
    let message = give(
        sparse(false),
        columns(&[indices.clone(), note], &[i.clone(), json!("x")]),
        plain(),
    );
    assert!(
        message
            .unwrap_err()
            .contains("expected SparseFloatVector as string, holding JSON text, or a struct")
    );
    // A null row, and a row with null members (`field_reader.go`, `parseSparseFloatVectorStructRow`).
    let both = [indices, values];
    let null = columns(&both, &[Value::Null, Value::Null]);
    assert_eq!(give(sparse(true), null, plain()), Ok(Value::Null));
    let text = vec![column("optional binary s (STRING);", json!(["null"]))];
    assert_eq!(give(sparse(true), text, plain()), Ok(json!({})));
}

#[test]
fn columns_outside_the_schema_are_dropped_with_a_warning() {
    // Only `$meta` holds dynamic fields (Milvus: `parquet/util.go`, `CreateFieldReaders`).
    let more = [
        ("+", "optional int32 n;", json!([1, 2])),
        (
            "+",
            "optional binary $meta (STRING);",
            json!(["{\"m\": [9007199254740993]}", " null"]),
        ),
    ];
    let bytes = small_file(2, &more);
    let reader = open(bytes.clone(), &small(true)).unwrap();
    let warnings: Vec<_> = reader.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "column \"n\" is no field of the schema and was dropped: Milvus takes the dynamic fields of Parquet files only \
            from a column named $meta, which holds a JSON object a row"
        ]
    );
    let rows = read_all(reader).unwrap();
    assert_eq!(
        Value::Object(rows[0].clone()),
        json!({"id": 1, "name": "a", "v": [1.0, 0.5], "m": [9_007_199_254_740_993_u64]})
    );
    assert_eq!(
        Value::Object(rows[1].clone()),
        json!({"id": 2, "name": "a", "v": [2.0, 0.5]})
    );
    let reader = open(bytes, &small(false)).unwrap();
    let warnings: Vec<_> = reader.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 2);
    assert_eq!(
        warnings[1],
        "column \"$meta\" is no field of the schema and was dropped (dynamic fields are off)"
    );
    assert_eq!(read_all(reader).unwrap()[0].len(), 3);
    let meta = ("+", "optional binary $meta (STRING);", json!(["{}", "[1]"]));
    let message = read(small_file(2, &[meta]), &small(true)).unwrap_err();
    assert!(
        message.starts_with("row 2, field \"$meta\": expected an object"),
        "{message}"
    );
    let number = ("+", "optional int32 $meta;", json!([1, 2]));
    let message = read(small_file(2, &[number]), &small(true)).unwrap_err();
    assert!(
        message.contains("field \"$meta\"")
            && message.contains("as string, found a column of int32"),
        "{message}"
    );
    let twice = ("+", "optional int64 id;", json!([1, 2]));
    let message = read(small_file(2, &[twice]), &small(true)).unwrap_err();
    assert_eq!(
        message,
        "field \"id\": expected one column of that name, found two"
    );
}

/// Stored Arrow schema made by `PyArrow` 26: id int64, name `large_string`, v list<float>.
const LARGE: &str = "/////wgBAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAMAAACgAAAAYAAAAAQAAAB8////AAABDBQAAAAYAA\
    AABAAAAAEAAAAQAAAAAQAAAHYAAACo////pP///wAAAQMQAAAAHAAAAAQAAAAAAAAABAAAAGl0ZW0AAAYACAAGAAYAAAAAAAEA1P///wAAARQQ\
    AAAAHAAAAAQAAAAAAAAABAAAAG5hbWUAAAAABAAEAAQAAAAQABQACAAGAAcADAAAABAAEAAAAAAAAQIQAAAAHAAAAAQAAAAAAAAAAgAAAGlkAA\
    AIAAwACAAHAAgAAAAAAAABQAAAAAAAAAA=";

/// Stored Arrow schema like [`LARGE`], but with name dictionary<int32, string> and v `fixed_size_list<float>[2]`.
const DICTIONARY: &str = "/////zgBAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAEAAAAUP///wQAAAADAAAA2AAAAHgAAAAEAAAARP///wAAARAUAAAAHAAAAAQAAAABAA\
    AAGAAAAAEAAAB2AAYACAAEAAYAAAACAAAAdP///wAAAQMQAAAAHAAAAAQAAAAAAAAABAAAAGl0ZW0AAAYACAAGAAYAAAAAAAEAEAAYAAgABgAH\
    AAwAEAAUABAAAAAAAAEFFAAAADwAAAAgAAAABAAAAAAAAAAEAAAAbmFtZQAAAAAIAAgAAAAEAAgAAAAEAAAAvP///wAAAAEgAAAABAAEAAQAAA\
    AQABQACAAGAAcADAAAABAAEAAAAAAAAQIQAAAAHAAAAAQAAAAAAAAAAgAAAGlkAAAIAAwACAAHAAgAAAAAAAABQAAAAAAAAAA=";

fn stored(schema: &str) -> WriterProperties {
    let pair = KeyValue::new("ARROW:schema".to_owned(), schema.to_owned());
    WriterProperties::builder()
        .set_key_value_metadata(Some(vec![pair]))
        .build()
}

#[test]
fn types_of_the_stored_arrow_schema_are_refused_as_milvus_does() {
    // Arrow Go 17, `pqarrow/schema.go`, `applyOriginalStorageMetadata`. Milvus 2.3.5 reports "file field
    // dataType:large_utf8".
    let rows = [json!({"id": 1, "name": "a", "v": [1, 2]})];
    let columns = columns(&small(false), &rows, Form::Lists);
    let read = |schema: &str| read(file(&columns, stored(schema), 9), &small(false));
    let message = read(LARGE).unwrap_err();
    for part in [
        "field \"name\": expected VarChar(8) as string, found a column of large_string",
        "pyarrow table.cast(schema) to pa.string()",
        "polars",
        "pandas",
    ] {
        assert!(message.contains(part), "{message}");
    }
    let message = read(DICTIONARY).unwrap_err();
    assert!(
        message.contains("found a column of dictionary<string>"),
        "{message}"
    );
    for damaged in ["", "!", &LARGE[..100]] {
        let message = read(damaged).unwrap_err();
        assert!(message.contains("(ARROW:schema) is damaged"), "{message}");
    }
    // A schema with another number of columns is ignored.
    let mut more = columns.clone();
    more.push(column("optional int32 n;", json!([1])));
    let found = self::read(file(&more, stored(LARGE), 9), &small(false));
    assert_eq!(found.unwrap().len(), 1);
}

#[test]
fn lists_of_fixed_size_fill_vectors_and_arrays_alone() {
    // Milvus: `parquet/util.go`, `isFixedSizeListImportTarget`.
    let schema = super::schema_of(
        json!([
            {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
            {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": 2}},
        ]),
        false,
    );
    let columns = [
        column("required int64 id;", json!([1])),
        column("optional int32 name;", json!([1])),
        column(&list_of("v", "float element"), json!([[1, 2]])),
    ];
    let rows = read(file(&columns, stored(DICTIONARY), 9), &schema).unwrap();
    assert_eq!(rows[0]["v"], json!([1.0, 2.0]));
}

#[test]
fn codecs_that_milvus_does_not_read_are_named() {
    // Milvus 2.3.5 reports "LZ4_RAW unimplemented". The codec is a number in the column's metadata.
    let rows: Vec<_> = (0..9)
        .map(|id| json!({"id": id, "name": "a", "v": [0.5, id]}))
        .collect();
    let columns = columns(&small(false), &rows, Form::Lists);
    for (compression, name) in [(Compression::LZ4, "lz4"), (Compression::LZ4_RAW, "lz4_raw")] {
        let bytes = with_codec(file(&columns, plain(), 9), compression);
        let message = read(bytes, &small(false)).unwrap_err();
        assert!(
            message.contains(&format!(
                "found {name}, which Milvus does not read; write the file with compression="
            )),
            "{message}"
        );
    }
}

/// Returns the file with another codec in the metadata of its columns.
fn with_codec(bytes: Vec<u8>, compression: Compression) -> Vec<u8> {
    let reader = SerializedFileReader::new(Bytes::from(bytes.clone())).unwrap();
    let metadata = reader.metadata().clone();
    let groups = metadata.row_groups().iter().map(|group| {
        let columns = group.columns().iter().map(|column| {
            let builder = column.clone().into_builder();
            builder.set_compression(compression).build().unwrap()
        });
        let builder = group.clone().into_builder();
        builder
            .set_column_metadata(columns.collect())
            .build()
            .unwrap()
    });
    let metadata = metadata
        .clone()
        .into_builder()
        .set_row_groups(groups.collect())
        .build();
    let length = u32::from_le_bytes(bytes[bytes.len() - 8..bytes.len() - 4].try_into().unwrap());
    let mut changed = bytes[..bytes.len() - 8 - length as usize].to_vec();
    let mut footer = Vec::new();
    ParquetMetaDataWriter::new(&mut footer, &metadata)
        .finish()
        .unwrap();
    changed.extend(footer);
    changed
}

/// File of one row whose pages have checksums, made by `PyArrow` 26 (`write_page_checksum=True`).
const CHECKSUMS: &str = "UEFSMRUAFRwVHBXrmfSAAhwVAhUAFQYVBhwAAAACAAAAAgEBAAAAAAAAABUAFRYVFhW+y+2PDRwVAhUAFQYVBhwAAAACAAAAAgEBAAAAYRUAFS\
    gVKBWh1vmbBBwVBBUAFQYVBhwAAAACAAAAAwICAAAABAMAAIA/AAAAQBUEGWw1ABgGc2NoZW1hFQYAFQQlAhgCaWQAFQwlAhgEbmFtZSUATBwA\
    AAA1AhgBdhUCFQZMPAAAADUEGARsaXN0FQIAFQglAhgHZWxlbWVudAAWAhkcGTwmABwVBBklBgAZGAJpZBUAFgIWThZOJghJHBUAFQAVAgA8KQ\
    YZJgACAAAAJgAcFQwZJQYAGRgEbmFtZRUAFgIWSBZIJlZJHBUAFQAVAgA8FgIZBhkmAAIAAAAmABwVCBklBgAZOAF2BGxpc3QHZWxlbWVudBUA\
    FgQWWhZaJp4BSRwVABUAFQIAPCkmAgIZRgAAAAQAAAAW8AEWAiYIFvABACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyNi4wLjEZPBwAAB\
    wAABwAAAAnAQAAUEFSMQ==";

#[test]
fn a_page_whose_checksum_is_wrong_is_damaged() {
    let bytes = BASE64_STANDARD.decode(CHECKSUMS).unwrap();
    assert_eq!(
        read(bytes.clone(), &small(false)).unwrap()[0]["v"],
        json!([1.0, 2.0])
    );
    let at = memchr::memmem::find(&bytes, &2_f32.to_le_bytes()).unwrap();
    let mut damaged = bytes;
    damaged[at] ^= 1;
    let message = read(damaged, &small(false)).unwrap_err();
    assert!(message.contains("CRC"), "{message}");
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
