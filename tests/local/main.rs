//! The local import service, driven over real HTTP on loopback.
#![cfg(feature = "local")]

mod collections;
mod databases;
mod dialects;
mod entities;
mod formats;
mod guard;
mod harness;
mod jobs;
mod phases;
mod refused;
mod round_trip;
mod sharing;
