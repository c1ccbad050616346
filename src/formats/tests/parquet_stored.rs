//! Parquet files with a stored Arrow schema, other codecs, checksums, or no Parquet at all.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use parquet::basic::Compression;
use parquet::file::metadata::{KeyValue, ParquetMetaDataWriter};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::json;

use super::parquet::{plain, read};
use super::parquet_types::{column, list_of};
use super::write_parquet::{Form, columns, file};
use super::{Row, small};
/// Stored Arrow schema made by `PyArrow` 26: id int64, name `large_string`, v list<float>.
const LARGE: &str = "/////wgBAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAMAAACgAAAAYAAAAAQAAAB8////AAABDBQAAAAYAA\
    AABAAAAAEAAAAQAAAAAQAAAHYAAACo////pP///wAAAQMQAAAAHAAAAAQAAAAAAAAABAAAAGl0ZW0AAAYACAAGAAYAAAAAAAEA1P///wAAARQQ\
    AAAAHAAAAAQAAAAAAAAABAAAAG5hbWUAAAAABAAEAAQAAAAQABQACAAGAAcADAAAABAAEAAAAAAAAQIQAAAAHAAAAAQAAAAAAAAAAgAAAGlkAA\
    AIAAwACAAHAAgAAAAAAAABQAAAAAAAAAA=";

/// Stored Arrow schema like [`LARGE`], but with name dictionary<int32, string> and v `fixed_size_list<float>[2]`.
const DICTIONARY: &str = "/////zgBAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAEAAAAUP///wQAAAADAAAA2AAAAHgAAAAEAAAARP///wAAARAUAAAAHAAAAAQAAAABAA\
    AAGAAAAAEAAAB2AAYACAAEAAYAAAACAAAAdP///wAAAQMQAAAAHAAAAAQAAAAAAAAABAAAAGl0ZW0AAAYACAAGAAYAAAAAAAEAEAAYAAgABgAH\
    AAwAEAAUABAAAAAAAAEFFAAAADwAAAAgAAAABAAAAAAAAAAEAAAAbmFtZQAAAAAIAAgAAAAEAAgAAAAEAAAAvP///wAAAAEgAAAABAAEAAQAAA\
    AQABQACAAGAAcADAAAABAAEAAAAAAAAQIQAAAAHAAAAAQAAAAAAAAAAgAAAGlkAAAIAAwACAAHAAgAAAAAAAABQAAAAAAAAAA=";

fn stored(schema: &str) -> WriterProperties {
    let pair = KeyValue::new("ARROW:schema".to_owned(), schema.to_owned());
    WriterProperties::builder()
        .set_key_value_metadata(Some(vec![pair]))
        .build()
}

#[test]
fn types_of_the_stored_arrow_schema_are_refused_as_milvus_does() {
    // Arrow Go 17, `pqarrow/schema.go`, `applyOriginalStorageMetadata`. Milvus 2.3.5 reports "file field
    // dataType:large_utf8".
    let rows = [json!({"id": 1, "name": "a", "v": [1, 2]})];
    let columns = columns(&small(false), &rows, Form::Lists);
    let read = |schema: &str| read(file(&columns, stored(schema), 9), &small(false));
    let message = read(LARGE).unwrap_err();
    for part in [
        "field \"name\": expected VarChar(8) as string, found a column of large_string",
        "pyarrow table.cast(schema) to pa.string()",
        "polars",
        "pandas",
    ] {
        assert!(message.contains(part), "{message}");
    }
    let message = read(DICTIONARY).unwrap_err();
    assert!(
        message.contains("found a column of dictionary<string>"),
        "{message}"
    );
    for damaged in ["", "!", &LARGE[..100]] {
        let message = read(damaged).unwrap_err();
        assert!(message.contains("(ARROW:schema) is damaged"), "{message}");
    }
    // A schema with another number of columns is ignored.
    let mut more = columns.clone();
    more.push(column("optional int32 n;", json!([1])));
    let found = self::read(file(&more, stored(LARGE), 9), &small(false));
    assert_eq!(found.unwrap().len(), 1);
}

#[test]
fn lists_of_fixed_size_fill_only_vectors_and_arrays() {
    // Milvus: `parquet/util.go`, `isFixedSizeListImportTarget`.
    let schema = super::schema_of(
        json!([
            {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
            {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": 2}},
        ]),
        false,
    );
    let columns = [
        column("required int64 id;", json!([1])),
        column("optional int32 name;", json!([1])),
        column(&list_of("v", "float element"), json!([[1, 2]])),
    ];
    let rows = read(file(&columns, stored(DICTIONARY), 9), &schema).unwrap();
    assert_eq!(rows[0]["v"], json!([1.0, 2.0]));
}

#[test]
fn codecs_that_milvus_does_not_read_are_named() {
    // Milvus 2.3.5 reports "LZ4_RAW unimplemented". The codec is a number in the column's metadata.
    let rows: Vec<_> = (0..9)
        .map(|id| json!({"id": id, "name": "a", "v": [0.5, id]}))
        .collect();
    let columns = columns(&small(false), &rows, Form::Lists);
    for (compression, name) in [(Compression::LZ4, "lz4"), (Compression::LZ4_RAW, "lz4_raw")] {
        let bytes = with_codec(file(&columns, plain(), 9), compression);
        let message = read(bytes, &small(false)).unwrap_err();
        assert!(
            message.contains(&format!(
                "found {name}, which Milvus does not read; write the file with compression="
            )),
            "{message}"
        );
    }
}

/// Returns the file with another codec in the metadata of its columns.
fn with_codec(bytes: Vec<u8>, compression: Compression) -> Vec<u8> {
    let reader = SerializedFileReader::new(Bytes::from(bytes.clone())).unwrap();
    let metadata = reader.metadata().clone();
    let groups = metadata.row_groups().iter().map(|group| {
        let columns = group.columns().iter().map(|column| {
            let builder = column.clone().into_builder();
            builder.set_compression(compression).build().unwrap()
        });
        let builder = group.clone().into_builder();
        builder
            .set_column_metadata(columns.collect())
            .build()
            .unwrap()
    });
    let metadata = metadata
        .clone()
        .into_builder()
        .set_row_groups(groups.collect())
        .build();
    let length = u32::from_le_bytes(bytes[bytes.len() - 8..bytes.len() - 4].try_into().unwrap());
    let mut changed = bytes[..bytes.len() - 8 - length as usize].to_vec();
    let mut footer = Vec::new();
    ParquetMetaDataWriter::new(&mut footer, &metadata)
        .finish()
        .unwrap();
    changed.extend(footer);
    changed
}

/// File of one row whose pages have checksums, made by `PyArrow` 26 (`write_page_checksum=True`).
const CHECKSUMS: &str = "UEFSMRUAFRwVHBXrmfSAAhwVAhUAFQYVBhwAAAACAAAAAgEBAAAAAAAAABUAFRYVFhW+y+2PDRwVAhUAFQYVBhwAAAACAAAAAgEBAAAAYRUAFS\
    gVKBWh1vmbBBwVBBUAFQYVBhwAAAACAAAAAwICAAAABAMAAIA/AAAAQBUEGWw1ABgGc2NoZW1hFQYAFQQlAhgCaWQAFQwlAhgEbmFtZSUATBwA\
    AAA1AhgBdhUCFQZMPAAAADUEGARsaXN0FQIAFQglAhgHZWxlbWVudAAWAhkcGTwmABwVBBklBgAZGAJpZBUAFgIWThZOJghJHBUAFQAVAgA8KQ\
    YZJgACAAAAJgAcFQwZJQYAGRgEbmFtZRUAFgIWSBZIJlZJHBUAFQAVAgA8FgIZBhkmAAIAAAAmABwVCBklBgAZOAF2BGxpc3QHZWxlbWVudBUA\
    FgQWWhZaJp4BSRwVABUAFQIAPCkmAgIZRgAAAAQAAAAW8AEWAiYIFvABACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyNi4wLjEZPBwAAB\
    wAABwAAAAnAQAAUEFSMQ==";

#[test]
fn a_page_whose_checksum_is_wrong_is_damaged() {
    let bytes = BASE64_STANDARD.decode(CHECKSUMS).unwrap();
    assert_eq!(
        read(bytes.clone(), &small(false)).unwrap()[0]["v"],
        json!([1.0, 2.0])
    );
    let at = memchr::memmem::find(&bytes, &2_f32.to_le_bytes()).unwrap();
    let mut damaged = bytes;
    damaged[at] ^= 1;
    let message = read(damaged, &small(false)).unwrap_err();
    assert!(message.contains("CRC"), "{message}");
}

#[test]
fn files_other_than_parquet_are_recognized() {
    for bytes in [
        Vec::new(),
        b"PAR1".to_vec(),
        b"{\"id\": 1}\n{\"id\": 2}\n".to_vec(),
    ] {
        let message = read(bytes, &small(false)).unwrap_err();
        assert!(
            message.starts_with("not a readable Parquet file: "),
            "{message}"
        );
    }
    let bytes = file(&columns(&small(false), &[], Form::Lists), plain(), 1);
    assert_eq!(read(bytes, &small(false)).unwrap(), Vec::<Row>::new());
}
