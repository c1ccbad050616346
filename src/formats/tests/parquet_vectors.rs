//! Vectors of Parquet files: pages that are read without the library have the rows that the library reads.

use std::sync::Arc;

use parquet::basic::Compression;
use parquet::file::properties::{WriterProperties, WriterVersion};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::schema_of;
use super::write_parquet::{Column, file};
use crate::formats::{CsvOptions, Input, Reader};
use crate::location::Format;

const WIDTH: usize = 3;

/// Generates the values of a row: mostly a vector, some null, too short, too long, or with a null or `NaN`.
fn vector() -> impl Strategy<Value = Option<Value>> {
    let values = |count| prop::collection::vec(0..4, count).prop_map(|list| Some(json!(list)));
    prop_oneof![
        40 => values(WIDTH..=WIDTH),
        1 => values(0..=8),
        1 => Just(None),
        1 => Just(Some(json!([1, null, 2]))),
        1 => Just(Some(json!([1, "NaN", 2]))),
    ]
}

/// Returns the rows and problems of a file, read in batches of `most` rows.
fn read(bytes: Vec<u8>, is_nullable: bool, most: usize) -> Vec<String> {
    let fields = json!([
        {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
        {"fieldName": "v", "dataType": "FloatVector", "nullable": is_nullable, "elementTypeParams": {"dim": WIDTH}},
    ]);
    let input = Input::Object(Arc::new(bytes));
    let mut problems = Vec::new();
    let schema = schema_of(fields, false);
    let options = CsvOptions::default();
    let reader = Reader::collecting(input, Format::Parquet, &schema, &options, &mut problems);
    let mut reader = reader.unwrap().with_batch_rows(most);
    assert!(problems.is_empty(), "{problems:?}");
    let (mut batch, mut found) = (reader.new_batch(), Vec::new());
    while reader.next_batch(&mut batch).unwrap() {
        let is_good = |row: &usize| {
            let number = batch.before() + *row as u64 + 1;
            !batch.refused().iter().any(|refused| refused.row == number)
        };
        let good = (0..batch.rows()).filter(is_good);
        found.extend(good.map(|row| format!("{:?}", batch.row(row))));
        found.extend(batch.refused().iter().map(ToString::to_string));
    }
    found.sort();
    found
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Pages with a dictionary always go to the library.
    #[test]
    fn vectors_equal_those_of_the_library(
        rows in prop::collection::vec(vector(), 1..120),
        line in prop::sample::select(vec!["optional float element", "required float element"]),
        (is_v2, is_nullable) in any::<(bool, bool)>(),
        (page_rows, write_rows) in (1_usize..30, 1_usize..40),
        group_rows in 20_usize..200,
        dictionary in 1_usize..200,
        most in 1_usize..50,
    ) {
        let rows: Vec<_> = rows.into_iter().filter(|row| {
            let hole = row.as_ref().is_some_and(|row| row[1].is_null() && row[0] == 1);
            line.starts_with("optional") || !hole
        }).collect();
        let column = |line: String, values| Column { line, leaves: vec![values] };
        let columns = [
            column("required int64 id;".to_owned(), (0..rows.len()).map(|id| Some(json!(id))).collect()),
            column(format!("optional group v (LIST) {{ repeated group list {{ {line}; }} }}"), rows),
        ];
        let properties = |has_dictionary, dictionary| {
            let version = if is_v2 { WriterVersion::PARQUET_2_0 } else { WriterVersion::PARQUET_1_0 };
            WriterProperties::builder()
                .set_compression(Compression::UNCOMPRESSED)
                .set_writer_version(version)
                .set_data_page_row_count_limit(page_rows)
                .set_write_batch_size(write_rows)
                .set_dictionary_enabled(has_dictionary)
                .set_dictionary_page_size_limit(dictionary)
                .build()
        };
        let expected = read(file(&columns, properties(true, 1 << 20), group_rows), is_nullable, 4_000);
        prop_assert_eq!(&read(file(&columns, properties(false, 0), group_rows), is_nullable, most), &expected);
        // A small dictionary, so that the pages after it are plain.
        prop_assert_eq!(&read(file(&columns, properties(true, dictionary), group_rows), is_nullable, most), &expected);
    }
}
