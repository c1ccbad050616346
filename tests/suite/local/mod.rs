//! The local import service, driven over real HTTP on loopback.

mod bodies;
mod changes;
mod collection_settings;
mod collections;
mod connections;
mod databases;
mod dialects;
mod entities;
mod faults;
mod formats;
mod guard;
mod harness;
mod indexes;
mod jobs;
mod limits;
mod phases;
mod places;
mod refused;
mod round_trip;
mod search;
mod search_grouping;
mod search_metrics;
mod search_refused;
mod sharing;
mod stores;
mod upserts;
