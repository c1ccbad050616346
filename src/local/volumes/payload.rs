//! Decoding of a body while it arrives: plain, or in chunks of S3's form (`aws-chunked`), with its checksums.

use super::access;
use super::error::S3Error;
use super::signature::{SignedRequest, hex};
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Crc;
use ring::digest::{Context, SHA256};
use std::collections::HashMap;

/// Longest line of a chunked body, in bytes: the head of a chunk, or a trailer.
const MAX_LINE: usize = 1024;

/// Maximum number of trailers.
const MAX_TRAILERS: usize = 16;

/// The form of a body.
enum PayloadForm {
    Plain,
    /// Chunks, with a signature each if true.
    Chunks(bool),
}

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
    form: PayloadForm,
    position: ChunkPosition,
    line: Vec<u8>,
    /// The SHA-256 of the whole content, and of the current chunk.
    whole: Context,
    chunk: Context,
    crc: Crc,
    signature: String,
    length: u64,
    announced: Option<u64>,
    /// Expected checksums, in base64, by their header's name.
    sums: HashMap<String, String>,
}

fn broken(message: &str) -> S3Error {
    S3Error::new(400, "IncompleteBody", message)
}

fn bad_digest(name: &str) -> S3Error {
    let message = format!("the body doesn't have the checksum of {name}");
    S3Error::new(400, "BadDigest", message)
}

impl Payload {
    /// Returns the decoder for a request's body.
    pub(crate) fn new(signed: SignedRequest, headers: &HeaderMap) -> Result<Self, S3Error> {
        let form = match signed.payload.as_str() {
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" | "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => {
                PayloadForm::Chunks(true)
            }
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => PayloadForm::Chunks(false),
            other if other.starts_with("STREAMING-") => {
                return Err(S3Error::unsupported("this form of signed chunks"));
            }
            _ => PayloadForm::Plain,
        };
        let length = match form {
            PayloadForm::Plain => "content-length",
            PayloadForm::Chunks(_) => "x-amz-decoded-content-length",
        };
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let announced = text(length).and_then(|text| text.parse().ok());
        if announced.is_none() && matches!(form, PayloadForm::Chunks(_)) {
            let message = "x-amz-decoded-content-length is missing";
            return Err(S3Error::new(411, "MissingContentLength", message));
        }
        access::check_size(announced.unwrap_or_default())?;
        let names = ["x-amz-checksum-sha256", "x-amz-checksum-crc32"];
        let sums = names
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), text(name)?.to_owned())));
        Ok(Self {
            sums: sums.collect(),
            signed,
            form,
            position: ChunkPosition::Head,
            line: Vec::new(),
            whole: Context::new(&SHA256),
            chunk: Context::new(&SHA256),
            crc: Crc::new(),
            signature: String::new(),
            length: 0,
            announced,
        })
    }

    /// Decodes the next bytes of the body and appends their content.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], content: &mut Vec<u8>) -> Result<(), S3Error> {
        if matches!(self.form, PayloadForm::Plain) {
            return self.take(bytes, content);
        }
        while !bytes.is_empty() {
            match self.position {
                ChunkPosition::Data(left) => {
                    let count = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    let (data, rest) = bytes.split_at(count);
                    self.take(data, content)?;
                    self.chunk.update(data);
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
                ChunkPosition::Done => return Err(broken("the body goes on after its last chunk")),
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

    fn take(&mut self, data: &[u8], content: &mut Vec<u8>) -> Result<(), S3Error> {
        self.whole.update(data);
        self.crc.update(data);
        self.length = self.length.saturating_add(data.len() as u64);
        access::check_size(self.length)?;
        if self
            .announced
            .is_some_and(|announced| self.length > announced)
        {
            return Err(broken("the body is longer than announced"));
        }
        content.extend_from_slice(data);
        Ok(())
    }

    fn end_chunk(&mut self) -> Result<(), S3Error> {
        let chunk = std::mem::replace(&mut self.chunk, Context::new(&SHA256));
        if matches!(self.form, PayloadForm::Chunks(true)) {
            self.signed.chain.check(&chunk.finish(), &self.signature)?;
        }
        Ok(())
    }

    /// Reads a line outside the chunks' data.
    fn line(&mut self, line: &str) -> Result<(), S3Error> {
        match self.position {
            ChunkPosition::End if line.is_empty() => self.position = ChunkPosition::Head,
            ChunkPosition::Head => {
                let (size, extension) = line.split_once(';').unwrap_or((line, ""));
                let size = u64::from_str_radix(size.trim(), 16)
                    .map_err(|_| broken("a chunk's head has no size"))?;
                let signature = extension.strip_prefix("chunk-signature=");
                signature
                    .unwrap_or_default()
                    .clone_into(&mut self.signature);
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

    /// Checks that the body is complete and has its checksums. Returns the length of the content in bytes.
    pub(crate) fn finish(self) -> Result<u64, S3Error> {
        let ended = match self.form {
            PayloadForm::Plain => true,
            PayloadForm::Chunks(_) => {
                matches!(self.position, ChunkPosition::Done | ChunkPosition::Trailer)
            }
        };
        if !ended
            || self
                .announced
                .is_some_and(|announced| self.length != announced)
        {
            return Err(broken("the body ended early"));
        }
        let whole = self.whole.finish();
        let payload = self.signed.payload.as_str();
        let is_hashed = matches!(self.form, PayloadForm::Plain) && payload != "UNSIGNED-PAYLOAD";
        if is_hashed && hex(whole.as_ref()) != payload.to_ascii_lowercase() {
            return Err(S3Error::new(
                400,
                "XAmzContentSHA256Mismatch",
                "the body doesn't have the checksum of x-amz-content-sha256",
            ));
        }
        for (name, sum) in [
            ("x-amz-checksum-sha256", STANDARD.encode(whole.as_ref())),
            (
                "x-amz-checksum-crc32",
                STANDARD.encode(self.crc.sum().to_be_bytes()),
            ),
        ] {
            if self.sums.get(name).is_some_and(|given| *given != sum) {
                return Err(bad_digest(name));
            }
        }
        Ok(self.length)
    }
}
