//! The functions of the language, one file per family. Each file's table registers and documents its functions.

pub mod account;
pub mod ask;
pub mod collections;
pub mod connect;
mod create_collection;
pub mod decision;
pub mod files;
pub mod import_all;
pub mod jobs;
pub mod lock;
pub mod log;
pub mod output;
pub mod rows;
pub mod script;
pub mod submissions;
pub mod time;
pub mod wait;

mod csv_file;
mod request;
mod watch;
mod write;
