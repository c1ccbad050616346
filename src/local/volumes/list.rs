//! Lists objects in the order of their names, a page at a time, without reading more of the folder than the page needs.

use super::error::Result;
use super::folder::{ObjectInfo, VolumeFolder};
use std::io;

/// One entry of a page.
#[derive(Debug)]
pub(crate) struct ListedObject {
    pub(crate) name: String,
    /// The object; `None` for the common beginning of names, up to a slash.
    pub(crate) info: Option<ObjectInfo>,
}

/// The objects to list.
#[derive(Debug)]
pub(crate) struct ListRequest {
    /// The beginning of the names.
    pub(crate) prefix: String,
    /// True if names are cut after the first slash behind the prefix.
    pub(crate) folders: bool,
    /// The name after which the page begins.
    pub(crate) after: String,
    pub(crate) limit: usize,
}

impl VolumeFolder {
    /// Returns one page of objects, and one object more if there are further ones. Names are within the volume.
    pub(crate) fn list(&self, request: &ListRequest) -> Result<Vec<ListedObject>> {
        let mut entries = Vec::new();
        self.walk("", request, &mut entries)?;
        Ok(entries)
    }

    /// Adds the objects below a folder, whose name is empty or ends in a slash. A folder's name is compared with its
    /// slash, so this is the order of the objects' names.
    fn walk(
        &self,
        folder: &str,
        request: &ListRequest,
        listed: &mut Vec<ListedObject>,
    ) -> io::Result<()> {
        let path = if folder.is_empty() { "." } else { folder };
        let entries = match self.objects.read_dir(path) {
            Ok(entries) => entries,
            // Its last object was removed meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let slash = if entry.file_type()?.is_dir() { "/" } else { "" };
            let name = format!("{folder}{name}{slash}");
            let prefix = request.prefix.as_str();
            if name.starts_with(prefix) || prefix.starts_with(name.as_str()) && !slash.is_empty() {
                names.push(name);
            }
        }
        names.sort();
        for name in names {
            if listed.len() > request.limit {
                break;
            }
            let after = request.after.as_str();
            if name.ends_with('/') {
                let is_past = name.as_str() < after && !after.starts_with(name.as_str());
                let is_listed = request.folders && after == name;
                let is_inner = request.prefix.len() < name.len();
                if is_past || is_listed {
                    continue;
                }
                if request.folders && is_inner {
                    if name.as_str() > after {
                        listed.push(ListedObject { name, info: None });
                    }
                } else {
                    self.walk(&name, request, listed)?;
                }
            } else if name.as_str() > after
                // The object may have been removed meanwhile.
                && let Ok(object) = self.get(&name)
            {
                let info = Some(object.info);
                listed.push(ListedObject { name, info });
            }
        }
        Ok(())
    }
}
