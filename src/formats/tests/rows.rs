//! Row check of single rows.

use serde_json::{Value, json};

use super::{every_type, small};
use crate::formats::error::PushError;
use crate::formats::{Batch, Column};

/// Checks a row with this JSON text for `field`. Returns the value read back, or the error.
fn give(field: &str, json: &str) -> Result<Value, String> {
    let mut batch = Batch::new(&every_type());
    let row = format!(r#"{{"id": "k", {}}}"#, format_args!("{field:?}: {json}"));
    match batch.push_json(row.as_bytes(), 7) {
        Ok(()) => Ok(batch.row(0).remove(field).unwrap()),
        Err(error) => {
            assert_eq!(batch.rows(), 0);
            assert!(batch.columns().iter().all(Column::is_empty));
            Err(error.to_string())
        }
    }
}

pub(super) fn row(
    schema: &std::sync::Arc<crate::formats::Schema>,
    json: &str,
) -> Result<Value, String> {
    let mut batch = Batch::new(schema);
    match batch.push_json(json.as_bytes(), 1) {
        Ok(()) => Ok(Value::Object(batch.row(0))),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn values_that_fit_are_kept() {
    let cases = [
        ("b", "true", "true"),
        ("i8", "-128", "-128"),
        ("i16", "32767", "32767"),
        ("i32", "-2147483648", "-2147483648"),
        ("i64", "9223372036854775807", "9223372036854775807"),
        ("i64", "-0", "0"),
        ("f", "3", "3.0"),
        ("f", "0.1", "0.1"),
        ("f", "1e-50", "0.0"),
        ("d", "0.1000000000000000055", "0.1"),
        ("d", "1", "1.0"),
        ("j", r#"{"a": [1, {"b": null}]}"#, r#"{"a":[1,{"b":null}]}"#),
        ("j", r#""{\"x\": 8}""#, r#"{"x":8}"#),
        ("j", r#""\"plain\"""#, r#""plain""#),
        ("j", r#""[1,2]""#, "[1,2]"),
        (
            "j",
            r#"{"n":12345678901234567890}"#,
            r#"{"n":12345678901234567890}"#,
        ),
        ("a_Bool", "[true]", "[true]"),
        ("a_Int8", "[]", "[]"),
        (
            "a_Int64",
            "[1, -9223372036854775808]",
            "[1,-9223372036854775808]",
        ),
        ("a_Float", "[1, 2.5]", "[1,2.5]"),
        ("a_VarChar", r#"["x", "\u00e9"]"#, r#"["x","é"]"#),
        ("fv", "[ 1 ,\t-2.5e-1 ]", "[1.0,-0.25]"),
        ("bv", "[0, 255]", "[0,255]"),
        ("hv", "[0.5, 65504]", "[0.5,65504.0]"),
        ("bhv", "[0.5, -3]", "[0.5,-3.0]"),
        ("iv", "[-128, 127]", "[-128,127]"),
        ("sv", r#"{"7": 0.5, "3": 1}"#, r#"{"3":1.0,"7":0.5}"#),
        (
            "sv",
            r#"{"values": [0.5, 1], "indices": [7, 3]}"#,
            r#"{"3":1.0,"7":0.5}"#,
        ),
        ("sv", "{}", "{}"),
        ("sv", r#"{"indices": [], "values": []}"#, "{}"),
    ];
    for (field, json, expected) in cases {
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(give(field, json), Ok(expected), "{field} {json}");
    }
}

#[test]
fn words_that_are_not_json_are_named_with_their_field() {
    let schema = small(true);
    for (row_text, message) in [
        (
            r#"{"id": 1, "name": "NaN", "v": [1, NaN]}"#,
            "row 1, field \"v\": expected FloatVector(2), found NaN as element 2",
        ),
        (
            r#"{"v": [-Infinity, 1], "id": 1, "name": "a\"b"}"#,
            "row 1, field \"v\": expected FloatVector(2), found -Infinity as element 1",
        ),
        (
            r#"{"id":Infinity,"name":"a","v":[1,2]}"#,
            "row 1, field \"id\": expected Int64, found Infinity",
        ),
        (
            r#"{"id": 1, "more": {"x": [1, {"y": NaN}]}}"#,
            "row 1, field \"more\": expected a JSON value, found NaN",
        ),
        // An earlier error is reported first, and other words aren't numbers.
        (r#"{"id": 1,, "v": [NaN, 1]}"#, "key must be a string"),
        (r#"{"id": nan}"#, "expected ident"),
    ] {
        let found = row(&schema, row_text).unwrap_err();
        assert!(found.contains(message), "{row_text}: {found}");
    }
}

#[test]
fn loose_rows_may_have_scalars_as_texts_and_texts_as_numbers() {
    let loose = |field: &str, json: &str| {
        let mut batch = Batch::new(&every_type()).loose();
        let row = format!(r#"{{"id": 7.50, {field:?}: {json}}}"#);
        batch
            .push_json(row.as_bytes(), 1)
            .map_err(|error| error.to_string())?;
        assert_eq!(batch.row(0)["id"], json!("7.50"));
        Ok::<_, String>(batch.row(0).remove(field).unwrap())
    };
    for (field, json, kept) in [
        (
            "i64",
            "\"9007199254740993\"",
            json!(9_007_199_254_740_993_i64),
        ),
        ("i8", "\"-128\"", json!(-128)),
        ("i8", "7", json!(7)),
        ("b", "\"true\"", json!(true)),
        ("b", "\"0\"", json!(false)),
        ("f", "\"1.5\"", json!(1.5)),
        ("d", "\"1e3\"", json!(1000.0)),
        ("j", "\"7\"", json!(7)),
        ("fv", "[1, 2]", json!([1.0, 2.0])),
        ("fv", "\"[1,2]\"", json!([1.0, 2.0])),
    ] {
        assert_eq!(loose(field, json), Ok(kept), "{field} {json}");
        assert!(json.starts_with(['[', '7']) || field == "j" || give(field, json).is_err());
    }
    for (field, json) in [
        ("i8", "\"128\""),
        ("i64", "\"1.5\""),
        ("b", "\"yes\""),
        ("d", "\"nan\""),
    ] {
        assert!(loose(field, json).is_err(), "{field} {json}");
    }
}

#[test]
fn null_is_kept_in_every_nullable_field() {
    let schema = every_type();
    for field in schema.fields.iter().filter(|field| field.nullable) {
        assert_eq!(give(&field.name, "null"), Ok(Value::Null), "{}", field.name);
    }
    assert!(give("id", "null").unwrap_err().contains("twice"));
}

/// Checks that each value is refused for its field with a message that contains the given text.
fn all_refused(cases: &[(&str, &str, &str)]) {
    for (field, json, expected) in cases {
        let message = give(field, json).unwrap_err();
        let start = format!("row 7, field {field:?}: expected ");
        assert!(message.starts_with(&start), "{message}");
        assert!(message.contains(expected), "{field} {json}: {message}");
    }
}

#[test]
fn scalars_and_arrays_that_do_not_fit_are_refused() {
    all_refused(&[
        ("b", "1", "expected Bool, found 1"),
        ("b", "\"true\"", "found text \"true\""),
        (
            "i8",
            "128",
            "expected Int8, found 128, which is out of range (-128 to 127)",
        ),
        ("i16", "-32769", "out of range"),
        ("i32", "2147483648", "out of range"),
        ("i64", "9223372036854775808", "out of range"),
        ("i64", "1.0", "found 1.0, which is not an integer"),
        ("i64", "1e3", "not an integer"),
        ("i64", "\"1\"", "found text \"1\""),
        ("i64", "[1]", "found list [1]"),
        ("i64", "{\"a\":1}", "found object {\"a\":1}"),
        (
            "f",
            "1e39",
            "expected Float, found 1e39, which is out of range (a 32-bit float)",
        ),
        ("f", "-1e400", "out of range"),
        ("f", "true", "found true"),
        (
            "d",
            "1e400",
            "expected Double, found 1e400, which is out of range (a 64-bit float)",
        ),
        ("j", "{\"a\": 1e400}", "number out of range"),
        ("j", r#"["\ud800"]"#, "found list [\"\\ud800\"]"),
        (
            "a_Bool",
            "[1]",
            "expected Array(Bool, 4), found 1 as element 1",
        ),
        (
            "a_Int8",
            "[1, 300]",
            "found 300, which is out of range (-128 to 127) as element 2",
        ),
        ("a_Int8", "[1, null]", "found null as element 2"),
        ("a_Int8", "[1,2,3,4,5]", "found 5 elements"),
        ("a_Int8", "{}", "found object {}"),
        ("a_Double", "[1e400]", "out of range"),
        (
            "a_VarChar",
            r#"["123456789"]"#,
            "found 9 bytes, more than max_length 8, text \"123456789\" as element 1",
        ),
    ]);
}

#[test]
fn vectors_that_do_not_fit_are_refused() {
    all_refused(&[
        ("fv", "[1]", "expected FloatVector(2), found 1 values"),
        ("fv", "[1,2,3]", "found 3 values"),
        ("fv", "[]", "found 0 values"),
        ("fv", "[1,null]", "found null as element 2"),
        ("fv", "[1,\"2\"]", "found text \"2\" as element 2"),
        ("fv", "[1,[2]]", "found list [2] as element 2"),
        (
            "fv",
            "[1,1e400]",
            "found 1e400, which is out of range (a 32-bit float) as element 2",
        ),
        ("fv", "\"[1,2]\"", "found text"),
        ("fv", "{}", "found object {}"),
        (
            "bv",
            "[1]",
            "expected BinaryVector(16), found 1 bytes (8 bits)",
        ),
        (
            "bv",
            "[1,256]",
            "found 256, which is out of range (0 to 255) as element 2",
        ),
        ("bv", "[1,-1]", "out of range"),
        ("bv", "[1,1.5]", "not an integer"),
        (
            "hv",
            "[1,65520]",
            "found 65520, which is out of range (a 16-bit float) as element 2",
        ),
        ("hv", "[1]", "found 1 values"),
        ("bhv", "[1,3.4e38]", "out of range (a 16-bit float)"),
        ("iv", "[1,128]", "out of range (-128 to 127)"),
        ("iv", "[1,2,3]", "found 3 values"),
        ("sv", "[1]", "found list [1]"),
        ("sv", r#"{"a": 1}"#, "the index a"),
        ("sv", r#"{"-1": 1}"#, "out of range"),
        ("sv", r#"{"4294967295": 1}"#, "out of range"),
        ("sv", r#"{"1.5": 1}"#, "not an integer"),
        ("sv", r#"{"5": 1, "5": 2}"#, "index 5 twice"),
        ("sv", r#"{"5": "1"}"#, "found text \"1\" at index 5"),
        ("sv", r#"{"5": -1}"#, "the negative value -1 at index 5"),
        ("sv", r#"{"5": 1e39}"#, "out of range"),
        (
            "sv",
            r#"{"indices": [1], "values": [1, 2]}"#,
            "1 indices and 2 values",
        ),
        (
            "sv",
            r#"{"indices": [1, 1], "values": [1, 2]}"#,
            "index 1 twice",
        ),
        ("sv", r#"{"indices": [1]}"#, "mixes both forms"),
        (
            "sv",
            r#"{"indices": [1], "values": [1], "3": 1}"#,
            "mixes both forms",
        ),
        (
            "sv",
            r#"{"indices": 1, "values": [1]}"#,
            "found 1 of the indices",
        ),
    ]);
}

#[test]
fn nesting_is_bounded_for_kept_json() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(give("j", &format!("\"{}\"", deep(100))).is_ok());
    assert!(
        give("j", &format!("\"{}\"", deep(120)))
            .unwrap_err()
            .contains("nested deeper than 100")
    );
    assert!(
        give("more", &deep(100_000))
            .unwrap_err()
            .contains("nested deeper than 100")
    );
    assert!(
        give("fv", &deep(100_000))
            .unwrap_err()
            .contains("found list [[")
    );
}

#[test]
fn a_refused_row_leaves_the_batch_as_it_was() {
    let mut batch = Batch::new(&small(true));
    batch
        .push_json(br#"{"id":1,"name":"a","v":[1,2],"x":1}"#, 1)
        .unwrap();
    let before = batch.row(0);
    assert!(
        batch
            .push_json(br#"{"id":2,"name":"b","v":[1,2,3]}"#, 2)
            .is_err()
    );
    assert!(
        batch
            .push_json(br#"{"id":2,"name":"b","v":[1,2],"x":"\ud800"}"#, 2)
            .is_err()
    );
    batch
        .push_json(br#"{"id":3,"name":"c","v":[5,6]}"#, 3)
        .unwrap();
    assert_eq!(batch.rows(), 2);
    assert_eq!(batch.row(0), before);
    assert_eq!(
        Value::Object(batch.row(1)),
        json!({"id": 3, "name": "c", "v": [5.0, 6.0]})
    );
}

#[test]
fn syntax_errors_have_a_position() {
    let mut batch = Batch::new(&small(false));
    let error = batch
        .push_json(b"{\"id\": 1,\n \"name\" \"a\"}", 1)
        .unwrap_err();
    assert_eq!(
        error,
        PushError::Syntax {
            offset: 18,
            message: "expected `:`".to_owned()
        }
    );
}
