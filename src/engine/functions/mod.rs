//! The functions of the language, one file per family. Each file's table registers and documents its functions.

pub(crate) mod account;
pub(crate) mod aliases;
pub(crate) mod api;
pub(crate) mod ask;
pub(crate) mod catalog;
pub(crate) mod check;
pub(crate) mod collections;
pub(crate) mod command;
pub(crate) mod connect;
mod create_collection;
pub(crate) mod decision;
pub(crate) mod files;
pub(crate) mod import_all;
pub(crate) mod jobs;
pub(crate) mod lock;
pub(crate) mod log;
pub(crate) mod output;
pub(crate) mod rows;
pub(crate) mod script;
pub(crate) mod submissions;
pub(crate) mod time;
pub(crate) mod upload;
pub(crate) mod volumes;
pub(crate) mod wait;

mod csv_file;
mod request;
mod watch;
pub(crate) mod write;
