//! The binary from outside: scripts, commands, exit codes, what is sent and what is kept.

mod connecting;
mod errors;
mod harness;
mod import_call;
mod modules;
mod objects;
mod requests;
mod service;
#[path = "../support/mod.rs"]
mod support;
mod surprises;
mod values;
