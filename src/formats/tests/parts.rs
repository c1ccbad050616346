//! Parts of text files: all parts together have the rows of the whole file, wherever it's cut.

use std::sync::Arc;

use proptest::prelude::*;

use super::small;
use crate::formats::{Block, CsvOptions, FilePart, Input, ReadError, Reader};
use crate::location::Format;

fn open(text: &[u8], format: Format) -> Result<Reader, ReadError> {
    let input = Input::Object(Arc::new(text.to_vec()));
    let options = CsvOptions::default();
    Reader::collecting(input, format, &small(false), &options, &mut Vec::new())
}

/// Returns the rows and their problems, numbered from `before`, and how reading ended. Rows are found before they're
/// parsed if `in_blocks` is set.
fn read(mut reader: Reader, before: u64, in_blocks: bool) -> (Vec<String>, Option<ReadError>) {
    let (mut batch, mut block) = (reader.new_batch(), Block::default());
    let mut found = Vec::new();
    loop {
        let more = if in_blocks {
            reader.next_block(&mut block).and_then(|more| {
                block.parse(&mut batch)?;
                Ok(more)
            })
        } else {
            reader.next_batch(&mut batch)
        };
        match more {
            Err(error) => return (found, Some(error)),
            Ok(false) => return (found, None),
            Ok(true) => {}
        }
        for row in 0..batch.rows() {
            let number = before + batch.before() + row as u64 + 1;
            found.push(format!("{number} {:?}", batch.row(row)));
        }
        for refused in batch.refused() {
            let mut refused = refused.clone();
            refused.row += before;
            found.push(format!("{refused}"));
        }
    }
}

/// Compares a file read as a whole with all of its parts, and checks that reading in blocks gives the same.
fn compare(text: &[u8], format: Format, cuts: &[u64]) -> Result<(), TestCaseError> {
    let Ok(whole) = open(text, format) else {
        return Ok(());
    };
    let (mut expected, ended) = read(whole, 0, false);
    let (in_blocks, also) = read(open(text, format).unwrap().with_batch_rows(2), 0, true);
    let sorted = |mut rows: Vec<String>| {
        rows.sort();
        rows
    };
    expected.sort();
    prop_assert_eq!(&sorted(in_blocks), &expected);
    prop_assert_eq!(
        also.map(|it| it.to_string()),
        ended.as_ref().map(ToString::to_string)
    );
    if ended.is_some() {
        return Ok(());
    }
    for of in cuts {
        let (mut found, mut before, mut begin) = (Vec::new(), 0, 0);
        let mut is_cut = false;
        for from in 0..*of {
            let mut reader = open(text, format).unwrap();
            let part = FilePart {
                from,
                to: from + 1,
                of: *of,
            };
            let (first, end) = reader.keep_part(part).unwrap();
            prop_assert!(from == 0 || first == begin, "a gap at {first}");
            begin = end;
            let mut rows = 0;
            let (part, ended) = read(reader, before, false);
            for row in part {
                rows += u64::from(row.starts_with(|first: char| first.is_ascii_digit()));
                found.push(row);
            }
            before += rows;
            is_cut |= matches!(ended, Some(ReadError::Cut { .. }));
        }
        prop_assert!(begin == text.len() as u64 || expected.is_empty());
        // A wrong cut is noticed by the part before it.
        if !is_cut {
            prop_assert_eq!(&sorted(found), &expected, "{} parts", of);
        }
    }
    Ok(())
}

/// Pieces of CSV files, most of which are a whole row.
const CSV: [&str; 16] = [
    "1,a,\"[1,2]\"\n",
    "2,\"b\nc\",\"[1,2]\"\n",
    "3,\"d\r\n\r\ne\",\"[3,4]\"\r\n",
    "4,\"\"\"\n\"\",\",\"[1,2]\"\n",
    "5,,\"[1]\"\n",
    "6,\"\",\"[1,2]\"\n",
    "\n",
    "\r\n",
    "\r",
    "7,a\n",
    "8,x\"y,\"[1,2]\"\n",
    "9,\"x\"y,1\n",
    "\"10\",\"f,\ng\",\"[1,2]\"\n",
    "11,h\ri,\"[1,2]\"\n",
    "12,\"\n13,j,k\n\",\"[1,2]\"\n",
    "14,l,\"[1,2]\"",
];

/// Pieces of JSON Lines files.
const LINES: [&str; 14] = [
    "{\"id\":1,\"name\":\"a\",\"v\":[1,2]}\n",
    "{\"id\":2,\"name\":\"}\\\"{\",\"v\":[1,2]}\r\n",
    "\n",
    "\r",
    " ",
    "{\"id\":3,\n\"name\":\"b\",\n\"v\":[1,2]\n}\n",
    "{\"id\":4,\"name\":\"c\",\"v\":[1]}\n",
    "{\"id\":5,\"name\":\"d\",\"v\":[1,2]}{\"id\":6,\"name\":\"e\",\"v\":[1,2]}\n",
    "{\"id\":7,\"x\":[\n{\"a\":1},\n{\"b\":[\n{}\n]}\n],\"name\":\"f\",\"v\":[1,2]}\n",
    "{\"id\":8,\"name\":\"g}\n",
    "{\"id\":9,\n\n",
    "7\n",
    "[1]\n",
    "{\"id\":10,\"name\":\"h\",\"v\":[1,2]}",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn parts_of_csv_have_the_rows_of_the_file(pieces in prop::collection::vec(prop::sample::select(CSV.to_vec()), 0..24)) {
        let text = format!("id,name,v\n{}", pieces.concat());
        compare(text.as_bytes(), Format::Csv, &[1, 2, 3, 7, 16])?;
    }

    #[test]
    fn parts_of_json_lines_have_the_rows_of_the_file(pieces in prop::collection::vec(prop::sample::select(LINES.to_vec()), 0..24)) {
        compare(pieces.concat().as_bytes(), Format::JsonLines, &[1, 2, 3, 7, 16])?;
    }
}

const ROWS: usize = 12;

/// Cuts of valid files are between rows, even if rows contain line ends.
#[test]
fn cuts_of_valid_files_are_between_rows() {
    let csv = |row: &str| format!("id,name,v\n{}", row.repeat(ROWS));
    for (format, text) in [
        (Format::Csv, csv("1,a,\"[1,2]\"\n")),
        (Format::Csv, csv("1,\"a\nb\",\"[1,2]\"\n")),
        (Format::Csv, csv("\"1\",\"a\r\n\r\nb\"\"\n\",\"[1,2]\"\r\n")),
        (Format::Csv, csv("1,\"\n2,\"\"\n\",\"[1,2]\"\n")),
        (
            Format::JsonLines,
            "{\"id\":1,\"name\":\"a\",\"v\":[1,2]}\n".repeat(ROWS),
        ),
        (
            Format::JsonLines,
            "{\n  \"id\":1,\n  \"x\":[\n  {},\n  {\n\"a\":1}\n],\n\"name\":\"a\",\"v\":[1,2]}\r\n"
                .repeat(ROWS),
        ),
    ] {
        let of = text.len() as u64;
        for at in 0..=of {
            let mut rows = 0;
            for (from, to) in [(0, at), (at, of)] {
                let mut reader = open(text.as_bytes(), format).unwrap();
                reader.keep_part(FilePart { from, to, of }).unwrap();
                let (found, ended) = read(reader, 0, false);
                assert!(ended.is_none(), "{text:?} {from} to {to}: {ended:?}");
                let good = found.iter().filter(|row| row.starts_with(char::is_numeric));
                assert_eq!(
                    good.count(),
                    found.len(),
                    "{text:?} {from} to {to}: {found:?}"
                );
                rows += found.len();
            }
            assert_eq!(rows, ROWS, "{text:?} at {at}");
        }
    }
}
