//! `check` of invalid Parquet and `NumPy` files, and that an import into the local service agrees.

use super::check::{both, described, schema};
use crate::support::harness::Folder;
use parquet::basic::Compression;
use parquet::data_type::{ByteArrayType, DoubleType, FloatType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::json;
use std::sync::Arc;

/// A column of a Parquet file.
#[derive(Clone, Debug)]
pub(super) enum Col {
    Long(&'static str, Vec<i64>),
    /// Texts, with the annotation of the column.
    Text(&'static str, &'static str, Vec<&'static str>),
    Double(&'static str, Vec<Option<f64>>),
    Vectors(&'static str, Vec<Vec<f32>>),
}

impl Col {
    /// Returns the column's name.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Long(name, _)
            | Self::Text(name, ..)
            | Self::Double(name, _)
            | Self::Vectors(name, _) => name,
        }
    }
}

/// Returns a Parquet file of one row group for each list of columns.
pub(super) fn parquet(groups: &[Vec<Col>], codec: Compression) -> Vec<u8> {
    let column = |col: &Col| match col {
        Col::Long(name, _) => format!("required int64 {name};"),
        Col::Text(name, of, _) => format!("required binary {name} {of};"),
        Col::Double(name, _) => format!("optional double {name};"),
        Col::Vectors(name, _) => format!(
            "optional group {name} (LIST) {{ repeated group list {{ optional float element; }} }}"
        ),
    };
    let columns: String = groups[0].iter().map(column).collect();
    let schema = Arc::new(parse_message_type(&format!("message m {{ {columns} }}")).unwrap());
    let properties = WriterProperties::builder().set_compression(codec).build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
    for group in groups {
        let mut rows = writer.next_row_group().unwrap();
        for col in group {
            let mut column = rows.next_column().unwrap().unwrap();
            match col {
                Col::Long(_, values) => column.typed::<Int64Type>().write_batch(values, None, None),
                Col::Text(_, _, values) => {
                    let values: Vec<_> = values.iter().map(|text| (*text).into()).collect();
                    column
                        .typed::<ByteArrayType>()
                        .write_batch(&values, None, None)
                }
                Col::Double(_, values) => {
                    let levels: Vec<_> = values.iter().map(|it| i16::from(it.is_some())).collect();
                    let values: Vec<_> = values.iter().flatten().copied().collect();
                    column
                        .typed::<DoubleType>()
                        .write_batch(&values, Some(&levels), None)
                }
                Col::Vectors(_, vectors) => {
                    let values = vectors.concat();
                    let repeated = vectors
                        .iter()
                        .flat_map(|vector| (0..vector.len()).map(|at| i16::from(at > 0)));
                    let levels = (vec![3; values.len()], repeated.collect::<Vec<_>>());
                    column.typed::<FloatType>().write_batch(
                        &values,
                        Some(&levels.0),
                        Some(&levels.1),
                    )
                }
            }
            .unwrap();
            column.close().unwrap();
        }
        rows.close().unwrap();
    }
    writer.into_inner().unwrap()
}

fn id(values: &[i64]) -> Col {
    Col::Long("id", values.to_vec())
}

fn word(values: &[&'static str]) -> Col {
    Col::Text("word", "(STRING)", values.to_vec())
}

fn price(values: &[f64]) -> Col {
    Col::Double("price", values.iter().copied().map(Some).collect())
}

fn vector(values: &[&[f32]]) -> Col {
    Col::Vectors("vector", values.iter().map(|it| it.to_vec()).collect())
}

/// Returns the columns of two good rows.
pub(super) fn good(first: i64) -> Vec<Col> {
    vec![
        id(&[first, first + 1]),
        word(&["a", "b"]),
        price(&[1.0, 2.0]),
        vector(&[&[1.0, 0.0], &[0.0, 1.0]]),
    ]
}

#[test]
fn invalid_parquet_columns_and_rows_are_named() {
    let with = |at: usize, col: Col| {
        let mut columns = good(1);
        columns[at] = col;
        parquet(&[good(7), columns], Compression::UNCOMPRESSED)
    };
    let plain = |columns: Vec<Col>| parquet(&[columns], Compression::UNCOMPRESSED);
    let whole = plain(good(1));
    let cases: Vec<(&str, Vec<u8>, &[&str])> = vec![
        (
            "long.parquet",
            with(1, word(&["a", "123456789"])),
            &["word: expected VarChar(8), found text longer than max_length @4"],
        ),
        (
            "null.parquet",
            with(2, Col::Double("price", vec![None, Some(1.0)])),
            &["price: expected Double, found null @3"],
        ),
        (
            "nan.parquet",
            with(3, vector(&[&[1.0, 0.0], &[f32::NAN, 1.0]])),
            &["vector: expected FloatVector(2), found NaN @4"],
        ),
        (
            "dim.parquet",
            with(3, vector(&[&[1.0, 0.0, 0.0], &[1.0, 0.0]])),
            &["vector: expected FloatVector(2), found another number of values @3"],
        ),
        (
            "types.parquet",
            plain(vec![
                Col::Double("id", vec![Some(1.0)]),
                Col::Long("word", vec![1]),
                Col::Text("price", "(STRING)", vec!["1"]),
            ]),
            &[
                "id: expected Int64 as int64 or smaller, found a column of double @file",
                "price: expected Double as float, double or an integer type, found a column of string @file",
                "vector: expected FloatVector(2), found no column of that name; the columns are \"id\", \"word\", \"price\" @file",
                "word: expected VarChar(8) as string, found a column of int64 @file",
            ],
        ),
        (
            "bytes.parquet",
            plain({
                let mut columns = good(1);
                columns[1] = Col::Text("word", "", vec!["a", "b"]);
                columns
            }),
            &["word: expected VarChar(8) as string, found a column of binary @file"],
        ),
        (
            "cut.parquet",
            whole[..whole.len() - 9].to_vec(),
            &[": not a readable Parquet file @file"],
        ),
        (
            "text.parquet",
            b"id,word".to_vec(),
            &[": not a readable Parquet file @file"],
        ),
        (
            "empty.parquet",
            Vec::new(),
            &[": not a readable Parquet file @file"],
        ),
    ];
    let folder = Folder::new();
    let names: Vec<_> = cases.iter().map(|(name, ..)| *name).collect();
    for (name, bytes, _) in &cases {
        folder.work(name, bytes);
    }
    for ((name, _, problems), (report, imported)) in cases.iter().zip(both(&folder, &names)) {
        assert_eq!(described(&report["errors"]), *problems, "{name}");
        assert!(report["ok"] == false && !imported, "{name}");
    }
}

/// Returns an `.npy` file.
fn npy(dtype: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [
        b"\x93NUMPY\x01\0",
        length.as_slice(),
        header.as_bytes(),
        data,
    ]
    .concat()
}

/// The files of a set: names of fields with contents.
type NumpySet = Vec<(&'static str, Vec<u8>)>;

#[test]
fn invalid_numpy_files_and_rows_are_named() {
    let longs = |values: &[i64]| {
        values
            .iter()
            .flat_map(|it| it.to_le_bytes())
            .collect::<Vec<_>>()
    };
    let doubles = |values: &[f64]| {
        values
            .iter()
            .flat_map(|it| it.to_le_bytes())
            .collect::<Vec<_>>()
    };
    let floats = |values: &[f32]| {
        values
            .iter()
            .flat_map(|it| it.to_le_bytes())
            .collect::<Vec<_>>()
    };
    let set = |changes: &[(&'static str, Vec<u8>)]| {
        let mut files = vec![
            ("id", npy("<i8", "2,", &longs(&[1, 2]))),
            ("word", npy("|S3", "2,", b"one two")),
            ("price", npy("<f8", "2,", &doubles(&[1.0, 2.0]))),
            ("vector", npy("<f4", "2, 2", &floats(&[1.0, 0.0, 0.0, 1.0]))),
        ];
        for (name, bytes) in changes {
            files.retain(|(own, _)| own != name);
            if !bytes.is_empty() {
                files.push((*name, bytes.clone()));
            }
        }
        files
    };
    let cases: Vec<(&str, NumpySet, &[&str])> = vec![
        ("good", set(&[]), &[]),
        (
            "nan",
            set(&[(
                "vector",
                npy("<f4", "2, 2", &floats(&[1.0, 0.0, f32::INFINITY, 1.0])),
            )]),
            &["vector: expected FloatVector(2), found infinity @2"],
        ),
        (
            "wide",
            set(&[("word", npy("|S9", "2,", b"123456789two\0\0\0\0\0\0"))]),
            &["word: expected VarChar(8), found text longer than max_length @1"],
        ),
        (
            "types",
            set(&[
                ("id", npy("<f8", "2,", &doubles(&[1.0, 2.0]))),
                ("vector", npy("<f4", "2, 1", &floats(&[1.0, 0.0]))),
                ("price", Vec::new()),
            ]),
            &[
                "id: expected Int64 as int64, found dtype <f8 @file",
                "price: expected Double, found no file of that name in the set (the files of one set stand in one inner list, e.g. [[\"a/id.npy\", \"a/vector.npy\"]], or in one folder); the files are \"id\", \"vector\", \"word\" @file",
                "vector: expected FloatVector(2), in <f4 2 columns, found shape (2, 1) @file",
            ],
        ),
        (
            "rows",
            set(&[("id", npy("<i8", "3,", &longs(&[1, 2, 3])))]),
            &[": not a readable NumPy file @file"],
        ),
        (
            "cut",
            set(&[("id", npy("<i8", "2,", &longs(&[1])))]),
            &[": not a readable NumPy file @file"],
        ),
        (
            "pickle",
            set(&[("word", npy("|O", "2,", b"x"))]),
            &[": not a readable NumPy file @file"],
        ),
    ];
    let folder = Folder::new();
    let names: Vec<_> = cases.iter().map(|(name, ..)| format!("{name}/")).collect();
    for (name, files, _) in &cases {
        for (file, bytes) in files {
            folder.work(&format!("{name}/{file}.npy"), bytes);
        }
    }
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    for ((name, _, problems), (report, imported)) in cases.iter().zip(both(&folder, &names)) {
        assert_eq!(described(&report["errors"]), *problems, "{name}");
        assert_eq!(report["ok"] == true, imported, "{name}");
        assert_eq!(imported, problems.is_empty(), "{name}");
    }
}

#[test]
fn rows_of_a_file_divided_among_cores_keep_their_numbers() {
    let folder = Folder::new();
    folder.work("schema.json", schema().to_string());
    // 12 groups of 100,000 rows: more than the size from which a file is divided.
    let rows = 100_000;
    let group = |no: i64| {
        vec![
            Col::Long(
                "id",
                (0..rows).map(|row| (no * rows + row) % 1_150_000).collect(),
            ),
            Col::Text("word", "(STRING)", vec!["a"; 100_000]),
            Col::Double("price", vec![Some(1.0); 100_000]),
            Col::Vectors("vector", vec![vec![1.0, 0.0]; 100_000]),
        ]
    };
    let mut groups: Vec<_> = (0..12).map(group).collect();
    groups[11][1] = Col::Text(
        "word",
        "(STRING)",
        [vec!["a"; 99_999], vec!["too long!"]].concat(),
    );
    folder.work("large.parquet", parquet(&groups, Compression::UNCOMPRESSED));
    let run = folder.test().args([
        "check",
        "large.parquet",
        "--schema",
        "schema.json",
        "-o",
        "json",
    ]);
    let report = run.status(7).run().json();
    assert_eq!(
        described(&report["errors"]),
        ["word: expected VarChar(8), found text longer than max_length @1200000"]
    );
    assert_eq!(report["rows"], 1_200_000);
    let repeated = &report["warnings"][0];
    assert_eq!(repeated["rows"], 50_000);
    assert_eq!(
        repeated["first"][0],
        json!({ "file": "large.parquet", "row": 1_150_001, "value": "0, also large.parquet row 1" })
    );
}
