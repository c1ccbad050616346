//! Imports of files of about 1 GB each. The service is compared with programs that its users may have: `milvus-lite`,
//! which inserts a part of the rows (scaled), and `pyarrow`, `orjson` and `numpy`, which only read them.

use super::Lines;
use super::import::{Case, import};
use super::peers;
use super::process::temp_dir;
use super::wide;

/// Size of a file in bytes, or `ZSHELL_BENCH_BYTES`.
const BYTES: usize = 1_000_000_000;

/// Approximate size of a row's text in bytes.
const TEXT_ROW: usize = 9_100;

/// A format's name, extension, bytes of a row in the file, and target in MB a second.
const FORMATS: [(&str, &str, usize, f64); 3] = [
    ("NumPy", "npy", wide::DIMENSION * 4 + 8, 300.0),
    ("Parquet", "parquet", wide::DIMENSION * 4 + 8, 300.0),
    ("JSON Lines", "jsonl", TEXT_ROW, 150.0),
];

/// Measures one file at a time. Each is deleted before the next one is written.
pub(crate) fn measure() -> Lines {
    let bytes = std::env::var("ZSHELL_BENCH_BYTES").ok();
    let bytes = bytes.and_then(|bytes| bytes.parse().ok()).unwrap_or(BYTES);
    let collection = wide::collection();
    let mut lines = Vec::new();
    for (word, extension, row, min_speed) in FORMATS {
        let dir = temp_dir()?;
        let rows = (bytes / row).max(1);
        let path = wide::write(dir.path(), extension, rows)?;
        let size = wide::size(&path)? as f64;
        // The speed of text counts the bytes of the file, the speed of binary formats the bytes of the vectors.
        let measured = if extension == "jsonl" {
            size
        } else {
            wide::vector_bytes(rows) as f64
        };
        let case = Case {
            title: format!("{word}, a file of {:.1} GB", size / 1e9),
            path: path.clone(),
            rows: rows as u64,
            bytes: measured,
            note: format!("{rows} vectors of {} floats", wide::DIMENSION),
            min_speed,
            collection: &collection,
            runs: 3,
            one_core: false,
        };
        let measured = import(dir.path(), &case)?;
        lines.extend(peers::beside(&case, extension, &measured, dir.path())?);
        lines.extend(measured.lines);
    }
    Ok(lines)
}
