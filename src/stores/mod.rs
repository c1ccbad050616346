//! Places that files are read from: the disk, one folder of the disk, and buckets of object stores.
//!
//! A [`root::Root`] is opened with storage credentials; it looks up files and lists folders. A file is read from start to
//! end, or at any position ([`read_at::ReadAt`]) by requests for ranges ([`object`]). [`bucket`] turns a location into a
//! store's client. Nothing here depends on what the files hold or who asks for them. Start with [`root`].

pub(crate) mod bucket;
pub(crate) mod fault;
pub(crate) mod glob;
pub(crate) mod object;
pub(crate) mod read_at;
pub(crate) mod root;
pub(crate) mod upload;
