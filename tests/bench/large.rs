//! Files of about 1 GB each, the service beside programs that its users may have: `milvus-lite`, which inserts the
//! same rows (a part of them, scaled), `pyarrow`, `orjson` and `numpy`, which merely read them.

use super::Lines;
use super::import::{Case, import};
use super::peers;
use super::process::temp_dir;
use super::wide;

/// Bytes of a file, or `ZSHELL_BENCH_BYTES`.
const BYTES: usize = 1_000_000_000;

/// Bytes of a row's text, nearly.
const TEXT_ROW: usize = 9_100;

/// A format's name, extension, bytes of a row in the file, MB a second asked for.
const FORMATS: [(&str, &str, usize, f64); 3] = [
    ("NumPy", "npy", wide::DIMENSION * 4 + 8, 300.0),
    ("Parquet", "parquet", wide::DIMENSION * 4 + 8, 300.0),
    ("JSON Lines", "jsonl", TEXT_ROW, 150.0),
];

/// One file at a time, deleted before the next one is written.
pub(crate) fn measure() -> Lines {
    let bytes = std::env::var("ZSHELL_BENCH_BYTES").ok();
    let bytes = bytes.and_then(|bytes| bytes.parse().ok()).unwrap_or(BYTES);
    let collection = wide::collection();
    let mut lines = Vec::new();
    for (word, extension, row, least) in FORMATS {
        let dir = temp_dir()?;
        let rows = (bytes / row).max(1);
        let path = wide::write(dir.path(), extension, rows)?;
        let size = wide::size(&path)? as f64;
        // Text is measured by what is read of it, the others by their vectors.
        let measured = if extension == "jsonl" {
            size
        } else {
            wide::vector_bytes(rows) as f64
        };
        let case = Case {
            what: format!("{word}, a file of {:.1} GB", size / 1e9),
            path: path.clone(),
            rows: rows as u64,
            bytes: measured,
            note: format!("{rows} vectors of {} floats", wide::DIMENSION),
            least,
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
