//! What Milvus takes and drops without an error: the job goes on, and its progress says so.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use crate::location::Format;

/// The most different warnings of one job, or of one batch of rows.
pub const MAX_WARNINGS: usize = 20;

/// The longest name that a warning repeats, in characters.
const MAX_NAME: usize = 64;

/// The longest file name that a warning repeats, in characters, counted from its end.
const MAX_FILE: usize = 160;

/// Something in a file that is dropped. `Display` says what, why, and how to keep it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Warning {
    /// A column, key or file of no field. JSON, JSON Lines and CSV: only without dynamic fields.
    Outside {
        /// The format's word for it: `column`, `key` or `file`.
        what: &'static str,
        /// The first [`MAX_NAME`] characters of its name.
        name: String,
        /// The format, if the collection has dynamic fields and the format takes them from `$meta` only.
        only_meta: Option<&'static str>,
    },
    /// Several columns or files of one name, of which the last one counts.
    Twice {
        /// The format's word for it: `column` or `file`.
        what: &'static str,
        /// The first [`MAX_NAME`] characters of the name.
        name: String,
    },
    /// More warnings than are kept.
    More,
}

impl Warning {
    /// A column, key or file of no field, in a file of this format.
    pub(super) fn outside(format: Format, name: &str, dynamic: bool) -> Self {
        Self::Outside {
            what: word(format),
            name: cut(name),
            only_meta: (dynamic && !format.is_text()).then(|| format.name()),
        }
    }

    /// A name that comes several times.
    pub(super) fn twice(format: Format, name: &str) -> Self {
        Self::Twice {
            what: word(format),
            name: cut(name),
        }
    }
}

/// The format's word for what holds a field.
pub(super) const fn word(format: Format) -> &'static str {
    match format {
        Format::Json | Format::JsonLines => "key",
        Format::Csv | Format::Parquet => "column",
        Format::Numpy => "file",
    }
}

fn cut(name: &str) -> String {
    match name.char_indices().nth(MAX_NAME) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name.to_owned(),
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside {
                what,
                name,
                only_meta: None,
            } => write!(
                f,
                "{what} {name:?} is no field of the schema and was dropped (dynamic fields are off)"
            ),
            Self::Outside {
                what,
                name,
                only_meta: Some(format),
            } => write!(
                f,
                "{what} {name:?} is no field of the schema and was dropped: Milvus takes the dynamic fields of {format} \
                 files only from a {what} named $meta, which holds a JSON object a row"
            ),
            Self::Twice { what, name } => write!(
                f,
                "there are several {what}s named {name:?}: the last one was imported, the others were dropped"
            ),
            Self::More => f.write_str("more columns, keys or files were dropped"),
        }
    }
}

/// The warnings of a job: each once, with the first file it came from and the number of files.
#[derive(Debug, Default)]
pub struct Warnings(BTreeMap<Warning, Files>);

#[derive(Debug)]
struct Files {
    first: String,
    /// The number of the file that was noted last.
    last: usize,
    count: u64,
}

impl Warnings {
    /// Notes a warning about the file with this number and name.
    pub fn note(&mut self, warning: Warning, no: usize, file: &str) {
        let full = self.0.len() >= MAX_WARNINGS;
        let warning = if !self.0.contains_key(&warning) && full {
            Warning::More
        } else {
            warning
        };
        match self.0.entry(warning) {
            Entry::Occupied(mut entry) => {
                let files = entry.get_mut();
                files.count += u64::from(files.last != no);
                files.last = no;
            }
            Entry::Vacant(entry) => {
                entry.insert(Files {
                    first: end_of(file),
                    last: no,
                    count: 1,
                });
            }
        }
    }

    /// The texts to show, at most [`MAX_WARNINGS`] and one that says there were more.
    pub fn texts(&self) -> Vec<String> {
        let text = |(warning, files): (&Warning, &Files)| match files.count {
            1 => format!("{}: {warning}", files.first),
            2 => format!("{} and 1 more file: {warning}", files.first),
            count => format!("{} and {} more files: {warning}", files.first, count - 1),
        };
        self.0.iter().map(text).collect()
    }
}

/// A file's name, a long one without its beginning.
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
    fn a_warning_is_said_once_for_all_files() {
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
