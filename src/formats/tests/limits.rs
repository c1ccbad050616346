//! Limits of rows, steps and files: small files that would take much memory.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::{Value, json};

use super::write_parquet::{Column, file};
use super::{read_all, schema_of};
use crate::formats::batch::BATCH_BYTES;
use crate::formats::window::CHUNK;
use crate::formats::{CsvOptions, FilePart, Input, ReadError, Reader, Schema};
use crate::location::Format;
use crate::stores::read_at::ReadAt;

fn open(bytes: Vec<u8>, schema: &Arc<Schema>) -> Result<Reader, ReadError> {
    let input = Input::Object(Arc::new(bytes));
    Reader::new(input, Format::Parquet, schema, &CsvOptions::default())
}

/// Returns a schema of a key and one more field.
fn schema(field: Value) -> Arc<Schema> {
    let fields = json!([{"fieldName": "id", "dataType": "Int64", "isPrimary": true}, field]);
    schema_of(fields, false)
}

/// Returns a file of a key and one more column.
fn with_ids(line: &str, values: Vec<Option<Value>>, properties: WriterProperties) -> Vec<u8> {
    let ids = (0..values.len()).map(|id| Some(json!(id))).collect();
    let column = |line: &str, values| Column {
        line: line.to_owned(),
        leaves: vec![values],
    };
    let columns = [column("required int64 id;", ids), column(line, values)];
    file(&columns, properties, usize::MAX)
}

fn in_dictionaries() -> WriterProperties {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_dictionary_page_size_limit(64 << 20)
        .build()
}

/// Returns the sizes in bytes of a file's batches, and the number of its rows.
fn batches(mut reader: Reader) -> Result<(Vec<usize>, u64), ReadError> {
    let mut batch = reader.new_batch();
    let mut sizes = Vec::new();
    while reader.next_batch(&mut batch)? {
        sizes.push(batch.byte_len());
    }
    Ok((sizes, reader.rows()))
}

#[test]
fn a_step_ends_at_a_number_of_bytes() {
    let text = "x".repeat(1 << 20);
    let doc = json!({"a": "y".repeat(1 << 20)}).to_string();
    let array: Vec<_> = (0..90).map(|_| "z".repeat(10_000)).collect();
    for (field, line, value) in [
        (
            json!({"fieldName": "t", "dataType": "Text"}),
            "required binary t (STRING);",
            json!(text),
        ),
        (
            json!({"fieldName": "t", "dataType": "JSON"}),
            "required binary t (STRING);",
            json!(doc),
        ),
        (
            json!({"fieldName": "t", "dataType": "Array", "elementDataType": "VarChar",
                "elementTypeParams": {"max_capacity": 100, "max_length": 20_000}}),
            "optional group t (LIST) { repeated group list { optional binary element (STRING); } }",
            json!(array),
        ),
    ] {
        let bytes = with_ids(line, vec![Some(value); 40], in_dictionaries());
        assert!(bytes.len() < 20_000, "{}", bytes.len());
        let (sizes, rows) = batches(open(bytes, &schema(field)).unwrap()).unwrap();
        assert_eq!(rows, 40);
        assert!(
            sizes.iter().all(|size| *size < 2 * BATCH_BYTES),
            "{sizes:?}"
        );
        assert!(sizes.len() > 3, "{sizes:?}");
    }
}

/// A file of some kilobytes with enough rows of 15 MiB to fill a disk.
#[test]
fn rows_far_larger_than_their_file_are_refused() {
    let root = parse_message_type("message m { required int64 id; required binary t (STRING); }");
    let writer = SerializedFileWriter::new(
        Vec::new(),
        Arc::new(root.unwrap()),
        Arc::new(in_dictionaries()),
    );
    let mut writer = writer.unwrap();
    let mut group = writer.next_row_group().unwrap();
    let rows = 75;
    let mut ids = group.next_column().unwrap().unwrap();
    let values: Vec<i64> = (0..rows).collect();
    ids.typed::<Int64Type>()
        .write_batch(&values, None, None)
        .unwrap();
    ids.close().unwrap();
    let mut texts = group.next_column().unwrap().unwrap();
    let text = ByteArray::from("x".repeat(15 << 20).into_bytes());
    for _ in 0..rows {
        let values = std::slice::from_ref(&text);
        texts
            .typed::<ByteArrayType>()
            .write_batch(values, None, None)
            .unwrap();
    }
    texts.close().unwrap();
    group.close().unwrap();
    let bytes = writer.into_inner().unwrap();
    assert!(bytes.len() < 20_000, "{}", bytes.len());
    let field = json!({"fieldName": "t", "dataType": "Text"});
    let error = open(bytes, &schema(field)).and_then(batches).unwrap_err();
    let message = error.to_string();
    for part in [
        "row 69",
        "1035 MiB",
        "10000 times the file's",
        "split the rows",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn a_row_of_more_than_16_mib_is_refused_and_its_number_is_named() {
    let small = Some(json!("{}"));
    let large = Some(json!(format!("\"{}\"", "x".repeat(17 << 20))));
    let values = [vec![small; 9], vec![large]].concat();
    let field = json!({"fieldName": "doc", "dataType": "JSON"});
    let bytes = with_ids("required binary doc (STRING);", values, in_dictionaries());
    let error = open(bytes, &schema(field)).and_then(batches).unwrap_err();
    let message = error.to_string();
    for part in ["row 10", "\"doc\"", "at most 16 MiB", "split it"] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn a_list_of_a_row_is_refused_if_it_takes_more_than_16_mib() {
    let list = Value::from(vec![""; 500_000]);
    let field = json!({"fieldName": "a", "dataType": "Array", "elementDataType": "VarChar",
        "elementTypeParams": {"max_capacity": 4096, "max_length": 8}});
    let line =
        "optional group a (LIST) { repeated group list { optional binary element (STRING); } }";
    let bytes = with_ids(line, vec![Some(list)], in_dictionaries());
    let error = open(bytes, &schema(field)).and_then(batches).unwrap_err();
    let message = error.to_string();
    for part in ["\"a\"", "values", "at most 16 MiB", "split the list"] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn strings_in_delta_encodings_are_read_as_written() {
    let field = json!({"fieldName": "t", "dataType": "VarChar", "nullable": true, "elementTypeParams": {"max_length": 500}});
    let schema = schema(field);
    let text = |at: usize| format!("https://example.org/{}/{}", at / 7, "é".repeat(at % 150));
    for encoding in [
        Encoding::DELTA_BYTE_ARRAY,
        Encoding::DELTA_LENGTH_BYTE_ARRAY,
    ] {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            for rows in [1, 2, 32, 33, 128, 129, 130, 1000] {
                let values: Vec<_> = (0..rows)
                    .map(|at| (at % 11 != 5).then(|| json!(text(at))))
                    .collect();
                let properties = WriterProperties::builder()
                    .set_writer_version(version)
                    .set_dictionary_enabled(false)
                    .set_column_encoding("t".into(), encoding)
                    .set_data_page_row_count_limit(600)
                    .build();
                let bytes = with_ids("optional binary t (STRING);", values.clone(), properties);
                let found = read_all(open(bytes, &schema).unwrap()).unwrap();
                let found: Vec<_> = found.iter().map(|row| row["t"].clone()).collect();
                let values: Vec<_> = values.into_iter().map(Option::unwrap_or_default).collect();
                assert_eq!(found, values, "{encoding} {rows}");
            }
        }
    }
}

/// A file of zeros with a footer's end.
struct Zeros(u64, [u8; 8]);

impl ReadAt for Zeros {
    fn size(&self) -> u64 {
        self.0
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        buffer.fill(0);
        if offset + 8 == self.0 {
            buffer.copy_from_slice(&self.1);
        }
        Ok(())
    }
}

#[test]
fn a_footer_has_a_limit() {
    let [a, b, c, d] = (65_u32 << 20).to_le_bytes();
    let file = Zeros(1 << 30, [a, b, c, d, b'P', b'A', b'R', b'1']);
    let input = Input::Object(Arc::new(file));
    let schema = schema(json!({"fieldName": "t", "dataType": "Text"}));
    let opened = Reader::new(input, Format::Parquet, &schema, &CsvOptions::default());
    let message = opened.unwrap_err().to_string();
    assert!(
        message.contains("65 MiB") && message.contains("fewer row groups"),
        "{message}"
    );
}

#[test]
fn a_footer_whose_fields_have_other_types_is_damaged() {
    // Version 1, and a schema of one column "r" with 2^28 members. The number's type is UUID, whose 16 bytes hide it.
    let mut bytes = b"PAR1\x15\x02\x19\x1c\x48\x01r\x1d\x80\x80\x80\x80\x02".to_vec();
    bytes.extend([0; 13]);
    let length = u32::try_from(bytes.len() - 4).unwrap();
    bytes.extend(length.to_le_bytes());
    bytes.extend(b"PAR1");
    let input = Input::Object(Arc::new(bytes));
    let schema = schema(json!({"fieldName": "t", "dataType": "Text"}));
    let opened = Reader::new(input, Format::Parquet, &schema, &CsvOptions::default());
    let message = opened.unwrap_err().to_string();
    assert!(message.contains("its footer is damaged"), "{message}");
}

#[test]
fn a_record_has_a_limited_number_of_cells() {
    let schema = schema(json!({"fieldName": "t", "dataType": "Text"}));
    for text in [
        ",".repeat(70_000),
        format!("id,t\n1,a\n{}\n2,b\n", ",".repeat(70_000)),
    ] {
        let input = Input::Object(Arc::new(text.into_bytes()));
        let reader = Reader::new(input, Format::Csv, &schema, &CsvOptions::default());
        let message = reader.and_then(batches).unwrap_err().to_string();
        assert!(message.contains("more than 65536 cells"), "{message}");
    }
}

#[test]
fn endless_rows_are_scanned_in_linear_time() {
    const LINES: u64 = 400_000;
    let schema = schema(json!({"fieldName": "t", "dataType": "Text"}));
    let text =
        "{\"t\": [\n".repeat(usize::try_from(LINES).unwrap()) + "{\"id\": 1, \"t\": \"a\"}\n";
    let begin = std::time::Instant::now();
    let input = Input::Object(Arc::new(text.into_bytes()));
    let csv = CsvOptions::default();
    let mut reader = Reader::new(input, Format::JsonLines, &schema, &csv).unwrap();
    let (mut batch, mut refused) = (reader.new_batch(), 0);
    loop {
        match reader.next_batch(&mut batch) {
            Ok(true) => {}
            Ok(false) => break,
            Err(ReadError::Row(_) | ReadError::Syntax { .. }) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((refused, reader.rows()), (LINES, LINES + 1));
    // Two seconds with few optimizations; an hour if each line were scanned to the end.
    assert!(begin.elapsed().as_secs() < 120);
}

/// A file of a row and blanks, which notes the largest number of bytes read at once.
#[derive(Default)]
struct Blanks(AtomicUsize);

impl ReadAt for Blanks {
    fn size(&self) -> u64 {
        64 << 20
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.0.fetch_max(buffer.len(), Ordering::Relaxed);
        buffer.fill(b'\n');
        if offset == 0 {
            buffer[..8].copy_from_slice(b"{\"id\":1}");
        }
        Ok(())
    }
}

#[test]
fn blanks_between_rows_are_not_kept() {
    let schema = schema(json!({"fieldName": "v", "dataType": "Int64", "nullable": true}));
    let (from, of) = (1, 64);
    for to in [2, 64] {
        let file = Arc::new(Blanks::default());
        let input = Input::Object(Arc::clone(&file) as Arc<dyn ReadAt>);
        let csv = CsvOptions::default();
        let mut reader = Reader::new(input, Format::JsonLines, &schema, &csv).unwrap();
        let part = FilePart { from, to, of };
        assert_eq!(reader.keep_part(part).unwrap(), (file.size(), file.size()));
        assert_eq!(batches(reader).unwrap(), (Vec::new(), 0));
        assert!(file.0.load(Ordering::Relaxed) <= CHUNK);
    }
}
