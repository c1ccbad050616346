//! Derives the API's dialect and base URLs from the connection settings.
//!
//! [`Endpoint::parse`] identifies an address: a cluster's public endpoint, a control plane, a controller of the older
//! API, or any other host. [`choose`] then picks the dialect and the base URLs ([`Route`]) from the endpoint and the
//! other settings. The forms follow the reference (the bulk-import REST APIs).

mod address;
mod error;
mod pasted;
mod region;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use address::{Endpoint, EndpointKind};
pub(crate) use error::EndpointError;
pub(crate) use region::{Site, control_plane};
pub(crate) use route::{GivenSettings, Route, choose};
