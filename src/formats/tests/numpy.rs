//! Sets of `NumPy` files: files that were written are read back, and errors name the problem.

use std::sync::Arc;

use half::{bf16, f16};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Row, outcomes, read_all, schema_of, small};
use crate::formats::{CsvOptions, Input, ReadError, Reader, Schema};
use crate::location::Format;
use crate::stores::read_at::ReadAt;

type Files = Vec<(&'static str, Vec<u8>)>;

/// Returns a file of version 1.0 with this header and data.
fn npy(dtype: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let mut file = b"\x93NUMPY\x01\0".to_vec();
    file.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    file.extend(header.as_bytes());
    file.extend(data);
    file
}

fn flat<const N: usize>(values: impl IntoIterator<Item = [u8; N]>) -> Vec<u8> {
    values.into_iter().flatten().collect()
}

fn floats(values: &[f32]) -> Vec<u8> {
    flat(values.iter().map(|value| value.to_le_bytes()))
}

fn ints(values: &[i64]) -> Vec<u8> {
    flat(values.iter().map(|value| value.to_le_bytes()))
}

/// Encodes `U` strings of `width` characters.
fn unicode(texts: &[&str], width: usize) -> Vec<u8> {
    let padded = |text: &&str| {
        let mut codes: Vec<u32> = text.chars().map(u32::from).collect();
        codes.resize(width, 0);
        flat(codes.into_iter().map(u32::to_le_bytes))
    };
    texts.iter().flat_map(padded).collect()
}

fn open(files: Files, schema: &Arc<Schema>) -> Result<Reader, ReadError> {
    let named = |(name, bytes): (&str, Vec<u8>)| {
        (format!("{name}.npy"), Arc::new(bytes) as Arc<dyn ReadAt>)
    };
    let input = Input::Set(files.into_iter().map(named).collect());
    Reader::new(input, Format::Numpy, schema, &CsvOptions::default())
}

fn read(files: Files, schema: &Arc<Schema>) -> Result<Vec<Row>, String> {
    let rows = open(files, schema).and_then(read_all);
    rows.map_err(|error| error.to_string())
}

/// Returns a valid set of two rows for the small schema.
fn good() -> Files {
    vec![
        ("id", npy("<i8", "2,", &ints(&[1, 2]))),
        ("name", npy("<U3", "2,", &unicode(&["a", "日本é"], 3))),
        ("v", npy("<f4", "2, 2", &floats(&[1.0, 2.0, 3.0, 4.0]))),
    ]
}

/// Returns the valid set with some files replaced, or removed if the new content is empty.
fn with(changes: Files) -> Files {
    let mut files = good();
    for (name, bytes) in changes {
        files.retain(|(other, _)| *other != name);
        if !bytes.is_empty() {
            files.push((name, bytes));
        }
    }
    files
}

fn typed() -> Arc<Schema> {
    let plain = |name: &str, kind: &str| json!({"fieldName": name, "dataType": kind});
    let vector = |name: &str, kind: &str, dim: u32| json!({"fieldName": name, "dataType": kind, "elementTypeParams": {"dim": dim}});
    let fields = json!([
        {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
        plain("b", "Bool"), plain("i8", "Int8"), plain("i16", "Int16"), plain("i32", "Int32"), plain("f", "Float"),
        plain("d", "Double"), plain("j", "JSON"), vector("fv", "FloatVector", 2), vector("bv", "BinaryVector", 16),
        vector("hv", "Float16Vector", 2), vector("bhv", "BFloat16Vector", 2), vector("iv", "Int8Vector", 2),
        {"fieldName": "n", "dataType": "Array", "elementDataType": "Int8", "nullable": true, "elementTypeParams": {"max_capacity": 4}},
        {"fieldName": "x", "dataType": "Int32", "defaultValue": 7},
    ]);
    schema_of(fields, true)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn values_survive_in_either_byte_order(
        rows in prop::collection::vec((any::<i64>(), any::<i8>(), any::<i16>(), any::<i32>(), -1e3_f32..1e3, -1e9_f64..1e9, any::<[u8; 2]>(), "[a-zé日]{0,5}"), 0..50),
        big in any::<bool>(), wide in any::<bool>(), batch in 1..20_usize,
    ) {
        macro_rules! column {
            ($at:tt) => { column!($at, |value| value) };
            ($at:tt, $of:expr) => {
                flat(rows.iter().map(|row| { let value = ($of)(row.$at.clone()); if big { value.to_be_bytes() } else { value.to_le_bytes() } }))
            };
        }
        let order = if big { '>' } else { '<' };
        let n = rows.len();
        let (one, two) = (format!("{n},"), format!("{n}, 2"));
        let plain = |kind: &str, data: Vec<u8>| npy(&format!("{order}{kind}"), &one, &data);
        let json: Vec<_> = rows.iter().map(|row| json!({"t": row.7}).to_string()).collect();
        let width = json.iter().map(|text| text.chars().count()).max().unwrap_or(1);
        let texts: Vec<u8> = json.iter().flat_map(|text| {
            let mut codes: Vec<u32> = text.chars().map(u32::from).collect();
            codes.resize(width, 0);
            flat(codes.into_iter().map(|code| if big { code.to_be_bytes() } else { code.to_le_bytes() }))
        }).collect();
        let pairs = |half: fn(f32) -> [u8; 2]| flat(rows.iter().flat_map(|row| [half(row.4), half(1.5)]));
        let vectors = if wide {
            npy(&format!("{order}f8"), &two, &flat(rows.iter().flat_map(|row| [row.5, 0.5]).map(|v| if big { v.to_be_bytes() } else { v.to_le_bytes() })))
        } else {
            npy(&format!("{order}f4"), &two, &flat(rows.iter().flat_map(|row| [row.4, 0.5]).map(|v| if big { v.to_be_bytes() } else { v.to_le_bytes() })))
        };
        let files = vec![
            ("id", plain("i8", column!(0))), ("b", npy("|b1", &one, &flat(rows.iter().map(|row| [row.6[0]])))),
            ("i8", npy("|i1", &one, &column!(1))), ("i16", plain("i2", column!(2))), ("i32", plain("i4", column!(3))),
            ("f", plain("f4", column!(4))), ("d", plain("f8", column!(5))), ("j", plain(&format!("U{width}"), texts)),
            ("fv", vectors), ("bv", npy("|u1", &two, &flat(rows.iter().map(|row| row.6)))),
            ("hv", npy("|u1", &format!("{n}, 4"), &pairs(|v| f16::from_f32(v).to_le_bytes()))),
            ("bhv", npy("|u1", &format!("{n}, 4"), &pairs(|v| bf16::from_f32(v).to_le_bytes()))),
            ("iv", npy("|i1", &two, &flat(rows.iter().map(|row| row.6)))),
            ("$meta", npy("|S9", &one, &b"{\"m\":[1]}".repeat(n))),
        ];
        let found = open(files, &typed()).unwrap().with_batch_rows(batch);
        let found = read_all(found).unwrap();
        prop_assert_eq!(found.len(), n);
        let short = |value: f32| -> f64 { value.to_string().parse().unwrap() };
        #[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
        for (found, row) in found.into_iter().zip(rows) {
            let bytes = row.6.map(u8::cast_signed);
            let first = if wide { row.5 as f32 } else { row.4 };
            let expected = json!({
                "id": row.0, "b": row.6[0] != 0, "i8": row.1, "i16": row.2, "i32": row.3, "f": short(row.4), "d": row.5,
                "j": {"t": row.7}, "fv": [short(first), 0.5], "bv": row.6, "hv": [short(f16::from_f32(row.4).to_f32()), 1.5],
                "bhv": [short(bf16::from_f32(row.4).to_f32()), 1.5], "iv": bytes, "n": null, "x": 7, "m": [1],
            });
            prop_assert_eq!(Value::Object(found), expected);
        }
    }

    #[test]
    fn damaged_files_cause_no_panic(file in 0..3_usize, at in any::<prop::sample::Index>(), to in any::<u8>(), cut in any::<bool>()) {
        let mut files = good();
        let bytes = &mut files[file].1;
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
            prop_assert!(read(files, &small(false)).is_err());
        } else {
            bytes[at] = to;
            _ = read(files, &small(false));
        }
    }
}

#[test]
fn sixteen_bit_vectors_may_be_floats() {
    let fields = json!([
        {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
        {"fieldName": "h", "dataType": "Float16Vector", "elementTypeParams": {"dim": 2}},
    ]);
    let files = |values: &[f32]| {
        vec![
            ("id", npy("<i8", "1,", &ints(&[1]))),
            ("h", npy("<f4", "1, 2", &floats(values))),
        ]
    };
    let schema = schema_of(fields, false);
    assert_eq!(
        read(files(&[0.5, -2.0]), &schema).unwrap()[0]["h"],
        json!([0.5, -2.0])
    );
    let message = read(files(&[1.0, 65520.0]), &schema).unwrap_err();
    assert!(
        message.ends_with("found 65520 as element 2, which is out of range (a 16-bit float)"),
        "{message}"
    );
}

#[test]
fn mismatched_files_are_named() {
    let none = Vec::new;
    let v =
        |dtype: &str, shape: &str, bytes: usize| vec![("v", npy(dtype, shape, &vec![0; bytes]))];
    for (change, expected) in [
        (
            vec![("v", none())],
            "field \"v\": expected FloatVector(2), found no file of that name in the set",
        ),
        (
            vec![("name", npy("<U0", "2,", &[]))],
            "expected VarChar(8) as text of fixed width (<U…, |S…), found dtype <U0",
        ),
        (
            v("<i4", "2, 2", 16),
            "field \"v\": expected FloatVector(2) as float32 or float64, found dtype <i4",
        ),
        (
            v("<f4", "2, 3", 24),
            "field \"v\": expected FloatVector(2), in <f4 2 columns, found shape (2, 3)",
        ),
        (v("<f4", "4,", 16), "as an array of 2 axes, found shape (4)"),
        (
            v("<f4", "1, 2", 8),
            "v.npy has 1: all files of a set need the same number",
        ),
        (
            v("<f4", "2, 2", 15),
            "v.npy: the file ends after 1 of the 2 rows its header announces",
        ),
        (
            v("<f4", "9999999999999999999, 2", 16),
            "v.npy: the file ends after",
        ),
        (
            v("|O", "2, 2", 16),
            "v.npy: the dtype \"|O\" cannot be imported: an array of Python objects is a pickle",
        ),
        (
            vec![("v", b"PAR1 is something else".to_vec())],
            "v.npy: it does not begin with",
        ),
        (
            vec![("v", b"\x93NUMPY\x07\0aaaaaaaa".to_vec())],
            "version 7 of the format is not known",
        ),
        (
            vec![("v", b"\x93NUMPY\x02\0\xff\xff\xff\xffaaaa".to_vec())],
            "its header has 4294967295 bytes",
        ),
        (
            vec![("id", npy("<i4", "2,", &[0; 8]))],
            "field \"id\": expected Int64 as int64, found dtype <i4",
        ),
        (
            vec![("name", npy("<f8", "2,", &[0; 16]))],
            "expected VarChar(8) as text of fixed width",
        ),
    ] {
        let message = read(with(change), &small(false)).unwrap_err();
        assert!(message.contains(expected), "{message}");
    }
    let array = vec![("n", npy("<i8", "2,", &ints(&[1, 2])))];
    let message = read(array, &typed()).unwrap_err();
    assert!(message.contains("no file of that name"), "{message}");
}

#[test]
fn files_without_a_field_are_dropped_with_a_warning() {
    // Milvus ignores superfluous files, whatever they contain (`numpy/util.go`, `CreateReaders`).
    let files = with(vec![
        ("more", b"nothing".to_vec()),
        ("$meta", npy("|S7", "2,", b"{\"n\":1}null   ")),
    ]);
    for (dynamic, rest) in [
        (false, "(dynamic fields are off)"),
        (
            true,
            ": Milvus takes the dynamic fields of NumPy files only from a file named $meta, which holds a JSON object a row",
        ),
    ] {
        let reader = open(files.clone(), &small(dynamic)).unwrap();
        let warnings: Vec<_> = reader.warnings().iter().map(ToString::to_string).collect();
        let dropped = "file \"more\" is no field of the schema and was dropped";
        assert!(
            warnings[0].starts_with(dropped) && warnings[0].ends_with(rest),
            "{warnings:?}"
        );
        assert_eq!(warnings.len(), if dynamic { 1 } else { 2 });
        let rows = read_all(reader).unwrap();
        assert_eq!(rows[0].get("n"), dynamic.then_some(&json!(1)));
        assert_eq!(rows[1].get("n"), None);
    }
}

#[test]
fn bad_rows_are_named_and_reading_continues() {
    let files = vec![
        ("id", npy("<i8", "6,", &ints(&[1, 2, 3, 4, 5, 6]))),
        (
            "name",
            npy(
                "|S9",
                "6,",
                &["a", "nine byte", "b", "\u{ff}", "c", "d"]
                    .map(|text| {
                        let mut bytes: Vec<u8> = text
                            .chars()
                            .map(|c| u8::try_from(u32::from(c)).unwrap())
                            .collect();
                        bytes.resize(9, 0);
                        bytes
                    })
                    .concat(),
            ),
        ),
        (
            "v",
            npy(
                "<f4",
                "6, 2",
                &floats(&[
                    1.0,
                    2.0,
                    0.0,
                    0.0,
                    f32::NAN,
                    0.0,
                    0.0,
                    0.0,
                    5.0,
                    f32::INFINITY,
                    6.0,
                    6.0,
                ]),
            ),
        ),
    ];
    let expected = [
        "1",
        "row 2, field \"name\": expected VarChar(8), found 9 bytes, more than max_length 8, text \"nine byte\"",
        "row 3, field \"v\": expected FloatVector(2), found NaN as element 1",
        "row 4, field \"name\": expected VarChar(8), found text that is not UTF-8",
        "row 5, field \"v\": expected FloatVector(2), found inf as element 2",
        "6",
    ];
    for rows in [1, 3, 100] {
        let reader = open(files.clone(), &small(false)).unwrap();
        assert_eq!(outcomes(reader.with_batch_rows(rows), "id"), expected);
    }
}

#[test]
fn texts_with_no_characters_are_refused() {
    let data = flat([0x41_u32, 0x11_0000, 0x42, 0xd800].map(u32::to_le_bytes));
    let files = with(vec![("name", npy("<U2", "2,", &data))]);
    let message = read(files, &small(false)).unwrap_err();
    assert!(
        message.contains("row 1, field \"name\": expected VarChar(8), found text with 0x110000"),
        "{message}"
    );
}

#[test]
fn progress_counts_all_files() {
    let mut reader = open(good(), &small(false)).unwrap();
    let size: usize = good().iter().map(|(_, bytes)| bytes.len()).sum();
    let mut batch = reader.new_batch();
    assert!(reader.next_batch(&mut batch).unwrap());
    assert_eq!(reader.bytes(), size as u64);
    assert!(!reader.next_batch(&mut batch).unwrap());
}
