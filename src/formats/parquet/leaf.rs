//! One leaf column: values and levels of some rows, read from a row group.

use std::ops::Range;

use parquet::basic::Type as Physical;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType as Typed, FixedLenByteArray};
use parquet::errors::{ParquetError, Result};

use super::levels::Levels;

/// How many pages without values may follow each other.
const EMPTY_PAGES: usize = 100;

/// A leaf, with the rows that were read last.
pub(super) struct Leaf {
    /// Its number among the file's leaves.
    pub(super) index: usize,
    levels: Levels,
    reader: Option<ColumnReader>,
    definition: Vec<i16>,
    repetition: Vec<i16>,
    pub(super) values: Values,
}

/// Values without the nulls between them.
pub(super) enum Values {
    Bool(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Bytes(Vec<ByteArray>),
    Fixed(Vec<FixedLenByteArray>),
}

/// Where a row's values are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) null: bool,
    pub(super) values: Range<usize>,
    /// True if a value of the list is null, or the list itself though the row is not.
    pub(super) hole: bool,
}

/// The items of a row's list, each with values of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct List {
    /// `None` for a null row.
    pub(super) items: Option<Vec<Span>>,
}

impl Values {
    /// An empty buffer; `None` for a type that no field takes.
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

    /// Goes on with another row group.
    pub(super) fn enter(&mut self, reader: ColumnReader) {
        self.reader = Some(reader);
    }

    /// Reads the next rows, which the row group must have.
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

    /// Reads the next rows of a list of floats straight behind those of a vector column; false where not every row
    /// has `width` of them. Then the column is as it was, and the rows are in [`Leaf::values`].
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
        // What is read appends to the buffer, so that the column may be the buffer.
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

    /// True where each of the rows has so many values and none of them is null. The loops have no early end, so
    /// that the compiler makes them wide.
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

    /// Reads like [`Leaf::read`], keeping the values that are there.
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

    /// The lists of the rows that were read last, with the items of the outermost list apart.
    pub(super) fn lists(&self, rows: usize) -> Lists<'_> {
        Lists(self.spans(rows))
    }

    /// Where the values of the rows are that were read last.
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
    // The library stops early at a page without values, which writers leave in front of a long row.
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

/// The rows of a leaf one by one.
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
            // No levels: every row has its value.
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

/// The rows of a leaf below a list one by one, each as the list's items.
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
