//! The local import service, driven over real HTTP on loopback.
#![cfg(feature = "local")]

mod collections;
mod dialects;
mod faults;
mod formats;
mod guard;
mod harness;
mod jobs;
mod phases;
mod places;
mod refused;
#[path = "../support/s3.rs"]
mod s3;
mod sharing;
mod stores;
