//! CSV files: files that were written are read back, and errors name the problem.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Row, every_type, good_row, outcomes, read_all, schema_of, small};
use crate::formats::{CsvOptions, Input, ReadError, Reader, Schema};
use crate::location::Format;

fn open(text: &[u8], schema: &Arc<Schema>, options: &CsvOptions) -> Result<Reader, ReadError> {
    Reader::new(
        Input::Object(Arc::new(text.to_vec())),
        Format::Csv,
        schema,
        options,
    )
}

fn read(text: &str, schema: &Arc<Schema>) -> Result<Vec<Row>, String> {
    let rows = open(text.as_bytes(), schema, &CsvOptions::default()).and_then(read_all);
    rows.map_err(|error| error.to_string())
}

/// Writes rows like the official bulk writer.
fn write(schema: &Schema, rows: &[Value], separator: u8, null: &str) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(separator)
        .from_writer(Vec::new());
    let names = schema.fields.iter().map(|field| field.name.as_str());
    writer.write_record(names.chain(["$meta"])).unwrap();
    for row in rows {
        let cells = schema
            .fields
            .iter()
            .map(|field| match (&row[&field.name], &field.data_type) {
                (Value::Null, _) => null.to_owned(),
                (Value::String(text), data_type) if data_type.is_text() => text.clone(),
                (value, _) => value.to_string(),
            });
        let meta = json!({"extra": row["extra"]}).to_string();
        writer.write_record(cells.chain([meta])).unwrap();
    }
    writer.into_inner().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn rows_survive_csv(rows in prop::collection::vec(good_row(), 0..12), tab in any::<bool>()) {
        let (separator, null) = if tab { (b'\t', "\\N") } else { (b',', "no value") };
        let schema = every_type();
        let text = write(&schema, &rows, separator, null);
        let separator = char::from(separator).to_string();
        let options = CsvOptions::new(&separator, null).unwrap();
        let found = read_all(open(&text, &schema, &options).unwrap()).unwrap();
        prop_assert_eq!(found.len(), rows.len());
        for (found, row) in found.into_iter().zip(rows) {
            prop_assert_eq!(Value::Object(found), row);
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(text in prop::collection::vec(prop::sample::select(b"id,name,v\n\r\"[1]2;\xff\0".to_vec()), 0..80)) {
        for schema in [small(false), small(true)] {
            let text = [b"id,name,v\n".as_slice(), &text].concat();
            _ = open(&text, &schema, &CsvOptions::default()).map(|reader| outcomes(reader, "id"));
        }
    }
}

#[test]
fn cells_are_read_as_milvus_reads_them() {
    let text = "v,name,id\r\n\"[1, 2]\",\"a,\"\"b\"\"\n\",+1\r\n\n\"[0.5,-1e2]\",,2\n";
    let rows = read(text, &small(false)).unwrap();
    assert_eq!(
        Value::Object(rows[0].clone()),
        json!({"id": 1, "name": "a,\"b\"\n", "v": [1.0, 2.0]})
    );
    // An empty cell is an empty string if the field isn't nullable.
    assert_eq!(rows[1]["name"], json!(""));
    let rows = read(
        "id,b,f,d\n1,True,1e-3,.5\n2,0,,\n",
        &every_type_but_vectors(),
    )
    .unwrap();
    assert_eq!(
        (&rows[0]["b"], &rows[0]["f"], &rows[0]["d"]),
        (&json!(true), &json!(0.001), &json!(0.5))
    );
    assert_eq!(
        (&rows[1]["b"], &rows[1]["f"], &rows[1]["d"]),
        (&json!(false), &json!(2.5), &Value::Null)
    );
}

#[test]
fn only_a_line_feed_ends_a_row() {
    let schema = schema_of(
        json!([
            {"fieldName": "id", "dataType": "VarChar", "isPrimary": true, "elementTypeParams": {"max_length": 9}},
            {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": 1}},
            {"fieldName": "name", "dataType": "VarChar", "elementTypeParams": {"max_length": 9}},
        ]),
        false,
    );
    let names = |text: &str| -> Vec<String> {
        let rows = read(text, &schema).unwrap();
        let text =
            |row: &Row| [&row["id"], &row["name"]].map(|cell| cell.as_str().unwrap().to_owned());
        rows.iter().flat_map(text).collect()
    };
    for end in ["\n", "\r\n"] {
        let text = format!(
            "id,v,name{end}\ra\rb,[1],c\rd{end}{end}\"e\r\",[1],\"f\r\"{end}\"g\r\nh\",[1],{end}i,[1],\"\"{end}j,[1],\"k\"{end}l,[1],m"
        );
        let expected = [
            "\ra\rb", "c\rd", "e\r", "f\r", "g\nh", "", "i", "", "j", "k", "l", "m",
        ];
        assert_eq!(names(&text), expected, "{end:?}");
    }
    // A `\r` at the end of the file is part of the line end, as in Milvus.
    assert_eq!(names("id,v,name\r\na,[1],b\r"), ["a", "b"]);
    // Rows whose only cell is empty, and empty lines, also at the end of a chunk.
    let one = schema_of(
        json!([
            {"fieldName": "id", "dataType": "Int64", "isPrimary": true, "autoId": true},
            {"fieldName": "v", "dataType": "FloatVector", "nullable": true, "elementTypeParams": {"dim": 1}},
        ]),
        false,
    );
    for (text, rows) in [
        ("v\r\n\"\"\r\n\r\n\r\n\"\"\r\n[1]", 3),
        ("v\n\"\"\n\r\n\n\r", 1),
        ("\r\n\nv\n[1]\n", 1),
    ] {
        assert_eq!(read(text, &one).unwrap().len(), rows, "{text:?}");
    }
    let many = format!("v\r\n{}", "\"[1]\"\r\n\r\n\"\"\r\n".repeat(100_000));
    assert_eq!(read(&many, &one).unwrap().len(), 200_000);
}

/// Returns a schema with a default value, and with a vector that may be left out.
fn every_type_but_vectors() -> Arc<Schema> {
    schema_of(
        json!([
            {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
            {"fieldName": "b", "dataType": "Bool"},
            {"fieldName": "f", "dataType": "Float", "defaultValue": 2.5},
            {"fieldName": "d", "dataType": "Double", "nullable": true},
            {"fieldName": "v", "dataType": "FloatVector", "nullable": true, "elementTypeParams": {"dim": 2}},
        ]),
        false,
    )
}

#[test]
fn columns_outside_the_schema_become_texts_of_dynamic_fields() {
    let text = "id,name,v,color,$meta\n1,a,\"[1,2]\",7,\"{\"\"n\"\": 7}\"\n2,b,\"[1,2]\",,null\n";
    let rows = read(text, &small(true)).unwrap();
    assert_eq!((&rows[0]["color"], &rows[0]["n"]), (&json!("7"), &json!(7)));
    assert_eq!((&rows[1]["color"], rows[1].get("n")), (&json!(""), None));
    // Milvus decodes the cell (`csv/row_parser.go`, `combineDynamicRow`).
    for (cell, expected) in [
        ("", "found text \"\""),
        ("[1]", "found text \"[1]\""),
        (
            "{n:9007199254740993}",
            "found 9007199254740993, which Milvus would round",
        ),
    ] {
        let cell = cell.replace("n:", "\"\"n\"\":");
        let text = format!("id,name,v,$meta\n1,a,\"[1,2]\",\"{cell}\"\n");
        let message = read(&text, &small(true)).unwrap_err();
        assert!(message.contains(expected), "{message}");
    }
    let twice = "id,name,v,n,$meta\n1,a,\"[1,2]\",7,\"{\"\"n\"\": 7}\"\n";
    let message = read(twice, &small(true)).unwrap_err();
    assert!(
        message.contains("field \"n\": expected each key once"),
        "{message}"
    );
}

#[test]
fn headers_that_do_not_match_are_named() {
    for (text, expected) in [
        (
            "",
            "line 1 (byte 0): expected a header row, found an empty file",
        ),
        (
            "id,name\n",
            "field \"v\": expected FloatVector(2), found no column of that name",
        ),
        (
            "id;name;v\n",
            "field \"id\": expected Int64, found no column of that name; the columns are \"id;name;v\"",
        ),
        // With old Mac line ends, the file is a single header row, and Milvus doesn't find the last column.
        ("id,name,v\r1,a,\"[1,2]\"\r", "the lines end in \\r alone"),
        ("id,name,v\r1,a,[1]\r", "the lines end in \\r alone"),
        ("\u{feff}id,name,v\n", "byte order mark"),
    ] {
        assert!(
            read(text, &small(false)).unwrap_err().contains(expected),
            "{text}"
        );
    }
    let utf16 = open(b"\xff\xfei\0d\0", &small(false), &CsvOptions::default());
    assert!(utf16.err().unwrap().to_string().contains("UTF-16"));
    let auto = schema_of(
        json!([
            {"fieldName": "id", "dataType": "Int64", "isPrimary": true, "autoId": true},
            {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": 2}},
        ]),
        false,
    );
    assert!(
        read("id,v\n", &auto)
            .unwrap_err()
            .contains("expected no column (autoId is on")
    );
    assert_eq!(read("v\n\"[1,2]\"\n", &auto).unwrap().len(), 1);
}

#[test]
fn bad_rows_are_named_and_reading_continues() {
    let text = "id,name,v\n1,a,\"[1,2]\"\nx,a,\"[1,2]\"\n3,a,\"[1]\"\n4,a\n5,a,\"[1,2\"\n6,nine bytes,\"[1,2]\"\n7,\"\",\"[3,4]\"\n,a,\"[1,2]\"\n9,a,null\n";
    let found = outcomes(
        open(text.as_bytes(), &small(false), &CsvOptions::default()).unwrap(),
        "id",
    );
    let expected = [
        "1",
        "row 2, field \"id\": expected Int64, found text \"x\"",
        "row 3, field \"v\": expected FloatVector(2), found 1 values",
        "row 4: expected 3 cells, as the header has, found 2 cells",
        "row 5, field \"v\": expected FloatVector(2), found text \"[1,2\", which is not JSON (EOF while parsing a list)",
        "row 6, field \"name\": expected VarChar(8), found 10 bytes, more than max_length 8, text \"nine bytes\"",
        "7",
        "row 8, field \"id\": expected Int64, found text \"\"",
        "row 9, field \"v\": expected FloatVector(2), found null",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_quote_that_is_never_closed_ends_the_file() {
    let endless = [b"id,name,v\n1,\"".to_vec(), vec![b'x'; 40 << 20]].concat();
    let error = open(&endless, &small(false), &CsvOptions::default()).and_then(read_all);
    let message = error.unwrap_err().to_string();
    assert!(message.starts_with("row 1, line 2"), "{message}");
    assert!(
        message.contains("longer than 16 MiB, and a row has at most that; is a quote not closed?"),
        "{message}"
    );
}

#[test]
fn separators_are_one_character() {
    for good in ["", ",", ";", "|", "\t", "\u{1}", "、", "é", "；"] {
        assert!(CsvOptions::new(good, "").is_ok(), "{good:?}");
    }
    // Only the first character of a longer separator counts, as in Milvus.
    let one = CsvOptions::new("|", "").unwrap();
    assert_eq!(CsvOptions::new("|~|", ""), Ok(one));
    // Milvus: `importutilv2/option.go`, `GetCSVSep`.
    for bad in ["\n", "\r", "\"", "\0", "\n,", "\u{fffd}"] {
        let message = CsvOptions::new(bad, "").unwrap_err().to_string();
        assert!(message.contains("one character"), "{bad:?}");
    }
    let wide = CsvOptions::new("；", "").unwrap();
    let text = "id；name；v\n1；\"a；b\"；[1,2]\n2；a,b；\"[1,2]\"\n";
    let rows = read_all(open(text.as_bytes(), &small(false), &wide).unwrap()).unwrap();
    assert_eq!(
        (&rows[0]["name"], &rows[1]["name"]),
        (&json!("a；b"), &json!("a,b"))
    );
    // Older jobs store the options in this form.
    let stored = serde_json::json!({"separator": 59, "null": ""});
    let stored: CsvOptions = serde_json::from_value(stored).unwrap();
    assert_eq!(Ok(stored), CsvOptions::new(";", ""));
}

#[test]
fn bad_quotes_are_refused_in_every_column() {
    // These lines cause `ErrBareQuote` or `ErrQuote` in Go's `encoding/csv`. Milvus (`csv/reader.go`) continues with a
    // part of the record, or stops.
    let text = "id,name,v\n1,a\"b,\"[1,2]\"\n\"2\"x,a,\"[1,2]\"\n3,\"a\"b,\"[1,2]\"\n4\",a,\"[1,2]\"\n5,\"a\"\"b\",\"[1,2]\"\n6,\"a\n";
    let found = outcomes(
        open(text.as_bytes(), &small(false), &CsvOptions::default()).unwrap(),
        "id",
    );
    let bare = |row: u32, byte: u32| {
        format!(
            "row {row}, line {} (byte {byte}): a quote inside a cell without quotes",
            row + 1
        )
    };
    let after = |row: u32, byte: u32| {
        format!(
            "row {row}, line {} (byte {byte}): text after the closing quote",
            row + 1
        )
    };
    let expected = [
        bare(1, 13),
        after(2, 27),
        after(3, 44),
        bare(4, 55),
        "5".to_owned(),
        "row 6, line 7 (byte 86): a quote that is not closed before the end of the file".to_owned(),
    ];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            found.starts_with(&expected),
            "{found} instead of {expected}"
        );
    }
}

#[test]
fn null_as_json_text_is_decoded_as_by_go() {
    // The cell isn't the null text, so it isn't null (Milvus: `csv/row_parser.go`, `parseEntity`).
    let schema = schema_of(
        json!([
            {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
            {"fieldName": "j", "dataType": "JSON"},
            {"fieldName": "a", "dataType": "Array", "elementDataType": "Int8", "nullable": true, "elementTypeParams": {"max_capacity": 4}},
            {"fieldName": "s", "dataType": "SparseFloatVector"},
        ]),
        false,
    );
    let rows = read(
        "id,j,a,s\n1,null,null,null\n2,\"\"\"{}\"\"\",,{}\n",
        &schema,
    )
    .unwrap();
    assert_eq!(
        Value::Object(rows[0].clone()),
        json!({"id": 1, "j": null, "a": [], "s": {}})
    );
    // Text that holds JSON remains text.
    assert_eq!(
        Value::Object(rows[1].clone()),
        json!({"id": 2, "j": "{}", "a": null, "s": {}})
    );
}

#[test]
fn unused_columns_are_dropped_with_a_warning() {
    let text = "x,id,name,v,name\n,1,a,\"[1,2]\",b\n";
    let reader = open(text.as_bytes(), &small(false), &CsvOptions::default()).unwrap();
    let warnings: Vec<_> = reader.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "there are several columns named \"name\": the last one was imported, the others were dropped",
            "column \"x\" is no field of the schema and was dropped (dynamic fields are off)",
        ]
    );
    // Milvus keeps the last column of a name, because `lo.SliceToMap` overwrites (`csv/row_parser.go`).
    assert_eq!(read_all(reader).unwrap()[0]["name"], "b");
}
