//! Properties: no input causes a panic, floats are rounded correctly, and rows are read back as written.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{every_type, read_all, read_blocks, reader, schema_of, small};
use crate::formats::{Batch, Column, DataType};
use crate::location::Format;

/// Generates text made of the bytes that are special to the readers.
fn jsonish() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"{".to_vec()),
        Just(b"}".to_vec()),
        Just(b"[".to_vec()),
        Just(b"]".to_vec()),
        Just(b"\"".to_vec()),
        Just(b"\\".to_vec()),
        Just(b",".to_vec()),
        Just(b":".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\"rows\":[".to_vec()),
        Just(b"\"v\":[1,2]".to_vec()),
        Just(br#"{"id":1,"name":"a","v":[1,2]}"#.to_vec()),
        Just(b"-1.5e3".to_vec()),
        Just(b"null".to_vec()),
        Just(b"\xef\xbb\xbf".to_vec()),
        Just(b"\xff".to_vec()),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn any_type() -> impl Strategy<Value = DataType> {
    let types: Vec<DataType> = every_type()
        .fields
        .iter()
        .map(|field| field.data_type.clone())
        .collect();
    prop::sample::select(types)
}

/// Generates a row of [`every_type`] with some fields null, as JSON that reads back unchanged.
pub(super) fn good_row() -> impl Strategy<Value = Value> {
    let numbers = (any::<i8>(), any::<i16>(), any::<i32>(), any::<i64>());
    let floats = (
        any::<f32>(),
        any::<f64>(),
        prop::array::uniform2(-1e3_f32..1e3),
    );
    let bytes = (any::<[u8; 2]>(), any::<[i8; 2]>());
    let rest = (
        ".{0,16}",
        any::<bool>(),
        prop::collection::btree_map(0..u32::MAX, 0_f32..9.0, 0..5),
    );
    (numbers, floats, bytes, rest, any::<u32>()).prop_map(|(numbers, floats, bytes, rest, nulls)| {
        let short = |value: f32| -> f64 { value.to_string().parse().unwrap_or_default() };
        let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
        let sparse: Map<String, Value> =
            rest.2.iter().map(|(index, value)| (index.to_string(), json!(short(*value)))).collect();
        let text: String = rest.0.chars().take(2).collect();
        let mut row = json!({
            "id": rest.0, "b": rest.1, "i8": numbers.0, "i16": numbers.1, "i32": numbers.2, "i64": numbers.3,
            "f": finite(short(floats.0)), "d": finite(floats.1), "j": {"x": [numbers.3, {"y": rest.1}]},
            "a_Bool": [rest.1], "a_Int8": [numbers.0], "a_Int64": [numbers.3, 0], "a_Float": [],
            "a_Double": [1.5], "a_VarChar": [text], "fv": floats.2.map(short), "bv": bytes.0,
            "hv": [0.5, -2.0], "bhv": [0.25, 3.0], "iv": bytes.1, "sv": sparse,
            "ts": "2026-01-31T08:30:00.5Z", "geo": "POINT (1 2)", "text": format!("{}.", rest.0),
        });
        if let Value::Object(row) = &mut row {
            for (at, (_, value)) in row.iter_mut().enumerate().skip(1) {
                if nulls >> at & 1 == 1 {
                    *value = Value::Null;
                }
            }
            row.insert("extra".to_owned(), json!(rest.0));
        }
        row
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_bytes_are_read_without_a_panic(text in jsonish(), lines in any::<bool>(), dynamic in any::<bool>()) {
        let format = if lines { Format::JsonLines } else { Format::Json };
        let outcomes: Vec<_> = [1, 5, 1 << 16].map(|chunk| {
            read_all(reader(&text, format, &small(dynamic), chunk)).map_err(|_| ())
        }).into();
        prop_assert_eq!(&outcomes[0], &outcomes[2]);
        prop_assert_eq!(&outcomes[1], &outcomes[2]);
        let reader = || reader(&text, format, &small(dynamic), 1 << 16);
        let whole = read_all(reader()).map_err(|error| error.to_string());
        for most in [1, 2, 100] {
            let blocks = read_blocks(reader(), most).map_err(|error| error.to_string());
            prop_assert_eq!(&blocks, &whole);
        }
    }

    #[test]
    fn any_bytes_are_decoded_without_a_panic(data_type in any_type(), rows in 0_usize..6, bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(column) = Column::decode(&data_type, rows, &bytes) {
            prop_assert_eq!(column.len(), rows);
            let encoded = column.encode().into_owned();
            // Columns with only nulls are stored without bytes.
            let nulls = rows > 0 && (0..rows).all(|row| column.is_null(row));
            prop_assert_eq!(encoded, if nulls { Vec::new() } else { bytes.clone() });
            for row in 0..=rows {
                column.value(row);
            }
        }
        prop_assert!(Column::decode(&data_type, usize::MAX, &bytes).is_err());
    }

    #[test]
    fn rows_survive_columns_and_their_bytes(rows in prop::collection::vec(good_row(), 0..6)) {
        let schema = every_type();
        let mut batch = Batch::new(&schema);
        for (row, number) in rows.iter().zip(1..) {
            batch.push_json(row.to_string().as_bytes(), number).unwrap();
        }
        for (at, row) in rows.iter().enumerate() {
            prop_assert_eq!(&Value::Object(batch.row(at)), row);
        }
        for (field, column) in schema.fields.iter().zip(batch.columns()) {
            let encoded = column.encode();
            let decoded = Column::decode(&field.data_type, rows.len(), &encoded).unwrap();
            prop_assert_eq!(decoded.nulls(), column.nulls());
            for row in 0..rows.len() {
                prop_assert_eq!(decoded.value(row), column.value(row));
            }
        }
    }

    #[test]
    fn floats_equal_those_of_the_standard_library(texts in prop::collection::vec(number_text(), 2)) {
        let schema = schema_of(json!([
            {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
            {"fieldName": "d", "dataType": "Double"},
            {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": 2}},
        ]), false);
        let mut batch = Batch::new(&schema);
        let row = format!(r#"{{"id":1,"d":{},"v":[{}]}}"#, texts[0], texts.join(","));
        let singles: Vec<f32> = texts.iter().map(|text| text.parse().unwrap()).collect();
        let double: f64 = texts[0].parse().unwrap();
        let fits = double.is_finite() && singles.iter().all(|value| value.is_finite());
        prop_assert_eq!(batch.push_json(row.as_bytes(), 1).is_ok(), fits);
        if fits {
            let bits = |bytes: &[u8]| bytes.to_vec();
            prop_assert_eq!(bits(&batch.columns()[1].encode()), double.to_le_bytes());
            let expected: Vec<u8> = singles.iter().flat_map(|value| value.to_le_bytes()).collect();
            prop_assert_eq!(bits(&batch.columns()[2].encode()), expected);
        }
    }
}

/// Generates JSON numbers: short and long ones, ties between two f32 values, subnormal numbers and numbers out of
/// range.
fn number_text() -> impl Strategy<Value = String> {
    let tie = any::<u32>().prop_map(|bits| {
        let low = f32::from_bits(bits & 0x7f7f_ffff);
        let middle = f64::midpoint(f64::from(low), f64::from(low.next_up()));
        if middle.is_finite() {
            middle.to_string()
        } else {
            "0".to_owned()
        }
    });
    prop_oneof![
        "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,9})?",
        "-?[1-9][0-9]{0,24}(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?",
        tie.clone(),
        (tie, "[0-9]{1,9}").prop_map(|(tie, digits)| {
            if tie.contains('.') {
                tie + digits.as_str()
            } else {
                format!("{tie}.{digits}")
            }
        }),
    ]
}
