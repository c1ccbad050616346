//! Submitting exactly once: a test for each step, for each kind of bad day, and for death between any two steps.

mod cluster;
mod crashes;
mod faults;
mod journal;
mod keys;
mod lost;
mod odd_servers;
mod outcomes;
mod proxy;
mod tools;
mod two;
