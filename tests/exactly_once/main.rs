//! Submitting exactly once: a test for each step, for each kind of bad day, and for death between any two steps.

#![expect(clippy::similar_names, reason = "a test runs a text")]

mod crashes;
mod faults;
mod journal;
mod keys;
mod lost;
mod odd_servers;
mod outcomes;
mod tools;
mod two;

#[path = "../support/cluster.rs"]
mod cluster;
#[path = "../shell/harness.rs"]
#[expect(dead_code, reason = "the tests of the shell use the rest of it")]
mod harness;
#[path = "../support/lines.rs"]
mod lines;
#[path = "../support/proxy.rs"]
mod proxy;
#[path = "../support/secrets.rs"]
mod secret_values;
#[path = "../support/server.rs"]
#[expect(dead_code, reason = "the tests of the REST client use the rest of it")]
mod server;
