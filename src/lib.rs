//! zshell: a scriptable REPL shell for bulk imports into Zilliz Cloud and Milvus.
//!
//! Data flows one way: text → [`repl`]/[`cli`] → [`engine`] → [`api`] → HTTP → [`api::model`] → [`render`].
//! [`api`], [`formats`] and [`location`] know nothing of Rhai or terminals; [`local`] uses `formats` and
//! `location` and is reached over HTTP only; [`render`] takes models and writes to a given stream.
//! [`submission`] is the way from a request to exactly one job, over [`api`] and [`journal`], which also know nothing
//! of Rhai. [`session`] is what one run shares; [`error`] says which failure leads to which exit code.

pub mod api;
mod caught;
pub mod cli;
mod config;
mod connection;
mod credentials;
pub mod engine;
pub mod error;
pub mod formats;
mod fsutil;
pub mod guide;
pub mod interrupt;
mod journal;
#[cfg(feature = "local")]
pub mod local;
pub mod location;
pub mod render;
pub mod repl;
pub mod secret;
pub mod session;
mod stores;
mod submission;
mod text;
