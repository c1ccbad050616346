//! The prompt as a person sees it: the real program in a pseudo-terminal, its output kept by a screen model.
#![cfg(all(unix, feature = "local"))]

mod harness;
mod history;
mod leaving;
mod looks;
mod paging;
mod service;
mod session;
mod stopping;
mod typing;
mod waiting;
