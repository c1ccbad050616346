//! Names the kinds of problems, and says what to do about each.

use crate::formats::found::{FoundKind, FoundValue};
use crate::formats::{ReadError, RowError};
use std::borrow::Cow;

const RIGHT_TYPE: &str = "write the values in the field's type (numbers without quotes, texts in quotes), or change the schema";

const CORRECT: &str = "correct the rows as the problem says";

/// Returns the words for a kind of refused values, and what to do about it.
pub(super) fn words(found: &FoundValue) -> (&str, &'static str) {
    match found.kind {
        FoundKind::Missing => (
            "nothing",
            "write the field in every row, or make it nullable or give it a default value in the schema",
        ),
        FoundKind::Null => (
            "null",
            "fill in the missing values or leave the rows out, or make the field nullable",
        ),
        FoundKind::TooLong => (
            "text longer than max_length",
            "shorten the texts (max_length counts bytes of UTF-8), or raise max_length, at most 65535",
        ),
        FoundKind::Fraction => (
            "a number with fraction or exponent",
            "write whole numbers without fraction and exponent (pandas makes floats of integers with gaps: use Int64)",
        ),
        FoundKind::OutOfRange => (
            "a number out of range",
            "correct the values, or use a wider type in the schema",
        ),
        FoundKind::Negative => (
            "a negative value",
            "a sparse vector's values are at least 0: correct them, or leave out their indices",
        ),
        FoundKind::NaN => ("NaN", FINITE),
        FoundKind::Infinity => ("infinity", FINITE),
        FoundKind::NotUtf8 => ("bytes that are not UTF-8", "save the file as UTF-8"),
        FoundKind::NotJson => ("text that is not JSON", "write the value as JSON"),
        FoundKind::ValueCount => (
            "another number of values",
            "make all vectors with the model that the schema's dim is for, or set dim to the vectors' length",
        ),
        FoundKind::ByteCount => (
            "another number of bytes",
            "a binary vector has dim / 8 bytes, a 16-bit one dim * 2: write the vectors so, or correct dim",
        ),
        FoundKind::ElementCount => (
            "more elements than max_capacity",
            "shorten the lists, or raise max_capacity, at most 4096",
        ),
        FoundKind::CellCount => (
            "another number of cells",
            "put cells that hold the separator in quotes, for example \"[1,2]\"",
        ),
        FoundKind::IndexCount => (
            "another number of values than indices",
            "write one value for each index",
        ),
        FoundKind::Index => (
            "a key that is no index",
            "write indices from 0 to 4294967294",
        ),
        FoundKind::Text => ("text", RIGHT_TYPE),
        FoundKind::List => ("a list", RIGHT_TYPE),
        FoundKind::Object => ("an object", RIGHT_TYPE),
        FoundKind::Number => ("a number", RIGHT_TYPE),
        FoundKind::Bool => (&found.text, RIGHT_TYPE),
        FoundKind::Other => (&found.text, CORRECT),
    }
}

const FINITE: &str = "replace values that are not finite, or leave the rows out";

/// A problem of rows, of a column or of a whole file.
pub(super) struct CheckProblem {
    pub(super) field: String,
    pub(super) problem: String,
    pub(super) hint: Cow<'static, str>,
    /// The value of a row, the place in the file, or what exactly; empty if `problem` says everything.
    pub(super) value: String,
}

/// Returns the problem of a refused row, and what to do about it.
pub(super) fn of_row(error: &RowError) -> CheckProblem {
    let (found, hint) = words(&error.found);
    let expected = &error.expected;
    CheckProblem {
        field: error.field.clone().unwrap_or_default(),
        problem: match error.found.kind {
            FoundKind::Missing => format!("the field is missing (expected {expected})"),
            _ => format!("expected {expected}, found {found}"),
        },
        hint: hint.into(),
        value: if found == error.found.text {
            error.found.place().trim_start().to_owned()
        } else {
            error.found.to_string()
        },
    }
}

/// Returns the problem of a file that can't be read on, or of a column that doesn't fit.
pub(super) fn of_file(error: &ReadError) -> CheckProblem {
    let whole = |problem: String, hint: &'static str, value: String| CheckProblem {
        field: String::new(),
        problem,
        hint: hint.into(),
        value,
    };
    match error {
        ReadError::Field {
            field,
            expected,
            found,
        } => {
            let hint = "write the column in the field's type, or change the schema";
            CheckProblem {
                field: field.clone(),
                problem: format!("expected {expected}, found {}", found.text),
                hint: found.instead.clone().map_or(hint.into(), Cow::Owned),
                value: String::new(),
            }
        }
        ReadError::Codec { codec, .. } => whole(
            ReadError::codec_problem(codec),
            ReadError::OTHER_CODEC,
            String::new(),
        ),
        ReadError::Syntax {
            line,
            offset,
            message,
            ..
        } => whole(
            message.clone(),
            "correct the file there; nothing after it was checked",
            match line {
                0 => format!("byte {offset}"),
                line => format!("line {line} (byte {offset})"),
            },
        ),
        ReadError::Cut { offset } => whole(
            "a row crosses the place at which another part of the file begins".to_owned(),
            "check this file as a whole, without shard and sample",
            format!("byte {offset}"),
        ),
        ReadError::Broken { format, message } => whole(
            format!("not a readable {format} file"),
            "write or copy the file again",
            message.clone(),
        ),
        ReadError::Open { source, .. } | ReadError::Io { source, .. } => whole(
            "the file cannot be read".to_owned(),
            "check that the file is there and may be read",
            source.to_string(),
        ),
        ReadError::Row(error) => of_row(error),
        ReadError::Panicked(message) => whole(
            "reading ended at a bug in zshell".to_owned(),
            "report the bug with the file; nothing after it was checked",
            message.clone(),
        ),
        other => whole(other.to_string(), CORRECT, String::new()),
    }
}
