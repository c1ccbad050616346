//! Types of the fields of a footer, checked before the library reads them.
//!
//! The library reads a field by its number and takes the type for granted. A footer with another type would mean one thing
//! to the checks of [`super`], and another to the library. Source: `parquet.thrift` of Apache's parquet-format.

use crate::formats::parquet::thrift::{ThriftError, ThriftReader, ThriftType};

/// Fields that the library reads, with their numbers. It skips all others by their type.
type Fields = &'static [(i64, FieldShape)];

/// Type of a field.
#[derive(Clone, Copy)]
enum FieldShape {
    Bool,
    Byte,
    Int,
    Double,
    Binary,
    Ints,
    Struct(Fields),
    Structs(Fields),
    /// Structs that are counted.
    Parts(Fields),
}

use FieldShape::{Binary, Bool, Byte, Double, Int, Ints, Parts, Struct, Structs};

const NONE: Fields = &[];

/// `FileMetaData`
const FILE: Fields = &[
    (1, Int),
    (2, Parts(COLUMN)),
    (3, Int),
    (4, Parts(ROW_GROUP)),
    (5, Parts(&[(1, Binary), (2, Binary)])),
    (6, Binary),
    (7, Parts(&[(1, Struct(NONE)), (2, Struct(NONE))])),
];

/// `SchemaElement`
const COLUMN: Fields = &[
    (1, Int),
    (2, Int),
    (3, Int),
    (4, Binary),
    (5, Int),
    (6, Int),
    (7, Int),
    (8, Int),
    (9, Int),
    (10, Struct(LOGICAL_TYPE)),
];

const LOGICAL_TYPE: Fields = &[
    (1, Struct(NONE)),
    (2, Struct(NONE)),
    (3, Struct(NONE)),
    (4, Struct(NONE)),
    (5, Struct(&[(1, Int), (2, Int)])),
    (6, Struct(NONE)),
    (7, Struct(TIME)),
    (8, Struct(TIME)),
    (10, Struct(&[(1, Byte), (2, Bool)])),
    (11, Struct(NONE)),
    (12, Struct(NONE)),
    (13, Struct(NONE)),
    (14, Struct(NONE)),
    (15, Struct(NONE)),
    (16, Struct(&[(1, Byte)])),
    (17, Struct(&[(1, Binary)])),
    (18, Struct(&[(1, Binary), (2, Int)])),
    (19, Struct(NONE)),
];

/// `TimeType` and `TimestampType`
const TIME: Fields = &[
    (1, Bool),
    (
        2,
        Struct(&[(1, Struct(NONE)), (2, Struct(NONE)), (3, Struct(NONE))]),
    ),
];

const ROW_GROUP: Fields = &[
    (1, Parts(COLUMN_CHUNK)),
    (2, Int),
    (3, Int),
    (4, Parts(&[(1, Int), (2, Bool), (3, Bool)])),
    (5, Int),
    (7, Int),
];

const COLUMN_CHUNK: Fields = &[
    (1, Binary),
    (2, Int),
    (3, Struct(COLUMN_METADATA)),
    (4, Int),
    (5, Int),
    (6, Int),
    (7, Int),
];

const COLUMN_METADATA: Fields = &[
    (1, Int),
    (2, Ints),
    (4, Int),
    (5, Int),
    (6, Int),
    (7, Int),
    (9, Int),
    (10, Int),
    (11, Int),
    (12, Struct(STATISTICS)),
    (13, Structs(&[(1, Int), (2, Int), (3, Int)])),
    (14, Int),
    (15, Int),
    (16, Struct(&[(1, Int), (2, Ints), (3, Ints)])),
    (17, Struct(&[(1, Struct(BOUNDING_BOX)), (2, Ints)])),
];

const STATISTICS: Fields = &[
    (1, Binary),
    (2, Binary),
    (3, Int),
    (4, Int),
    (5, Binary),
    (6, Binary),
    (7, Bool),
    (8, Bool),
    (9, Int),
];

const BOUNDING_BOX: Fields = &[
    (1, Double),
    (2, Double),
    (3, Double),
    (4, Double),
    (5, Double),
    (6, Double),
    (7, Double),
    (8, Double),
];

/// Checks that each field of a footer that the library reads has its type. Returns the number of columns, row groups,
/// column chunks and similar parts.
pub(super) fn check(footer: &[u8]) -> Result<usize, ThriftError> {
    let mut parts = 0;
    check_struct(&mut ThriftReader(footer), FILE, &mut parts)?;
    Ok(parts)
}

fn check_struct(
    reader: &mut ThriftReader,
    fields: Fields,
    parts: &mut usize,
) -> Result<(), ThriftError> {
    reader.fields(|reader, id, found| {
        let known = fields.iter().find(|(number, _)| *number == id);
        match (known.map(|(_, shape)| *shape), found) {
            (None, _)
            | (Some(Bool), ThriftType::True | ThriftType::False)
            | (Some(Byte), ThriftType::Byte)
            | (Some(Int), ThriftType::Int)
            | (Some(Double), ThriftType::Double)
            | (Some(Binary), ThriftType::Binary) => reader.skip(found),
            (Some(Ints), ThriftType::List) => reader.ints(),
            (Some(Struct(fields)), ThriftType::Struct) => check_struct(reader, fields, parts),
            (Some(shape @ (Structs(fields) | Parts(fields))), ThriftType::List) => {
                reader.structs(|reader, _| {
                    *parts += usize::from(matches!(shape, Parts(_)));
                    check_struct(reader, fields, parts)
                })
            }
            _ => Err(ThriftError::Invalid),
        }
    })
}
