//! The script language: the Rhai engine with zshell's functions, values and modules.
//!
//! The prompt, `run`, `eval` and the plain commands all use [`Interpreter`]. `syntax` reads Rhai text, and [`compile`]
//! makes `import(…)` a call.
//! [`registry`] lists the functions, [`functions`] implements them, and [`types`] holds the script types. [`explain`]
//! rewords Rhai's errors, [`arguments`] parses a script's arguments, and [`lint`] checks a script without running it.

pub(crate) mod arguments;
pub(crate) mod call;
pub(crate) mod compile;
pub(crate) mod connecting;
pub(crate) mod describe;
pub(crate) mod explain;
pub(crate) mod functions;
pub(crate) mod help;
pub(crate) mod highlight;
pub(crate) mod interpreter;
pub(crate) mod lint;
pub(crate) mod modules;
pub(crate) mod options;
pub mod registry;
pub(crate) mod script_error;
pub(crate) mod syntax;
pub(crate) mod times;
pub(crate) mod types;

mod addition;
mod limits;

pub(crate) use interpreter::Interpreter;
pub(crate) use script_error::ScriptError;

#[cfg(test)]
mod tests;
