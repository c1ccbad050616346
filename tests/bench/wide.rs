//! Files of 768-dimensional vectors, generated as they are written: `NumPy`, Parquet, CSV and JSON Lines.

use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{FloatType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::json;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Floats in a vector.
pub(crate) const DIMENSION: usize = 768;

/// Rows in a row group: 30 MB of vectors, as the official bulk writer chooses them.
const GROUP: usize = 10_000;

type Done = Result<(), Box<dyn Error>>;

/// Returns the bytes of vector data in `rows` rows.
pub(crate) fn vector_bytes(rows: usize) -> usize {
    rows * DIMENSION * size_of::<f32>()
}

/// Returns the options of `create_collection`.
pub(crate) fn collection() -> String {
    let fields = json!([
        { "fieldName": "id", "dataType": "Int64", "isPrimary": true },
        { "fieldName": "vector", "dataType": "FloatVector", "elementTypeParams": { "dim": DIMENSION } },
    ]);
    let index = [json!({ "fieldName": "vector", "indexName": "vector", "metricType": "COSINE" })];
    json!({ "schema": { "fields": fields }, "indexParams": index }).to_string()
}

/// Writes a file of the format that its extension names, or a folder of `NumPy` files. Returns the paths to import.
pub(crate) fn write(dir: &Path, extension: &str, rows: usize) -> Result<PathBuf, Box<dyn Error>> {
    let path = dir.join("rows").with_extension(extension);
    match extension {
        "npy" => {
            numpy(dir, rows)?;
            return Ok(dir.join("*.npy"));
        }
        "parquet" => parquet(&path, rows, GROUP, Compression::UNCOMPRESSED)?,
        "zstd.parquet" => parquet(&path, rows, GROUP, Compression::ZSTD(ZstdLevel::default()))?,
        "one.parquet" => parquet(&path, rows, rows, Compression::ZSTD(ZstdLevel::default()))?,
        "csv" => text(&path, rows, "id,vector\n", |id, list| {
            format!("{id},\"[{list}]\"\n")
        })?,
        _ => text(&path, rows, "", |id, list| {
            format!("{{\"id\":{id},\"vector\":[{list}]}}\n")
        })?,
    }
    Ok(path)
}

/// Returns the size of all imported files in bytes.
pub(crate) fn size(path: &Path) -> std::io::Result<u64> {
    if !path.ends_with("*.npy") {
        return Ok(path.metadata()?.len());
    }
    let names = ["id.npy", "vector.npy"].iter();
    names
        .map(|name| Ok(path.with_file_name(name).metadata()?.len()))
        .sum()
}

/// Returns a vector whose values neither a codec nor a dictionary can compress.
fn vector(row: usize) -> impl Iterator<Item = f32> {
    let mix = move |at: usize| {
        let mixed = ((row * DIMENSION + at) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        // 24 bits are exact in a float.
        mixed as f32 / 16_777_216.0 - 0.5
    };
    (0..DIMENSION).map(mix)
}

fn text(path: &Path, rows: usize, head: &str, line: impl Fn(usize, &str) -> String) -> Done {
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(head.as_bytes())?;
    for row in 0..rows {
        let list: Vec<_> = vector(row).map(|value| value.to_string()).collect();
        file.write_all(line(row, &list.join(",")).as_bytes())?;
    }
    Ok(file.flush()?)
}

fn numpy(dir: &Path, rows: usize) -> Done {
    let open = |name: &str, dtype: &str, shape: String| {
        let header =
            format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({shape}), }}\n");
        let mut file = BufWriter::new(File::create(dir.join(name))?);
        file.write_all(b"\x93NUMPY\x01\0")?;
        file.write_all(&u16::try_from(header.len())?.to_le_bytes())?;
        file.write_all(header.as_bytes())?;
        Ok::<_, Box<dyn Error>>(file)
    };
    let mut ids = open("id.npy", "<i8", format!("{rows},"))?;
    let mut vectors = open("vector.npy", "<f4", format!("{rows}, {DIMENSION}"))?;
    for row in 0..rows {
        ids.write_all(&i64::try_from(row)?.to_le_bytes())?;
        for value in vector(row) {
            vectors.write_all(&value.to_le_bytes())?;
        }
    }
    ids.flush()?;
    Ok(vectors.flush()?)
}

fn parquet(path: &Path, rows: usize, group_rows: usize, compression: Compression) -> Done {
    let schema = "message m { required int64 id; optional group vector (LIST) { repeated group list { optional float element; } } }";
    // Vectors are random, so a dictionary would only cost time.
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_compression(compression)
        .build();
    let schema = Arc::new(parse_message_type(schema)?);
    let mut writer = SerializedFileWriter::new(File::create(path)?, schema, Arc::new(properties))?;
    for begin in (0..rows).step_by(group_rows) {
        let ids = begin..rows.min(begin + group_rows);
        let mut group = writer.next_row_group()?;
        let mut column = group.next_column()?.ok_or("no column")?;
        let keys: Vec<i64> = ids.clone().map(i64::try_from).collect::<Result<_, _>>()?;
        column.typed::<Int64Type>().write_batch(&keys, None, None)?;
        column.close()?;
        let mut column = group.next_column()?.ok_or("no column")?;
        let mut first = vec![1; DIMENSION];
        first[0] = 0;
        for begin in ids.clone().step_by(GROUP) {
            let ids = begin..ids.end.min(begin + GROUP);
            let values: Vec<f32> = ids.clone().flat_map(vector).collect();
            let definition = vec![3; values.len()];
            let vectors = column.typed::<FloatType>();
            vectors.write_batch(&values, Some(&definition), Some(&first.repeat(ids.len())))?;
        }
        column.close()?;
        group.close()?;
    }
    writer.close()?;
    Ok(())
}
