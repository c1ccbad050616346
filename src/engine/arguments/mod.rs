//! A script's arguments: the words after FILE or EXPR on the command line.
//!
//! Plain words become `args`; `--name value`, `--name=value` and a lone `--name` become `opts`. A script that calls
//! `params(#{…})` declares its options and their types ([`Declaration`]). Without a declaration every value is a text
//! and a lone `--name` is `true`. The call is found by parsing, so a wrong command line ends before anything runs, and
//! evaluated again when it runs, because its values may be computed.

mod declaration;
mod find;
mod param_type;
mod usage;
mod uses;
mod words;

pub(crate) use declaration::{Declaration, written};
pub(crate) use find::{FoundParams, find};
pub(crate) use usage::{help, usage};
pub(crate) use uses::ArgumentUses;
pub(crate) use words::asks_help;
