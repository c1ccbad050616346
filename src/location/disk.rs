//! Paths on disk, for the local import service.

use super::error::{LocationError, empty, encoded_control, refused, shown};
use super::{Address, Store, url};
use crate::text::words::strip_ignoring_case;
use std::path::PathBuf;

/// Parses a path, a `file:` URL, or an object storage URL.
pub(super) fn parse(text: &str) -> Result<Address, LocationError> {
    match url::split_scheme(text) {
        Some((scheme, rest)) if scheme == "file" => return file_url(rest),
        Some((scheme, rest)) => return url::object(&scheme, rest),
        None => {}
    }
    // RFC 8089 also allows `file:/path`, without an authority.
    match strip_ignoring_case(text, "file:") {
        Some(rest) if rest.starts_with('/') => file_url(rest),
        _ => absolute(text),
    }
}

/// Parses `[host]/path`, percent-encoded.
fn file_url(rest: &str) -> Result<Address, LocationError> {
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
        let host = shown(host);
        return Err(refused(
            format!("the file URL names host {host}, but only files of this machine can be read"),
            "write file:///path/data.json, or the plain path",
        ));
    }
    url::refuse_query(path)?;
    if path.is_empty() {
        return Err(empty());
    }
    let path = url::decode(path)?;
    if path.contains('\0') {
        return Err(encoded_control());
    }
    // In `file:///C:/data.json`, the slash before the drive belongs to the URL.
    let drive = path.strip_prefix('/').filter(|_| cfg!(windows));
    absolute(drive.filter(|path| path.contains(':')).unwrap_or(&path))
}

/// Makes a path absolute without reading the disk: links, `..` and a final `/` are kept.
fn absolute(path: &str) -> Result<Address, LocationError> {
    let path =
        std::path::absolute(expand_home(path)?).map_err(|error| failed(&error.to_string()))?;
    let Some(text) = path.to_str() else {
        return Err(failed("the current directory's name is not UTF-8"));
    };
    Ok(Address::new(Store::Disk, text))
}

/// Expands `~/x` to a path in the home directory, as a command line does. A folder named `~` is written `./~/`.
fn expand_home(path: &str) -> Result<PathBuf, LocationError> {
    let Some(inner) = path.strip_prefix("~/") else {
        return Ok(PathBuf::from(path));
    };
    let home = dirs::home_dir().ok_or_else(|| failed("there is no home directory"))?;
    // Joining an absolute path would replace the home directory.
    Ok(home.join(inner.trim_start_matches('/')))
}

fn failed(reason: &str) -> LocationError {
    refused(
        format!("cannot make the path absolute: {reason}"),
        "give an absolute path",
    )
}
