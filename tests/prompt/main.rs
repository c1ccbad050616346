//! The prompt as a person sees it: the real program in a pseudo-terminal, its output kept by a screen model.
#![cfg(all(unix, feature = "local"))]

mod commands;
mod commands_edit;
mod commands_save;
mod commands_watch;
mod harness;
mod history;
mod init;
mod leaving;
mod looks;
mod service;
mod session;
mod stopping;
mod typing;
