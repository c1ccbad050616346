//! The prompt as a person sees it: the real program in a pseudo-terminal, its output kept by a screen model.
#![cfg(all(unix, feature = "local"))]

mod commands;
mod commands_edit;
mod commands_save;
mod commands_watch;
mod completion;
mod editing;
mod harness;
mod hints;
mod history;
mod init;
mod keys;
mod leaving;
mod looks;
mod paging;
mod questions;
#[path = "../support/secrets.rs"]
mod secrets;
mod service;
mod session;
mod stopping;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod support;
mod terminal;
mod typing;
mod waiting;
