//! Exactly-once submission: tests for each step, each kind of fault, and a kill between any two steps.

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
