//! Uploads in parts. Each upload is a folder with a file for each part and the object's name.

use super::error::{Result, S3Error};
use super::folder::{NewObject, VolumeFolder, new_name, tag};
use crate::stores::upload::checksum;
use cap_std::fs::Dir;
use serde::Deserialize;
use std::io;
use std::path::{Path, PathBuf};

/// Maximum number of parts, as in S3.
const MAX_PARTS: u32 = 10_000;

/// Smallest size of each part but the last, in bytes, as in S3.
const MIN_PART: u64 = 5 << 20;

/// The file with the object's name.
const KEY_FILE: &str = "key";

/// The body of the call that completes an upload.
#[derive(Deserialize)]
struct PartsList {
    #[serde(rename = "Part", default)]
    parts: Vec<ListedPart>,
}

#[derive(Deserialize)]
struct ListedPart {
    #[serde(rename = "PartNumber")]
    number: u32,
    #[serde(rename = "ETag")]
    tag: String,
}

fn part_path(number: u32) -> PathBuf {
    PathBuf::from(format!("{number:05}"))
}

impl VolumeFolder {
    /// Begins an upload and returns its id.
    pub(crate) fn begin_upload(&self, key: &str) -> Result<String> {
        self.tidy()?;
        let id = new_name()?;
        self.uploads.create_dir(&id)?;
        self.uploads.write(Path::new(&id).join(KEY_FILE), key)?;
        Ok(id)
    }

    /// Opens the folder of an upload of this object.
    fn upload(&self, id: &str, key: &str) -> Result<Dir> {
        let is_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if id.is_empty() || !id.bytes().all(is_id) {
            return Err(S3Error::no_upload());
        }
        let is_own = |dir: &Dir| dir.read_to_string(KEY_FILE).is_ok_and(|own| own == key);
        let dir = self.uploads.open_dir(id).ok().filter(is_own);
        dir.ok_or_else(S3Error::no_upload)
    }

    /// Checks that an upload takes a part with this number, before its body is received.
    pub(crate) fn check_part(&self, id: &str, key: &str, number: u32) -> Result<()> {
        if !(1..=MAX_PARTS).contains(&number) {
            let message = format!("partNumber must be a number from 1 to {MAX_PARTS}");
            return Err(S3Error::invalid(message));
        }
        self.upload(id, key).map(|_| ())
    }

    /// Makes a received file a part of an upload. Returns its tag.
    pub(crate) fn put_part(
        &self,
        id: &str,
        key: &str,
        number: u32,
        file: NewObject,
    ) -> Result<String> {
        Ok(file.rename(&self.upload(id, key)?, &part_path(number))?)
    }

    /// Joins the listed parts of an upload. Returns the file and its size.
    pub(crate) fn join(&self, id: &str, key: &str, list: &[u8]) -> Result<(NewObject, u64)> {
        let dir = self.upload(id, key)?;
        let malformed = || S3Error::new(400, "MalformedXML", "the list of parts can't be read");
        let list: PartsList = quick_xml::de::from_reader(list).map_err(|_| malformed())?;
        let parts = list.parts;
        if parts.is_empty() || parts.len() > MAX_PARTS as usize {
            return Err(malformed());
        }
        if !parts.is_sorted_by(|one, next| one.number < next.number) {
            let message = "the parts must be listed in the order of their numbers, each once";
            return Err(S3Error::new(400, "InvalidPartOrder", message));
        }
        let mut joined = self.receive()?;
        let (mut size, mut sums) = (0, Vec::new());
        for (at, part) in parts.iter().enumerate() {
            let number = part.number;
            let wrong = || {
                let message = format!("part {number} wasn't uploaded, or has another ETag");
                S3Error::new(400, "InvalidPart", message)
            };
            let mut file = dir.open(part_path(number)).map_err(|_| wrong())?.into_std();
            let metadata = file.metadata()?;
            let tag = tag(&file)?;
            if part.tag.trim().trim_matches('"') != tag {
                return Err(wrong());
            }
            sums.extend(checksum::parse(&tag));
            if metadata.len() < MIN_PART && at + 1 < parts.len() {
                let message = format!("part {number} is smaller than {MIN_PART} bytes");
                return Err(S3Error::new(400, "EntityTooSmall", message));
            }
            size += io::copy(&mut file, &mut joined.file)?;
        }
        if sums.len() == parts.len() {
            joined.checksum = checksum::of_parts(&sums);
        }
        Ok((joined, size))
    }

    /// Ends an upload and removes its parts.
    pub(crate) fn end_upload(&self, id: &str, key: &str) -> Result<()> {
        self.upload(id, key)?;
        Ok(self.uploads.remove_dir_all(id)?)
    }
}
