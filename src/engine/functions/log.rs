//! `log_debug`, `log_info`, `log_warn`, `log_error`: a script's own lines on standard error.

use crate::engine::call::{Call, Function};
use crate::engine::describe::Family;
use crate::engine::options::plain;
use crate::error::Failure;
use crate::secret::{MASK, Secret};
use crate::session::log::LogLevel;
use rhai::Dynamic;

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Script.table([
    Function::new(
        &["log_debug(text)"],
        "writes a line with time and level to standard error, only with -v",
        "log_debug(`read ${args.len()} names`)",
        |call| log(call, LogLevel::Debug),
    ),
    Function::new(
        &["log_info(text)"],
        "writes a line with time and level to standard error, but not with -q",
        "log_info(\"nightly import begins\")",
        |call| log(call, LogLevel::Info),
    ),
    Function::new(
        &["log_warn(text)"],
        "writes a line with time and level to standard error",
        "log_warn(\"no files today\")",
        |call| log(call, LogLevel::Warn),
    ),
    Function::new(
        &["log_error(text)"],
        "writes a line with time and level to standard error; the script continues",
        "log_error(\"two jobs failed\")",
        |call| log(call, LogLevel::Error),
    ),
]);

fn log(call: &Call, level: LogLevel) -> Result<Dynamic, Failure> {
    let value = call.arg(0, "the text")?;
    let text = if value.is::<Secret>() {
        MASK.to_owned()
    } else {
        plain(value)
    };
    call.session.log().stamped(level, &text);
    Ok(Dynamic::UNIT)
}
