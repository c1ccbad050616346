//! Object paths and endpoints: every row of the reference's tables, what is refused and why, and properties.

mod endpoint;
mod object;
mod object_properties;
mod refused;
mod route;
