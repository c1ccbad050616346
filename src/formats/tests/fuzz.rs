//! Seeded mutations of files: no panic that isn't caught, no hang, and bounded memory.
//!
//! The readers run in a child process with a memory limit, since a failed allocation ends the process. `ZSHELL_FUZZ=N`
//! sets the number of mutations of each format.

use std::io::Cursor;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parquet::basic::{BrotliLevel, Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};
use serde_json::{Value, json};

use super::every_type;
use super::write_parquet::{Form, columns, file};
use crate::formats::{Block, CsvOptions, Input, ReadError, Reader, Schema};
use crate::location::Format;
use crate::stores::read_at::ReadAt;

/// Number of mutations of each format in an ordinary test run.
const MUTATIONS: u64 = 200;

/// Environment variable with the number of mutations.
const COUNT: &str = "ZSHELL_FUZZ";

/// Environment variable with the format that a child process reads, and with the file that it notes its progress in.
const CHILD: &str = "ZSHELL_TEST_FUZZ";
const PROGRESS: &str = "ZSHELL_TEST_FUZZ_PROGRESS";

/// Limit of a child's address space in KiB.
const ADDRESS_SPACE: u64 = 2 << 20;

/// Limit of a child's memory in bytes.
const PEAK: u64 = 300 << 20;

/// Maximum time for one file.
const HANG: Duration = Duration::from_secs(20);

const FORMATS: [Format; 5] = [
    Format::Parquet,
    Format::Json,
    Format::JsonLines,
    Format::Csv,
    Format::Numpy,
];

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
    let mut rows: Vec<Value> = (0..40).map(row).collect();
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
            .set_data_page_row_count_limit(9)
            .set_write_batch_size(4)
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
            let bytes = file(&columns(schema, &rows, form), properties, 25);
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

/// Changes one to four places of the bytes.
fn mutate(bytes: &mut Vec<u8>, random: &mut fastrand::Rng) {
    const HUGE: [&[u8]; 5] = [
        &[0xff, 0xff, 0xff, 0xff, 0x0f],
        &[0xfe, 0xff, 0xff, 0xff, 0x0f],
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
        &[0xff, 0xff, 0xff, 0x7f],
        &[0x80, 0x80, 0x80, 0x80, 0x08],
    ];
    for _ in 0..random.usize(1..=4) {
        // Most structure of a Parquet file is at its end.
        let from = if random.bool() { bytes.len() / 2 } else { 0 };
        let at = random.usize(from..=bytes.len());
        let end = bytes.len().min(at + random.usize(0..=16));
        match random.u8(0..8) {
            0..=2 if at < bytes.len() => bytes[at] ^= 1 << random.u8(0..8),
            3 if at < bytes.len() => {
                bytes[at] = *random.choice(&[0, 1, 0x7f, 0x80, 0xfe, 0xff]).unwrap();
            }
            4 => {
                let huge = *random.choice(&HUGE).unwrap();
                bytes.splice(
                    at..bytes.len().min(at + random.usize(0..=huge.len())),
                    huge.iter().copied(),
                );
            }
            5 => drop(bytes.drain(at..end)),
            6 => {
                let part = bytes[at..end].to_vec();
                let to = random.usize(0..=bytes.len());
                bytes.splice(to..to, part);
            }
            7 if random.u8(0..8) == 0 => bytes.truncate(at),
            _ => {
                let random_bytes: Vec<u8> = (at..end).map(|_| random.u8(..)).collect();
                bytes.splice(at..end, random_bytes);
            }
        }
    }
}

/// Returns mutation number `number`.
fn mutation(seeds: &[Files], number: u64) -> Files {
    let mut random = fastrand::Rng::with_seed(number);
    let mut files = random.choice(seeds).unwrap().clone();
    let at = random.usize(0..files.len());
    mutate(&mut files[at].1, &mut random);
    files
}

/// Reads all rows, good and bad. Returns their number.
fn read(
    format: Format,
    files: Files,
    schema: &Arc<Schema>,
    in_blocks: bool,
) -> Result<u64, ReadError> {
    let csv = CsvOptions::default();
    let stream = |mut files: Files| Input::Stream(Box::new(Cursor::new(files.remove(0).1)));
    let input = match format {
        Format::Parquet => Input::Object(Arc::new(files.into_iter().next().unwrap().1)),
        Format::Numpy => Input::Set(
            files
                .into_iter()
                .map(|(name, bytes)| (name, Arc::new(bytes) as Arc<dyn ReadAt>))
                .collect(),
        ),
        _ => stream(files),
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

/// Peak memory of this process in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}

/// The child process: reads mutations of one format.
#[test]
#[ignore = "run by mutated_files_are_read_or_refused"]
fn read_mutations() {
    let Ok(name) = std::env::var(CHILD) else {
        return;
    };
    let format = FORMATS
        .into_iter()
        .find(|format| format.to_string() == name)
        .unwrap();
    let progress = std::env::var(PROGRESS).unwrap();
    let count: u64 = std::env::var(COUNT).unwrap().parse().unwrap();
    let schema = every_type();
    let seeds = seeds(format, &schema);
    for seed in &seeds {
        let rows = read(format, seed.clone(), &schema, false);
        assert!(matches!(rows, Ok(1..)), "{format}: {rows:?}");
    }
    std::panic::set_hook(Box::new(|info| {
        if !crate::caught::is_catching() {
            eprintln!("{info}");
        }
    }));
    let (mut slowest, mut accepted) = (Duration::ZERO, 0_u64);
    let progress = std::fs::File::create(progress).unwrap();
    for number in 0..count {
        std::os::unix::fs::FileExt::write_all_at(&progress, &number.to_le_bytes(), 0).unwrap();
        let begin = Instant::now();
        let rows = read(format, mutation(&seeds, number), &schema, number % 2 == 0);
        accepted += u64::from(rows.is_ok());
        slowest = slowest.max(begin.elapsed());
        assert!(slowest < HANG, "it took {slowest:?}");
    }
    let peak = peak();
    println!(
        "{format}: {count} mutations, {accepted} accepted, slowest {slowest:?}, peak {} MiB",
        peak >> 20
    );
    assert!(peak < PEAK, "{} MiB", peak >> 20);
}

fn run_child(format: Format, count: &str, dir: &Path) {
    let progress = dir.join(format.to_string());
    let limited = format!("ulimit -v {ADDRESS_SPACE} && exec \"$0\" \"$@\"");
    let child = Command::new("sh")
        .args(["-c", &limited])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--ignored",
            "--nocapture",
            "formats::tests::fuzz::read_mutations",
        ])
        .env(CHILD, format.to_string())
        .env(PROGRESS, &progress)
        .env(COUNT, count)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (output, errors) = (text(&child.stdout), text(&child.stderr));
    if child.status.success() {
        let line = output.lines().find(|line| line.contains("accepted"));
        println!("{}", line.expect("a child that ran"));
        return;
    }
    let number = std::fs::read(&progress).unwrap_or_default();
    let number = number.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
    panic!(
        "{format}, mutation {number:?}: {}\n{output}\n{errors}",
        child.status
    );
}

#[test]
fn mutated_files_are_read_or_refused() {
    let count = std::env::var(COUNT).unwrap_or_else(|_| MUTATIONS.to_string());
    let dir = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for format in FORMATS {
            let (count, dir) = (&count, dir.path());
            scope.spawn(move || run_child(format, count, dir));
        }
    });
}
