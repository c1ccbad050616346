//! The prompt as a person sees it: the real program in a pseudo-terminal, its output kept by a screen model.

mod commands;
mod commands_edit;
mod commands_save;
mod commands_shell;
mod commands_watch;
mod completion;
mod editing;
mod editor_keys;
mod harness;
mod hints;
mod history;
mod init;
mod keys;
mod leaving;
mod looks;
mod paging;
mod questions;
mod screens;
mod service;
mod session;
mod settings;
mod slow_calls;
mod stopping;
mod terminal;
mod typing;
mod waiting;
