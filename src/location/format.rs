//! The target of a path, from its last segment: a file of a format, a folder, or a set of `NumPy` files.

use super::error::{EXTENSIONS, LocationError, PathFault, refused, shown};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Maximum length of an object name in S3 and GCS, in bytes.
pub(super) const MAX_KEY: usize = 1024;

/// The format of an import file. `Display` writes its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::IntoStaticStr)]
#[strum(const_into_str)]
pub enum Format {
    /// `.json`: a list of row objects, or an object with that list under `rows`.
    #[strum(to_string = "JSON")]
    Json,
    /// `.jsonl`, `.ndjson`: one row object per line.
    #[strum(to_string = "JSON Lines")]
    JsonLines,
    /// `.csv`: a header row, then rows.
    #[strum(to_string = "CSV")]
    Csv,
    /// `.parquet`: one column per field.
    Parquet,
    /// `.npy`: one file per field.
    #[strum(to_string = "NumPy")]
    Numpy,
}

impl Format {
    /// Returns the format of an extension (without the dot), in any case.
    pub fn from_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            "csv" => Some(Self::Csv),
            "parquet" => Some(Self::Parquet),
            "npy" => Some(Self::Numpy),
            _ => None,
        }
    }

    /// Returns the format of a path's extension. The extension must be in lower case, because Milvus compares it byte
    /// for byte (importutilv2/util.go, `GetFileType`).
    pub fn of_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?;
        Self::from_extension(extension).filter(|_| !extension.contains(char::is_uppercase))
    }

    /// Returns true for text formats, which are read from the first byte to the last.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Json | Self::JsonLines | Self::Csv)
    }

    /// Returns the format's name for people.
    pub const fn name(self) -> &'static str {
        self.into_str()
    }
}

/// The target of a path. `Display` writes the word for it. The local service stores the variants' names with its jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, Serialize, Deserialize)]
#[strum(serialize_all = "lowercase")]
pub enum PathTarget {
    /// One file.
    File,
    /// All files of a folder. The path ends in `/`.
    Folder,
    /// All `NumPy` files of a folder. The path ends in `*.npy`.
    #[strum(to_string = "set of NumPy files")]
    NumpySet,
}

/// Returns the target and format of a decoded object name. With `exact`, only extensions in lower case are accepted.
pub(super) fn classify(
    key: &str,
    exact: bool,
) -> Result<(PathTarget, Option<Format>), LocationError> {
    let (folder, name) = match key.rfind('/') {
        Some(slash) => key.split_at(slash + 1),
        None => ("", key),
    };
    let set = name.eq_ignore_ascii_case("*.npy");
    if folder.contains('*') || (name.contains('*') && !set) {
        return Err(refused(
            format!(
                "{} has a `*`, which is accepted only as `*.npy` at the end",
                shown(key)
            ),
            "name a folder (it ends in `/`), or list the files one by one",
        ));
    }
    if name.is_empty() {
        return Ok((PathTarget::Folder, None));
    }
    let Some((_, extension)) = name.rsplit_once('.') else {
        let problem = format!("{} has no extension to tell the file format by", shown(key));
        return Err(refused(problem, EXTENSIONS).of(PathFault::NoExtension));
    };
    let format = Format::from_extension(extension);
    let Some(format) = format.filter(|_| !exact || !extension.contains(char::is_uppercase)) else {
        let problem = format!(
            "extension {} is not a file format an import accepts",
            shown(extension)
        );
        let hint = extension_hint(extension, format.is_some());
        return Err(refused(problem, hint).of(PathFault::Extension));
    };
    let kind = if set {
        PathTarget::NumpySet
    } else {
        PathTarget::File
    };
    Ok((kind, Some(format)))
}

fn extension_hint(extension: &str, known: bool) -> String {
    if known {
        return "Milvus takes extensions in lower case only: rename the file".to_owned();
    }
    match extension.to_ascii_lowercase().as_str() {
        "gz" | "zst" | "bz2" | "xz" | "zip" | "tar" | "tgz" | "lz4" | "snappy" => {
            format!("unpack it first: imports read no compressed files; {EXTENSIONS}")
        }
        _ => EXTENSIONS.to_owned(),
    }
}
