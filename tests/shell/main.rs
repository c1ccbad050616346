//! The binary from outside: scripts, commands, exit codes, what is sent and what is kept.

#![expect(clippy::similar_names, reason = "a test runs a text")]

mod arguments;
mod batches;
mod batches_again;
mod clusters;
mod collections_copy;
mod command_line;
mod config_file;
mod connecting;
mod cookbook;
mod cookbook_failures;
mod dry_run;
mod errors;
mod exit_codes;
mod files;
mod formats;
mod functions;
mod generated;
mod harness;
mod help;
mod import_call;
mod keys;
mod kill;
mod limits;
#[path = "../support/lines.rs"]
mod lines;
mod lint;
mod lists;
mod local;
mod locks;
mod logs;
mod modules;
mod objects;
mod places;
mod profiles;
mod protected;
mod requests;
mod rows;
#[cfg(feature = "local")]
#[path = "../support/s3.rs"]
#[expect(
    dead_code,
    reason = "the tests of the service look at all of a request"
)]
mod s3;
#[path = "../support/secrets.rs"]
mod secret_values;
mod secrets;
mod serve;
mod service;
mod signals;
mod stops;
#[cfg(feature = "local")]
mod stores;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the tests of the REST client use the rest of it")]
mod support;
mod surprises;
mod values;
mod waiting;
mod waiting_many;
