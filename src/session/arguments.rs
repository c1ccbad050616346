//! The arguments of the running script, as given on the command line and as the script sees them.

use rhai::{Dynamic, Map};
use std::cell::{Ref, RefCell};

/// A value on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Raw {
    /// A lone `--name` (true), or `--no-name` of a flag (false).
    Flag(bool),
    /// `--name value` or `--name=value`.
    Text(String),
}

/// The parsed command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// `args`.
    pub args: Vec<String>,
    /// The options in the given order.
    pub opts: Vec<(String, Raw)>,
}

/// The arguments of the running script.
#[derive(Debug, Default)]
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

    /// Returns the arguments from the command line.
    pub fn given(&self) -> Ref<'_, Given> {
        self.given.borrow()
    }

    /// Sets `opts` to the options that the script declares.
    pub fn set_opts(&self, opts: Map) {
        self.opts.replace(opts);
    }

    /// Returns `opts` as the script sees it.
    pub fn opts(&self) -> Dynamic {
        self.opts.borrow().clone().into()
    }
}
