//! Decoding of a body while it arrives: plain, or in chunks of S3's form (`aws-chunked`), with its checksums.

use super::access;
use super::error::{Result, S3Error};
use super::signature::SignedRequest;
use crate::text::words::hex;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Crc;
use md5::{Digest as _, Md5};
use ring::digest::{Context, SHA256};
use std::collections::HashMap;

/// Longest line of a chunked body, in bytes: the head of a chunk, or a trailer.
const MAX_LINE: usize = 1024;

/// Maximum number of trailers.
const MAX_TRAILERS: usize = 16;

/// The headers and trailers of checksums.
const CONTENT_MD5: &str = "content-md5";
const SHA256_SUM: &str = "x-amz-checksum-sha256";
const CRC32_SUM: &str = "x-amz-checksum-crc32";

/// The value of `x-amz-content-sha256` if the content isn't signed.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// The place in a chunked body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ChunkPosition {
    Head,
    Data(u64),
    /// The line end after a chunk's data.
    End,
    Trailer,
    Done,
}

/// The decoder of one body.
pub(crate) struct Payload {
    signed: SignedRequest,
    /// The body is in chunks.
    is_chunked: bool,
    /// Each chunk has a signature.
    has_signed_chunks: bool,
    position: ChunkPosition,
    line: Vec<u8>,
    /// The checksums of the whole content. SHA-256 and CRC-32 are computed only if the request may have them.
    md5: Md5,
    sha256: Option<Context>,
    crc32: Option<Crc>,
    /// The SHA-256 of the current signed chunk.
    chunk: Context,
    signature: String,
    length: u64,
    announced: Option<u64>,
    /// Expected checksums, in base64, by their header's name.
    sums: HashMap<String, String>,
}

fn broken(message: &str) -> S3Error {
    S3Error::new(400, "IncompleteBody", message)
}

impl Payload {
    /// Returns the decoder for a request's body.
    pub(crate) fn new(signed: SignedRequest, headers: &HeaderMap) -> Result<Self> {
        let (is_chunked, has_signed_chunks) = match signed.payload.as_str() {
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" | "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => {
                (true, true)
            }
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => (true, false),
            other if other.starts_with("STREAMING-") => {
                return Err(S3Error::unsupported("this form of signed chunks"));
            }
            _ => (false, false),
        };
        let length = if is_chunked {
            "x-amz-decoded-content-length"
        } else {
            "content-length"
        };
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let announced = text(length).and_then(|text| text.parse().ok());
        if announced.is_none() && is_chunked {
            let message = "x-amz-decoded-content-length is missing";
            return Err(S3Error::new(411, "MissingContentLength", message));
        }
        access::check_size(announced.unwrap_or_default())?;
        let sums = [CONTENT_MD5, SHA256_SUM, CRC32_SUM].into_iter();
        let sums = sums.filter_map(|name| Some((name.to_owned(), text(name)?.to_owned())));
        let sums: HashMap<_, _> = sums.collect();
        // A trailer's checksum is known at the end only.
        let may_have = |name| is_chunked || sums.contains_key(name);
        let is_hashed = !is_chunked && signed.payload != UNSIGNED;
        Ok(Self {
            md5: Md5::new(),
            sha256: (is_hashed || may_have(SHA256_SUM)).then(|| Context::new(&SHA256)),
            crc32: may_have(CRC32_SUM).then(Crc::new),
            sums,
            signed,
            is_chunked,
            has_signed_chunks,
            position: ChunkPosition::Head,
            line: Vec::new(),
            chunk: Context::new(&SHA256),
            signature: String::new(),
            length: 0,
            announced,
        })
    }

    /// Decodes the next bytes of the body and appends their content.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], content: &mut Vec<u8>) -> Result<()> {
        if !self.is_chunked {
            return self.take(bytes, content);
        }
        while !bytes.is_empty() {
            match self.position {
                ChunkPosition::Data(left) => {
                    let count = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    let (data, rest) = bytes.split_at(count);
                    self.take(data, content)?;
                    if self.has_signed_chunks {
                        self.chunk.update(data);
                    }
                    bytes = rest;
                    let left = left - count as u64;
                    self.position = match left {
                        0 => ChunkPosition::End,
                        left => ChunkPosition::Data(left),
                    };
                    if left == 0 {
                        self.end_chunk()?;
                    }
                }
                ChunkPosition::Done => {
                    return Err(broken("the body has bytes after its last chunk"));
                }
                _ => {
                    let end = bytes.iter().position(|byte| *byte == b'\n');
                    let (line, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
                    bytes = rest;
                    self.line.extend_from_slice(line);
                    if self.line.len() > MAX_LINE {
                        let message = format!("a chunk's head has more than {MAX_LINE} bytes");
                        return Err(broken(&message));
                    }
                    if end.is_some() {
                        let line = std::mem::take(&mut self.line);
                        self.line(String::from_utf8_lossy(&line).trim())?;
                    }
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, data: &[u8], content: &mut Vec<u8>) -> Result<()> {
        self.md5.update(data);
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(data);
        }
        if let Some(crc32) = &mut self.crc32 {
            crc32.update(data);
        }
        self.length = self.length.saturating_add(data.len() as u64);
        access::check_size(self.length)?;
        if self.length > self.announced.unwrap_or(u64::MAX) {
            return Err(broken("the body is longer than announced"));
        }
        content.extend_from_slice(data);
        Ok(())
    }

    fn end_chunk(&mut self) -> Result<()> {
        let chunk = std::mem::replace(&mut self.chunk, Context::new(&SHA256));
        if self.has_signed_chunks {
            self.signed.chain.check(&chunk.finish(), &self.signature)?;
        }
        Ok(())
    }

    /// Reads a line outside the chunks' data.
    fn line(&mut self, line: &str) -> Result<()> {
        match self.position {
            ChunkPosition::End if line.is_empty() => self.position = ChunkPosition::Head,
            ChunkPosition::Head => {
                let (size, extension) = line.split_once(';').unwrap_or((line, ""));
                let size = u64::from_str_radix(size.trim(), 16)
                    .map_err(|_| broken("a chunk's head has no size"))?;
                let signature = extension
                    .strip_prefix("chunk-signature=")
                    .unwrap_or_default();
                signature.clone_into(&mut self.signature);
                self.position = ChunkPosition::Data(size);
                if size == 0 {
                    self.end_chunk()?;
                    self.position = ChunkPosition::Trailer;
                }
            }
            ChunkPosition::Trailer if line.is_empty() => self.position = ChunkPosition::Done,
            ChunkPosition::Trailer => {
                let (name, value) = line.split_once(':').unwrap_or((line, ""));
                let name = name.trim().to_ascii_lowercase();
                self.sums.insert(name, value.trim().to_owned());
                if self.sums.len() > MAX_TRAILERS {
                    let message = format!("the body has more than {MAX_TRAILERS} trailers");
                    return Err(broken(&message));
                }
            }
            _ => return Err(broken("a chunk is longer than its head says")),
        }
        Ok(())
    }

    /// Checks that the body is complete and has its checksums. Returns the length of the content in bytes, and its MD5
    /// sum in hexadecimal digits.
    pub(crate) fn finish(self) -> Result<(u64, String)> {
        let ended = matches!(self.position, ChunkPosition::Done | ChunkPosition::Trailer);
        let expected = self.announced.unwrap_or(self.length);
        if self.is_chunked && !ended || self.length != expected {
            return Err(broken("the body ended early"));
        }
        let sha256 = self.sha256.map(Context::finish);
        let payload = self.signed.payload.as_str();
        if !self.is_chunked
            && payload != UNSIGNED
            && sha256.is_some_and(|sum| hex(sum.as_ref()) != payload.to_ascii_lowercase())
        {
            return Err(S3Error::new(
                400,
                "XAmzContentSHA256Mismatch",
                "the body doesn't have the checksum of x-amz-content-sha256",
            ));
        }
        let md5 = self.md5.finalize();
        let crc32 = self.crc32.map(|crc| crc.sum().to_be_bytes());
        for (name, sum) in [
            (CONTENT_MD5, Some(STANDARD.encode(md5))),
            (SHA256_SUM, sha256.map(|sum| STANDARD.encode(sum.as_ref()))),
            (CRC32_SUM, crc32.map(|sum| STANDARD.encode(sum))),
        ] {
            let given = self.sums.get(name);
            if given.is_some() && given != sum.as_ref() {
                let message = format!("the body doesn't have the checksum of {name}");
                return Err(S3Error::new(400, "BadDigest", message));
            }
        }
        Ok((self.length, hex(&md5)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::access::VolumeKeys;
    use super::super::signature::{ChunkChain, signing_key};
    use super::*;
    use crate::local::storage::volumes::StoredVolume;

    /// The example of AWS' documentation (Signature Calculations: Transferring Payload in Multiple Chunks).
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    const SCOPE: &str = "20130524/us-east-1/s3/aws4_request";
    const TIME: &str = "20130524T000000Z";
    const SEED: &str = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
    const CHUNKS: [(usize, &str); 3] = [
        (
            65536,
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        ),
        (
            1024,
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        ),
        (
            0,
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ),
    ];

    fn payload(form: &str, headers: &[(&'static str, &str)]) -> Payload {
        let volume = StoredVolume {
            id: 1,
            name: "v".to_owned(),
            project: String::new(),
            region: String::new(),
            create_time: String::new(),
        };
        let access = VolumeKeys::default().issue(&volume, "", 0).unwrap();
        let key = signing_key(SECRET, SCOPE, TIME).unwrap();
        let signed = SignedRequest {
            access,
            payload: form.to_owned(),
            chain: ChunkChain::new(key, format!("{TIME}\n{SCOPE}"), SEED),
        };
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        Payload::new(signed, &headers.collect::<HeaderMap>()).unwrap()
    }

    /// Decodes a body that arrives in pieces of this size.
    fn decode(mut payload: Payload, body: &[u8], size: usize) -> Result<Vec<u8>, &'static str> {
        let mut content = Vec::new();
        for piece in body.chunks(size) {
            payload
                .feed(piece, &mut content)
                .map_err(|error| error.code)?;
        }
        payload.finish().map_err(|error| error.code)?;
        Ok(content)
    }

    fn signed_body() -> Vec<u8> {
        let chunk = |(size, signature): &(usize, &str)| {
            let data = "a".repeat(*size);
            format!("{size:x};chunk-signature={signature}\r\n{data}\r\n")
        };
        CHUNKS.iter().map(chunk).collect::<String>().into_bytes()
    }

    fn signed(length: &str) -> Payload {
        let headers = [("x-amz-decoded-content-length", length)];
        payload("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", &headers)
    }

    #[test]
    fn signed_chunks_are_decoded_and_checked() {
        let body = signed_body();
        for size in [1, 100, body.len()] {
            let content = decode(signed("66560"), &body, size).unwrap();
            assert_eq!(content, vec![b'a'; 66560], "{size}");
        }
        let mut changed = body.clone();
        changed[200] = b'b';
        assert_eq!(
            decode(signed("66560"), &changed, 100),
            Err("SignatureDoesNotMatch")
        );
        let cut = &body[..body.len() - 90];
        assert_eq!(decode(signed("66560"), cut, 100), Err("IncompleteBody"));
        assert_eq!(decode(signed("66561"), &body, 100), Err("IncompleteBody"));
        assert_eq!(decode(signed("9"), &body, 100), Err("IncompleteBody"));
    }

    #[test]
    fn trailers_hold_checksums() {
        let headers = [("x-amz-decoded-content-length", "9")];
        let unsigned = || payload("STREAMING-UNSIGNED-PAYLOAD-TRAILER", &headers);
        let body = |sum: &str| {
            format!("4\r\n1234\r\n5\r\n56789\r\n0\r\nx-amz-checksum-crc32:{sum}\r\n\r\n")
                .into_bytes()
        };
        // The check value of CRC-32: CBF43926.
        let decoded = decode(unsigned(), &body("y/Q5Jg=="), 3);
        assert_eq!(decoded.as_deref(), Ok(b"123456789".as_slice()));
        assert_eq!(decode(unsigned(), &body("AAAAAA=="), 3), Err("BadDigest"));
        let long = format!("4;{}", "x".repeat(MAX_LINE)).into_bytes();
        assert_eq!(decode(unsigned(), &long, 3), Err("IncompleteBody"));
        let many: String = (0..=MAX_TRAILERS)
            .map(|at| format!("t{at}:x\r\n"))
            .collect();
        let many = format!("0\r\n{many}").into_bytes();
        assert_eq!(decode(unsigned(), &many, 3), Err("IncompleteBody"));
        assert_eq!(decode(unsigned(), b"x\r\n", 3), Err("IncompleteBody"));
    }

    #[test]
    fn plain_bodies_have_the_signed_checksum() {
        let sum = "9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9d09af107ee8f0";
        let decoded = decode(payload(sum, &[]), b"aaa", 2);
        assert_eq!(decoded.as_deref(), Ok(b"aaa".as_slice()));
        assert_eq!(
            decode(payload(sum, &[]), b"aab", 2),
            Err("XAmzContentSHA256Mismatch")
        );
        assert!(decode(payload("UNSIGNED-PAYLOAD", &[]), b"aab", 2).is_ok());
    }
}
