//! The script language: the Rhai engine with zshell's functions, values and modules.
//!
//! The prompt, `run`, `eval` and the plain commands all use [`Interpreter`]. `syntax` reads Rhai text, and [`compile`]
//! makes `import(…)` a call.
//! [`registry`] lists the functions, [`functions`] implements them, and [`types`] holds the script types. [`explain`]
//! rewords Rhai's errors, [`arguments`] parses a script's arguments, and [`lint`] checks a script without running it.

pub mod arguments;
pub mod call;
pub mod compile;
pub mod connecting;
pub mod describe;
pub mod explain;
pub mod functions;
pub mod help;
pub mod interpreter;
pub mod lint;
pub mod modules;
pub mod options;
pub mod registry;
pub mod script_error;
pub(crate) mod syntax;
pub mod types;

mod limits;

pub use interpreter::{Interpreter, Setup};
pub use script_error::ScriptError;
