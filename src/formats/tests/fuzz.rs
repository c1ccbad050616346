//! Seeded mutations of files: no panic that isn't caught, no hang, and bounded memory.

use std::sync::Arc;

use parquet::basic::{BrotliLevel, Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};
use serde_json::{Value, json};

use super::every_type;
use super::write_parquet::{Form, columns, file};
use crate::formats::{Block, CsvOptions, Input, ReadError, Reader, Schema};
use crate::location::Format;
use crate::stores::read_at::ReadAt;
use crate::tests::fuzz;

/// Number of mutations of each format in an ordinary test run.
const MUTATIONS: u64 = 200;

const FORMATS: [Format; 5] = [
    Format::Parquet,
    Format::Json,
    Format::JsonLines,
    Format::Csv,
    Format::Numpy,
];

/// Rows of a file before it's mutated. Few, since a long run tries a million mutations of each format.
const ROWS: usize = 8;

/// The files of one import: a single file, or a set with the names of the fields.
type Files = Vec<(String, Vec<u8>)>;

fn rows() -> Vec<Value> {
    let row = |id: usize| {
        json!({
            "id": format!("row number {id}"), "b": id.is_multiple_of(3), "i8": id, "i16": id * 5, "i32": id * 70_000,
            "i64": id * 7_000_000_000, "f": 0.5, "d": 1e300, "j": {"x": [id, {"y": "é\""}]}, "a_Bool": [true, false],
            "a_Int8": [id, 1, 2], "a_Int64": [id], "a_Float": [], "a_Double": [1.5, 2.5],
            "a_VarChar": ["same", format!("{id}")], "fv": [id, 0.25], "bv": [1, id], "hv": [0.5, -2.0],
            "bhv": [0.25, 3.0], "iv": [-1, id], "sv": {"5": 0.5, "700": 1.0}, "ts": "2026-01-31T08:30:00.5Z",
            "geo": "POINT (1 2)", "text": "the same text in every row", "extra": id,
        })
    };
    let mut rows: Vec<Value> = (0..ROWS).map(row).collect();
    for (at, row) in rows.iter_mut().enumerate() {
        for (field, value) in row.as_object_mut().unwrap().iter_mut().skip(1) {
            if (at + field.len()).is_multiple_of(5) {
                *value = Value::Null;
            }
        }
    }
    rows
}

/// Returns Parquet files in every codec, page version and encoding.
fn parquet_seeds(schema: &Schema) -> Vec<Files> {
    let builder = |version| {
        WriterProperties::builder()
            .set_writer_version(version)
            .set_data_page_row_count_limit(3)
            .set_write_batch_size(2)
    };
    let mut properties = Vec::new();
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            properties.push(builder(version).set_compression(compression).build());
        }
    }
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        properties.push(builder(version).set_dictionary_enabled(false).build());
    }
    for encoding in [
        Encoding::DELTA_BYTE_ARRAY,
        Encoding::DELTA_LENGTH_BYTE_ARRAY,
    ] {
        let mut builder = builder(WriterVersion::PARQUET_1_0).set_dictionary_enabled(false);
        for field in ["id", "j", "sv", "ts", "geo", "text"] {
            builder = builder.set_column_encoding(field.into(), encoding);
        }
        for field in ["i8", "i16", "i32", "i64"] {
            builder = builder.set_column_encoding(field.into(), Encoding::DELTA_BINARY_PACKED);
        }
        for field in ["f", "d"] {
            builder = builder.set_column_encoding(field.into(), Encoding::BYTE_STREAM_SPLIT);
        }
        properties.push(builder.build());
    }
    let rows = rows();
    let forms = [Form::Lists, Form::Binary, Form::Doubles];
    let files = properties.into_iter().zip(forms.into_iter().cycle());
    files
        .map(|(properties, form)| {
            let bytes = file(&columns(schema, &rows, form), properties, 5);
            vec![("a.parquet".to_owned(), bytes)]
        })
        .collect()
}

fn csv_seed(schema: &Schema) -> Vec<u8> {
    let names: Vec<&str> = schema
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    let mut text = names.join(",") + "\n";
    for row in rows() {
        let cells = names.iter().map(|name| match &row[name] {
            Value::Null => String::new(),
            Value::String(cell) => cell.clone(),
            other => other.to_string(),
        });
        let cells: Vec<_> = cells
            .map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")))
            .collect();
        text += &(cells.join(",") + "\r\n");
    }
    text.into_bytes()
}

fn numpy_seed() -> Files {
    let npy = |dtype: &str, shape: &str, data: Vec<u8>| {
        let header =
            format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({shape}), }}\n");
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        [b"\x93NUMPY\x01\0", &length[..], header.as_bytes(), &data].concat()
    };
    let text = |text: String| {
        text.chars()
            .flat_map(|c| u32::from(c).to_le_bytes())
            .collect::<Vec<_>>()
    };
    let ids = (0..40)
        .flat_map(|id| text(format!("row {id:04}")))
        .collect();
    let numbers = (0..40_i64).flat_map(i64::to_le_bytes).collect();
    let floats = (0..80_u8)
        .flat_map(|at| f32::from(at).to_le_bytes())
        .collect();
    vec![
        ("id.npy".to_owned(), npy("<U8", "40,", ids)),
        ("i64.npy".to_owned(), npy("<i8", "40,", numbers)),
        ("fv.npy".to_owned(), npy("<f4", "40, 2", floats)),
        ("j.npy".to_owned(), npy("|S2", "40,", b"{}".repeat(40))),
    ]
}

/// Returns the files that are mutated.
fn seeds(format: Format, schema: &Schema) -> Vec<Files> {
    let one = |name: &str, bytes: Vec<u8>| vec![(name.to_owned(), bytes)];
    match format {
        Format::Parquet => parquet_seeds(schema),
        Format::Csv => vec![one("a.csv", csv_seed(schema))],
        Format::Numpy => vec![numpy_seed()],
        Format::Json => {
            let rows = Value::from(rows()).to_string();
            vec![
                one("a.json", format!("{{\"rows\": {rows}}}").into_bytes()),
                one("a.json", rows.into_bytes()),
            ]
        }
        Format::JsonLines => {
            let lines = rows().into_iter().map(|row| row.to_string() + "\n");
            vec![one("a.jsonl", lines.collect::<String>().into_bytes())]
        }
    }
}

/// Reads all rows, good and bad. Returns their number.
fn read(
    format: Format,
    files: Files,
    schema: &Arc<Schema>,
    in_blocks: bool,
) -> Result<u64, ReadError> {
    let csv = CsvOptions::default();
    let input = match format {
        Format::Numpy => Input::Set(
            files
                .into_iter()
                .map(|(name, bytes)| (name, Arc::new(bytes) as Arc<dyn ReadAt>))
                .collect(),
        ),
        _ => Input::Object(Arc::new(files.into_iter().next().unwrap().1)),
    };
    let mut reader = Reader::new(input, format, schema, &csv)?;
    let (mut batch, mut block) = (reader.new_batch(), Block::default());
    loop {
        let more = if in_blocks && reader.has_blocks() {
            match reader.next_block(&mut block) {
                Ok(true) => block.parse(&mut batch).map(|()| true),
                end => end,
            }
        } else {
            reader.next_batch(&mut batch)
        };
        match more {
            Ok(true) | Err(ReadError::Row(_) | ReadError::Syntax { .. }) => {}
            Ok(false) => return Ok(reader.rows()),
            Err(error) => return Err(error),
        }
    }
}

/// The child process: reads mutations of one format.
#[test]
#[ignore = "run by mutated_files_are_read_or_refused"]
fn mutations() {
    let Some(kind) = fuzz::kind() else {
        return;
    };
    let format = FORMATS
        .into_iter()
        .find(|format| format.to_string() == kind)
        .unwrap();
    let schema = every_type();
    let seeds = seeds(format, &schema);
    for seed in &seeds {
        let rows = read(format, seed.clone(), &schema, false);
        assert!(matches!(rows, Ok(1..)), "{format}: {rows:?}");
    }
    let parts = match format {
        Format::Parquet | Format::Numpy => fuzz::LENGTHS,
        _ => fuzz::TEXT,
    };
    fuzz::try_mutations(&kind, |number, random| {
        let mut files = random.choice(&seeds).unwrap().clone();
        let at = random.usize(0..files.len());
        fuzz::mutate(&mut files[at].1, parts, random);
        read(format, files, &schema, number % 2 == 0).is_ok()
    });
}

#[test]
fn mutated_files_are_read_or_refused() {
    let kinds = FORMATS.map(|format| format.to_string());
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    fuzz::run_children(concat!(module_path!(), "::mutations"), &kinds, MUTATIONS);
}
