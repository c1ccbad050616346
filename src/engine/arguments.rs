//! A script's arguments: the words after FILE or EXPR on the command line.
//!
//! Plain words become `args`; `--name value`, `--name=value` and a lone `--name` become `opts`. A script that calls
//! `params(#{…})` declares its options and their types ([`Declaration`]). Without a declaration every value is a text
//! and a lone `--name` is `true`. The call is found by parsing, so a wrong command line ends before anything runs, and
//! evaluated again when it runs, because its values may be computed.

mod declaration;
mod find;
mod usage;
mod words;

pub use declaration::{Declaration, Default, Param, Type, Written};
pub use find::{Found, find};
pub use usage::{help, usage};
pub use words::{Given, asks_help};

use rhai::{Dynamic, Map};
use std::cell::RefCell;

/// The arguments of the running script.
#[derive(Debug, std::default::Default)]
pub struct Arguments {
    given: RefCell<Given>,
    opts: RefCell<Map>,
}

impl Arguments {
    /// Sets the arguments from the command line, and `opts` until `params` runs.
    pub fn set(&self, given: Given, opts: Map) {
        self.given.replace(given);
        self.opts.replace(opts);
    }

    /// Returns `opts` as the script sees it.
    pub fn opts(&self) -> Dynamic {
        self.opts.borrow().clone().into()
    }

    /// Called by `params(#{…})`: `opts` holds the declared options afterwards.
    pub fn declare(&self, declaration: &Declaration) -> Result<Dynamic, crate::error::Failure> {
        let opts = declaration.complete(&self.given.borrow())?;
        self.opts.replace(opts.clone());
        Ok(opts.into())
    }
}
