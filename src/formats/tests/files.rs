//! Whole files: the structure around rows in both JSON formats, and real data.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Row, read_all, read_blocks, reader, small};
use crate::formats::{ReadError, Reader, Schema};
use crate::location::Format;

const A: &str = r#"{"id":1,"name":"a","v":[1,2]}"#;
const B: &str = r#"{"id":2,"name":"}]{[\"\\","v":[3,4]}"#;

/// Reads with tiny chunks, with large chunks and in blocks. All must have one outcome.
fn read(text: &str, format: Format) -> Result<Vec<Row>, String> {
    let reader = |chunk| reader(text.as_bytes(), format, &small(false), chunk);
    let outcome = |chunk| read_all(reader(chunk)).map_err(|e| e.to_string());
    let large = outcome(1 << 16);
    for most in [1, 2, 100] {
        let blocks = read_blocks(reader(1 << 16), most).map_err(|e| e.to_string());
        assert_eq!(blocks, large, "{text:?}: blocks of {most}");
    }
    for chunk in [1, 2, 3, 7, 64] {
        let (tiny, large) = (outcome(chunk), &large);
        let same = match (&tiny, large) {
            // An error shows the text read so far, so the shown texts may differ.
            (Err(tiny), Err(large)) => {
                tiny.split(", found").next() == large.split(", found").next()
            }
            (tiny, large) => tiny == large,
        };
        assert!(
            same,
            "{text:?}: chunks of {chunk}: {tiny:?}, large: {large:?}"
        );
    }
    large
}

fn ids(rows: &[Row]) -> Vec<Value> {
    rows.iter().map(|row| row["id"].clone()).collect()
}

#[test]
fn json_files_are_read_in_all_shapes() {
    for text in [
        format!("[{A},{B}]"),
        format!(" [\n{A}\n,\r\n{B} ] \n"),
        format!(r#"{{"rows":[{A},{B}]}}"#),
        format!(r#" {{ "ROWS" : [ {A} , {B} ] }} "#),
        format!(r#"{{"\u0072ows":[{A},{B}]}}"#),
    ] {
        let rows = read(&text, Format::Json).unwrap();
        assert_eq!(ids(&rows), [1, 2], "{text}");
        assert_eq!(rows[1]["name"], "}]{[\"\\");
    }
    for text in ["[]", " [ ] ", r#"{"rows":[]}"#] {
        assert_eq!(read(text, Format::Json), Ok(vec![]));
    }
}

#[test]
fn json_lines_are_read_in_all_shapes() {
    for text in [
        format!("{A}\n{B}\n"),
        format!("{A}\n{B}"),
        format!("{A}\r\n\r\n  \n {B} \r\n\n"),
        // Milvus decodes value after value (`json/reader.go`).
        format!("{A} {B}"),
        format!("{A}{B}"),
        format!("{}\n{B}", A.replace(',', ",\n").replace('{', "{\n")),
    ] {
        assert_eq!(
            ids(&read(&text, Format::JsonLines).unwrap()),
            [1, 2],
            "{text}"
        );
    }
    assert_eq!(read("", Format::JsonLines), Ok(vec![]));
    assert_eq!(read("\n \r\n", Format::JsonLines), Ok(vec![]));
}

#[test]
fn errors_in_json_have_a_position() {
    let cases = [
        (
            String::new(),
            "line 1 (byte 0): expected a list of row objects, or an object whose first key is \"rows\" and holds one, found an empty file",
        ),
        ("3".to_owned(), "expected a list of row objects"),
        (
            A.to_owned(),
            "found an object whose first key is \"id\" (is it JSON Lines? then name it .jsonl)",
        ),
        (format!("[{A}\n,{B}"), "line 2 (byte"),
        (
            format!("[{A}"),
            "expected a comma or the end of the list, found the end of the file",
        ),
        (
            format!("[{A},"),
            "expected a row object, found the end of the file",
        ),
        (format!("[{A},]"), "expected a row object"),
        (
            format!("[,{A}]"),
            "expected a row object or the end of the list",
        ),
        (
            format!("[{A} {B}]"),
            "expected a comma or the end of the list",
        ),
        (
            format!("[{A}] x"),
            "expected nothing after the list of rows, found \"x\"",
        ),
        (
            format!("[{A}][{B}]"),
            "expected nothing after the list of rows",
        ),
        (
            format!("[{A},\n{{\"id\":2"),
            "row 2, line 2 (byte 32): the file ends within what begins here",
        ),
        (
            format!("[{A},\n{{\"id\":2,\n\"name\":}}]"),
            "row 2, line 3 (byte",
        ),
        (format!("[{A}, 7]"), "row 2: expected a row object, found 7"),
        (
            format!("[{A}, [1,2]]"),
            "row 2: expected a row object, found list [1,2]",
        ),
        (
            format!("[{A}, \"x\"]"),
            "row 2: expected a row object, found text \"x\"",
        ),
        (
            r#"{"rows":{}}"#.to_owned(),
            "expected the key \"rows\" to hold a list",
        ),
        // The first key must be `rows`, and Milvus ignores all that follows the list (`json/reader.go`,
        // `readNormalJSON`).
        (
            r#"{"rows":[],"rows":[]}"#.to_owned(),
            "expected the end of the object behind the list of rows",
        ),
        (
            r#"{"meta":1,"rows":[]}"#.to_owned(),
            "found an object whose first key is \"meta\"",
        ),
        (r#"{"rows" 1}"#.to_owned(), "expected a colon"),
        ("{rows:[]}".to_owned(), "expected a list of row objects"),
        (
            r#"{"rows":[]"#.to_owned(),
            "expected the end of the object behind the list of rows, which Milvus reads no further, found the end",
        ),
        (format!("\u{feff}[{A}]"), "byte order mark"),
        (r#"{"a"#.to_owned(), "the file ends within"),
    ];
    for (text, expected) in cases {
        let message = read(&text, Format::Json).unwrap_err();
        assert!(message.contains(expected), "{text}: {message}");
    }
}

#[test]
fn errors_in_json_lines_have_a_position() {
    let cases = [
        (
            format!("{A}\n\n[1]\n"),
            "row 2: expected a row object, found list [1]",
        ),
        (
            format!("{A}\n\n{{\"id\":2,}}\n"),
            "row 2, line 3 (byte 39): trailing comma",
        ),
        (
            format!("{A},\n{B}\n"),
            "line 1 (byte 29): a comma between two rows",
        ),
        (format!("{A}]\n{B}"), "a closing bracket behind a row"),
        (
            format!("{A}\n{{\"id\":2,\n\"name\":1}}"),
            "row 2, field \"name\"",
        ),
        (
            format!("{A}\n{{\"id\":2,\n{B}"),
            "row 2, line 2 (byte 37): EOF while parsing a value",
        ),
        (
            format!("[{A}\n"),
            "row 1: expected a row object, found list [",
        ),
        (format!("\u{feff}{A}\n"), "byte order mark"),
    ];
    for (text, expected) in cases {
        let message = read(&text, Format::JsonLines).unwrap_err();
        assert!(message.contains(expected), "{text}: {message}");
    }
    let utf16 = reader(b"\xff\xfe{\0", Format::JsonLines, &small(false), 8);
    assert!(read_all(utf16).unwrap_err().to_string().contains("UTF-16"));
}

#[test]
fn a_row_has_a_maximum_size() {
    for (format, text) in [
        (Format::Json, format!("[{A},{A}]")),
        (Format::JsonLines, format!("{A}\n{A}")),
    ] {
        let read =
            |max| read_all(reader(text.as_bytes(), format, &small(false), 4).with_max_row(max));
        assert_eq!(read(1 << 20).unwrap().len(), 2);
        assert!(read(10).unwrap_err().to_string().contains("row 1, line 1"));
    }
}

#[test]
fn reading_continues_after_a_bad_row() {
    let bad = r#"{"id":"x","name":"a","v":[1,2]}"#;
    let broken = r#"{"id":5,"name" "a"}"#;
    for (format, text) in [
        (Format::Json, format!("[{A},{bad},{broken},{B}]")),
        (Format::JsonLines, [A, bad, broken, B].join("\n")),
    ] {
        let mut reader = reader(text.as_bytes(), format, &small(false), 16);
        let mut batch = reader.new_batch();
        assert!(
            matches!(reader.next_batch(&mut batch), Err(ReadError::Row(error)) if error.row == 2)
        );
        assert_eq!(batch.rows(), 1);
        assert!(matches!(
            reader.next_batch(&mut batch),
            Err(ReadError::Syntax { row: Some(3), .. })
        ));
        assert!(reader.next_batch(&mut batch).unwrap());
        assert_eq!(batch.row(0)["id"], 2);
        assert!(!reader.next_batch(&mut batch).unwrap());
        assert_eq!((reader.rows(), reader.bytes()), (4, text.len() as u64));
    }
    let mut fatal = reader(b"[{} x", Format::Json, &small(true), 16);
    let mut batch = fatal.new_batch();
    assert!(fatal.next_batch(&mut batch).is_err());
    assert!(fatal.next_batch(&mut batch).is_err());
    assert!(!fatal.next_batch(&mut batch).unwrap());
}

#[test]
fn batches_close_at_the_limit() {
    let text = [A; 10].join("\n");
    let mut reader =
        reader(text.as_bytes(), Format::JsonLines, &small(false), 64).with_batch_rows(4);
    let mut batch = reader.new_batch();
    let mut sizes = Vec::new();
    let mut bytes = 0;
    while reader.next_batch(&mut batch).unwrap() {
        sizes.push(batch.rows());
        assert!(reader.bytes() > bytes);
        bytes = reader.bytes();
    }
    assert_eq!(sizes, [4, 4, 2]);
}

#[test]
fn files_are_opened_by_their_extension() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.ndjson");
    fs::write(&path, A).unwrap();
    let reader = Reader::open(&path, &small(false)).unwrap();
    assert_eq!(read_all(reader).unwrap().len(), 1);
    let open = |name: &str| {
        Reader::open(&folder.path().join(name), &small(false))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        open("x.txt"),
        "no reader for txt; accepted: json, jsonl, ndjson, csv, parquet, npy"
    );
    // Milvus compares extensions byte by byte (`importutilv2/util.go`, `GetFileType`).
    assert!(open("x.NDJSON").starts_with("no reader for NDJSON"));
    assert!(open("x.json.gz").starts_with("no reader for gz"));
    assert!(open("missing.json").starts_with("cannot open "));
}

fn debian() -> Option<(Arc<Schema>, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/debian-packages");
    let Ok(data) = fs::read(folder.join("packages.json")) else {
        println!("skipped: no ../shared/data/debian-packages");
        return None;
    };
    let body: Value =
        serde_json::from_slice(&fs::read(folder.join("schema.json")).unwrap()).unwrap();
    Some((Arc::new(Schema::from_create_body(&body).unwrap()), data))
}

#[test]
fn the_debian_packages_are_read_exactly() {
    let Some((schema, data)) = debian() else {
        return;
    };
    let rows = read_all(reader(&data, Format::Json, &schema, 1 << 20)).unwrap();
    let expected: Vec<Row> = serde_json::from_slice(&data).unwrap();
    assert_eq!(rows.len(), 2000);
    for (row, expected) in rows.iter().zip(&expected) {
        for (name, value) in row {
            assert_eq!(singles(value), singles(&expected[name]), "{name}");
        }
    }
}

/// Returns a vector's numbers as 32-bit floats, because `serde_json` rounds some to a neighbouring f64. Other values
/// are returned unchanged.
fn singles(value: &Value) -> Result<Vec<u32>, &Value> {
    let Value::Array(numbers) = value else {
        return Err(value);
    };
    #[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
    let bits = |number: &Value| (number.as_f64().unwrap() as f32).to_bits();
    Ok(numbers.iter().map(bits).collect())
}

#[test]
fn a_short_vector_is_named() {
    let Some((schema, data)) = debian() else {
        return;
    };
    let mut rows: Vec<Value> = serde_json::from_slice(&data).unwrap();
    rows[1233]["embedding"].as_array_mut().unwrap().pop();
    let json = serde_json::to_vec(&json!(rows)).unwrap();
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    for (format, text) in [
        (Format::Json, json),
        (Format::JsonLines, lines.join("\n").into_bytes()),
    ] {
        let error = read_all(reader(&text, format, &schema, 1 << 20)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "row 1234, field \"embedding\": expected FloatVector(384), found 383 values"
        );
    }
}
