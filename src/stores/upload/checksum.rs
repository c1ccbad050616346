//! Checksums: an object's tag is the MD5 sum of its content, and of an object in parts the sum of the parts' sums with
//! the number of parts behind it, on S3 and most compatible stores.

use super::error::UploadError;
use super::files::LocalFile;
use crate::text::words::hex;
use md5::{Digest, Md5};
use std::fs::File;
use std::io::Read;

/// An MD5 sum.
pub(crate) type Sum = [u8; 16];

/// Part sizes that other tools use by default, in bytes: aws, rclone, s5cmd, pymilvus and mc.
const PART_SIZES: [u64; 6] = [5 << 20, 8 << 20, 10 << 20, 16 << 20, 50 << 20, 64 << 20];

/// Bytes to read at once.
const CHUNK: usize = 256 << 10;

pub(super) fn sum(content: &[u8]) -> Sum {
    Md5::digest(content).into()
}

/// Returns the tag of an object in parts with these sums.
pub(crate) fn of_parts(sums: &[Sum]) -> String {
    format!("{}-{}", hex(&sum(&sums.concat())), sums.len())
}

/// Parses the tag of an object that isn't in parts.
pub(crate) fn parse(tag: &str) -> Option<Sum> {
    let sum = u128::from_str_radix(tag, 16).ok();
    Some(sum.filter(|_| is_checksum(tag, false))?.to_be_bytes())
}

/// Returns true if a tag has the form of a checksum: 32 digits, with the number of parts if `parts` is set.
pub(super) fn is_checksum(tag: &str, parts: bool) -> bool {
    let (digits, count) = tag.split_once('-').unwrap_or((tag, ""));
    digits.len() == 32
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        && count.is_empty() != parts
        && count.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns true if the tag is that of the file's content. An object in parts is compared with the part sizes that fit
/// the number of its parts.
pub(super) fn is_of_file(
    tag: &str,
    file: &LocalFile,
    part_size: u64,
    go_on: &dyn Fn() -> Result<(), UploadError>,
) -> Result<bool, UploadError> {
    let tag = tag.to_ascii_lowercase();
    if is_checksum(&tag, false) {
        let sums = sums_of_file(file, u64::MAX, go_on)?;
        return Ok(sums.first().is_some_and(|sum| hex(sum) == tag));
    }
    let count = tag
        .split_once('-')
        .and_then(|(_, count)| count.parse::<u64>().ok());
    let Some(count) = count.filter(|count| *count > 0 && is_checksum(&tag, true)) else {
        return Ok(false);
    };
    let size = file.state.size;
    let exact = size.div_ceil(count).next_multiple_of(1 << 20);
    let mut sizes = [&[part_size, exact], &PART_SIZES[..]].concat();
    sizes.retain(|part| size.div_ceil(*part) == count);
    sizes.sort_unstable();
    sizes.dedup();
    for part in sizes {
        if of_parts(&sums_of_file(file, part, go_on)?) == tag {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the sums of a file's parts.
fn sums_of_file(
    file: &LocalFile,
    part: u64,
    go_on: &dyn Fn() -> Result<(), UploadError>,
) -> Result<Vec<Sum>, UploadError> {
    let mut content = File::open(&file.path).map_err(UploadError::file)?;
    let mut buffer = vec![0; CHUNK];
    let (mut sums, mut left) = (Vec::new(), file.state.size);
    loop {
        let mut hash = Md5::new();
        let mut wanted = left.min(part);
        left -= wanted;
        while wanted > 0 {
            go_on()?;
            let length = usize::try_from(wanted).map_or(CHUNK, |wanted| wanted.min(CHUNK));
            let piece = buffer.get_mut(..length).unwrap_or_default();
            content.read_exact(piece).map_err(UploadError::file)?;
            hash.update(&*piece);
            wanted -= length as u64;
        }
        sums.push(hash.finalize().into());
        if left == 0 {
            return Ok(sums);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_distinguished_from_other_tags() {
        let digits = "0".repeat(32);
        for (tag, parts, expected) in [
            (digits.as_str(), false, true),
            (digits.as_str(), true, false),
            (&*format!("{digits}-3"), true, true),
            (&*format!("{digits}-3"), false, false),
            (&*format!("{digits}-x"), true, false),
            ("0x8DCAFE", false, false),
        ] {
            assert_eq!(is_checksum(tag, parts), expected, "{tag} {parts}");
        }
    }

    #[test]
    fn the_tag_of_parts_is_the_sum_of_their_sums() {
        assert_eq!(hex(&sum(b"")), "d41d8cd98f00b204e9800998ecf8427e");
        let sums = [sum(b"a"), sum(b"b")];
        assert_eq!(of_parts(&sums), "96e024ba2074fe77e8e965ba43a704be-2");
    }
}
