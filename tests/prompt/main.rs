//! The prompt as a person sees it: the real program in a pseudo-terminal, its output kept by a screen model.
#![cfg(all(unix, feature = "local"))]

mod harness;
mod history;
mod leaving;
mod looks;
mod questions;
#[path = "../support/secrets.rs"]
mod secrets;
mod service;
mod session;
mod stopping;
mod typing;
