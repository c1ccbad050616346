//! Limits of services on the number and size of files (<https://docs.zilliz.com/docs/limits>).

use super::findings::{Example, Findings};
use crate::formats::source::{MAX_FILES, SourceFile};
use crate::location::Format;
use crate::text::words;

const GIB: u64 = 1 << 30;

/// A limit on the size of one file: the format it's about, its bytes, and who has it.
const SIZES: [(Option<Format>, u64, &str); 4] = [
    (Some(Format::Json), GIB / 2, "Zilliz Cloud Serverless"),
    (None, 10 * GIB, "a dedicated cluster of Zilliz Cloud"),
    (Some(Format::Numpy), 15 * GIB, "Zilliz Cloud, for a set"),
    (None, 16 * GIB, "Milvus by default"),
];

/// Largest import of a dedicated cluster, in bytes.
const MAX_TOTAL: u64 = 100 * GIB;

/// Warns about files that are too many or too large for one job.
pub(super) fn check(files: &[SourceFile], found: &mut Findings) {
    let mut warn = |problem: &str, hint: &str, example| {
        found.warn("", problem, hint).add(0, example);
    };
    let first = || Example::of_file(0, files.first().map_or("", |file| &file.name));
    if files.len() > MAX_FILES {
        let problem = format!("more than {MAX_FILES} files, the limit of one job");
        let value = words::count(files.len() as u64, "file");
        let hint = "import_all() submits several jobs";
        warn(&problem, hint, first().with_value(&value));
    }
    let total = files
        .iter()
        .map(|file| file.size)
        .fold(0, u64::saturating_add);
    if total > MAX_TOTAL {
        let hint = "split the files into several jobs: import_all() does so";
        let problem =
            "more than 100 GiB, the limit of one job on a dedicated cluster of Zilliz Cloud";
        warn(problem, hint, first().with_value(&words::bytes(total)));
    }
    for (no, file) in files.iter().enumerate() {
        let over = SIZES.iter().filter(|(format, bytes, _)| {
            format.is_none_or(|format| format == file.format) && file.size > *bytes
        });
        for (_, bytes, of) in over {
            let problem = format!(
                "a file of more than {}, the limit of {of}",
                words::bytes(*bytes)
            );
            let example = Example::of_file(no, &file.name).with_value(&words::bytes(file.size));
            warn(&problem, "split the file", example);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::findings::FindingLevel;

    #[test]
    fn files_beyond_a_limit_are_warned_of() {
        let file = |name: &str, format, size| SourceFile {
            name: name.to_owned(),
            parts: Vec::new(),
            format,
            size,
        };
        let problems = |files: &[SourceFile]| {
            let mut found = Findings::default();
            check(files, &mut found);
            assert!(found.list(FindingLevel::Error).is_empty());
            let warnings = found.list(FindingLevel::Warning).into_iter();
            let problem = |it: serde_json::Value| it["problem"].as_str().unwrap().to_owned();
            warnings.map(problem).collect::<Vec<_>>()
        };
        let small = vec![file("a.json", Format::Json, GIB / 2); MAX_FILES / 8];
        assert_eq!(problems(&small), [""; 0]);
        let many = vec![file("a.csv", Format::Csv, 1); MAX_FILES + 1];
        assert_eq!(
            problems(&many),
            ["more than 1024 files, the limit of one job"]
        );
        let large = [file("a.parquet", Format::Parquet, 101 * GIB)];
        assert_eq!(problems(&large).len(), 3);
        let json = [file("a.json", Format::Json, GIB / 2 + 1)];
        assert_eq!(
            problems(&json),
            ["a file of more than 512.0 MiB, the limit of Zilliz Cloud Serverless"]
        );
    }
}
