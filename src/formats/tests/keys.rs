//! Keys of rows, and values used for missing keys.

use serde_json::{Value, json};

use super::rows::row;
use super::{schema_of, small};
use crate::formats::{Batch, Column};

#[test]
fn the_keys_of_a_row_must_match_the_schema() {
    let cases = [
        (
            r#"{"name":"a","v":[1,2]}"#,
            r#"field "id": expected Int64, found nothing: the field is missing"#,
        ),
        (
            r#"{"id":1,"name":null,"v":[1,2]}"#,
            "found null, and the field is not nullable",
        ),
        (
            r#"{"id":1,"name":"a","v":[1,2],"id":2}"#,
            "field \"id\": expected each key once",
        ),
        (
            r#"{"id":1,"name":"a","v":[1,2],"\u0069d":2}"#,
            "field \"id\": expected each key once",
        ),
        (
            r#"{"id":1,"name":"123456789","v":[1,2]}"#,
            "expected VarChar(8), found 9 bytes, more than max_length 8, text \"123456789\"",
        ),
        (r#"{"id":1,"name":"ééééé","v":[1,2]}"#, "found 10 bytes"),
        (
            r#"{"id":1,"name":7,"v":[1,2]}"#,
            "expected VarChar(8), found 7",
        ),
        (
            r#"{"id":1,"name":"\ud800","v":[1,2]}"#,
            "expected VarChar(8), found text",
        ),
        (r#"{"Id":1,"name":"a","v":[1,2]}"#, "field \"id\""),
        ("[1]", "expected a row object, found list [1]"),
        ("null", "expected a row object, found null"),
    ];
    for (json, expected) in cases {
        let message = row(&small(false), json).unwrap_err();
        assert!(message.contains(expected), "{json}: {message}");
    }
}

#[test]
fn keys_outside_the_schema_are_dropped_with_a_warning() {
    // Milvus 2.6 and later don't report an error (`json/row_parser.go`, `Parse`).
    let mut batch = Batch::new(&small(false));
    for (number, row) in [
        r#"{"id":1,"name":"a","v":[1,2],"w":"q","$meta":{}}"#,
        r#"{"w":1,"id":2,"name":"a","v":[1,2],"w":2}"#,
    ]
    .iter()
    .enumerate()
    {
        batch.push_json(row.as_bytes(), number as u64).unwrap();
    }
    assert_eq!(
        batch.row(1),
        *json!({"id": 2, "name": "a", "v": [1.0, 2.0]})
            .as_object()
            .unwrap()
    );
    let warnings = |batch: &mut Batch| -> Vec<String> {
        batch
            .take_warnings()
            .map(|(warning, _)| warning.to_string())
            .collect()
    };
    let dropped = |key: &str| {
        format!("key \"{key}\" is no field of the schema and was dropped (dynamic fields are off)")
    };
    assert_eq!(warnings(&mut batch), [dropped("$meta"), dropped("w")]);
    assert_eq!(warnings(&mut batch), Vec::<String>::new());
    // An insert call refuses such keys.
    let mut insert = Batch::new(&small(false)).loose();
    let refused = insert.push_json(br#"{"id":1,"name":"a","v":[1,2],"w":"q"}"#, 1);
    let message = refused.unwrap_err().to_string();
    assert!(
        message.contains("field \"w\": expected a field of the schema (id, name, v)"),
        "{message}"
    );
}

#[test]
fn a_json_field_of_a_file_is_an_object_or_text_that_holds_json() {
    // Milvus: `json/row_parser.go`, `parseEntity`.
    let schema = schema_of(
        json!([
            {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
            {"fieldName": "j", "dataType": "JSON"},
            {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": 1}},
        ]),
        false,
    );
    let give = |json: &str, loose: bool| {
        let batch = Batch::new(&schema);
        let mut batch = if loose { batch.loose() } else { batch };
        let row = format!(r#"{{"id":1,"v":[1],"j":{json}}}"#);
        let pushed = batch.push_json(row.as_bytes(), 1);
        pushed
            .map(|()| batch.row(0)["j"].clone())
            .map_err(|error| error.to_string())
    };
    for (json, expected) in [
        (r#"{"a":[1]}"#, json!({"a": [1]})),
        (r#""[1,2]""#, json!([1, 2])),
        (r#"" 5 ""#, json!(5)),
        (r#""null""#, Value::Null),
        (r#""\"x\"""#, json!("x")),
    ] {
        assert_eq!(give(json, false), Ok(expected), "{json}");
    }
    for (json, found) in [
        ("[1,2]", "found list [1,2]"),
        ("5", "found 5"),
        ("true", "found true"),
        (r#""abc""#, "found text \"abc\", which is not JSON"),
        (r#""""#, "found text \"\", which is not JSON"),
        ("null", "found null, and the field is not nullable"),
    ] {
        let message = give(json, false).unwrap_err();
        assert!(message.contains(found), "{message}");
    }
    // An insert call accepts these values.
    assert_eq!(give("[1,2]", true), Ok(json!([1, 2])));
    assert_eq!(give(r#""abc""#, true), Ok(json!("abc")));
}

#[test]
fn bytes_that_are_not_utf8_are_named_with_their_field() {
    for (row, expected) in [
        (
            &b"{\"id\":1,\"name\":\"a\xff\",\"v\":[1,2]}"[..],
            "row 1, field \"name\": expected VarChar(8), found bytes that are not UTF-8; save the file as UTF-8",
        ),
        (
            b"{\"id\":1,\"other\":[\"a\",\"\xe9\"],\"name\":\"a\"}",
            "row 1, field \"other\": expected a JSON value, found bytes that are not UTF-8",
        ),
        (b"{\"i\xffd\":1}", "found bytes that are not UTF-8"),
    ] {
        let refused = Batch::new(&small(true)).push_json(row, 1);
        let message = refused.unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_long_value_is_cut_in_the_message() {
    let long = format!(r#"{{"id":"{}","name":"a","v":[1,2]}}"#, "é".repeat(500));
    let message = row(&small(false), &long).unwrap_err();
    assert!(
        message.chars().count() < 130 && message.ends_with('…'),
        "{message}"
    );
}

#[test]
fn dynamic_fields_are_merged() {
    let base = r#""id":1,"name":"a","v":[1,2]"#;
    let cases = [
        (r#""x":8,"y":[1]"#, r#"{"x":8,"y":[1]}"#),
        (r#""x":null"#, r#"{"x":null}"#),
        (r#""$meta":{"y":1},"x":8"#, r#"{"x":8,"y":1}"#),
        (r#""$meta":"{\"y\":1}","x":8"#, r#"{"x":8,"y":1}"#),
        (r#""$meta":{},"é\n":"\"""#, r#"{"é\n":"\""}"#),
        (r#""$meta":"null""#, "{}"),
        // Milvus compares keys only with the row's dynamic keys (`json/row_parser.go`, `combineDynamicRow`).
        (r#""$meta":{"id":9}"#, r#"{"id":9}"#),
        (
            r#""$meta":{"n":9007199254740993}"#,
            r#"{"n":9007199254740993}"#,
        ),
        (
            r#""$meta":"{\"n\":9007199254740992,\"s\":\"9007199254740993\"}""#,
            r#"{"n":9007199254740992,"s":"9007199254740993"}"#,
        ),
    ];
    for (extra, expected) in cases {
        let mut batch = Batch::new(&small(true));
        batch
            .push_json(format!("{{{base},{extra}}}").as_bytes(), 1)
            .unwrap();
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(batch.meta().unwrap().value(0), expected, "{extra}");
    }
    let refused = [
        (r#""x":8,"x":9"#, "field \"x\": expected each key once"),
        (
            r#""x":8,"$meta":{"x":9}"#,
            "field \"x\": expected each key once",
        ),
        (
            r#""$meta":null"#,
            "expected an object of dynamic fields, found null",
        ),
        (
            r#""$meta":"{\"n\":[-9007199254740993]}""#,
            "found -9007199254740993, which Milvus would round",
        ),
        (
            r#""$meta":[1]"#,
            "expected an object of dynamic fields, found list [1]",
        ),
        (r#""$meta":"{""#, "expected an object of dynamic fields"),
        (
            r#""$meta":{},"$meta":{}"#,
            "field \"$meta\": expected each key once",
        ),
        (r#""x":1e400"#, "field \"x\": expected a JSON value"),
    ];
    for (extra, expected) in refused {
        let message = row(&small(true), &format!("{{{base},{extra}}}")).unwrap_err();
        assert!(message.contains(expected), "{extra}: {message}");
    }
}

#[test]
fn defaults_and_generated_keys_fill_missing_values() {
    let schema = schema_of(
        json!([
            {"fieldName": "id", "dataType": "Int64", "isPrimary": true, "autoId": true},
            {"fieldName": "n", "dataType": "Int32", "defaultValue": 5},
            {"fieldName": "t", "dataType": "VarChar", "max_length": 9, "defaultValue": "a\"b", "nullable": true},
            {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": 1}},
        ]),
        false,
    );
    let mut batch = Batch::new(&schema);
    batch.push_json(br#"{"v":[1]}"#, 1).unwrap();
    batch
        .push_json(br#"{"v":[1],"n":null,"t":null}"#, 2)
        .unwrap();
    assert!(batch.columns()[0].is_empty());
    batch.set_auto_ids(40);
    let expected = |id: i64| json!({"id": id, "n": 5, "t": "a\"b", "v": [1.0]});
    assert_eq!(Value::Object(batch.row(0)), expected(40));
    assert_eq!(Value::Object(batch.row(1)), expected(41));
    let message = row(&schema, r#"{"id":1,"v":[1]}"#).unwrap_err();
    assert!(
        message.contains("field \"id\": expected no value (autoId is on"),
        "{message}"
    );
    batch.clear();
    assert!(batch.rows() == 0 && batch.columns().iter().all(Column::is_empty));
}
