//! Files of volumes: a folder for each volume, and an endpoint with S3's protocol through which clients write and read.
//!
//! [`access`] keeps the temporary credentials that `/v2/volumes/apply` returns, and [`signature`] checks that a request
//! is signed with them. [`endpoint`] chooses the operation. [`payload`] decodes a body while it arrives and [`receive`]
//! writes it to disk; [`folder`] holds the objects, [`multipart`] uploads in parts, and [`list`] lists objects. Errors
//! and answers are XML ([`error`]). Start with [`endpoint`].
//!
//! Signatures are checked on every request, also on loopback: a client whose signing is broken would otherwise only
//! fail on the real service, and a web page could write files.

pub(crate) mod access;
pub(crate) mod endpoint;
mod error;
pub(crate) mod folder;
mod list;
mod multipart;
mod payload;
mod receive;
mod send;
mod signature;

/// The bucket that all volumes are in. The name of an object in the bucket begins with its volume's name.
pub(crate) const BUCKET: &str = "local-volumes";

/// The region that requests are signed for.
pub(crate) const REGION: &str = "local";
