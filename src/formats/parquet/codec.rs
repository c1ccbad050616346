//! Unpacks compressed pages. Never writes more bytes than the page's header announces.

use std::io::{Cursor, Read};

use parquet::basic::Compression;

use super::{Result, damaged};
use crate::formats::error::ReadError;

/// Buffer of the brotli decoder, in bytes.
const BROTLI_BUFFER: usize = 64 << 10;

/// Unpacker of the pages of one column chunk.
pub(super) enum PageCodec {
    /// Pages aren't compressed.
    Plain,
    Snappy(snap::raw::Decoder),
    Gzip,
    Brotli,
    Zstd(zstd::bulk::Decompressor<'static>),
}

impl PageCodec {
    pub(super) fn new(compression: Compression) -> Result<Self> {
        Ok(match compression {
            Compression::UNCOMPRESSED => Self::Plain,
            Compression::SNAPPY => Self::Snappy(snap::raw::Decoder::new()),
            Compression::GZIP(_) => Self::Gzip,
            Compression::BROTLI(_) => Self::Brotli,
            Compression::ZSTD(_) => Self::Zstd(zstd::bulk::Decompressor::new()?),
            other => return Err(damaged(format!("no reader for the codec {other}"))),
        })
    }

    /// Appends the `size` bytes of unpacked data to `into`, which has room for them.
    pub(super) fn unpack(&mut self, stored: &[u8], size: usize, into: &mut Vec<u8>) -> Result<()> {
        let begin = into.len();
        match self {
            Self::Plain => into.extend_from_slice(stored),
            // A page without values may have no compressed data at all.
            _ if size == 0 => {}
            Self::Snappy(decoder) => {
                if snap::raw::decompress_len(stored).map_err(damaged_by)? != size {
                    return Err(wrong_size());
                }
                into.resize(begin + size, 0);
                let free = into.get_mut(begin..).unwrap_or_default();
                decoder.decompress(stored, free).map_err(damaged_by)?;
            }
            Self::Gzip => read_exactly(flate2::read::MultiGzDecoder::new(stored), size, into)?,
            Self::Brotli => {
                let buffer = size.min(BROTLI_BUFFER);
                let decoder = brotli_decompressor::Decompressor::new(stored, buffer);
                read_exactly(decoder, size, into)?;
            }
            Self::Zstd(decoder) => {
                let mut cursor = Cursor::new(&mut *into);
                cursor.set_position(begin as u64);
                let unpacked = decoder.decompress_to_buffer(stored, &mut cursor);
                unpacked.map_err(damaged_by)?;
            }
        }
        if into.len() == begin + size {
            return Ok(());
        }
        Err(wrong_size())
    }
}

/// Appends exactly `size` bytes, after which the decoder must end.
fn read_exactly(decoder: impl Read, size: usize, into: &mut Vec<u8>) -> Result<()> {
    let mut limited = decoder.take(size as u64);
    limited.read_to_end(into).map_err(damaged_by)?;
    match limited.into_inner().read(&mut [0]).map_err(damaged_by)? {
        0 => Ok(()),
        _ => Err(wrong_size()),
    }
}

/// Returns the error for an error of a decoder, which would otherwise pass for an error of the file's storage.
fn damaged_by(error: impl std::error::Error) -> ReadError {
    damaged(error.to_string())
}

fn wrong_size() -> ReadError {
    damaged("a page does not have the size that its header announces")
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::basic::{BrotliLevel, GzipLevel, ZstdLevel};
    use std::io::Write;

    /// Returns data in each codec that compresses.
    fn packed(data: &[u8]) -> Vec<(PageCodec, Vec<u8>)> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(data).unwrap();
        let mut brotli_bytes = Vec::new();
        let mut writer = brotli::CompressorWriter::new(&mut brotli_bytes, 4096, 5, 22);
        writer.write_all(data).unwrap();
        drop(writer);
        let zstd_bytes = zstd::bulk::compress(data, 3).unwrap();
        let codec = |compression| PageCodec::new(compression).unwrap();
        vec![
            (
                codec(Compression::SNAPPY),
                snap::raw::Encoder::new().compress_vec(data).unwrap(),
            ),
            (
                codec(Compression::GZIP(GzipLevel::default())),
                gzip.finish().unwrap(),
            ),
            (
                codec(Compression::BROTLI(BrotliLevel::default())),
                brotli_bytes,
            ),
            (codec(Compression::ZSTD(ZstdLevel::default())), zstd_bytes),
        ]
    }

    #[test]
    fn a_page_has_exactly_the_announced_size() {
        let data = vec![7; 10 << 20];
        for (mut codec, bytes) in packed(&data) {
            let mut whole = Vec::with_capacity(1 + data.len());
            whole.push(1);
            codec.unpack(&bytes, data.len(), &mut whole).unwrap();
            assert!(whole.len() == 1 + data.len() && whole.ends_with(&data));
            for size in [100, data.len() - 1, data.len() + 1] {
                let mut into = Vec::with_capacity(size);
                assert!(codec.unpack(&bytes, size, &mut into).is_err());
                assert!(into.capacity() <= size + 100, "{}", into.capacity());
            }
            assert!(
                codec
                    .unpack(&bytes[..bytes.len() / 2], data.len(), &mut Vec::new())
                    .is_err()
            );
        }
    }
}
