//! Warnings about data that Milvus drops without an error. The job continues, and its progress lists the warnings.

use std::collections::BTreeMap;
use std::fmt;

use super::found::shortened;
use crate::location::Format;

/// Maximum number of different warnings of one job, or of one batch of rows.
pub(crate) const MAX_WARNINGS: usize = 20;

/// Longest part of a name that a warning repeats, in characters.
const MAX_NAME: usize = 64;

/// Longest part of a file name that a warning repeats, in characters, counted from the end of the name.
const MAX_FILE: usize = 160;

/// Warning about dropped data. `Display` says what was dropped, why, and how to keep it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Warning {
    /// A column, key or file without a field. In JSON, JSON Lines and CSV, this occurs only if dynamic fields are off.
    Outside {
        /// The format's word for the item: `column`, `key` or `file`.
        what: &'static str,
        /// First [`MAX_NAME`] characters of the item's name.
        name: String,
        /// Format of the file, if the collection has dynamic fields but the format takes them only from `$meta`.
        only_meta: Option<&'static str>,
    },
    /// Several columns or files with one name. Only the last is used.
    Twice {
        /// The format's word for the item: `column` or `file`.
        what: &'static str,
        /// First [`MAX_NAME`] characters of the name.
        name: String,
    },
    /// More warnings than are kept.
    More,
}

impl Warning {
    /// Returns the warning for a column, key or file without a field.
    pub(super) fn outside(format: Format, name: &str, dynamic: bool) -> Self {
        Self::Outside {
            what: word(format),
            name: shortened(name, MAX_NAME),
            only_meta: (dynamic && !format.is_text()).then(|| format.name()),
        }
    }

    /// Returns the warning for a name that occurs several times.
    pub(super) fn twice(format: Format, name: &str) -> Self {
        Self::Twice {
            what: word(format),
            name: shortened(name, MAX_NAME),
        }
    }
}

/// Returns the format's word for the item that holds a field's values.
pub(super) const fn word(format: Format) -> &'static str {
    match format {
        Format::Json | Format::JsonLines => "key",
        Format::Csv | Format::Parquet => "column",
        Format::Numpy => "file",
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside {
                what,
                name,
                only_meta,
            } => {
                write!(
                    f,
                    "{what} {name:?} is no field of the schema and was dropped"
                )?;
                match only_meta {
                    None => f.write_str(" (dynamic fields are off)"),
                    Some(format) => write!(
                        f,
                        ": Milvus takes the dynamic fields of {format} files only from a {what} named $meta, which holds \
                         a JSON object a row"
                    ),
                }
            }
            Self::Twice { what, name } => write!(
                f,
                "there are several {what}s named {name:?}: the last one was imported, the others were dropped"
            ),
            Self::More => f.write_str("more columns, keys or files were dropped"),
        }
    }
}

/// Warnings of a job, each listed once, with the first file it came from and the number of files.
#[derive(Debug, Default)]
pub(crate) struct Warnings(BTreeMap<Warning, Files>);

#[derive(Debug)]
struct Files {
    first: String,
    /// Number of the file that was noted last.
    last: usize,
    count: u64,
}

impl Warnings {
    /// Notes a warning about the file with number `no` and name `file`.
    pub(crate) fn note(&mut self, warning: Warning, no: usize, file: &str) {
        let full = self.0.len() >= MAX_WARNINGS;
        let warning = if !self.0.contains_key(&warning) && full {
            Warning::More
        } else {
            warning
        };
        let files = self.0.entry(warning).or_insert_with(|| Files {
            first: end_of(file),
            last: no,
            count: 1,
        });
        files.count += u64::from(files.last != no);
        files.last = no;
    }

    /// Returns the texts to show, at most [`MAX_WARNINGS`] and a line saying that there were more.
    pub(crate) fn texts(&self) -> Vec<String> {
        let text = |(warning, files): (&Warning, &Files)| match files.count {
            1 => format!("{}: {warning}", files.first),
            2 => format!("{} and 1 more file: {warning}", files.first),
            count => format!("{} and {} more files: {warning}", files.first, count - 1),
        };
        self.0.iter().map(text).collect()
    }
}

/// Returns a file's name. A long name is shortened at its beginning.
fn end_of(file: &str) -> String {
    let length = file.chars().count();
    match length.checked_sub(MAX_FILE) {
        Some(skip) if skip > 0 => format!("…{}", file.chars().skip(skip).collect::<String>()),
        _ => file.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_shown_once_for_all_files() {
        let mut warnings = Warnings::default();
        for no in 0..3 {
            for _ in 0..2 {
                warnings.note(Warning::outside(Format::Json, "z", false), no, "a.json");
            }
        }
        warnings.note(Warning::twice(Format::Csv, "z"), 3, "b.csv");
        assert_eq!(
            warnings.texts(),
            [
                "a.json and 2 more files: key \"z\" is no field of the schema and was dropped (dynamic fields are off)",
                "b.csv: there are several columns named \"z\": the last one was imported, the others were dropped",
            ]
        );
    }

    #[test]
    fn the_number_and_the_length_of_warnings_have_limits() {
        let mut warnings = Warnings::default();
        let long = "x".repeat(2000);
        for no in 0..1000 {
            let name = format!("{no}{long}");
            warnings.note(Warning::outside(Format::Parquet, &name, true), 0, &long);
        }
        let texts = warnings.texts();
        assert_eq!(texts.len(), MAX_WARNINGS + 1);
        assert!(texts[MAX_WARNINGS].ends_with("more columns, keys or files were dropped"));
        assert!(texts.iter().all(|text| text.chars().count() < 500));
    }
}
