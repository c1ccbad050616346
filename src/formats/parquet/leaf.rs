//! One leaf column: values and levels of some rows, read from a row group.

use std::fmt::Write as _;
use std::ops::Range;

use parquet::basic::Type as Physical;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{AsBytes as _, ByteArray, DataType as Typed, FixedLenByteArray};
use parquet::errors::{ParquetError, Result};

use super::levels::Levels;

/// Maximum number of consecutive pages without values.
const EMPTY_PAGES: usize = 100;

/// A leaf, with the rows that were read last.
pub(super) struct Leaf {
    /// Number of the leaf in the file.
    pub(super) index: usize,
    levels: Levels,
    reader: Option<ColumnReader>,
    definition: Vec<i16>,
    repetition: Vec<i16>,
    pub(super) values: Values,
}

/// Values of the leaf, without nulls.
pub(super) enum Values {
    Bool(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Bytes(Vec<ByteArray>),
    Fixed(Vec<FixedLenByteArray>),
}

/// Range of a row's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) null: bool,
    pub(super) values: Range<usize>,
    /// True if a value in the list is null, or if the list is null but the row isn't.
    pub(super) hole: bool,
}

/// Items of a row's list, each with its own range of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct List {
    /// `None` for a null row.
    pub(super) items: Option<Vec<Span>>,
}

impl Values {
    /// Returns an empty buffer, or `None` for a physical type that no field accepts.
    pub(super) fn new(physical: Physical) -> Option<Self> {
        Some(match physical {
            Physical::BOOLEAN => Self::Bool(Vec::new()),
            Physical::INT32 => Self::Int32(Vec::new()),
            Physical::INT64 => Self::Int64(Vec::new()),
            Physical::FLOAT => Self::Float(Vec::new()),
            Physical::DOUBLE => Self::Double(Vec::new()),
            Physical::BYTE_ARRAY => Self::Bytes(Vec::new()),
            Physical::FIXED_LEN_BYTE_ARRAY => Self::Fixed(Vec::new()),
            Physical::INT96 => return None,
        })
    }

    fn clear(&mut self) {
        match self {
            Self::Bool(values) => values.clear(),
            Self::Int32(values) => values.clear(),
            Self::Int64(values) => values.clear(),
            Self::Float(values) => values.clear(),
            Self::Double(values) => values.clear(),
            Self::Bytes(values) => values.clear(),
            Self::Fixed(values) => values.clear(),
        }
    }
}

impl Leaf {
    pub(super) fn new(index: usize, levels: Levels, values: Values) -> Self {
        Self {
            index,
            levels,
            reader: None,
            definition: Vec::new(),
            repetition: Vec::new(),
            values,
        }
    }

    /// Continues with another row group.
    pub(super) fn enter(&mut self, reader: ColumnReader) {
        self.reader = Some(reader);
    }

    /// Reads the next `rows` rows, all of which must be in the row group.
    pub(super) fn read(&mut self, rows: usize) -> Result<()> {
        self.values.clear();
        self.definition.clear();
        self.repetition.clear();
        let levels = (&mut self.definition, &mut self.repetition);
        match (&mut self.reader, &mut self.values) {
            (Some(ColumnReader::BoolColumnReader(reader)), Values::Bool(values)) => {
                pull(reader, rows, levels, values)
            }
            (Some(ColumnReader::Int32ColumnReader(reader)), Values::Int32(values)) => {
                pull(reader, rows, levels, values)
            }
            (Some(ColumnReader::Int64ColumnReader(reader)), Values::Int64(values)) => {
                pull(reader, rows, levels, values)
            }
            (Some(ColumnReader::FloatColumnReader(reader)), Values::Float(values)) => {
                pull(reader, rows, levels, values)
            }
            (Some(ColumnReader::DoubleColumnReader(reader)), Values::Double(values)) => {
                pull(reader, rows, levels, values)
            }
            (Some(ColumnReader::ByteArrayColumnReader(reader)), Values::Bytes(values)) => {
                pull(reader, rows, levels, values)
            }
            (Some(ColumnReader::FixedLenByteArrayColumnReader(reader)), Values::Fixed(values)) => {
                pull(reader, rows, levels, values)
            }
            _ => Err(ParquetError::General(
                "a column changes its type".to_owned(),
            )),
        }
    }

    /// Reads the next rows of a list of floats and appends them directly to a vector column. Returns false if any row
    /// doesn't have exactly `width` floats. In that case the column is unchanged and the rows are in [`Leaf::values`].
    pub(super) fn read_vectors(
        &mut self,
        rows: usize,
        width: usize,
        column: &mut Vec<f32>,
    ) -> Result<bool> {
        let before = column.len();
        let Values::Float(own) = &mut self.values else {
            return Err(ParquetError::General(
                "a column changes its type".to_owned(),
            ));
        };
        // Reading appends to the buffer, so the column can serve as the buffer.
        std::mem::swap(own, column);
        let read = self.read_behind(rows);
        let Values::Float(own) = &mut self.values else {
            return Ok(false);
        };
        std::mem::swap(own, column);
        read?;
        let values = rows.saturating_mul(width);
        if column.len() == before + values && self.is_even(rows, width) {
            return Ok(true);
        }
        self.values = Values::Float(column.split_off(before));
        Ok(false)
    }

    /// Returns true if each row has `width` values and none of them is null. The loops don't exit early, so the
    /// compiler can vectorize them.
    fn is_even(&self, rows: usize, width: usize) -> bool {
        let full = self.levels.full;
        let starts = |count: usize, level: &i16| count + usize::from(*level == 0);
        self.repetition.len() == rows.saturating_mul(width)
            && self.repetition.iter().fold(0, starts) == rows
            && self
                .repetition
                .iter()
                .step_by(width)
                .all(|level| *level == 0)
            && self
                .definition
                .iter()
                .filter(|level| **level != full)
                .count()
                == 0
    }

    /// Reads rows like [`Leaf::read`], but keeps the values already in the buffer.
    fn read_behind(&mut self, rows: usize) -> Result<()> {
        self.definition.clear();
        self.repetition.clear();
        let levels = (&mut self.definition, &mut self.repetition);
        match (&mut self.reader, &mut self.values) {
            (Some(ColumnReader::FloatColumnReader(reader)), Values::Float(values)) => {
                pull(reader, rows, levels, values)
            }
            _ => Err(ParquetError::General(
                "a column changes its type".to_owned(),
            )),
        }
    }

    /// Returns the lists of the rows that were read last, split into the items of the outermost list.
    pub(super) fn lists(&self, rows: usize) -> Lists<'_> {
        Lists(self.spans(rows))
    }

    /// Returns the value ranges of the rows that were read last.
    pub(super) fn spans(&self, rows: usize) -> Spans<'_> {
        Spans {
            leaf: self,
            rows,
            level: 0,
            value: 0,
        }
    }
}

fn pull<T: Typed>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    (definition, repetition): (&mut Vec<i16>, &mut Vec<i16>),
    values: &mut Vec<T::T>,
) -> Result<()> {
    let mut left = rows;
    let mut calls = 0;
    // The library stops early at a page without values. Writers emit such a page before a long row.
    while left > 0 && calls < EMPTY_PAGES {
        let definition = Some(&mut *definition);
        let repetition = Some(&mut *repetition);
        let (read, _, levels) = reader.read_records(left, definition, repetition, values)?;
        left = left.saturating_sub(read);
        calls = if levels == 0 { calls + 1 } else { 0 };
    }
    if left == 0 {
        return Ok(());
    }
    let message = format!("a column ends {left} rows before its row group");
    Err(ParquetError::General(message))
}

/// Iterator over the rows of a leaf.
pub(super) struct Spans<'a> {
    leaf: &'a Leaf,
    rows: usize,
    level: usize,
    value: usize,
}

impl Iterator for Spans<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        self.rows = self.rows.checked_sub(1)?;
        let Leaf {
            definition,
            repetition,
            levels,
            ..
        } = self.leaf;
        let begin = self.value;
        let Some(first) = definition.get(self.level).copied() else {
            // Without levels, every row has a value.
            self.value += 1;
            return Some(Span {
                null: false,
                values: begin..self.value,
                hole: false,
            });
        };
        let rest = repetition.get(self.level + 1..).unwrap_or_default();
        let more = rest
            .iter()
            .position(|level| *level == 0)
            .unwrap_or(rest.len());
        let end = self.level + 1 + more;
        let row = definition.get(self.level..end).unwrap_or_default();
        let values = row.iter().filter(|level| **level == levels.full).count();
        let elements = row.iter().filter(|level| **level >= levels.some).count();
        self.level = end;
        self.value += values;
        Some(Span {
            null: first < levels.null,
            values: begin..self.value,
            hole: values < elements || (levels.null..levels.list).contains(&first),
        })
    }
}

/// Iterator over the rows of a leaf inside a list, with the list's items for each row.
pub(super) struct Lists<'a>(Spans<'a>);

impl Iterator for Lists<'_> {
    type Item = List;

    fn next(&mut self) -> Option<List> {
        let (begin, mut value) = (self.0.level, self.0.value);
        let row = self.0.next()?;
        let Leaf {
            definition,
            repetition,
            levels,
            ..
        } = self.0.leaf;
        if row.null {
            return Some(List { items: None });
        }
        let range = begin..self.0.level;
        let pairs = definition.get(range.clone()).unwrap_or_default().iter();
        let pairs = pairs.zip(repetition.get(range).unwrap_or_default());
        let mut items: Vec<Span> = Vec::new();
        for (definition, repetition) in pairs.filter(|(definition, _)| **definition >= levels.some)
        {
            if *repetition <= 1 || items.is_empty() {
                items.push(Span {
                    null: false,
                    values: value..value,
                    hole: false,
                });
            }
            let is_value = *definition == levels.full;
            value += usize::from(is_value);
            if let Some(item) = items.last_mut() {
                item.values.end = value;
                item.hole |= !is_value;
            }
        }
        Some(List { items: Some(items) })
    }
}

/// Writes some values as a JSON list.
pub(super) fn write_list(json: &mut String, values: &Values, range: Range<usize>) {
    match values {
        Values::Bool(values) => {
            let values = values.get(range).unwrap_or_default();
            list(json, values, |json, value| write!(json, "{value}"));
        }
        Values::Int32(values) => {
            let values = values.get(range).unwrap_or_default();
            list(json, values, |json, value| write!(json, "{value}"));
        }
        Values::Int64(values) => {
            let values = values.get(range).unwrap_or_default();
            list(json, values, |json, value| write!(json, "{value}"));
        }
        // The debug format has a point or an exponent, so a float remains a float.
        Values::Float(values) => {
            let values = values.get(range).unwrap_or_default();
            list(json, values, |json, value| write!(json, "{value:?}"));
        }
        Values::Double(values) => {
            let values = values.get(range).unwrap_or_default();
            list(json, values, |json, value| write!(json, "{value:?}"));
        }
        Values::Bytes(values) => {
            let values = values.get(range).unwrap_or_default();
            list(json, values, |json, value| {
                let text = std::str::from_utf8(value.as_bytes());
                match text {
                    Ok(text) => write!(json, "{}", serde_json::Value::from(text)),
                    // The text isn't JSON, so the value is refused.
                    Err(_) => write!(json, "text that is not UTF-8"),
                }
            });
        }
        Values::Fixed(_) => json.push_str("[]"),
    }
}

/// Writes a JSON list, each value by `write`.
pub(super) fn list<T>(
    json: &mut String,
    values: &[T],
    write: impl Fn(&mut String, &T) -> std::fmt::Result,
) {
    json.push('[');
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        // Writing to a string can't fail.
        _ = write(json, value);
    }
    json.push(']');
}
