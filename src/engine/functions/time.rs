//! `date`, `now`.

use crate::engine::call::{Call, Function};
use crate::engine::describe::Family;
use crate::engine::types::Gives;
use crate::error::Failure;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rhai::Dynamic;

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Script.table([
    Function::new(
        &["date()", "date(days)", "date(days, format)"],
        "returns the date in UTC, days from today, as 2026-11-23 or in a strftime format",
        "date(-1, \"%Y/%m/%d\")",
        date,
    )
    .gives(Gives::Text)
    .related(&["now"]),
    Function::new(
        &["now()"],
        "returns the time in UTC as RFC 3339 text, to the second",
        "now()",
        |_| Ok(format!("{:.0}", Timestamp::now()).into()),
    )
    .gives(Gives::Text)
    .related(&["date"]),
]);

/// Returns a date in UTC, so a script names the same folder on every machine.
fn date(call: &Call) -> Result<Dynamic, Failure> {
    let days = match call.args.first() {
        None => 0,
        Some(days) => days
            .as_int()
            .map_err(|_| call.wrong_type("the days are a whole number", days))?,
    };
    let format = match call.args.get(1) {
        None => "%Y-%m-%d".to_owned(),
        Some(_) => call.text(1, "the format")?,
    };
    let today = Timestamp::now().to_zoned_datetime(TimeZone::UTC);
    let day = Span::new()
        .try_days(days)
        .and_then(|days| today.checked_add(days))
        .map_err(|_| call.misused(&format!("{days} days from today is no date")))?;
    strtime::format(&format, &day)
        .map(Dynamic::from)
        .map_err(|error| call.misused(&format!("the format {format:?} cannot be used: {error}")))
}
