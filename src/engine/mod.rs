//! The language: the Rhai engine with zshell's functions, values and modules.
//!
//! [`Interpreter`] is what the prompt, `run`, `eval` and the plain commands all use. [`compile`] makes `import(…)` a
//! call; [`registry`] is the one table of functions; [`functions`] holds what they do, [`values`] what scripts hold;
//! [`explain`] puts Rhai's errors into words that help; [`arguments`] are what a script is called with; [`lint`] finds what
//! is wrong with a script without running it.

pub mod arguments;
pub mod call;
pub mod compile;
pub mod completeness;
pub mod explain;
pub mod functions;
pub mod help;
pub mod interpreter;
pub mod lint;
pub mod modules;
pub mod options;
pub mod registry;
pub mod script_error;
pub mod tokens;
pub mod values;

mod guard;

pub use interpreter::{Interpreter, Setup};
pub use script_error::ScriptError;
