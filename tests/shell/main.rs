//! The binary from outside: scripts, commands, exit codes, what is sent and what is kept.

#![expect(clippy::similar_names, reason = "a test runs a text")]

mod clusters;
mod command_line;
mod connecting;
mod errors;
mod functions;
mod harness;
mod help;
mod import_call;
mod kill;
mod local;
mod modules;
mod objects;
mod places;
mod requests;
mod secrets;
mod serve;
mod service;
mod signals;
mod stops;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the tests of the REST client use the rest of it")]
mod support;
mod surprises;
mod values;
mod waiting;
