//! `read_csv`: a CSV text as rows.

use crate::engine::call::Call;
use crate::engine::options::Options;
use crate::engine::types::{as_text, list_of};
use crate::error::Failure;
use csv::{ReaderBuilder, StringRecord};
use rhai::{Array, Dynamic, Map};
use std::collections::HashSet;

/// The layout of a CSV text.
pub(super) struct CsvShape {
    delimiter: u8,
    /// True if the first line has the column names.
    has_header: bool,
    /// The column names for a text without a header. Without names, rows are arrays.
    names: Option<Vec<String>>,
    numbers: bool,
}

impl CsvShape {
    /// Returns the layout that the options of `read_csv` describe.
    pub(super) fn read(call: &Call, options: &Options) -> Result<Self, Failure> {
        let delimiter = options.text("delimiter")?.unwrap_or_else(|| ",".to_owned());
        let [delimiter] = delimiter.as_bytes() else {
            return Err(call.misused("the option delimiter is one ASCII character"));
        };
        let (has_header, names) = match options.get("header") {
            Some(value) if list_of(value).is_some() => (false, options.texts("header")?),
            Some(value) if as_text(value).is_none() && !value.is_bool() => {
                return Err(call.misused("the option header is true, false or a list of names"));
            }
            _ => (options.flag("header")?.unwrap_or(true), None),
        };
        Ok(Self {
            delimiter: *delimiter,
            has_header,
            names,
            numbers: options.flag("numbers")?.unwrap_or(false),
        })
    }

    fn value(&self, text: &str) -> Dynamic {
        let number = self.numbers.then(|| number(text)).flatten();
        number.unwrap_or_else(|| text.to_owned().into())
    }
}

/// Returns the rows of a text. Every row must have as many values as the first line.
pub(super) fn rows(text: &str, shape: &CsvShape) -> Result<Array, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = ReaderBuilder::new()
        .delimiter(shape.delimiter)
        .has_headers(shape.has_header)
        .from_reader(text.as_bytes());
    let names = if shape.has_header {
        let names = reader.headers().map_err(|error| error.to_string())?;
        Some(names.iter().map(str::to_owned).collect::<Vec<_>>())
    } else {
        shape.names.clone()
    };
    let mut known = HashSet::new();
    let mut columns = names.iter().flatten();
    if let Some(name) = columns.find(|name| !known.insert(*name)) {
        return Err(format!("two columns are named {name:?}"));
    }
    let mut rows = Array::new();
    let mut record = StringRecord::new();
    while reader
        .read_record(&mut record)
        .map_err(|error| error.to_string())?
    {
        let values = record.iter().map(|text| shape.value(text));
        let Some(names) = &names else {
            rows.push(values.collect::<Array>().into());
            continue;
        };
        if names.len() != record.len() {
            let line = record.position().map_or(0, csv::Position::line);
            return Err(format!(
                "line {line} has {} values for {} columns",
                record.len(),
                names.len()
            ));
        }
        let pairs = names.iter().map(|name| name.as_str().into()).zip(values);
        rows.push(pairs.collect::<Map>().into());
    }
    Ok(rows)
}

/// Returns a number if the text is clearly one. `007` (which may be an id), `1_000`, `inf` and `+5` stay text.
fn number(text: &str) -> Option<Dynamic> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let leading_zero =
        digits.starts_with('0') && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    if leading_zero || !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    // A whole number with more digits would lose precision.
    number
        .filter(|_| digits.contains(['.', 'e', 'E']))
        .map(Dynamic::from)
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn only_numbers_in_canonical_form_are_numbers() {
        for text in ["0", "-1", "9223372036854775807", "1.5", "-0.25", "1e3"] {
            assert!(number(text).is_some(), "{text}");
        }
        for text in [
            "",
            "-",
            "007",
            "+1",
            " 1",
            "1 ",
            "inf",
            "nan",
            "0x10",
            "1_000",
            "9223372036854775808",
            ".5",
            "--1",
        ] {
            assert!(number(text).is_none(), "{text}");
        }
    }
}
