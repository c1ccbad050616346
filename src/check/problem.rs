//! Names the kinds of problems, and says what to do about each.

use crate::formats::{ReadError, RowError};

/// Kinds of refused values: how the description of the value begins or what it contains, the kind, and what to do.
const KINDS: [(FoundTest, &str, &str); 21] = [
    (
        FoundTest::Begins("nothing"),
        "none",
        "write the field in every row, or make it nullable or give it a default value in the schema",
    ),
    (
        FoundTest::Begins("null"),
        "null",
        "fill in the missing values or leave the rows out, or make the field nullable",
    ),
    (
        FoundTest::Holds("more than max_length"),
        "text longer than max_length",
        "shorten the texts (max_length counts bytes of UTF-8), or raise max_length, at most 65535",
    ),
    (
        FoundTest::Holds("which is not an integer"),
        "a number with fraction or exponent",
        "write whole numbers without fraction and exponent (pandas makes floats of integers with gaps: use Int64)",
    ),
    (
        FoundTest::Holds("which is out of range"),
        "a number out of range",
        "correct the values, or use a wider type in the schema",
    ),
    (
        FoundTest::Begins("NaN"),
        "NaN",
        "replace values that are not finite, or leave the rows out",
    ),
    (
        FoundTest::Holds("Infinity"),
        "infinity",
        "replace values that are not finite, or leave the rows out",
    ),
    (
        FoundTest::Begins("inf"),
        "infinity",
        "replace values that are not finite, or leave the rows out",
    ),
    (
        FoundTest::Begins("-inf"),
        "infinity",
        "replace values that are not finite, or leave the rows out",
    ),
    (
        FoundTest::Holds("not UTF-8"),
        "bytes that are not UTF-8",
        "save the file as UTF-8",
    ),
    (
        FoundTest::Holds("which is not JSON"),
        "text that is not JSON",
        "write the value as JSON",
    ),
    (
        FoundTest::Counts(" values"),
        "another number of values",
        "make all vectors with the model that the schema's dim is for, or set dim to the vectors' length",
    ),
    (
        FoundTest::Counts(" bytes"),
        "another number of bytes",
        "a binary vector has dim / 8 bytes, a 16-bit one dim * 2: write the vectors so, or correct dim",
    ),
    (
        FoundTest::Counts(" elements"),
        "more elements than max_capacity",
        "shorten the lists, or raise max_capacity, at most 4096",
    ),
    (
        FoundTest::Counts(" cells"),
        "another number of cells",
        "put cells that hold the separator in quotes, for example \"[1,2]\"",
    ),
    (FoundTest::Begins("text "), "text", RIGHT_TYPE),
    (FoundTest::Begins("list "), "a list", RIGHT_TYPE),
    (FoundTest::Begins("object "), "an object", RIGHT_TYPE),
    (FoundTest::Number, "a number", RIGHT_TYPE),
    (FoundTest::Begins("true"), "true", RIGHT_TYPE),
    (FoundTest::Begins("false"), "false", RIGHT_TYPE),
];

const RIGHT_TYPE: &str = "write the values in the field's type (numbers without quotes, texts in quotes), or change the schema";

const CORRECT: &str = "correct the rows as the problem says";

/// A test of a value's description.
enum FoundTest {
    Begins(&'static str),
    Holds(&'static str),
    /// A number, then this text.
    Counts(&'static str),
    Number,
}

impl FoundTest {
    fn holds(&self, found: &str) -> bool {
        let digits = found.trim_start_matches(|c: char| c.is_ascii_digit());
        match self {
            Self::Begins(text) => found.starts_with(text),
            // A value in quotes may hold anything, so only the text around it counts.
            Self::Holds(text) => without_quoted(found).contains(text),
            Self::Counts(text) => digits.len() < found.len() && digits.starts_with(text),
            Self::Number => found.starts_with(|c: char| c == '-' || c.is_ascii_digit()),
        }
    }
}

/// Returns a value's description without the value in quotes that it begins with.
fn without_quoted(found: &str) -> &str {
    match (found.find('"'), found.rfind('"')) {
        (Some(first), Some(last)) if found.starts_with("text ") && last > first => {
            found.get(last..).unwrap_or_default()
        }
        _ => found,
    }
}

/// Returns the problem of a refused value, and what to do about it.
pub(super) fn of_row(error: &RowError) -> (String, &'static str) {
    let found = error.found.as_str();
    let kind = KINDS.iter().find(|(test, ..)| test.holds(found));
    let (found, hint) = kind.map_or((found, CORRECT), |(_, kind, hint)| (*kind, *hint));
    if found == "none" {
        return (
            format!("the field is missing (expected {})", error.expected),
            hint,
        );
    }
    (format!("expected {}, found {found}", error.expected), hint)
}

/// The problem of a whole file or column.
pub(super) struct FileProblem {
    pub(super) field: String,
    pub(super) problem: String,
    pub(super) hint: String,
    /// Where in the file, or what exactly.
    pub(super) value: String,
}

/// Returns the problem of a file that can't be read on, or of a column that doesn't fit.
pub(super) fn of_file(error: &ReadError) -> FileProblem {
    let whole = |problem: String, hint: &str, value: String| FileProblem {
        field: String::new(),
        problem,
        hint: hint.to_owned(),
        value,
    };
    match error {
        ReadError::Field {
            field,
            expected,
            found,
        } => {
            // Some descriptions say how to write the column instead.
            let (found, hint) = found.split_once("; write ").unwrap_or((found, ""));
            let of_file = expected.starts_with("a column compressed");
            FileProblem {
                field: if of_file {
                    String::new()
                } else {
                    field.clone()
                },
                problem: format!("expected {expected}, found {found}"),
                hint: match hint {
                    "" => "write the column in the field's type, or change the schema".to_owned(),
                    hint => format!("write {hint}"),
                },
                value: String::new(),
            }
        }
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
        ReadError::Row(error) => {
            let (problem, hint) = of_row(error);
            whole(problem, hint, error.found.clone())
        }
        other => whole(other.to_string(), CORRECT, String::new()),
    }
}
