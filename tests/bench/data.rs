//! A large import file: the real rows of `../shared/data` if that folder exists, else generated ones.

use serde_json::{Map, Value, json};
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

/// Size of a file in bytes.
const BYTES: u64 = 200_000_000;
const FOLDER: &str = "../shared/data/debian-packages";
const DIMENSION: u64 = 384;

/// Rows that are written repeatedly, each time with a new id.
pub(crate) struct Rows {
    /// Origin of the rows, for the table.
    pub(crate) origin: &'static str,
    /// The options of `create_collection`, as JSON.
    pub(crate) collection: String,
    /// Each row's text after its id: `,"name":…}`.
    tails: Vec<String>,
}

/// A file written from [`Rows`].
pub(crate) struct Written {
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
}

impl Rows {
    /// Returns the real rows if their folder exists, else generated ones.
    pub(crate) fn find() -> Result<Self, Box<dyn Error>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER);
        if !folder.exists() {
            return Ok(Self::made_up());
        }
        let mut collection: Map<String, Value> =
            serde_json::from_slice(&fs::read(folder.join("schema.json"))?)?;
        collection.remove("collectionName");
        let rows: Vec<Map<String, Value>> =
            serde_json::from_slice(&fs::read(folder.join("packages.json"))?)?;
        Ok(Self {
            origin: "Debian packages",
            collection: Value::from(collection).to_string(),
            tails: rows.into_iter().map(tail).collect(),
        })
    }

    fn made_up() -> Self {
        let row = |seed: u64| {
            let vector = (0..DIMENSION).map(|at| {
                let mixed = (seed * DIMENSION + at).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 44;
                // Six digits, as embeddings are often written.
                (mixed as f64 - f64::from(1 << 19)) / 1e6
            });
            let vector: Vec<f64> = vector.collect();
            let row = json!({ "name": format!("row {seed}"), "embedding": vector });
            tail(row.as_object().cloned().unwrap_or_default())
        };
        let field = |name: &str, kind: &str, params: Value| json!({ "fieldName": name, "dataType": kind, "elementTypeParams": params });
        let mut id = field("id", "Int64", json!({}));
        id["isPrimary"] = true.into();
        let fields = [
            id,
            field("name", "VarChar", json!({ "max_length": "64" })),
            field("embedding", "FloatVector", json!({ "dim": DIMENSION })),
        ];
        // With an index a new collection is loaded, which counting needs.
        let index =
            [json!({ "fieldName": "embedding", "indexName": "embedding", "metricType": "COSINE" })];
        Self {
            origin: "made-up rows",
            collection: json!({ "schema": { "fields": fields }, "indexParams": index }).to_string(),
            tails: (0..2_000).map(row).collect(),
        }
    }

    /// Writes rows up to the size of a benchmark's file, as a list or as lines.
    pub(crate) fn write(&self, path: &Path, lines: bool) -> std::io::Result<Written> {
        let (begin, between, end) = if lines {
            ("", "\n", "\n")
        } else {
            ("[", ",\n", "]\n")
        };
        let mut file = BufWriter::new(File::create(path)?);
        let (mut rows, mut bytes) = (0, 0);
        file.write_all(begin.as_bytes())?;
        for tail in self.tails.iter().cycle() {
            if bytes >= BYTES {
                break;
            }
            rows += 1;
            let row = format!(
                "{}{{\"id\":{rows}{tail}",
                if rows > 1 { between } else { "" }
            );
            bytes += row.len() as u64;
            file.write_all(row.as_bytes())?;
        }
        file.write_all(end.as_bytes())?;
        file.flush()?;
        let bytes = bytes + (begin.len() + end.len()) as u64;
        Ok(Written { rows, bytes })
    }
}

fn tail(mut row: Map<String, Value>) -> String {
    row.remove("id");
    Value::from(row).to_string().replacen('{', ",", 1)
}
