//! zshell: a scriptable REPL shell for bulk imports into Zilliz Cloud and Milvus.
//!
//! # A tour of the modules
//!
//! Each module imports only from modules below it in this list, which `tests/suite/architecture` checks.
//!
//! | module | purpose |
//! | --- | --- |
//! | `cli` | the command line: arguments, subcommands, exit codes |
//! | `repl` | the prompt: editor, completion, history, colon commands |
//! | `engine` | Rhai: functions, script types, help, lint |
//! | `session` | one run's settings, current connection, output and questions |
//! | `local` | the local import service, which is reached over HTTP only |
//! | `submission` | the way from a request to exactly one job |
//! | `render` | tables, other output formats, progress bars |
//! | `check` | the check of files before an import, proposed schemas |
//! | `formats` | readers of import files, the collection schema, the row check |
//! | `stores` | places that files are read from: disk, folders, buckets |
//! | `journal` | the record of every submission |
//! | `connection` | a client with a name and storage settings |
//! | `api` | the REST client, with one file for each dialect |
//! | `credentials`, `config` | API keys, `config.toml`, profiles |
//! | `location` | object paths |
//! | `secret`, `text`, `guide`, `fsutil` | masked keys, wording, help pages, private files and locks |
//! | `interrupt`, `pending`, `at_once`, `error` | stopping, the calls waited for, parallel work, kinds of failures with exit codes |
//!
//! A line of a script passes `repl` or `cli`, `engine`, `submission` and `api`; its result passes `engine` and `render`.
//! `api`, `formats`, `stores` and `location` know nothing of Rhai or terminals. To see how an import works, start with
//! `submission/mod.rs`; to add a function, with `engine/registry.rs`.

mod api;
mod at_once;
mod caught;
mod check;
mod cli;
mod config;
mod connection;
mod credentials;
mod engine;
mod error;
#[cfg_attr(
    not(feature = "local"),
    allow(dead_code, unused_imports, reason = "the local service reads files")
)]
mod formats;
mod fsutil;
mod guide;
mod interrupt;
mod journal;
#[cfg(feature = "local")]
mod local;
mod location;
mod pending;
mod render;
mod repl;
mod secret;
mod session;
#[cfg_attr(
    not(feature = "local"),
    allow(dead_code, unused_imports, reason = "the local service reads files")
)]
mod stores;
mod submission;
#[cfg(test)]
mod tests;
mod text;

pub use cli::main;

/// The parts that integration tests and benchmarks use beside the program itself.
#[doc(hidden)]
pub mod internals {
    pub use crate::api::model::JobState;
    pub use crate::cli::overview::rows as command_rows;
    pub use crate::engine::compile::{Sources, compile, install};
    pub use crate::engine::lint::Linter;
    pub use crate::engine::modules::Folders;
    pub use crate::engine::registry;
    pub use crate::engine::types::TYPES;
    pub use crate::error::Kind;
    pub use crate::guide::PAGES;
    #[cfg(feature = "local")]
    pub use crate::local::faults::FaultKind;
    pub use crate::repl::commands::{COMMANDS, setting_rows};
}
