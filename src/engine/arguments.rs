//! A script's arguments: what follows FILE or EXPR on the command line.
//!
//! Words are `args`; `--name value`, `--name=value` and a lone `--name` are `opts`. A script that calls `params(#{…})`
//! tells which there are, and of which type ([`Declaration`]); without it every value is text, and a lone `--name` is
//! `true`. The call is found by parsing, so that a wrong command line ends before anything runs, and once more
//! when it runs, since its values may be reckoned.

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
    /// Takes what the command line said, and what `opts` is until `params` runs.
    pub fn set(&self, given: Given, opts: Map) {
        self.given.replace(given);
        self.opts.replace(opts);
    }

    /// `opts`, as a script sees it.
    pub fn opts(&self) -> Dynamic {
        self.opts.borrow().clone().into()
    }

    /// `params(#{…})` runs: from here on `opts` holds what it declares.
    pub fn declare(&self, declaration: &Declaration) -> Result<Dynamic, crate::error::Failure> {
        let opts = declaration.complete(&self.given.borrow())?;
        self.opts.replace(opts.clone());
        Ok(opts.into())
    }
}
