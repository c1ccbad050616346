//! The arguments of the running script, as given on the command line and as the script sees them.

use rhai::Map;

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
    /// The arguments from the command line.
    pub given: Given,
    /// `opts` as the script sees it, until `params` runs only with what the command line gives.
    pub opts: Map,
}
