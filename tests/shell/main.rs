//! The binary from outside: scripts, commands, exit codes, what is sent and what is kept.

mod command_line;
mod connecting;
mod errors;
mod functions;
mod help;
mod values;
mod harness;
mod import_call;
mod modules;
mod objects;
mod places;
mod surprises;
mod requests;
mod service;
#[path = "../support/mod.rs"]
mod support;
