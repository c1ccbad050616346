//! The prompt as a person sees it: the real program in a pseudo-terminal, its output kept by a screen model.
#![cfg(all(unix, feature = "local"))]

mod editing;
mod harness;
mod hints;
mod history;
mod keys;
mod leaving;
mod looks;
mod service;
mod session;
mod stopping;
mod typing;
