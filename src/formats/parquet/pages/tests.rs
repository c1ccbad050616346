use super::raw::RawPages;
use super::*;
use crate::formats::parquet::codec::PageCodec;

/// Encodes an integer as Thrift does.
fn int(value: u64) -> Vec<u8> {
    let mut value = value << 1;
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

/// Returns a page header: the type of the page, its sizes unpacked and in the file, then the integers of the struct
/// that `field` begins.
fn header(page_type: u64, size: u64, stored: u64, field: u8, numbers: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in [page_type, size, stored] {
        bytes.push(0x15);
        bytes.extend(int(number));
    }
    bytes.push(field);
    for number in numbers {
        bytes.push(0x15);
        bytes.extend(int(*number));
    }
    bytes.extend([0, 0]);
    bytes
}

const DATA: u8 = 0x2c;
const DICTIONARY: u8 = 0x4c;

/// Loads the first page of a chunk, and returns the error.
fn refused(file: Vec<u8>, codec: PageCodec, shape: PageShape) -> String {
    let (to_reader, _pages) = mpsc::channel();
    let mut pages = Pages {
        source: PageSource::Here(RawPages {
            left: file.len() as u64,
            file: Arc::new(file),
            codec,
            at: 0,
            spare: Vec::new(),
        }),
        shape,
        next: None,
        to_reader,
        dictionary: None,
        current: 0,
        open: 0,
    };
    pages
        .load(None, &mut PageMemory::default())
        .unwrap_err()
        .to_string()
}

fn flat(physical: Physical) -> PageShape {
    PageShape {
        physical,
        max_definition: 0,
        max_repetition: 0,
    }
}

#[test]
fn counts_and_sizes_are_checked_before_anything_is_allocated() {
    let texts = flat(Physical::BYTE_ARRAY);
    let large = [header(0, 200 << 20, 10, DATA, &[1, 0, 3, 3]), vec![0; 10]].concat();
    let message = refused(large, PageCodec::Gzip, texts);
    assert!(
        message.contains("200 MiB") && message.contains("data_page_size"),
        "{message}"
    );
    let file = [header(2, 8, 8, DICTIONARY, &[1 << 30, 0]), vec![0; 8]].concat();
    let message = refused(file, PageCodec::Plain, texts);
    assert!(message.contains("dictionary"), "{message}");
    let file = [header(0, 8, 1 << 20, DATA, &[1, 0, 3, 3]), vec![0; 8]].concat();
    let message = refused(file, PageCodec::Plain, texts);
    assert!(
        message.contains("longer than its column chunk"),
        "{message}"
    );
    // Block size, mini-blocks, a billion values, the first one.
    let delta = vec![0x80, 1, 4, 0x80, 0x94, 0xeb, 0xdc, 3, 0];
    for encoding in [5, 6, 7] {
        let physical = if encoding == 5 {
            Physical::INT64
        } else {
            Physical::BYTE_ARRAY
        };
        let size = delta.len() as u64;
        let file = [
            header(0, size, size, DATA, &[3, encoding, 3, 3]),
            delta.clone(),
        ]
        .concat();
        let message = refused(file, PageCodec::Plain, flat(physical));
        assert!(message.contains("delta encoding"), "{message}");
    }
}

#[test]
fn a_list_that_is_too_long_for_a_row_is_refused() {
    let lists = PageShape {
        physical: Physical::INT32,
        max_definition: 1,
        max_repetition: 1,
    };
    // One run of 60 million equal levels.
    let run = [0x80, 0x9c, 0x9c, 0x39, 1];
    let levels = [&5_u32.to_le_bytes()[..], &run].concat();
    let body = [levels.clone(), levels, vec![0; 4]].concat();
    let size = body.len() as u64;
    let file = [header(0, size, size, DATA, &[60_000_000, 0, 3, 3]), body].concat();
    let message = refused(file, PageCodec::Plain, lists);
    assert!(
        message.contains("60000000 values") && message.contains("16 MiB"),
        "{message}"
    );
}
