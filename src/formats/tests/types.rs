//! `Timestamptz`, `Geometry`, `Text`, struct arrays and computed fields, in every format.

use std::sync::Arc;

use parquet::data_type::{ByteArray, ByteArrayType, FloatType, Int32Type, Int64Type};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::{Value, json};

use super::{Row, read_all, reader};
use crate::formats::{Batch, CsvOptions, Input, Reader, Schema};
use crate::location::Format;
use crate::stores::read_at::ReadAt;

/// Returns a schema with a key, a vector, each newer type and a nullable struct array.
fn schema() -> Arc<Schema> {
    let sub = |name: &str, kind: &str, element: &str, params: Value| json!({"fieldName": name, "dataType": kind, "elementDataType": element, "elementTypeParams": params});
    let body = json!({"properties": {"timezone": "Asia/Shanghai"}, "schema": {
        "fields": [
            {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
            {"fieldName": "v", "dataType": "FloatVector", "nullable": true, "elementTypeParams": {"dim": 2}},
            {"fieldName": "ts", "dataType": "Timestamptz", "nullable": true},
            {"fieldName": "geo", "dataType": "Geometry", "nullable": true},
            {"fieldName": "text", "dataType": "Text", "nullable": true},
        ],
        "structFields": [{"fieldName": "parts", "nullable": true, "typeParams": {"max_capacity": 2}, "fields": [
            sub("n", "Array", "Int8", json!({})),
            sub("e", "ArrayOfVector", "FloatVector", json!({"dim": 2})),
            sub("h", "ArrayOfVector", "Float16Vector", json!({"dim": 2})),
        ]}],
    }});
    Arc::new(Schema::from_create_body(&body).unwrap())
}

fn stream(text: &str, format: Format, schema: &Arc<Schema>) -> Result<Vec<Row>, String> {
    let input = Input::Object(Arc::new(text.as_bytes().to_vec()));
    let rows = Reader::new(input, format, schema, &CsvOptions::default()).and_then(read_all);
    rows.map_err(|error| error.to_string())
}

/// Reads one row with this field from a JSON file. Returns the field's value, or the error.
fn give(field: &str, json: &str) -> Result<Value, String> {
    let text = format!("[{{\"id\": 1, {field:?}: {json}}}]");
    let rows = reader(text.as_bytes(), Format::Json, &schema(), 1 << 16);
    let rows = read_all(rows).map_err(|error| error.to_string())?;
    Ok(rows[0][field].clone())
}

/// Milvus: `json/row_parser.go`, `parseEntity`, `reconstructArrayForStructArray`; `common/vector_array.go`.
#[test]
fn newer_types_are_read_from_json() {
    let part = r#"{"n": 1, "e": [0.5, 1], "h": [1, 2]}"#;
    let two = format!("[{part}, {part}]");
    let kept: Value = serde_json::from_str(&two).unwrap();
    for (field, json, shown) in [
        (
            "ts",
            r#""2026-01-31T08:30:00""#,
            json!("2026-01-31T08:30:00+08:00"),
        ),
        (
            "ts",
            r#""2026-01-31 08:30:00Z""#,
            json!("2026-01-31T16:30:00+08:00"),
        ),
        ("geo", r#""point(1 2)""#, json!("POINT (1 2)")),
        ("text", r#""""#, json!("")),
        ("parts", "[]", json!([])),
        ("parts", two.as_str(), kept),
        ("parts", "null", Value::Null),
    ] {
        assert_eq!(give(field, json), Ok(shown), "{field}: {json}");
    }
    let more = format!("[{part}, {part}, {part}]");
    for (field, json, part) in [
        ("ts", "1769848200", "expected Timestamptz, found 1769848200"),
        ("ts", r#""tomorrow""#, "which is no time as in"),
        (
            "ts",
            r#""2026-01-31T08:30:00+15:00""#,
            "offset is not between",
        ),
        ("geo", r#""POINT(1)""#, "which is no well-known text"),
        (
            "geo",
            r#"{"type": "Point"}"#,
            "expected Geometry, found object",
        ),
        ("text", "5", "expected Text, found 5"),
        ("parts", "{}", "found object {}"),
        ("parts", "[1]", "found 1 in object 1"),
        ("parts", "[null]", "found null in object 1"),
        (
            "parts",
            r#"[{"n": 1, "e": [1, 2]}]"#,
            r#"no sub-field "h" in object 1"#,
        ),
        (
            "parts",
            r#"[{"n": 1, "e": [1, 2], "h": [1, 2], "x": 1}]"#,
            r#"an unknown sub-field "x""#,
        ),
        (
            "parts",
            r#"[{"n": 1, "n": 1, "e": [1, 2], "h": [1, 2]}]"#,
            r#"the sub-field "n" twice"#,
        ),
        (
            "parts",
            r#"[{"n": 200, "e": [1, 2], "h": [1, 2]}]"#,
            "out of range",
        ),
        (
            "parts",
            r#"[{"n": 1, "e": [1, 2, 3], "h": [1, 2]}]"#,
            "3 values as \"e\" (FloatVector(2))",
        ),
        ("parts", more.as_str(), "found 3 objects"),
        ("parts[n]", "[1]", "must be given as a list of objects"),
    ] {
        let message = give(field, json).unwrap_err();
        assert!(message.contains(part), "{field}: {json}: {message}");
    }
}

/// Milvus: `csv/row_parser.go`.
#[test]
fn newer_types_are_read_from_csv() {
    let text = "id,ts,geo,text,parts\n\
        1,2026-01-31T08:30:00Z,POINT(1 2),plain,\"[{\"\"n\"\":1,\"\"e\"\":[1,2],\"\"h\"\":[1,2]}]\"\n\
        2,,,,null\n";
    let rows = stream(text, Format::Csv, &schema()).unwrap();
    assert_eq!(rows[0]["ts"], "2026-01-31T16:30:00+08:00");
    assert_eq!(
        (&rows[0]["geo"], &rows[0]["text"]),
        (&json!("POINT (1 2)"), &json!("plain"))
    );
    assert_eq!(
        rows[0]["parts"],
        json!([{"n": 1, "e": [1, 2], "h": [1, 2]}])
    );
    assert_eq!(
        (&rows[1]["ts"], &rows[1]["parts"]),
        (&Value::Null, &Value::Null)
    );
    for (cell, part) in [("x", "not JSON"), ("{}", "found object")] {
        let text = format!("id,parts\n1,{cell}\n");
        let message = stream(&text, Format::Csv, &schema()).unwrap_err();
        assert!(message.contains(part), "{message}");
    }
    let message = stream("id,parts[n]\n1,[1]\n", Format::Csv, &schema()).unwrap_err();
    assert!(
        message.contains("must be given as a list of objects"),
        "{message}"
    );
}

/// Levels of a struct array's members: 0 for null, 1 for no objects, 2 for an object, and one more for each optional
/// level.
type Levels<'a> = (&'a [i16], &'a [i16]);

/// Returns a file with a key and a struct array whose vectors are written with these levels.
fn structs_file(member: &str, levels: Levels<'_>, floats: &[f32]) -> Vec<u8> {
    let message = format!("message m {{ required int64 id; optional group parts (LIST) {{ repeated group list {{ optional group element {{
        optional group e (LIST) {{ repeated group list {{ optional float element; }} }}
        {member};
        optional group h (LIST) {{ repeated group list {{ optional int32 element (INTEGER(8,false)); }} }} }} }} }}
        optional binary ts (STRING); }}");
    let message = Arc::new(parse_message_type(&message).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, message, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let rows = levels.1.iter().filter(|level| **level == 0).count();
    let ids: Vec<i64> = (1..=i64::try_from(rows).unwrap()).collect();
    column
        .typed::<Int64Type>()
        .write_batch(&ids, None, None)
        .unwrap();
    column.close().unwrap();
    let (definition, repetition) = levels;
    let mut column = group.next_column().unwrap().unwrap();
    column
        .typed::<FloatType>()
        .write_batch(floats, Some(definition), Some(repetition))
        .unwrap();
    column.close().unwrap();
    // Each object has one value of `n`, and two pairs of bytes of `h`: 1 and 2 as 16-bit floats.
    let firsts = definition
        .iter()
        .zip(repetition)
        .filter(|(_, repetition)| **repetition < 2);
    let (levels_n, repetition_n): (Vec<i16>, Vec<i16>) = firsts
        .map(|(definition, repetition)| {
            (if *definition >= 2 { 4 } else { *definition }, *repetition)
        })
        .unzip();
    let objects = levels_n.iter().filter(|level| **level == 4).count();
    let mut column = group.next_column().unwrap().unwrap();
    column
        .typed::<Int32Type>()
        .write_batch(&vec![7; objects], Some(&levels_n), Some(&repetition_n))
        .unwrap();
    column.close().unwrap();
    let (mut levels_h, mut repetition_h, mut halves) = (Vec::new(), Vec::new(), Vec::new());
    for (definition, repetition) in levels_n.iter().zip(&repetition_n) {
        if *definition < 4 {
            levels_h.push(*definition);
            repetition_h.push(*repetition);
            continue;
        }
        levels_h.extend([6; 4]);
        repetition_h.extend([*repetition, 2, 2, 2]);
        halves.extend([0x00, 0x3c, 0x00, 0x40]);
    }
    let mut column = group.next_column().unwrap().unwrap();
    column
        .typed::<Int32Type>()
        .write_batch(&halves, Some(&levels_h), Some(&repetition_h))
        .unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let times = vec![ByteArray::from("2026-01-31T08:30:00Z"); rows];
    column
        .typed::<ByteArrayType>()
        .write_batch(&times, Some(&vec![1; rows]), None)
        .unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

fn read_parquet(bytes: Vec<u8>) -> Result<Vec<Row>, String> {
    let input = Input::Object(Arc::new(bytes) as Arc<dyn ReadAt>);
    let rows = Reader::new(input, Format::Parquet, &schema(), &CsvOptions::default());
    rows.and_then(read_all).map_err(|error| error.to_string())
}

/// Milvus: `parquet/struct_field_reader.go`, `parquet/util.go`.
#[test]
fn newer_types_are_read_from_parquet() {
    const N: &str = "optional int32 n (INTEGER(8,true))";
    // The rows are two objects, a null, an empty list, and one object.
    let levels: Levels<'_> = (&[6, 6, 6, 6, 0, 1, 6, 6], &[0, 2, 1, 2, 0, 0, 0, 2]);
    let floats = [0.5, 1.0, 2.0, 3.0, 4.0, 5.0];
    let rows = read_parquet(structs_file(N, levels, &floats)).unwrap();
    let part = |e: [f64; 2]| json!({"n": 7, "e": e, "h": [1.0, 2.0]});
    let parts: Vec<_> = rows.iter().map(|row| row["parts"].clone()).collect();
    let expected = [
        json!([part([0.5, 1.0]), part([2.0, 3.0])]),
        Value::Null,
        json!([]),
        json!([part([4.0, 5.0])]),
    ];
    assert_eq!(parts, expected);
    assert_eq!(rows[0]["ts"], "2026-01-31T16:30:00+08:00");
    for (member, levels, floats, part) in [
        // The cases are a null object, a null vector, a null in a vector, and a vector that is too short.
        (N, (&[2][..], &[0][..]), &[][..], "a null in it"),
        (N, (&[3], &[0]), &[], "a null in it"),
        (N, (&[6, 5], &[0, 2]), &[1.0], "a null in it"),
        (N, (&[6], &[0]), &[1.0], "1 values as \"e\""),
        (
            "optional int32 m (INTEGER(8,true))",
            levels,
            &floats,
            "a list of structs of e, m, h",
        ),
        (
            "optional int32 n",
            levels,
            &floats,
            "whose \"n\" is a int32",
        ),
    ] {
        let message = read_parquet(structs_file(member, levels, floats)).unwrap_err();
        assert!(message.contains(part), "{member}: {message}");
    }
}

/// Returns a schema with a key, a text field, and the outputs of a BM25 and an embedding function.
fn computed(properties: &Value) -> Arc<Schema> {
    let function = |name: &str, kind: &str, output: &str, params: Value| json!({"name": name, "type": kind, "inputFieldNames": ["t"], "outputFieldNames": [output], "params": params});
    let body = json!({"properties": properties, "schema": {
        "autoID": true,
        "fields": [
            {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
            {"fieldName": "t", "dataType": "VarChar", "elementTypeParams": {"max_length": 9, "enable_analyzer": true}},
            {"fieldName": "s", "dataType": "SparseFloatVector"},
            {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": 2}},
        ],
        "functions": [
            function("b", "BM25", "s", json!({})),
            function("e", "TextEmbedding", "v", json!({"provider": "openai"})),
        ],
    }});
    Arc::new(Schema::from_create_body(&body).unwrap())
}

/// Milvus: `json/row_parser.go` and `csv/row_parser.go`, `rejectedFuncOutputFields` and `allow_insert_auto_id`.
#[test]
fn outputs_and_keys_are_left_out_or_allowed() {
    let plain = computed(&json!({}));
    let allowed = computed(&json!({
        "collection.function.allowInsertNonBM25FunctionOutputs": "true", "allow_insert_auto_id": true}));
    for schema in [&plain, &allowed] {
        let rows = stream("[{\"t\": \"a\"}]", Format::Json, schema).unwrap();
        assert_eq!((&rows[0]["s"], &rows[0]["v"]), (&Value::Null, &Value::Null));
        assert_eq!(stream("t\na\n", Format::Csv, schema).unwrap().len(), 1);
        for (text, format) in [
            ("[{\"t\": \"a\", \"s\": {\"1\": 2}}]", Format::Json),
            ("[{\"t\": \"a\", \"s\": null}]", Format::Json),
            ("t,s\na,{}\n", Format::Csv),
        ] {
            let message = stream(text, format, schema).unwrap_err();
            assert!(
                message.contains("a BM25 function computes the field"),
                "{message}"
            );
        }
    }
    let rows = [
        ("[{\"t\": \"a\", \"id\": 5, \"v\": [1, 2]}]", Format::Json),
        ("t,id,v\na,5,\"[1,2]\"\n", Format::Csv),
    ];
    for (text, format) in rows {
        let message = stream(text, format, &plain).unwrap_err();
        assert!(message.contains("autoId is on"), "{message}");
        let rows = stream(text, format, &allowed).unwrap();
        assert_eq!(
            (&rows[0]["id"], &rows[0]["v"]),
            (&json!(5), &json!([1.0, 2.0]))
        );
    }
    let message = stream("[{\"t\": \"a\", \"v\": [1, 2]}]", Format::Json, &plain).unwrap_err();
    assert!(
        message.contains("function output")
            && message.contains("allowInsertNonBM25FunctionOutputs"),
        "{message}"
    );
    // Given keys are kept, and missing keys are generated.
    let mut batch = Batch::new(&allowed);
    batch.push_json(b"{\"t\": \"a\", \"id\": 5}", 1).unwrap();
    batch.push_json(b"{\"t\": \"b\"}", 2).unwrap();
    batch.set_auto_ids(100);
    assert_eq!(
        (batch.columns()[0].int64(0), batch.columns()[0].int64(1)),
        (Some(5), Some(101))
    );
}

/// Milvus: `numpy/util.go`, `validateHeader` and `CreateReaders`.
#[test]
fn numpy_has_no_form_for_some_types() {
    let npy = |dtype: &str, shape: &str, data: &[u8]| {
        let header =
            format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({shape}), }}\n");
        let mut file = b"\x93NUMPY\x01\0".to_vec();
        file.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
        file.extend(header.as_bytes());
        file.extend(data);
        file
    };
    let read = |name: &str, value: &[u8]| {
        let text = npy(&format!("|S{}", value.len()), "1,", value);
        let files = [
            ("id.npy", npy("<i8", "1,", &1_i64.to_le_bytes())),
            (name, text),
        ];
        let files =
            files.map(|(name, bytes)| (name.to_owned(), Arc::new(bytes) as Arc<dyn ReadAt>));
        let input = Input::Set(files.into());
        let rows = Reader::new(input, Format::Numpy, &schema(), &CsvOptions::default());
        rows.and_then(read_all).map_err(|error| error.to_string())
    };
    assert_eq!(
        read("geo.npy", b"POINT(1 2)").unwrap()[0]["geo"],
        "POINT (1 2)"
    );
    for name in ["ts.npy", "text.npy", "parts.npy"] {
        let message = read(name, b"x").unwrap_err();
        assert!(message.contains("no form for it"), "{name}: {message}");
    }
}
